"""A flag: what the safeguarding lead gets to read, sealed beside every answer in a block of one size.

Most blocks are dummies. A block carries no reference to the answer it came with, no person and no clock.
"""

import json
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

MOST_FINDINGS = 24
_BYTES_PER_FINDING = 220
_BYTES_AROUND = 512
_BYTES_PER_TEXT = 96


class Status(Enum):
    """What the lead has done with a flag."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


class Reason(Enum):
    """Why somebody is asked to read; the order is the order in the inbox where levels are equal."""

    ASKED = "asked"
    WORDS = "words"
    EXPECTED = "expected"
    NOT_SCREENED = "not-screened"


@dataclass(frozen=True)
class Span:
    """Where a screening rule matched: code points `start` to `end` of the text of one item."""

    item: str
    category: str
    rule: str
    level: str
    start: int
    end: int


@dataclass(frozen=True)
class Excerpt:
    """The whole free text of one item, as the participant wrote it."""

    item: str
    text: str = field(repr=False)


@dataclass(frozen=True)
class Flag:
    """Something to read. `level` is the screening level; it sets only how soon, and says nothing of the person."""

    id: str
    level: str
    reasons: tuple[Reason, ...]
    spans: tuple[Span, ...]
    excerpts: tuple[Excerpt, ...]
    more_was_found: bool = False

    def encode(self) -> bytes:
        """Return compact UTF-8 JSON, as it is sealed."""
        stored = {
            "id": self.id,
            "level": self.level,
            "reasons": [reason.value for reason in self.reasons],
            "spans": [[s.item, s.category, s.rule, s.level, s.start, s.end] for s in self.spans],
            "texts": [[e.item, e.text] for e in self.excerpts],
            "more": self.more_was_found,
        }
        return json.dumps(stored, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def decode(cls, raw: bytes) -> "Flag | None":
        """Read a block's plaintext; None for a dummy, which is empty."""
        if not raw:
            return None
        stored: dict[str, Any] = json.loads(raw)
        return cls(
            id=stored["id"],
            level=stored["level"],
            reasons=tuple(Reason(value) for value in stored["reasons"]),
            spans=tuple(Span(*span) for span in stored["spans"]),
            excerpts=tuple(Excerpt(*text) for text in stored["texts"]),
            more_was_found=stored["more"],
        )


def worst_case_block_bytes(texts_max_chars: list[int]) -> int:
    """Return an upper bound in bytes for the flag of a survey whose text items allow these code points each."""
    if not texts_max_chars:
        return 0
    texts = sum(4 * limit + _BYTES_PER_TEXT for limit in texts_max_chars)
    return texts + MOST_FINDINGS * _BYTES_PER_FINDING + _BYTES_AROUND
