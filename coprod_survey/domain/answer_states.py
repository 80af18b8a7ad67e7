"""What may stand for one item in a response: something given, or one of three ways of nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

Value: TypeAlias = str | int | tuple[str, ...] | tuple[int, int]


class NoAnswer(Enum):
    """Why there is no answer; the three are stored apart, because none of them means another."""

    DECLINED = "declined"
    SKIPPED = "skipped"
    NOT_ASKED = "not_asked"


DECLINED = NoAnswer.DECLINED
SKIPPED = NoAnswer.SKIPPED
NOT_ASKED = NoAnswer.NOT_ASKED


@dataclass(frozen=True, repr=False)
class Given:
    """An answer that was given.

    The value is a str (choice: the option's value; month: YYYY-MM; text), a tuple of option values in the
    instrument's order (multiple), an int (scale), or the band (lowest, highest) that a number fell in.
    """

    value: Value

    def __repr__(self) -> str:
        """Hide the value, so that no traceback or log carries an answer."""
        return "Given(…)"


Answer: TypeAlias = Given | NoAnswer
Answers: TypeAlias = Mapping[str, Answer]
