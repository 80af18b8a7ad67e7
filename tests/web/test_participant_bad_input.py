"""What a participant's form may be refused for, in which order, and that a refusal stores nothing and costs no turn."""

import io
import sqlite3
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from auditing import FORM, field_values, texts
from instances import CLOSED, OPEN, Instance, document
from werkzeug.test import TestResponse

from coprod_survey.adapters.sqlite import database
from coprod_survey.web.participant.body import most_bytes

PAGE = f"/s/{OPEN}"
ODD = "This question was answered in a way that this page does not offer. Please answer it again."
UNREADABLE = "The form was not sent the way this page sends it. Please look it over and send it again."
BAD_CODE = "Type the code from your card or letter: 16 letters and numbers in four groups."
LONG = "The quick brown fox jumps over a dog. " * 4


@pytest.fixture
def refused(instance: Instance) -> Iterator[Callable[..., TestResponse]]:
    """Send forms that must be refused; afterwards nothing has changed on disk, and the code still works."""
    code = instance.code()
    before = instance.fingerprint()
    client = instance.participant()

    def send(raw: bytes | None = None, **fields: Any) -> TestResponse:
        form = {"version": instance.version(), "code": code, **fields}
        if raw is None:
            return client.post(PAGE, data=form)
        return client.post(PAGE, data=urlencode(form).encode() + raw, content_type=FORM)

    yield send
    assert instance.fingerprint() == before
    assert client.post(PAGE, data={"version": instance.version(), "code": code}).status_code == 200


def problems(page: TestResponse) -> list[str]:
    """Return the sentences of a page's error summary."""
    return texts(page.text, ".summary .mend")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"came": "maybe"}, "Choose one of the answers listed for this question, or skip it."),
        ({"came": "Yes"}, "Choose one of the answers listed for this question, or skip it."),
        ({"came": "yes", "liked": ["tea", "beer"]}, "Choose one of the answers listed for this question, or skip it."),
        ({"rate": "5"}, "Give a number from 0 to 4, or leave this empty to skip it."),
        ({"rate": "-1"}, "Give a number from 0 to 4, or leave this empty to skip it."),
        ({"rate": "2.5"}, "Give a whole number, such as 42, or leave this empty to skip it."),
        ({"rate": "1e0"}, "Give a whole number, such as 42, or leave this empty to skip it."),
        ({"rate": "Ⅲ"}, "Give a whole number, such as 42, or leave this empty to skip it."),
        ({"age": "9" * 5000}, "Give a whole number, such as 42, or leave this empty to skip it."),
        ({"age": "17"}, "Give a number from 18 to 110, or leave this empty to skip it."),
        ({"age": "[]"}, "Give a whole number, such as 42, or leave this empty to skip it."),
        ({"month": "March"}, "Give a month as year and month, such as 2026-03, or leave this empty to skip it."),
        ({"month": "2026-13"}, "Give a month as year and month, such as 2026-03, or leave this empty to skip it."),
        (
            {"month": "2031-01"},
            "This month is outside the time that we ask about. Give another, or leave this empty to skip it.",
        ),
        (
            {"rate": "3", "rate.pns": "1"},
            "You answered this and also chose “Prefer not to say”. Please keep only one of the two.",
        ),
        (
            {"words": "x", "words.pns": "1"},
            "You answered this and also chose “Prefer not to say”. Please keep only one of the two.",
        ),
        ({"rate.pns": "yes"}, ODD),
        ({"code": ""}, BAD_CODE),
        ({"code": "K7QX"}, BAD_CODE),
        ({"code": "UUUU-UUUU-UUUU-UUUU"}, BAD_CODE),
        ({"code": "0" * 10_000}, BAD_CODE),
        ({"please.read": "perhaps"}, UNREADABLE),
        (
            {"version": ""},
            "This page was out of date. What you wrote is still here; please look it over and send again.",
        ),
        (
            {"version": "0123456789abcdef"},
            "This page was out of date. What you wrote is still here; please look it over and send again.",
        ),
    ],
)
def test_wrong_answers_are_named(refused: Callable[..., TestResponse], fields: dict[str, Any], sentence: str) -> None:
    """An answer, code or version that does not fit is refused with 422 in one sentence that says how to mend it."""
    page = refused(**fields)
    assert page.status_code == 422
    assert problems(page) == [sentence]


