"""A participant opens the page, answers or skips, sends once, and is thanked; all of it over plain HTTP."""

import threading
from pathlib import Path
from typing import Any

import pytest
from auditing import field_values, texts
from instances import CLOSED, DRAFT, OPEN, URGENT, Instance, document, new_instance

from coprod_survey.domain.answers import DECLINED, NOT_ASKED, SKIPPED, Given

PAGE = f"/s/{OPEN}"
EVERYTHING: dict[str, Any] = {
    "came": "yes",
    "liked": ["talk", "tea"],
    "rate": "3",
    "age": "42",
    "month": "2026-03",
    "words": "Warm.\r\nKind.",
    "more": "",
}


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    """Return an instance whose survey was answered five times and then closed."""
    made = new_instance(tmp_path_factory.mktemp("answered") / "data")
    slug = made.add_survey(document(OPEN))
    for answers in (
        EVERYTHING,
        {},
        {"came.pns": "1", "rate.pns": "1", "words.pns": "1", "age.pns": "1", "month.pns": "1"},
        {"came": "no", "words": "\u202bكانت رحلة صعبة\u202c 🫶🏽", "please.read": "yes"},
        {"came": "", "rate": "", "more": URGENT[:40]},
    ):
        assert made.send(slug, **answers).status_code == 200
    made.operations.surveys.close(slug)
    return made


def test_the_page_asks_everything_in_one_form(instance: Instance) -> None:
    """The whole questionnaire arrives in one page, and its form posts to the same address."""
    page = instance.participant().get(PAGE)
    assert page.status_code == 200
    assert page.text.count("<form") == 1
    assert f'action="{PAGE}?' in page.text
    assert field_values(page.text, "version") == [instance.version()]
    assert field_values(page.text, "code") == [""]
    for name in (*EVERYTHING, *(f"{item}.pns" for item in EVERYTHING)):
        assert f'name="{name}"' in page.text


def test_nothing_is_chosen_beforehand(instance: Instance) -> None:
    """No answer, no "skip" and no "prefer not to say" is ticked when the page arrives."""
    assert " checked" not in instance.participant().get(PAGE).text


def test_answers_are_stored_as_given(answered: Instance) -> None:
    """Choices, several choices, points, bands, months and text come back as they were sent, in cleaned lines."""
    stored = answered.opened(OPEN)
    assert {
        "came": Given("yes"),
        "liked": Given(("tea", "talk")),
        "rate": Given(3),
        "age": Given((40, 110)),
        "month": Given("2026-03"),
        "words": Given("Warm.\nKind."),
        "more": SKIPPED,
    } in stored


def test_an_empty_form_is_an_answer(answered: Instance) -> None:
    """Whoever skips everything has answered; what was not asked because of that is told apart from skipped."""
    nothing = dict.fromkeys(("came", "rate", "age", "month", "words", "more"), SKIPPED)
    assert {**nothing, "liked": NOT_ASKED} in answered.opened(OPEN)


def test_prefer_not_to_say_is_stored_apart(fresh: Instance) -> None:
    """ "Prefer not to say" is kept as declined, not as skipped."""
    fields = ("came", "rate", "age", "month", "words", "more")
    assert fresh.send(OPEN, **{f"{name}.pns": "1" for name in fields}).status_code == 200
    fresh.operations.surveys.close(OPEN)
    assert fresh.opened(OPEN) == [{**dict.fromkeys(fields, DECLINED), "liked": NOT_ASKED}]


def test_right_to_left_text_and_emoji_survive(answered: Instance) -> None:
    """Arabic with direction marks and an emoji with a skin tone come back code point by code point."""
    assert Given("\u202bكانت رحلة صعبة\u202c 🫶🏽") in [answers["words"] for answers in answered.opened(OPEN)]


