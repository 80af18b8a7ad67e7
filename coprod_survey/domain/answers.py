"""Answers on their way in from a form and in and out of storage.

Everything that other packages need to know about answers is imported from here. A response in storage is compact
JSON, `{"v": version, "l": language, "a": {item id: stored}}` with the items in the instrument's order; `stored` is
the option's value, a list of option values, a whole number, a band [low, high], "YYYY-MM", a text, or
`{"no": "declined" | "skipped" | "not_asked"}`. A phone that seals its own answers writes exactly the same bytes.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from coprod_survey.domain.answer_faces import (
    FaultKind,
    Unfit,
    clean_text,
    face_of,
    json_bytes,
    tabulated,
    tabulated_values,
)
from coprod_survey.domain.answer_states import DECLINED, NOT_ASKED, SKIPPED, Answer, Answers, Given, NoAnswer, Value
from coprod_survey.domain.errors import CannotOpen
from coprod_survey.domain.instrument import FreeText, Instrument, Item, Multiple
from coprod_survey.domain.routing import controlling_items, failing_item, is_asked

__all__ = [
    "DECLINED",
    "MOST_BYTES",
    "NOT_ASKED",
    "SKIPPED",
    "Answer",
    "AnswerFault",
    "Answers",
    "FaultKind",
    "FieldFault",
    "FieldFaultKind",
    "Given",
    "NoAnswer",
    "Value",
    "clean_text",
    "decode_response",
    "encode_response",
    "free_texts",
    "parse_answers",
    "restore",
    "store",
    "tabulated",
    "tabulated_values",
    "unexpected_fields",
    "worst_case_bytes",
]

MOST_BYTES = 32 * 1024  # the most that one encoded response may take, whatever is answered
_PNS = ".pns"
_NOT_A_RESPONSE = "What was opened is not a response to this instrument."


@dataclass(frozen=True)
class AnswerFault:
    """One answer that cannot be taken (HTTP 422); carries nothing of what was posted."""

    item_id: str
    kind: FaultKind
    detail: Mapping[str, str | int] = field(default_factory=dict)


class FieldFaultKind(Enum):
    """What can be wrong with a form field that no honest page posts."""

    UNKNOWN_FIELD = "unknown_field"
    REPEATED_FIELD = "repeated_field"


@dataclass(frozen=True)
class FieldFault:
    """A field that the form does not have, or has once (HTTP 400); its name comes from outside and is not shown."""

    name: str = field(repr=False)
    kind: FieldFaultKind


def unexpected_fields(
    instrument: Instrument, posted: Mapping[str, Sequence[str]], also_allowed: Collection[str]
) -> tuple[FieldFault, ...]:
    """Return the fields that a form of this instrument cannot have posted; `also_allowed` are the page's own."""
    items = {item.id: item for item in instrument.items()}
    known = {*items, *(item_id + _PNS for item_id in items), *also_allowed}
    faults = []
    for name, values in posted.items():
        distinct = len(set(values)) if isinstance(items.get(name), Multiple) else 1
        if name not in known:
            faults.append(FieldFault(name, FieldFaultKind.UNKNOWN_FIELD))
        elif len(values) > distinct:
            faults.append(FieldFault(name, FieldFaultKind.REPEATED_FIELD))
    return tuple(faults)


def parse_answers(
    instrument: Instrument, posted: Mapping[str, Sequence[str]]
) -> tuple[Answers, tuple[AnswerFault, ...]]:
    """Return an answer for every item, and what is wrong with the posted ones; fields of no item are not looked at.

    Routing is followed in the same pass. An item with a fault stands as skipped; what hangs on it is given the
    benefit of the doubt, so that one slip is reported once.
    """
    answers: dict[str, Answer] = {}
    faults: list[AnswerFault] = []
    unsure: set[str] = set()
    for item in instrument.items():
        outcome = _posted_answer(item, posted)
        if not is_asked(item, answers) and unsure.isdisjoint(controlling_items(item.show_if)):
            outcome = _led_past(item, outcome, answers)
        elif isinstance(outcome, Unfit):
            unsure.add(item.id)
        if isinstance(outcome, Unfit):
            faults.append(AnswerFault(item.id, outcome.kind, outcome.detail))
            outcome = NOT_ASKED if outcome.kind is FaultKind.ROUTED_AWAY else SKIPPED
        answers[item.id] = outcome
    return MappingProxyType(answers), tuple(faults)


