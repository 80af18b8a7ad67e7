"""The participant's pages besides the form: what they say, that words are never markup, and that the auditor sees."""

import base64
import json
from datetime import date

import pytest
from auditing import header_faults, page_faults, participant_faults, texts
from instances import CLOSED, OPEN, SCRIPT, Instance, document
from werkzeug.datastructures import Headers

from coprod_survey.crypto.sealing import seal
from coprod_survey.services.keyholding import answer_purpose

PAGE = f"/s/{OPEN}"
GOOD = (
    '<!doctype html><html lang="en" dir="ltr"><head><title>T</title></head><body>'
    '<a class="skip exit" href="/exit">Leave</a>'
    '<nav><a href="#help">Help</a><a class="exit" href="/exit">Leave</a></nav><main id="main"><h1>H</h1>%s'
    '<section id="help"><h2>Help</h2><ul class="signposts"><li><strong>999</strong></li></ul></section>'
    "</main></body></html>"
)
HEADERS = {
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'",
}


def test_the_auditor_finds_nothing_wrong_with_a_good_page() -> None:
    """A small page that keeps every promise passes the audit that all other pages go through."""
    assert page_faults(GOOD % "") == []
    assert participant_faults(GOOD % "") == []
    assert list(header_faults(Headers(HEADERS), "participant")) == []


@pytest.mark.parametrize(
    "flaw",
    [
        "<p><div></p>",
        "<h1>Again</h1>",
        '<form method="post"><input name="x"></form>',
        '<form method="post"><label><input name="x"></label></form>',
        '<form method="post"><textarea name="x"></textarea></form>',
        '<form method="get"></form>',
        '<img src="https://example.org/x.png" alt="">',
        '<img src="//example.org/x.png" alt="">',
        '<a href="https://example.org/">Elsewhere</a>',
        '<a href="javascript:alert(1)">Run</a>',
        '<ul class="signposts"><li><a href="https://example.org/">Tells where one came from</a></li></ul>',
        '<p id="main">Twice</p>',
        '<a href="#nowhere">Nowhere</a>',
        '<section aria-labelledby="nowhere"></section>',
        '<label for="nowhere">Nothing</label>',
        '<a href="/s/x?code=K7QX-PM2D-94TA-W0EC">Back</a>',
        '<a href="/s/x/k7qxpm2d94taw0ec">Back</a>',
        '<p style="color:red">Red</p>',
        '<p onclick="x()">Click</p>',
        "<style>p{color:red}</style>",
        "<script>x()</script>",
        "<p>\x01</p>",
    ],
)
def test_the_auditor_notices(flaw: str) -> None:
    """Each flaw alone makes the audit fail."""
    assert page_faults(GOOD % flaw) != []


@pytest.mark.parametrize("lost", ['href="/exit"', 'href="#help"', 'id="help"', "<strong>999</strong>", "skip exit"])
def test_the_auditor_misses_help_and_exit(lost: str) -> None:
    """A participant page without the help block, a service in it, a link to it or an exit fails the audit."""
    assert participant_faults((GOOD % "").replace(lost, "")) != []


