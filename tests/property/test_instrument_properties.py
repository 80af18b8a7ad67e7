"""What holds for every instrument and every answer, not only for those that we thought of."""

import copy
import json
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped] # has no stubs here

from coprod_survey.domain.answers import (
    NOT_ASKED,
    SKIPPED,
    Answer,
    Answers,
    Given,
    clean_text,
    decode_response,
    encode_response,
    parse_answers,
    restore,
    store,
    tabulated,
    tabulated_values,
    unexpected_fields,
    worst_case_bytes,
)
from coprod_survey.domain.errors import CannotOpen, InstrumentFaults
from coprod_survey.domain.instrument import Instrument, Month
from coprod_survey.domain.instrument_file import load_instrument, parse_instrument_json
from coprod_survey.domain.routing import asked

SCHEMA = Draft202012Validator(json.loads((Path(__file__).parents[2] / "docs/instrument.schema.json").read_text()))
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

words = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=12).filter(
    str.strip
)
texts = words | st.fixed_dictionaries({"en": words}, optional={"cy": words})
option_values = st.lists(words, min_size=2, max_size=4, unique=True)


@st.composite
def bins(draw: st.DrawFn) -> list[list[int]]:
    """Draw bands without gaps."""
    start = draw(st.integers(-50, 50))
    widths = draw(st.lists(st.integers(1, 20), min_size=2, max_size=5))
    edges = [start + sum(widths[:count]) for count in range(len(widths) + 1)]
    return [[low, high - 1] for low, high in pairwise(edges)]


@st.composite
def bodies(draw: st.DrawFn) -> dict[str, Any]:
    """Draw what one kind of question has beyond every question's keys."""
    kind = draw(st.sampled_from(["choice", "multiple", "scale", "number", "month", "text"]))
    if kind in ("choice", "multiple"):
        return {"kind": kind, "options": [{"value": value, "text": draw(texts)} for value in draw(option_values)]}
    if kind == "scale":
        low = draw(st.integers(-5, 5))
        return {"kind": kind, "min": low, "max": low + draw(st.integers(1, 20)), "labels": [draw(texts), draw(texts)]}
    if kind == "number":
        return {"kind": kind, "bins": draw(bins())}
    if kind == "month":
        return {"kind": kind, **draw(st.sampled_from([{}, {"min": "2020-05"}, {"min": "2020-05", "max": "2026-01"}]))}
    return {"kind": kind, "max_chars": draw(st.integers(1, 30)), "expect_disclosure": draw(st.booleans())}


