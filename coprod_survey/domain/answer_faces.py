"""The faces of an answer, one class per kind of item: how it is read, kept, bounded in size and counted."""

import json
import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Generic, TypeVar

from coprod_survey.domain.answer_states import SKIPPED, Answer, Given
from coprod_survey.domain.instrument import Choice, FreeText, Item, Month, Multiple, Number, Scale

MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
MOST_YEARS = 30
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]+")
_MOST_DIGITS = 12
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LONE_SURROGATES = re.compile("[\ud800-\udfff]")

ItemT = TypeVar("ItemT", bound=Item)


class FaultKind(Enum):
    """What can be wrong with an answer; the web layer has the sentences, in every language."""

    NOT_AN_OPTION = "not_an_option"
    NOT_A_WHOLE_NUMBER = "not_a_whole_number"
    OUT_OF_RANGE = "out_of_range"  # detail: min, max
    NOT_A_MONTH = "not_a_month"
    MONTH_OUT_OF_RANGE = "month_out_of_range"  # detail: min and max, where the item has them
    TOO_LONG = "too_long"  # detail: limit, length, both in code points
    MORE_THAN_ONE = "more_than_one"
    BOTH_VALUE_AND_DECLINED = "both_value_and_declined"
    BAD_PNS = "bad_pns"
    ROUTED_AWAY = "routed_away"  # detail: because, the id of the item whose answer leads past this one


@dataclass(frozen=True)
class Unfit:
    """Why something posted is not an answer; says nothing of what was posted."""

    kind: FaultKind
    detail: Mapping[str, str | int] = field(default_factory=dict)