def test_every_mistake_is_named_at_once(refused: Callable[..., TestResponse]) -> None:
    """Three wrong answers, an old version and a missing code give five lines, in the order of the page."""
    page = refused(came="maybe", rate="9", age="3", version="old", code="")
    assert page.status_code == 422
    assert len(problems(page)) == 5


def test_an_old_page_leaves_with_the_new_version(instance: Instance, refused: Callable[..., TestResponse]) -> None:
    """A form of an older version comes back with what was written, ready to be sent as the current one."""
    page = refused(version="0123456789abcdef", words="Still here", came="no")
    assert field_values(page.text, "version") == [instance.version()]
    assert field_values(page.text, "came") == ["no"]
    assert "Still here" in field_values(page.text, "words")[0]


def test_a_missing_version_is_an_old_page(instance: Instance) -> None:
    """A form without a version is refused with 422 and uses no turn."""
    form, before = instance.form(), instance.fingerprint()
    del form["version"]
    assert instance.participant().post(PAGE, data=form).status_code == 422
    assert instance.fingerprint() == before


@pytest.mark.parametrize("fields", [{"liked": "tea"}, {"came": "no", "liked": "tea"}])
def test_a_routed_away_answer_names_both_questions(
    refused: Callable[..., TestResponse], fields: dict[str, str]
) -> None:
    """An answer to a question that is not asked is refused, and the sentence quotes both questions."""
    page = refused(**fields)
    assert page.status_code == 422
    assert problems(page) == [
        "“What did you like?” is not asked after your answer to “Did you come?”. "
        "Clear it, or change the earlier answer."
    ]


@pytest.mark.parametrize("text", [LONG, "a" * 121, "😀" * 121, "ضع " * 60 + "ا"])
def test_long_text_is_never_cut(refused: Callable[..., TestResponse], text: str) -> None:
    """A text over its limit is kept whole on the page, and the sentence gives both lengths in code points."""
    page = refused(words=text)
    assert page.status_code == 422
    length = len(text.strip())
    assert problems(page) == [f"This is too long: it has {length} characters and 120 fit. Please shorten it."]
    assert text.strip() in field_values(page.text, "words")[0]
    assert "maxlength" not in page.text


def test_text_of_the_full_length_fits(instance: Instance) -> None:
    """A text of exactly the permitted number of code points is taken, each of them four bytes long."""
    assert instance.send(words="😀" * 120, more="𝒳" * 40).status_code == 200


@pytest.mark.parametrize("control", ["\x00", "\x01", "\x0b", "\x1b[31m", "\x7f", "\x85", "\x9f"])
def test_control_characters_are_dropped_also_from_the_page(instance: Instance, control: str) -> None:
    """NUL and other control characters reach neither the page that comes back nor the stored text."""
    client, form = instance.participant(), instance.form(words=f"a{control}b", age=f"x{control}", month=control)
    form["code"] = form["code"] + control
    page = client.post(PAGE, data=form)
    assert page.status_code == 422
    assert control not in page.text


def test_control_characters_do_not_reach_what_is_kept(fresh: Instance) -> None:
    """A text with NUL, escape and bell characters is kept without them; tabs and line ends stay."""
    assert fresh.send(words="a\x00b\x07\x1bc\td\r\ne\rf").status_code == 200
    fresh.operations.surveys.close(OPEN)
    assert fresh.opened(OPEN)[0]["words"].value == "abc\td\ne\nf"


@pytest.mark.parametrize(
    "raw",
    [
        b"&words=caf\xe9",
        b"&words=%FF%FE",
        b"&words=%C0%AF",
        b"&words=%ED%A0%80",
        b"&\xff=1",
        b"&%FF=1",
        b"&came=yes&came=no",
        b"&came=&came=",
        b"&code=0000-0000-0000-0000",
        b"&version=1",
        b"&please.read=no&please.read=yes",
        b"&rate.pns=1&rate.pns=1",
        b"&liked=tea&liked=tea&came=yes",
        b"&surprise=1",
        b"&words%00=1",
        b"&WORDS=1",
        b"&words.pns.pns=1",
        b"&age[]=1",
        b"&csrf_token=1",
        b"&" + b"a=1&" * 5001,
    ],
)
def test_a_form_that_no_page_sends_is_refused(refused: Callable[..., TestResponse], raw: bytes) -> None:
    """Bytes that are not UTF-8, fields that the page lacks, and repeated fields are refused with 400, with help."""
    page = refused(raw=raw)
    assert page.status_code == 400
    assert problems(page) == [UNREADABLE]