def leaves(earlier: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return conditions on one earlier item."""
    about, choices = {"item": earlier["id"]}, [st.just({"item": earlier["id"], "answered": True})]
    if "options" in earlier:
        values = st.lists(st.sampled_from([option["value"] for option in earlier["options"]]), min_size=1, max_size=3)
        choices += [
            st.sampled_from(["any", "none", "all"]).flatmap(lambda how: values.map(lambda v: {**about, how: v}))
        ]
    if earlier["kind"] == "scale":
        choices += [st.just({**about, "min": earlier["min"]}), st.just({**about, "any": [earlier["max"]]})]
    if earlier["kind"] == "number":
        choices += [st.sampled_from(earlier["bins"]).map(lambda band: {**about, "min": band[0], "max": band[1]})]
    return st.one_of(choices)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a valid document with routing."""
    items: list[dict[str, Any]] = []
    for index, body in enumerate(draw(st.lists(bodies(), min_size=1, max_size=7))):
        item = {"id": f"q{index}", "text": draw(texts), **body}
        routed: bool = draw(st.booleans())
        if items and routed:
            parts: list[dict[str, Any]] = draw(st.lists(st.sampled_from(items).flatmap(leaves), min_size=1, max_size=2))
            item["show_if"] = draw(st.sampled_from([parts[0], {"all": parts}, {"any": parts}]))
        items.append(item)
    cut = draw(st.integers(0, len(items) - 1))
    runs = [run for run in (items[:cut], items[cut:]) if run]
    return {
        "format": "coprod-instrument/1",
        "title": draw(texts),
        "languages": ["en", "cy"],
        "sections": [{"id": f"s{n}", "title": draw(texts), "items": run} for n, run in enumerate(runs)],
    }


def posted_values(item: dict[str, Any]) -> st.SearchStrategy[list[str]]:
    """Return form values that fit an item, or nothing."""
    fitting: dict[str, Callable[[], st.SearchStrategy[list[str]]]] = {
        "choice": lambda: st.sampled_from(item["options"]).map(lambda option: [option["value"]]),
        "multiple": lambda: st.lists(st.sampled_from([option["value"] for option in item["options"]]), unique=True),
        "scale": lambda: st.integers(item["min"], item["max"]).map(lambda n: [str(n)]),
        "number": lambda: st.integers(item["bins"][0][0], item["bins"][-1][1]).map(lambda n: [str(n)]),
        "month": lambda: st.just(["2021-07"]),
        "text": lambda: st.text(max_size=item["max_chars"]).map(lambda text: [text]),
    }
    return fitting[item["kind"]]() | st.just([])


@st.composite
def answered(draw: st.DrawFn) -> tuple[Instrument, Answers]:
    """Draw an instrument and sound answers to it: what is posted behind closed doors is taken back."""
    document = draw(documents())
    instrument = load_instrument(document)
    posted: dict[str, list[str]] = {}
    for section in document["sections"]:
        for item in section["items"]:
            declined = draw(st.sampled_from([False, False, True]))
            posted |= {f"{item['id']}.pns": ["1"]} if declined else {item["id"]: draw(posted_values(item))}
    _, faults = parse_answers(instrument, posted)
    while faults:
        for fault in faults:
            posted.pop(fault.item_id, None)
            posted.pop(fault.item_id + ".pns", None)
        _, faults = parse_answers(instrument, posted)
    return instrument, parse_answers(instrument, posted)[0]


@quick
@given(documents())
def test_valid_documents_load_and_pass_the_schema(document: dict[str, Any]) -> None:
    """Every valid document is accepted by the loader and by the JSON schema, and has one version."""
    SCHEMA.validate(document)
    raw = json.dumps(document, indent=3).encode()
    assert parse_instrument_json(raw) == load_instrument(document)


@quick
@given(answered())
def test_answers_survive_storage(drawn: tuple[Instrument, Answers]) -> None:
    """Answers come back equal from their stored and from their encoded form."""
    instrument, answers = drawn
    assert restore(instrument, json.loads(json.dumps(store(answers)))) == answers
    assert decode_response(instrument, encode_response(instrument, answers, "cy")) == (answers, "cy")


@quick
@given(answered())
def test_no_response_is_longer_than_the_bound(drawn: tuple[Instrument, Answers]) -> None:
    """The worst case bounds every encoded response."""
    instrument, answers = drawn
    assert len(encode_response(instrument, answers, "en")) <= worst_case_bytes(instrument)


@quick
@given(answered())
def test_not_asked_is_exactly_what_routing_leaves_out(drawn: tuple[Instrument, Answers]) -> None:
    """An item stands as not asked if and only if routing does not ask it."""
    instrument, answers = drawn
    unasked = {item_id for item_id, answer in answers.items() if answer is NOT_ASKED}
    assert unasked.isdisjoint(asked(instrument, answers))
    assert unasked | set(asked(instrument, answers)) == {item.id for item in instrument.items()}


@quick
@given(answered(), st.data())
def test_answers_to_unasked_items_change_nothing(drawn: tuple[Instrument, Answers], data: st.DataObject) -> None:
    """Whatever stands at items that are not asked, the same items are asked."""
    instrument, answers = drawn
    states: list[Answer] = [Given("x"), Given(3), SKIPPED]
    noise = {item_id: data.draw(st.sampled_from(states)) for item_id in answers if answers[item_id] is NOT_ASKED}
    assert asked(instrument, {**answers, **noise}) == asked(instrument, answers)


@quick
@given(answered())
def test_later_answers_never_change_earlier_routing(drawn: tuple[Instrument, Answers]) -> None:
    """Taking back the last answer leaves everything before it asked as it was."""
    instrument, answers = drawn
    last = list(answers)[-1]
    assert asked(instrument, {**answers, last: SKIPPED}) == asked(instrument, answers)


@quick
@given(answered())
def test_counted_values_are_among_the_possible_ones(drawn: tuple[Instrument, Answers]) -> None:
    """An answer is only ever counted under a value that was known before anybody answered."""
    instrument, answers = drawn
    for item in instrument.items():
        possible = tabulated_values(item)
        assert set(tabulated(item, answers[item.id])) <= set(possible) or (isinstance(item, Month) and not possible)


FAULT = re.compile(rb"[^:].*: .+; .+\.")


def refusal(load: Callable[[Any], Instrument], given_value: object) -> list[bytes]:
    """Return the faults for which a loader refuses something, as they are printed; none when it loads."""
    try:
        load(given_value)
    except InstrumentFaults as refused:
        return str(refused).encode().split(b"\n")
    return []


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@quick
@given(json_values)
def test_any_json_value_loads_or_is_refused(value: object) -> None:
    """No JSON value makes the loader do anything but refuse it with printable faults."""
    assert all(FAULT.fullmatch(line) for line in refusal(load_instrument, value))


@quick
@given(st.binary(max_size=60))
def test_any_bytes_load_or_are_refused(raw: bytes) -> None:
    """No bytes make the reader do anything but refuse them."""
    assert all(FAULT.fullmatch(line) for line in refusal(parse_instrument_json, raw))


def _places(value: object) -> list[tuple[Any, Any]]:
    """Return every (container, key) of a document."""
    if not isinstance(value, dict | list):
        return []
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    found = [(value, key) for key in keys]
    return found + [place for key in keys for place in _places(value[key])]


@settings(quick, max_examples=150)
@given(documents(), json_values, st.data())
def test_mutated_documents_load_or_are_refused(document: dict[str, Any], value: object, data: st.DataObject) -> None:
    """Whatever stands at any place of a valid document, the loader loads it or refuses it with printable faults."""
    mutated = copy.deepcopy(document)
    container, key = data.draw(st.sampled_from(_places(mutated)))
    container[key] = value
    assert all(FAULT.fullmatch(line) for line in refusal(load_instrument, mutated))


@quick
@given(documents(), st.data())
def test_whatever_is_posted_is_parsed(document: dict[str, Any], data: st.DataObject) -> None:
    """No posted fields make parsing raise; without faults the answers can be stored and restored."""
    instrument = load_instrument(document)
    names = [item.id + suffix for item in instrument.items() for suffix in ("", ".pns")] + ["code", "?"]
    anything = st.lists(st.text(max_size=8) | st.sampled_from(["1", "3", "2021-01", "\ud800"]), max_size=3)
    posted = data.draw(st.dictionaries(st.sampled_from(names), anything, max_size=8))
    answers, faults = parse_answers(instrument, posted)
    unexpected_fields(instrument, posted, ("code",))
    assert list(answers) == [item.id for item in instrument.items()]
    if not faults:
        assert restore(instrument, store(answers)) == answers


@quick
@given(documents(), json_values)
def test_any_stored_value_restores_or_cannot_be_opened(document: dict[str, Any], value: object) -> None:
    """Whatever stands where an answer should, it restores to itself or is refused."""
    instrument = load_instrument(document)
    first = next(instrument.items())
    stored = store(parse_answers(instrument, {})[0]) | {first.id: value}
    try:
        restored = restore(instrument, stored)
    except CannotOpen:
        return
    assert store(restored) == stored


@given(st.text(st.characters(), max_size=40))
def test_cleaning_text_twice_changes_nothing(raw: str) -> None:
    """Clean text is clean."""
    assert clean_text(clean_text(raw)) == clean_text(raw)