def json_bytes(value: object) -> bytes:
    """Return compact JSON in UTF-8, as `JSON.stringify` writes it; keys stay in their order."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def clean_text(raw: str) -> str:
    r"""Return text as it is kept: LF line ends, no control characters but tab and newline, no outer white space.

    Half of a surrogate pair, which UTF-8 cannot carry, becomes U+FFFD as in `String.prototype.toWellFormed`.
    """
    lines = raw.replace("\r\n", "\n").replace("\r", "\n")
    return _LONE_SURROGATES.sub("\ufffd", _CONTROLS.sub("", lines)).strip()


def _whole_number(raw: str) -> int | None:
    typed = _plain_digits(raw.strip())
    return int(typed) if len(typed) <= _MOST_DIGITS and _WHOLE_NUMBER.fullmatch(typed) else None


def _plain_digits(typed: str) -> str:
    """Read the decimal digits of every script (Arabic, Bengali, full width …) as 0 to 9."""
    return "".join(str(unicodedata.decimal(character, character)) for character in typed)


class Face(ABC, Generic[ItemT]):
    """How the answers to one kind of item are read, kept, bounded and counted."""

    @abstractmethod
    def read(self, item: ItemT, posted: Sequence[str]) -> Answer | Unfit:
        """Return the answer that form values stand for; blank values are a skipped item."""

    @abstractmethod
    def unpack(self, item: ItemT, stored: object) -> Answer | Unfit | None:
        """Return the answer that a JSON value stands for; anything but a `Given` means that it is none."""

    @abstractmethod
    def longest(self, item: ItemT) -> int:
        """Return an upper bound for the bytes of any given answer as compact JSON."""

    def tabulated(self, item: ItemT, value: Any) -> tuple[str, ...]:
        """Return the values under which an answer is counted."""
        return ()

    def tabulated_values(self, item: ItemT) -> tuple[str, ...]:
        """Return every value under which an answer may be counted, in order; none when it is not tabulated."""
        return ()


class _ChoiceFace(Face[Choice]):
    def read(self, item: Choice, posted: Sequence[str]) -> Answer | Unfit:
        if not any(posted):
            return SKIPPED
        fits = any(option.value == posted[0] for option in item.options)
        return Given(posted[0]) if fits else Unfit(FaultKind.NOT_AN_OPTION)

    def unpack(self, item: Choice, stored: object) -> Answer | Unfit | None:
        return self.read(item, (stored,)) if isinstance(stored, str) else None

    def longest(self, item: Choice) -> int:
        return max(len(json_bytes(option.value)) for option in item.options)

    def tabulated(self, item: Choice, value: Any) -> tuple[str, ...]:
        return (value,)

    def tabulated_values(self, item: Choice) -> tuple[str, ...]:
        return tuple(option.value for option in item.options)


class _MultipleFace(Face[Multiple]):
    def read(self, item: Multiple, posted: Sequence[str]) -> Answer | Unfit:
        ticked = {value for value in posted if value}
        if not ticked:
            return SKIPPED
        chosen = tuple(option.value for option in item.options if option.value in ticked)
        return Given(chosen) if len(chosen) == len(ticked) else Unfit(FaultKind.NOT_AN_OPTION)

    def unpack(self, item: Multiple, stored: object) -> Answer | Unfit | None:
        if not isinstance(stored, list) or not all(isinstance(value, str) for value in stored):
            return None
        answer = self.read(item, stored)
        return answer if answer == Given(tuple(stored)) else None

    def longest(self, item: Multiple) -> int:
        return len(json_bytes([option.value for option in item.options]))

    def tabulated(self, item: Multiple, value: Any) -> tuple[str, ...]:
        return tuple(value)

    def tabulated_values(self, item: Multiple) -> tuple[str, ...]:
        return tuple(option.value for option in item.options)


class _ScaleFace(Face[Scale]):
    def read(self, item: Scale, posted: Sequence[str]) -> Answer | Unfit:
        if not any(value.strip() for value in posted):
            return SKIPPED
        number = _whole_number(posted[0])
        if number is None:
            return Unfit(FaultKind.NOT_A_WHOLE_NUMBER)
        if not item.minimum <= number <= item.maximum:
            return Unfit(FaultKind.OUT_OF_RANGE, {"min": item.minimum, "max": item.maximum})
        return Given(number)

    def unpack(self, item: Scale, stored: object) -> Answer | Unfit | None:
        if type(stored) is not int:
            return None
        return Given(stored) if item.minimum <= stored <= item.maximum else None

    def longest(self, item: Scale) -> int:
        return max(len(str(item.minimum)), len(str(item.maximum)))

    def tabulated(self, item: Scale, value: Any) -> tuple[str, ...]:
        return (str(value),)

    def tabulated_values(self, item: Scale) -> tuple[str, ...]:
        return tuple(str(point) for point in range(item.minimum, item.maximum + 1))


class _NumberFace(Face[Number]):
    def read(self, item: Number, posted: Sequence[str]) -> Answer | Unfit:
        if not any(value.strip() for value in posted):
            return SKIPPED
        number = _whole_number(posted[0])
        if number is None:
            return Unfit(FaultKind.NOT_A_WHOLE_NUMBER)
        for low, high in item.bins:
            if low <= number <= high:
                return Given((low, high))
        return Unfit(FaultKind.OUT_OF_RANGE, {"min": item.bins[0][0], "max": item.bins[-1][1]})

    def unpack(self, item: Number, stored: object) -> Answer | Unfit | None:
        if not isinstance(stored, list) or not all(type(end) is int for end in stored):
            return None
        return next((Given(band) for band in item.bins if list(band) == stored), None)

    def longest(self, item: Number) -> int:
        return max(len(json_bytes(band)) for band in item.bins)

    def tabulated(self, item: Number, value: Any) -> tuple[str, ...]:
        return (f"{value[0]}-{value[1]}",)

    def tabulated_values(self, item: Number) -> tuple[str, ...]:
        return tuple(f"{low}-{high}" for low, high in item.bins)


class _MonthFace(Face[Month]):
    def read(self, item: Month, posted: Sequence[str]) -> Answer | Unfit:
        typed = posted[0].strip() if posted else ""
        if not typed:
            return SKIPPED
        if not MONTH.fullmatch(typed):
            return Unfit(FaultKind.NOT_A_MONTH)
        if not (item.minimum or typed) <= typed <= (item.maximum or typed):
            bounds = {"min": item.minimum, "max": item.maximum}
            return Unfit(FaultKind.MONTH_OUT_OF_RANGE, {end: month for end, month in bounds.items() if month})
        return Given(typed)

    def unpack(self, item: Month, stored: object) -> Answer | Unfit | None:
        if not isinstance(stored, str):
            return None
        answer = self.read(item, (stored,))
        return answer if answer == Given(stored) else None

    def longest(self, item: Month) -> int:
        return len('"YYYY-MM"')

    def tabulated(self, item: Month, value: Any) -> tuple[str, ...]:
        return (value[:4],)

    def tabulated_values(self, item: Month) -> tuple[str, ...]:
        if item.minimum is None or item.maximum is None:
            return ()
        years = range(int(item.minimum[:4]), int(item.maximum[:4]) + 1)
        return tuple(f"{year:04}" for year in years) if len(years) <= MOST_YEARS else ()


class _TextFace(Face[FreeText]):
    def read(self, item: FreeText, posted: Sequence[str]) -> Answer | Unfit:
        text = clean_text(posted[0]) if posted else ""
        if not text:
            return SKIPPED
        if len(text) > item.max_chars:
            return Unfit(FaultKind.TOO_LONG, {"limit": item.max_chars, "length": len(text)})
        return Given(text)

    def unpack(self, item: FreeText, stored: object) -> Answer | Unfit | None:
        if not isinstance(stored, str):
            return None
        answer = self.read(item, (stored,))
        return answer if answer == Given(stored) else None

    def longest(self, item: FreeText) -> int:
        # A code point takes at most 4 bytes in UTF-8; the escapes that remain in clean text (\" \\ \n \t) take 2.
        return len('""') + 4 * item.max_chars


_FACES: Mapping[type[Item], Face[Any]] = {
    Choice: _ChoiceFace(),
    Multiple: _MultipleFace(),
    Scale: _ScaleFace(),
    Number: _NumberFace(),
    Month: _MonthFace(),
    FreeText: _TextFace(),
}


def face_of(item: Item) -> Face[Any]:
    """Return the face of an item's answers."""
    return _FACES[type(item)]


def tabulated(item: Item, answer: Answer) -> tuple[str, ...]:
    """Return the values under which an answer is counted: none for free text and where there is no answer."""
    return face_of(item).tabulated(item, answer.value) if isinstance(answer, Given) else ()


def tabulated_values(item: Item) -> tuple[str, ...]:
    """Return every value under which answers to an item are counted, in order; months count by calendar year.

    Empty for free text, and for a month without both bounds or with more than 30 years between them.
    """
    return face_of(item).tabulated_values(item)