@pytest.mark.parametrize("raw", [b"&words=caf\xe9+au+lait&rate=3&came=no", b"&words=caf%E9+au+lait&rate=3&came=no"])
def test_what_could_be_read_is_kept(refused: Callable[..., TestResponse], raw: bytes) -> None:
    """Where one text is not UTF-8, the rest of the form and the readable part of that text stay on the page."""
    page = refused(raw=raw)
    assert page.status_code == 400
    assert "caf\ufffd au lait" in field_values(page.text, "words")[0]
    assert field_values(page.text, "rate") == ["3"]
    assert field_values(page.text, "came") == ["no"]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b'{"code":"x"}'),
        ("text/plain", b"code=x"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="code"\r\n\r\nx\r\n--b--\r\n',
        ),
        ("application/x-www-form-urlencodedx", b"code=x"),
        ("", b"code=x"),
    ],
)
def test_another_content_type_is_refused(instance: Instance, content_type: str, body: bytes) -> None:
    """Only an urlencoded form is read; anything else is refused with 400 and help."""
    page = instance.participant().post(PAGE, data=body, content_type=content_type)
    assert page.status_code == 400
    assert problems(page) == [UNREADABLE]


def test_a_form_may_name_its_character_set(instance: Instance) -> None:
    """A parameter behind the content type changes nothing."""
    body = urlencode(instance.form(words="Tea")).encode()
    assert instance.participant().post(PAGE, data=body, content_type=f"{FORM}; charset=UTF-8").status_code == 200


@pytest.mark.parametrize("length", [1, 1024 * 1024, 9 * 1024 * 1024])
def test_a_body_over_the_limit_is_refused(instance: Instance, length: int) -> None:
    """From one byte over the survey's limit up to many megabytes: 413 with help, and nothing is stored."""
    form, before = instance.form(), instance.fingerprint()
    limit = most_bytes(instance.operations.surveys.get(OPEN).instrument)
    body = (urlencode(form) + "&words=").encode()
    body += b"a" * (limit + length - len(body))
    page = instance.participant().post(PAGE, data=body, content_type=FORM)
    assert page.status_code == 413
    assert "too much to take in at once" in page.text
    assert instance.fingerprint() == before


def test_a_body_at_the_limit_is_read(instance: Instance) -> None:
    """A body of exactly the limit is read, so its too long text is named instead."""
    limit = most_bytes(instance.operations.surveys.get(OPEN).instrument)
    assert limit == 64 * 1024 + 12 * (120 + 40)
    body = (urlencode(instance.form()) + "&words=").encode()
    body += b"a" * (limit - len(body))
    assert instance.participant().post(PAGE, data=body, content_type=FORM).status_code == 422


def test_the_longest_honest_form_fits(fresh: Instance) -> None:
    """Texts of the full length, every code point percent-encoded in twelve bytes, stay under the body limit."""
    wide = document("wide-views")
    wide["sections"][0]["items"] += [
        {"id": f"t{number}", "kind": "text", "text": "?", "max_chars": 1000} for number in range(5)
    ]
    slug = fresh.add_survey(wide)
    form = fresh.form(slug, **{f"t{number}": "😀" * 1000 for number in range(5)})
    body = urlencode(form).encode()
    assert len(body) > 64 * 1024 - 6000
    assert fresh.participant().post(f"/s/{slug}", data=body, content_type=FORM).status_code == 200


@pytest.mark.parametrize("length", [100, 2 * 1024 * 1024])
def test_a_chunked_body_has_the_same_limit(instance: Instance, length: int) -> None:
    """A body without a Content-Length is read as far as the limit and no further."""
    body = (urlencode(instance.form()) + "&words=" + "a" * length).encode()
    page = instance.participant().post(
        PAGE,
        input_stream=io.BytesIO(body),
        content_type=FORM,
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
    )
    assert page.status_code == (200 if length <= 120 else 413)


@pytest.mark.parametrize("length", ["-1", "abc", "99999999999999999999"])
def test_a_content_length_that_lies_does_no_harm(instance: Instance, length: str) -> None:
    """A Content-Length that is no number, negative or larger than the body gives a page with help, never an error."""
    page = instance.participant().post(
        PAGE, input_stream=io.BytesIO(b"code=x"), content_type=FORM, environ_overrides={"CONTENT_LENGTH": length}
    )
    assert page.status_code in (400, 413, 422)


# One defect for each refusal, in the order in which refusals are given.
DEFECTS = (404, 413, 410, 400, 422, 409)


