"""Answers: read from a form, kept, restored, counted; and what is refused on the way."""

import json
from typing import Any

import pytest

from coprod_survey.domain.answers import (
    DECLINED,
    NOT_ASKED,
    SKIPPED,
    Answer,
    AnswerFault,
    FaultKind,
    FieldFaultKind,
    Given,
    decode_response,
    encode_response,
    free_texts,
    parse_answers,
    restore,
    store,
    tabulated,
    tabulated_values,
    unexpected_fields,
    worst_case_bytes,
)
from coprod_survey.domain.errors import CannotOpen
from coprod_survey.domain.instrument_file import load_instrument

OPTIONS = [{"value": value, "text": value} for value in ("x", "y", "z")]
INSTRUMENT = load_instrument(
    {
        "format": "coprod-instrument/1",
        "title": "Views",
        "languages": ["en", "cy"],
        "sections": [
            {
                "id": "s",
                "title": "S",
                "items": [
                    {"id": "one", "kind": "choice", "text": "?", "options": OPTIONS},
                    {"id": "many", "kind": "multiple", "text": "?", "options": OPTIONS},
                    {"id": "scale", "kind": "scale", "text": "?", "min": -2, "max": 10},
                    {"id": "age", "kind": "number", "text": "?", "bins": [[16, 24], [25, 99]]},
                    {"id": "month", "kind": "month", "text": "?", "min": "2024-03", "max": "2026-11"},
                    {"id": "text", "kind": "text", "text": "?", "max_chars": 5},
                    {"id": "why", "kind": "text", "text": "?", "show_if": {"item": "one", "any": ["x"]}},
                    {"id": "then", "kind": "text", "text": "?", "show_if": {"item": "why", "answered": True}},
                ],
            }
        ],
    }
)
NOTHING = parse_answers(INSTRUMENT, {})[0]


def one(item_id: str, *values: str) -> Answer | AnswerFault:
    """Return the answer to one item, or its only fault."""
    answers, faults = parse_answers(INSTRUMENT, {item_id: values})
    return faults[0] if faults else answers[item_id]


@pytest.mark.parametrize(
    ("item_id", "values", "value"),
    [
        ("one", ["y"], "y"),
        ("many", ["z", "x"], ("x", "z")),
        ("scale", ["10"], 10),
        ("scale", ["-2"], -2),
        ("scale", [" +7 "], 7),
        ("scale", ["000000000007"], 7),
        ("age", ["16"], (16, 24)),
        ("age", ["24"], (16, 24)),
        ("age", ["25"], (25, 99)),
        ("month", ["2024-03"], "2024-03"),
        ("text", ["  a\r\nb\r"], "a\nb"),
        ("text", ["a\x00\x07\x7f\x85\tb"], "a\tb"),
        ("text", ["👩‍👩‍👧"], "👩‍👩‍👧"),
        ("text", ["\ud83d"], "\ufffd"),
    ],
)
def test_posted_values_become_answers(item_id: str, values: list[str], value: object) -> None:
    """A well-formed value is kept in its canonical form; of a number only the band is kept."""
    assert one(item_id, *values) == Given(value)  # type: ignore[arg-type] # the table mixes types


@pytest.mark.parametrize("item_id", ["one", "many", "scale", "age", "month", "text"])
@pytest.mark.parametrize("values", [[], [""]])
def test_empty_is_skipped(item_id: str, values: list[str]) -> None:
    """A missing or empty value is a skipped item."""
    assert one(item_id, *values) is SKIPPED


