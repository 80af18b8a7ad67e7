"""Say what screening found, without ever saying it by accident.

A level changes only how soon somebody reads. It is no score of a person: NICE NG225 (2022) and NHS England,
"Staying safe from suicide" (2025), reject such scores.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum


class Level(IntEnum):
    """How soon a person reads: the later the member, the sooner.

    none: in the ordinary order; support: help made more visible, no flag; review: within the stated hours;
    urgent: the person on duty is told now.
    """

    NONE = 0
    SUPPORT = 1
    REVIEW = 2
    URGENT = 3

    @classmethod
    def named(cls, name: str) -> Level:
        """Read the lower-case name used in JSON; ValueError for any other."""
        for level in cls:
            if str(level) == name:
                return level
        raise ValueError("a level is one of none, support, review, urgent")

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Finding:
    """Some words that a rule noticed.

    `start` and `end` count code points of the text as it was written, and `words` is that slice. `words` stays out
    of repr, so that no traceback or log carries an answer.
    """

    category: str
    rule: str
    level: Level
    start: int
    end: int
    words: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Screening:
    """Everything noticed in one text, findings in the order of their place in it.

    `screened` is False where no rule pack can read the language: the caller shows "not screened", never "none".
    """

    level: Level
    findings: tuple[Finding, ...]
    screened: bool
