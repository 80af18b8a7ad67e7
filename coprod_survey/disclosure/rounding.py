"""Keyed random rounding: the same people are always rounded alike, and nobody without the key can predict how.

After the cell-key methods of the Australian Bureau of Statistics (Fraser and Wooton 2005) and the unbiased random
rounding of Statistics New Zealand: the sum of the people's record keys decides, so repeating a table under another
label, in another table or release never gives a second draw to average over.
"""

import hmac
from dataclasses import dataclass
from typing import NamedTuple

from coprod_survey.disclosure.plan import LOWEST_BASE

KEY_BITS = 64
WRAP = 1 << KEY_BITS


class People(NamedTuple):
    """The exact content of one cell, never published: how many people, and the sum of their record keys mod 2^64."""

    size: int
    key: int


class Rounded(NamedTuple):
    """A published count, and the lowest and highest true count it can stand for."""

    value: int
    low: int
    high: int

    def less(self, part: "Rounded") -> "Rounded":
        """Return what is left of this count without `part`, worked out from the published figures alone.

        Rounding the rest by itself would let whole = part + rest be solved for small rests: 12 of 2,220 true cells of
        1 to 4 were left with two or three values (30 keys, the survey of tests/unit/test_disclosure_attack.py).
        A derived figure says nothing that is not published.
        """
        return Rounded(max(0, self.value - part.value), max(0, self.low - part.high), max(0, self.high - part.low))


@dataclass(frozen=True)
class Rounder:
    """Rounds to multiples of `base` with a secret key of at least 16 bytes."""

    key: bytes
    base: int = LOWEST_BASE

    def __post_init__(self) -> None:
        if len(self.key) < 16 or self.base < 2:
            raise ValueError("Rounding needs a key of at least 16 bytes and a base of at least 2.")

    def __repr__(self) -> str:
        return f"Rounder(base={self.base})"

    def round(self, people: People) -> Rounded:
        """Round up with probability remainder/base, else down, so that the expected value is the true count."""
        below, remainder = divmod(people.size, self.base)
        value = self.base * (below + (remainder > 0 and self._draw(people) * self.base < remainder * WRAP))
        reach = self.base - 1
        return Rounded(value, max(0, value - reach), value + reach)

    def _draw(self, people: People) -> int:
        """Return 64 uniform bits of HMAC-SHA256(key, cell key ‖ count), both 8 bytes big endian."""
        message = people.key.to_bytes(8, "big") + people.size.to_bytes(8, "big")
        return int.from_bytes(hmac.digest(self.key, message, "sha256")[:8], "big")