@pytest.mark.parametrize(
    ("item_id", "values", "kind", "detail"),
    [
        ("one", ["w"], FaultKind.NOT_AN_OPTION, {}),
        ("one", [" x"], FaultKind.NOT_AN_OPTION, {}),
        ("one", ["x", "y"], FaultKind.MORE_THAN_ONE, {}),
        ("many", ["x", "w"], FaultKind.NOT_AN_OPTION, {}),
        ("scale", ["7.0"], FaultKind.NOT_A_WHOLE_NUMBER, {}),
        ("scale", ["Ⅶ"], FaultKind.NOT_A_WHOLE_NUMBER, {}),
        ("scale", ["1_0"], FaultKind.NOT_A_WHOLE_NUMBER, {}),
        ("scale", ["0000000000007"], FaultKind.NOT_A_WHOLE_NUMBER, {}),
        ("scale", ["+-7"], FaultKind.NOT_A_WHOLE_NUMBER, {}),
        ("scale", ["11"], FaultKind.OUT_OF_RANGE, {"min": -2, "max": 10}),
        ("age", ["15"], FaultKind.OUT_OF_RANGE, {"min": 16, "max": 99}),
        ("age", ["9" * 5000], FaultKind.NOT_A_WHOLE_NUMBER, {}),
        ("month", ["March"], FaultKind.NOT_A_MONTH, {}),
        ("month", ["2024-13"], FaultKind.NOT_A_MONTH, {}),
        ("month", ["2024-02"], FaultKind.MONTH_OUT_OF_RANGE, {"min": "2024-03", "max": "2026-11"}),
        ("text", ["abcdef"], FaultKind.TOO_LONG, {"limit": 5, "length": 6}),
        ("one.pns", ["yes"], FaultKind.BAD_PNS, {}),
        ("one.pns", [""], FaultKind.BAD_PNS, {}),
        ("why", ["because"], FaultKind.ROUTED_AWAY, {"because": "one"}),
        ("then", ["so"], FaultKind.ROUTED_AWAY, {"because": "why"}),
    ],
)
def test_what_is_no_answer_is_a_fault(item_id: str, values: list[str], kind: FaultKind, detail: dict[str, Any]) -> None:
    """What cannot be an answer is named by kind, with bounds and lengths but without what was written."""
    assert one(item_id, *values) == AnswerFault(item_id.removesuffix(".pns"), kind, detail)


@pytest.mark.parametrize("typed", ["7", "٧", "７", "৭"])
def test_digits_of_every_script_are_read(typed: str) -> None:
    """A phone with an Arabic, Japanese or Bengali keyboard types numbers too."""
    answers, faults = parse_answers(INSTRUMENT, {"scale": [typed]})
    assert (answers["scale"], faults) == (Given(7), ())


def test_declining_what_is_not_asked_is_no_fault() -> None:
    """Whoever ticks prefer not to say everywhere was still not asked what routing leads past."""
    answers, faults = parse_answers(INSTRUMENT, {"why.pns": ["1"]})
    assert (answers["why"], faults) == (NOT_ASKED, ())


def test_prefer_not_to_say_is_kept_apart_from_skipping() -> None:
    """Prefer not to say is its own state, and so is not being asked."""
    answers, faults = parse_answers(INSTRUMENT, {"one.pns": ["1"]})
    assert (answers["one"], answers["many"], answers["why"], faults) == (DECLINED, SKIPPED, NOT_ASKED, ())


def test_value_and_prefer_not_to_say_exclude_each_other() -> None:
    """A value beside prefer-not-to-say is a fault; an empty one is not."""
    _, faults = parse_answers(INSTRUMENT, {"one": ["x"], "one.pns": ["1"]})
    assert [fault.kind for fault in faults] == [FaultKind.BOTH_VALUE_AND_DECLINED]
    assert parse_answers(INSTRUMENT, {"one": [""], "one.pns": ["1"]})[0]["one"] is DECLINED


def test_routed_away_value_opens_nothing_later() -> None:
    """A value posted for an item that is not asked counts as none at the next condition."""
    answers, faults = parse_answers(INSTRUMENT, {"one": ["y"], "why": ["w"], "then": ["t"]})
    assert [(fault.item_id, fault.detail) for fault in faults] == [
        ("why", {"because": "one"}),
        ("then", {"because": "why"}),
    ]
    assert answers["then"] is NOT_ASKED


def test_one_slip_is_reported_once() -> None:
    """A controlling item with a fault does not turn the answers behind it into faults."""
    _, faults = parse_answers(INSTRUMENT, {"one": ["w"], "why": ["reason"]})
    assert [fault.item_id for fault in faults] == ["one"]