def test_receipts_are_alike_for_everyone(instance: Instance) -> None:
    """The page after sending is byte for byte the same, with a finding, with a wish to be read, and with nothing."""
    receipts = [
        instance.send(),
        instance.send(words=URGENT),
        instance.send(**{"please.read": "yes", "words": "Hello"}),
        instance.send(more="He hits me when nobody looks."),
        instance.send(**EVERYTHING),
    ]
    assert {receipt.status_code for receipt in receipts} == {200}
    assert len({receipt.data for receipt in receipts}) == 1
    assert len({str(sorted(receipt.headers)) for receipt in receipts}) == 1
    assert texts(receipts[0].text, 'main[data-outcome="received"] h1') == ["Thank you. Your answers have arrived."]


def test_a_retry_is_stored_once(instance: Instance) -> None:
    """The same form sent again gets the same page, and no second turn is used."""
    form, before = instance.form(came="yes", words="Once"), instance.turns_used()
    first = instance.participant().post(PAGE, data=form)
    again = instance.participant().post(PAGE, data=form)
    assert (first.status_code, first.data, str(first.headers)) == (again.status_code, again.data, str(again.headers))
    assert instance.turns_used() == before + 1


def test_a_retry_is_recognised_however_the_code_is_typed(instance: Instance) -> None:
    """Lower case, spaces for dashes, and O and I for 0 and 1 name the same turn."""
    form = instance.form(came="no")
    sloppy = form["code"].lower().replace("-", " ").replace("0", "o").replace("1", "i")
    client, before = instance.participant(), instance.turns_used()
    assert client.post(PAGE, data=form).status_code == 200
    assert client.post(PAGE, data={**form, "code": f" {sloppy} "}).status_code == 200
    assert instance.turns_used() == before + 1


def test_a_used_code_takes_no_other_answer(instance: Instance) -> None:
    """A second, different answer under a used code is refused, and what was written is still on the page."""
    form, client = instance.form(words="First"), instance.participant()
    client.post(PAGE, data=form)
    before = instance.fingerprint()
    refused = client.post(PAGE, data={**form, "words": "Second", "came": "yes"})
    assert refused.status_code == 409
    assert field_values(refused.text, "words") == ["Second"]
    assert field_values(refused.text, "came") == ["yes"]
    assert field_values(refused.text, "code") == [form["code"]]
    assert instance.fingerprint() == before


def test_asking_to_be_read_is_part_of_the_answer(instance: Instance) -> None:
    """The same answers with another wish to be read are another request, so the used code refuses them."""
    form, client = instance.form(words="First"), instance.participant()
    assert client.post(PAGE, data=form).status_code == 200
    assert client.post(PAGE, data={**form, "please.read": "yes"}).status_code == 409


def test_unknown_and_used_codes_read_alike(instance: Instance) -> None:
    """The refusal of a code that never existed differs from that of a used code only in what was typed."""
    used, unknown = instance.code(), "0000-0000-0000-0000"
    client, form = instance.participant(), {"version": instance.version(), "came": "no"}
    client.post(PAGE, data={**form, "code": used})
    pages = [client.post(PAGE, data={**form, "code": code, "came": "yes"}) for code in (used, unknown)]
    assert [page.status_code for page in pages] == [409, 409]
    assert pages[0].text.replace(used, unknown) == pages[1].text
    sentence = "That code did not work. It may be mistyped or already used. What you wrote is still on this page."
    assert sentence in texts(pages[0].text, ".summary .mend")


def test_answers_stay_on_a_page_with_errors(instance: Instance) -> None:
    """After a mistake every field still holds what was sent, the summary names the mistake, the title says Error."""
    sent = {**EVERYTHING, "age": "twelve", "more": "Line one\nline two", "please.read": "yes", "rate.pns": "1"}
    form = instance.form(**{**sent, "rate": ""})
    page = instance.participant().post(PAGE, data=form)
    assert page.status_code == 422
    assert texts(page.text, "title")[0].startswith("Error:")
    assert texts(page.text, ".summary .mend") == [
        "Give a whole number, such as 42, or leave this empty to skip it.",
    ]
    kept = {name: field_values(page.text, name) for name in (*sent, "code")}
    assert kept == {
        "came": ["yes"],
        "liked": ["tea", "talk"],
        "rate": [""],
        "age": ["twelve"],
        "month": ["2026-03"],
        "words": ["Warm.\nKind."],
        "more": ["Line one\nline two"],
        "please.read": ["yes"],
        "rate.pns": ["1"],
        "code": [form["code"]],
    }