@pytest.fixture(scope="module")
def used_code(instance: Instance) -> str:
    """Return a code of the open survey that was used."""
    form = instance.form(words="used")
    assert instance.participant().post(PAGE, data=form).status_code == 200
    return str(form["code"])


@pytest.mark.parametrize(
    "defects",
    [set(some) for size in (1, 2, 6) for some in combinations(DEFECTS, size)],
    ids=lambda some: str(sorted(some)),
)
def test_the_earlier_refusal_wins(instance: Instance, used_code: str, defects: set[int]) -> None:
    """Of several reasons to refuse, the first of 404, 413, 410, 400, 422, 409 is given, and nothing is stored."""
    slug = "no-such-views" if 404 in defects else CLOSED if 410 in defects else OPEN
    form = {"version": instance.version(), "code": used_code if 409 in defects else instance.code()}
    form |= {"words": "a" * 80_000} if 413 in defects else {}
    form |= {"surprise": "1"} if 400 in defects else {}
    form |= {"came": "maybe"} if 422 in defects else {}
    before = instance.fingerprint()
    page = instance.participant().post(f"/s/{slug}", data=form)
    assert page.status_code == next(status for status in DEFECTS if status in defects)
    assert instance.fingerprint() == before


@pytest.mark.parametrize("kind", ["used", "unknown", "fresh"])
def test_wrong_answers_tell_nothing_of_a_code(instance: Instance, used_code: str, kind: str) -> None:
    """With a wrong answer the page is the same for a used, an unknown and a fresh code: no code is looked up."""
    code = {"used": used_code, "unknown": "0000-0000-0000-0000", "fresh": instance.code()}[kind]
    client, form = instance.participant(), {"version": instance.version(), "came": "maybe"}
    page = client.post(PAGE, data={**form, "code": code})
    other = client.post(PAGE, data={**form, "code": "1111-1111-1111-1111"})
    assert page.status_code == 422
    assert page.text.replace(code, "1111-1111-1111-1111") == other.text


@pytest.mark.parametrize("name", ["invitations.db", "submissions.db", "surveys.db"])
def test_a_busy_server_says_when_to_try_again(instance: Instance, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """While a database file stays locked, sending gets 503 with Retry-After and help; afterwards the code works."""
    pragmas = ("PRAGMA busy_timeout = 20", *database._PRAGMAS[1:])
    monkeypatch.setattr(database, "_PRAGMAS", pragmas)
    form, client = instance.form(words="Busy"), instance.participant()
    holder = sqlite3.connect(instance.folder / name, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        page = client.post(PAGE, data=form)
    finally:
        holder.rollback()
        holder.close()
    assert page.status_code == 503
    assert int(page.headers["Retry-After"]) > 0
    assert "nothing was stored" in page.text
    assert client.post(PAGE, data=form).status_code == 200


def test_a_failure_inside_tells_nothing(
    instance: Instance, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An unexpected error gives 500 with help; neither the page nor the log holds path, code, answer or exception."""

    def explode(*_: object, **__: object) -> None:
        raise RuntimeError("an answer and a code: " + form["code"])

    form = instance.form(words="Something private")
    app = instance.participant_app
    monkeypatch.setattr("coprod_survey.web.participant.sending.parse_answers", explode)
    page = instance.participant().post(PAGE, data=form)
    logged = "".join(capsys.readouterr())
    assert page.status_code == 500
    assert app.testing is False
    for secret in (form["code"], "private", "RuntimeError", "Traceback", OPEN):
        assert secret not in page.text
        assert secret not in logged
    assert logged == "a request failed inside the server\n"


@pytest.mark.parametrize("slug", ["", "..", "%00", "ä", "a" * 5000, "open-views%2F", "OPEN-VIEWS", "'; DROP TABLE x"])
def test_strange_addresses_are_not_there(instance: Instance, slug: str) -> None:
    """Any address that is no survey's gives 404 with help, for reading and for sending alike."""
    client = instance.participant()
    path = f"/s/{slug if '%' in slug else quote(slug)}"
    assert client.get(path).status_code == 404
    assert client.post(path, data={"code": "x"}).status_code == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused(instance: Instance, method: str) -> None:
    """A method that the address does not have gives 405 with help and names the methods that it has (RFC 9110)."""
    page = instance.participant().open(PAGE, method=method)
    assert page.status_code == 405
    assert {"GET", "HEAD", "POST"} <= set(page.headers["Allow"].replace(" ", "").split(","))