@pytest.mark.parametrize(
    ("posted", "kinds"),
    [
        ({"one": ["x"], "many": ["x", "y"], "one.pns": ["1"], "code": ["c"]}, []),
        ({"two": ["x"]}, [FieldFaultKind.UNKNOWN_FIELD]),
        ({"two.pns": ["1"]}, [FieldFaultKind.UNKNOWN_FIELD]),
        ({"one": ["x", "x"]}, [FieldFaultKind.REPEATED_FIELD]),
        ({"one": ["", ""]}, [FieldFaultKind.REPEATED_FIELD]),
        ({"one.pns": ["1", "1"]}, [FieldFaultKind.REPEATED_FIELD]),
        ({"many": ["x", "x"]}, [FieldFaultKind.REPEATED_FIELD]),
        ({"code": ["a", "b"]}, [FieldFaultKind.REPEATED_FIELD]),
    ],
)
def test_fields_that_no_honest_page_posts(posted: dict[str, list[str]], kinds: list[FieldFaultKind]) -> None:
    """Unknown fields and repeated single fields are told apart from answers that are wrong."""
    assert [fault.kind for fault in unexpected_fields(INSTRUMENT, posted, ("code", "version"))] == kinds


def test_nothing_shows_an_answer() -> None:
    """Neither an answer nor a fault nor an unknown field name appears in a representation."""
    answers, faults = parse_answers(INSTRUMENT, {"one": ["x"], "text": ["secret secret"], "why": ["secret"]})
    fields = unexpected_fields(INSTRUMENT, {"secret": ["secret"]}, ())
    assert "secret" not in f"{answers!r} {answers} {answers['why']} {faults!r} {fields!r}"


def test_answers_cannot_be_changed() -> None:
    """What was parsed stays as it is."""
    with pytest.raises(TypeError):
        NOTHING["one"] = Given("x")  # type: ignore[index] # that is the point


FULL = {
    "one": ["x"],
    "many": ["z", "x"],
    "scale": ["3"],
    "age": ["30"],
    "month": ["2025-01"],
    "text": ['"\\\n'],
    "why": ["é"],
    "then.pns": ["1"],
}


def test_stored_form_is_plain_json() -> None:
    """Each kind has one compact stored form; the three ways of no answer are told apart."""
    answers, _ = parse_answers(INSTRUMENT, FULL | {"scale": []})
    assert store(answers) == {
        "one": "x",
        "many": ["x", "z"],
        "scale": {"no": "skipped"},
        "age": [25, 99],
        "month": "2025-01",
        "text": '"\\',
        "why": "é",
        "then": {"no": "declined"},
    }


def test_encoded_response_is_compact_utf_8() -> None:
    """An encoded response carries version, language and answers in this order, without spaces or escapes."""
    raw = encode_response(INSTRUMENT, parse_answers(INSTRUMENT, FULL)[0], "cy").decode()
    assert raw.startswith(f'{{"v":"{INSTRUMENT.version}","l":"cy","a":{{"one":"x","many":["x","z"],"scale":3,')
    assert '"why":"é"' in raw


def test_response_comes_back_equal() -> None:
    """Decoding returns the answers and the language that were encoded."""
    answers, _ = parse_answers(INSTRUMENT, FULL)
    assert decode_response(INSTRUMENT, encode_response(INSTRUMENT, answers, "cy")) == (answers, "cy")


def test_language_must_be_one_of_the_instruments() -> None:
    """A response cannot be written in a language that the instrument does not have."""
    with pytest.raises(ValueError, match="language"):
        encode_response(INSTRUMENT, NOTHING, "pl")


@pytest.mark.parametrize(
    ("item_id", "stored"),
    [
        ("one", "w"),
        ("one", ""),
        ("one", ["x"]),
        ("one", None),
        ("one", {"no": "answer"}),
        ("one", {"no": "declined", "why": "secret"}),
        ("one", {"no": "not_asked"}),
        ("many", []),
        ("many", ["z", "x"]),
        ("many", ["x", "x"]),
        ("many", ["x", 1]),
        ("many", "x"),
        ("scale", True),
        ("scale", 3.0),
        ("scale", "3"),
        ("scale", 11),
        ("age", [16, 99]),
        ("age", [16, 24.0]),
        ("age", 30),
        ("month", "2020-01"),
        ("month", " 2025-01"),
        ("month", 202501),
        ("text", " a"),
        ("text", "a\r"),
        ("text", "abcdef"),
        ("text", ""),
        ("text", "\ud83d"),
        ("text", 5),
        ("why", "routed away"),
        ("why", {"no": "skipped"}),
        ("extra", "x"),
    ],
)
def test_restore_holds_to_every_rule(item_id: str, stored: object) -> None:
    """What a form could not have led to does not come back as an answer, and is not quoted."""
    with pytest.raises(CannotOpen) as caught:
        restore(INSTRUMENT, store(NOTHING) | {item_id: stored})
    assert str(caught.value) == "What was opened is not a response to this instrument."