@pytest.mark.parametrize(
    "change",
    [
        {"Referrer-Policy": "origin"},
        {"Cache-Control": "no-cache"},
        {"Content-Security-Policy": ""},
        {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"},
        {"Content-Security-Policy": "default-src 'none'; img-src https:"},
        {"Set-Cookie": "staff=x; HttpOnly; SameSite=Strict; Path=/"},
        {"Set-Cookie": "page=3; HttpOnly; SameSite=Strict; Path=/"},
        {"Set-Cookie": "page=1; SameSite=Strict; Path=/"},
    ],
)
def test_the_auditor_reads_headers(change: dict[str, str]) -> None:
    """A participant response with a loose header or any cookie but the public constants fails the audit."""
    assert list(header_faults(Headers({**HEADERS, **change}), "participant")) != []


@pytest.mark.parametrize("path", ["/", PAGE, f"{PAGE}/help", f"{PAGE}/how", f"{PAGE}?read=easy", f"/s/{CLOSED}/how"])
def test_every_page_can_be_read(instance: Instance, path: str) -> None:
    """The landing page, the questions, the help and how it works answer 200 and pass the audit."""
    assert instance.participant().get(path).status_code == 200


def test_help_is_the_same_on_every_page_of_a_survey(instance: Instance) -> None:
    """The help on the questions, on errors and after sending lists the same services in the same order."""
    client, form = instance.participant(), instance.form()
    pages = [
        client.get(PAGE),
        client.get(f"{PAGE}/help"),
        client.post(PAGE, data={**form, "age": "1"}),
        client.post(PAGE, data={**form, "code": "0000-0000-0000-0000"}),
        client.post(PAGE, data={**form, "surprise": "1"}),
        client.post(PAGE, data=form),
    ]
    assert [page.status_code for page in pages] == [200, 200, 422, 409, 400, 200]
    services = [texts(page.text, "#help .signposts li") for page in pages]
    assert all(listed == services[0] for listed in services)
    assert any("999" in service for service in services[0])


def test_leaving_goes_to_a_neutral_site(instance: Instance) -> None:
    """The exit answers 303 to an everyday page elsewhere, and marks the browser so that Back keeps no page."""
    response = instance.participant().get("/exit")
    assert response.status_code == 303
    assert response.headers["Location"] == "https://www.bbc.co.uk/weather"
    assert response.headers.getlist("Set-Cookie") == ["page=2; HttpOnly; Path=/; SameSite=Strict"]


def test_health_is_one_word(instance: Instance) -> None:
    """Both faces answer "ok" to a watcher."""
    for client in (instance.participant(), instance.staff()):
        response = client.get("/healthz")
        assert (response.status_code, response.text, response.mimetype) == (200, "ok", "text/plain")


def test_the_descriptor_never_changes(fresh: Instance) -> None:
    """The descriptor is the same bytes before and after answers and invitations, and after closing."""
    client = fresh.participant()
    before = client.get(f"{PAGE}/descriptor")
    fresh.send(words="Hello")
    fresh.operations.invite.make_codes(OPEN, 10)
    after = client.get(f"{PAGE}/descriptor")
    fresh.operations.surveys.close(OPEN)
    closed = client.get(f"{PAGE}/descriptor")
    assert before.mimetype == "application/json"
    assert before.data == after.data == closed.data


def test_the_descriptor_carries_the_sealing_keys(instance: Instance) -> None:
    """A phone could seal an answer with what the descriptor says; it names the version, the plan and the level."""
    found = json.loads(instance.participant().get(f"{PAGE}/descriptor").data)
    survey = instance.operations.surveys.get(OPEN)
    key = base64.urlsafe_b64decode(found["answer_key"] + "=" * (-len(found["answer_key"]) % 4))
    assert key == survey.sealed_with().answer_key
    assert seal(b"{}", key, answer_purpose(OPEN), bucket=found["answer_bucket_bytes"])
    assert found["format"] == "coprod-descriptor/1"
    assert found["instrument_version"] == survey.instrument.version
    assert found["table_plan_hash"] == survey.plan_hash
    assert found["anonymity_level"] == "A0"


@pytest.mark.parametrize("path", ["/", PAGE, f"{PAGE}/help", f"{PAGE}/descriptor", "/exit", "/healthz", "/s/none"])
def test_head_is_get_without_a_body(instance: Instance, path: str) -> None:
    """HEAD answers with the status and headers of GET, and no body."""
    client = instance.participant()
    got, head = client.get(path), client.head(path)
    assert (head.status_code, head.data) == (got.status_code, b"")
    assert sorted(head.headers) == sorted(got.headers)


def test_the_easy_read_version_asks_the_same(instance: Instance) -> None:
    """The easy-read switch keeps every field, stays on after a mistake, and its answer is an answer like any other."""
    client, form = instance.participant(), instance.form(came="yes")
    page = client.get(f"{PAGE}?read=easy")
    assert "Show the usual version" in page.text
    wrong = client.post(f"{PAGE}?read=easy&lang=en", data={**form, "age": "1"})
    assert f'action="{PAGE}?read=easy&amp;lang=en"' in wrong.text
    assert client.post(f"{PAGE}?read=easy&lang=en", data=form).data == instance.send().data


def test_the_date_of_the_promise_is_on_the_page(instance: Instance) -> None:
    """The questions and the receipt say by which day people are told what was decided."""
    for page in (instance.participant().get(PAGE), instance.send()):
        assert "You will be told what was decided by" in page.text
        assert str(date(2027, 3, 1).year) in page.text


def test_markup_in_an_instrument_is_text(fresh: Instance) -> None:
    """Whatever an instrument's words hold, a page shows it as text, on every page and in every place."""
    marked = json.loads(
        json.dumps(document("marked-views", title="T")).replace('"text": "', f'"text": "{SCRIPT}&amp;%s%(x)s{{{{1}}}} ')
    )
    marked |= {"title": f"T{SCRIPT}", "description": f"D{SCRIPT}"}
    section = marked["sections"][0] | {"title": f"S{SCRIPT}", "note": f"N{SCRIPT}", "sensitive": True}
    for item in section["items"]:
        item |= {"hint": f"H{SCRIPT}", "easy_read": f"E{SCRIPT}"}
    marked["sections"] = [section]
    marked["gates"] |= {"decision": f"G{SCRIPT}", "decider": f"W{SCRIPT}", "reading_hours": f"R{SCRIPT}"}
    slug = fresh.add_survey(marked)
    client, form = fresh.participant(), fresh.form(slug)
    pages = [client.get(f"/s/{slug}{tail}") for tail in ("", "?read=easy", "/how", "/help")]
    pages += [
        client.post(f"/s/{slug}", data={**form, "liked": "tea", "age": "1"}),
        client.post(f"/s/{slug}", data=form),
    ]
    assert [page.status_code for page in pages] == [200, 200, 200, 200, 422, 200]
    assert all("<script>alert" not in page.text for page in pages)
    assert pages[0].text.count("&lt;script&gt;") > 15


@pytest.mark.parametrize(
    "markup", [SCRIPT, '"><script>alert(1)</script>', "</textarea><script>alert(1)</script>", "&lt;"]
)
def test_markup_in_answers_is_text(instance: Instance, markup: str) -> None:
    """What was typed comes back as text in every field, also in the code, in values that are no option, and in 400."""
    fields = dict.fromkeys(("came", "rate", "age", "month", "words", "more", "code", "version", "please.read"), markup)
    client = instance.participant()
    for page in (client.post(PAGE, data=fields), client.post(PAGE, data={**fields, markup: markup})):
        assert page.status_code in (400, 422)
        assert "<script>alert" not in page.text
        assert markup in texts(page.text, "textarea")[0]


def test_a_code_in_the_address_is_not_read(instance: Instance) -> None:
    """A code in the query string fills nothing in, so a link never needs to carry one to the server."""
    code = instance.code()
    page = instance.participant().get(f"{PAGE}?code={code}&age=44")
    assert code not in page.text
    assert 'value="44"' not in page.text


def test_pages_carry_no_counts(fresh: Instance) -> None:
    """The questions' page is the same before and after somebody answered: it does not tell how many have."""
    client = fresh.participant()
    before = client.get(PAGE).data
    fresh.send(words="Hello")
    assert client.get(PAGE).data == before