def test_a_mended_form_is_taken(instance: Instance) -> None:
    """The code of a refused form still works once the mistake is mended."""
    form, client, before = instance.form(age="twelve"), instance.participant(), instance.turns_used()
    assert client.post(PAGE, data=form).status_code == 422
    assert client.post(PAGE, data={**form, "age": "44"}).status_code == 200
    assert instance.turns_used() == before + 1


def test_one_code_sent_many_times_at_once_is_one_answer(instance: Instance) -> None:
    """Eight different answers raced under one code: one is received, seven are refused, one turn is used."""
    form, before, statuses = instance.form(), instance.turns_used(), []

    def send(number: int) -> None:
        answer = {**form, "words": f"Answer {number}"}
        statuses.append(instance.participant().post(PAGE, data=answer).status_code)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, *[409] * 7]
    assert instance.turns_used() == before + 1


def test_a_code_belongs_to_one_survey(instance: Instance, fresh: Instance) -> None:
    """A code of one survey is unknown to another."""
    other = fresh.add_survey(document("other-views"))
    form = {"version": fresh.version(other), "code": fresh.code(OPEN)}
    assert fresh.participant().post(f"/s/{other}", data=form).status_code == 409


def test_a_draft_is_not_there(instance: Instance) -> None:
    """A survey that has not opened answers like one that does not exist, on every address."""
    client = instance.participant()
    for tail in ("", "/help", "/how", "/descriptor"):
        draft, nothing = client.get(f"/s/{DRAFT}{tail}"), client.get(f"/s/no-such-views{tail}")
        assert (draft.status_code, draft.data) == (404, nothing.data)
    assert client.post(f"/s/{DRAFT}", data={"code": "x"}).status_code == 404


def test_a_closed_survey_says_so_with_help(instance: Instance) -> None:
    """After closing, the page and the form answer 410 with help and with what happens next; help stays reachable."""
    client, before = instance.participant(), instance.fingerprint()
    sent = client.post(f"/s/{CLOSED}", data={"version": instance.version(CLOSED), "code": instance.code(OPEN)})
    for page in (client.get(f"/s/{CLOSED}"), sent):
        assert page.status_code == 410
        assert "What happens next" in page.text
        assert "March 1, 2027" in page.text or "1 March 2027" in page.text
    assert client.get(f"/s/{CLOSED}/help").status_code == 200
    assert instance.fingerprint() == before


def test_a_survey_that_closes_while_somebody_writes_stores_nothing(fresh: Instance) -> None:
    """A form filled in before closing and sent after it is refused, and no turn is used."""
    form = fresh.form(words="Late")
    fresh.operations.surveys.close(OPEN)
    assert fresh.participant().post(PAGE, data=form).status_code == 410
    assert fresh.turns_used() == 0


def test_a_demonstration_says_that_nobody_reads(instance: Instance) -> None:
    """Every page of a demonstration survey says in full that nobody reads what is written there."""
    client = instance.participant()
    pages = [client.get(PAGE + tail) for tail in ("", "/help", "/how")] + [instance.send(), client.get(f"/s/{CLOSED}")]
    assert all("Demonstration. Nobody reads what you write." in page.text for page in pages)


def test_a_survey_opened_through_its_gates_is_no_demonstration(tmp_path: Path) -> None:
    """A light survey whose gates are met opens for real, and its page does not claim to be a demonstration."""
    made = new_instance(tmp_path / "data")
    light = document("light-views")
    light["sections"][0]["items"] = light["sections"][0]["items"][:5]
    light["gates"] |= {"decision": "The room", "decider": "The manager", "answer_by": "2099-03-01"}
    made.add_survey(light, demonstration=False)
    page = made.participant().get("/s/light-views")
    assert "Demonstration" not in page.text
    assert 'name="please.read"' not in page.text