@pytest.mark.parametrize("stored", [None, [], {}, "x"])
def test_restore_wants_an_object_of_every_item(stored: object) -> None:
    """Anything but an object with exactly the instrument's items is refused."""
    with pytest.raises(CannotOpen):
        restore(INSTRUMENT, stored)


GOOD = encode_response(INSTRUMENT, NOTHING, "en")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        GOOD + b" ",
        GOOD.replace(b'"l":"en"', b'"l": "en"'),
        GOOD.replace(b'"l":"en"', b'"l":"pl"'),
        GOOD.replace(b'"l":"en"', b'"l":["en"]'),
        GOOD.replace(b'"l":"en"', b'"l":"en","l":"en"'),
        GOOD.replace(INSTRUMENT.version.encode(), b"0" * 16),
        GOOD.replace(b'"declined"', b'"skipped"').replace(b"skipped", b"sk\\u0069pped"),
        GOOD.replace(b"}}}", b'}},"mark":1}'),
        GOOD.decode().encode("utf-16"),
    ],
)
def test_only_the_one_way_of_writing_is_decoded(raw: bytes) -> None:
    """A response can be written in one way only, so nobody can leave a mark on it."""
    with pytest.raises(CannotOpen) as caught:
        decode_response(INSTRUMENT, raw)
    assert caught.value.__cause__ is None


def test_decoding_never_carries_the_text_that_it_could_not_read() -> None:
    """The error for unreadable bytes shows no earlier error that would quote them."""
    with pytest.raises(CannotOpen) as caught:
        decode_response(INSTRUMENT, b'{"secret')
    assert caught.value.__suppress_context__


def test_worst_case_is_reached_by_text_of_four_bytes() -> None:
    """The bound on size is met exactly by a full answer in four-byte characters."""
    instrument = load_instrument(
        {
            "format": "coprod-instrument/1",
            "title": "T",
            "languages": ["en"],
            "sections": [
                {"id": "s", "title": "S", "items": [{"id": "t", "kind": "text", "text": "?", "max_chars": 50}]}
            ],
        }
    )
    answers, _ = parse_answers(instrument, {"t": ["😀" * 50]})
    # One byte of slack: the last item needs no comma after it.
    assert worst_case_bytes(instrument) - len(encode_response(instrument, answers, "en")) == 1


@pytest.mark.parametrize(
    ("item_id", "counted"),
    [
        ("one", ("x",)),
        ("many", ("x", "z")),
        ("scale", ("3",)),
        ("age", ("25-99",)),
        ("month", ("2025",)),
        ("text", ()),
        ("then", ()),
    ],
)
def test_answers_are_counted_under_their_values(item_id: str, counted: tuple[str, ...]) -> None:
    """An answer is counted under its options, points, band or year; text and no answer under nothing."""
    answers, _ = parse_answers(INSTRUMENT, FULL)
    assert tabulated(INSTRUMENT.item(item_id), answers[item_id]) == counted


@pytest.mark.parametrize(
    ("item_id", "values"),
    [
        ("one", ("x", "y", "z")),
        ("many", ("x", "y", "z")),
        ("scale", tuple(str(n) for n in range(-2, 11))),
        ("age", ("16-24", "25-99")),
        ("month", ("2024", "2025", "2026")),
        ("text", ()),
    ],
)
def test_possible_values_come_in_order(item_id: str, values: tuple[str, ...]) -> None:
    """Every value that may be counted is known beforehand, in the instrument's order."""
    assert tabulated_values(INSTRUMENT.item(item_id)) == values


def test_free_texts_are_what_people_wrote() -> None:
    """Free texts come with their item's id, in order, and only where something was written."""
    answers, _ = parse_answers(INSTRUMENT, FULL | {"text": [" "]})
    assert free_texts(INSTRUMENT, answers) == [("why", "é")]


def test_stored_form_survives_json() -> None:
    """The stored form of answers is the same after a trip through JSON."""
    stored = store(parse_answers(INSTRUMENT, FULL)[0])
    assert json.loads(json.dumps(stored)) == stored