def _posted_answer(item: Item, posted: Mapping[str, Sequence[str]]) -> Answer | Unfit:
    """Read what was posted for one item, whether or not it is asked."""
    values, declined = posted.get(item.id, ()), posted.get(item.id + _PNS, ())
    if any(value != "1" for value in declined):
        return Unfit(FaultKind.BAD_PNS)
    if len(values) > 1 and not isinstance(item, Multiple):
        return Unfit(FaultKind.MORE_THAN_ONE)
    outcome = face_of(item).read(item, values)
    if not declined:
        return outcome
    return DECLINED if outcome is SKIPPED else Unfit(FaultKind.BOTH_VALUE_AND_DECLINED)


def _led_past(item: Item, outcome: Answer | Unfit, answers: Answers) -> Answer | Unfit:
    """Return what an item that is not asked stands as; it is a fault to have posted anything for it."""
    if outcome in (SKIPPED, DECLINED) or item.show_if is None:
        return NOT_ASKED  # somebody who declines everything in sight has answered nothing that was not asked
    return Unfit(FaultKind.ROUTED_AWAY, {"because": failing_item(item.show_if, answers)})


def store(answers: Answers) -> dict[str, object]:
    """Return answers in their JSON-able form; tuples are written as lists."""
    return {item_id: _stored(answer) for item_id, answer in answers.items()}


def _stored(answer: Answer) -> object:
    if isinstance(answer, NoAnswer):
        return {"no": answer.value}
    return list(answer.value) if isinstance(answer.value, tuple) else answer.value


def restore(instrument: Instrument, stored: object) -> Answers:
    """Return the answers whose stored form this is; the inverse of `store`.

    Whoever seals on a phone can seal anything, so every rule is held to again: exactly the instrument's items,
    values as a form would have given them, and nothing where routing does not ask.

    Raises:
        CannotOpen: it is not the stored form of answers to this instrument.

    """
    if not isinstance(stored, dict) or list(stored) != [item.id for item in instrument.items()]:
        raise CannotOpen(_NOT_A_RESPONSE)
    answers: dict[str, Answer] = {}
    for item in instrument.items():
        answer = _restored(item, stored[item.id])
        if answer is None or is_asked(item, answers) == (answer is NOT_ASKED):
            raise CannotOpen(_NOT_A_RESPONSE)
        answers[item.id] = answer
    return MappingProxyType(answers)


def _restored(item: Item, stored: object) -> Answer | None:
    for nothing in NoAnswer:
        if stored == {"no": nothing.value}:
            return nothing
    answer = face_of(item).unpack(item, stored)
    return answer if isinstance(answer, Given) else None


def encode_response(instrument: Instrument, answers: Answers, language: str) -> bytes:
    """Return the one way to write a response down: compact JSON in UTF-8, items in the instrument's order."""
    if language not in instrument.languages:
        raise ValueError("the language is not one of the instrument's")
    in_order = {item.id: answers[item.id] for item in instrument.items()}
    return json_bytes({"v": instrument.version, "l": language, "a": store(in_order)})


def decode_response(instrument: Instrument, raw: bytes) -> tuple[Answers, str]:
    """Return the answers and the language of an encoded response.

    Raises:
        CannotOpen: these are not bytes that `encode_response` writes for this instrument.

    """
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):
        # `from None`: a JSON error carries the text that it could not read.
        raise CannotOpen(_NOT_A_RESPONSE) from None
    if not isinstance(document, dict) or document.get("l") not in instrument.languages:
        raise CannotOpen(_NOT_A_RESPONSE)
    answers = restore(instrument, document.get("a"))
    # Two ways of writing one response would be a mark that somebody could leave on it.
    if encode_response(instrument, answers, document["l"]) != raw:
        raise CannotOpen(_NOT_A_RESPONSE)
    return answers, document["l"]


def worst_case_bytes(instrument: Instrument) -> int:
    """Return an upper bound for the length of any encoded response, in bytes; what is sealed is padded to it."""
    language = max(instrument.languages, key=len)
    frame = len(json_bytes({"v": instrument.version, "l": language, "a": {}}))
    nothing = max(len(json_bytes(_stored(state))) for state in NoAnswer)
    return frame + sum(len(f'"{item.id}":,') + max(nothing, face_of(item).longest(item)) for item in instrument.items())


def free_texts(instrument: Instrument, answers: Answers) -> list[tuple[str, str]]:
    """Return (item id, text) for every free text that was written, in the instrument's order."""
    given = [(item.id, answers[item.id]) for item in instrument.items() if isinstance(item, FreeText)]
    return [(item_id, str(answer.value)) for item_id, answer in given if isinstance(answer, Given)]
