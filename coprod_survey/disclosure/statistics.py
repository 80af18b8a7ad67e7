"""Percentages and means from published counts only, each with a range that is sure to hold the true figure.

Nothing here sees an exact count, so no figure can say more than the rounded cells beside it.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple

from coprod_survey.disclosure.rounding import Rounded

FEWEST_FOR_FIGURES = 10
FEWEST_FOR_FIVES = 50
FEWEST_FOR_WHOLE = 100


class Figure(NamedTuple):
    """One published percentage or mean: number (a band's midpoint), range, published base and the words shown."""

    value: float
    low: float
    high: float
    base: int
    shown: str


_LITTLE = (2, 0, 5, "under 5%")
_NEARLY_ALL = (98, 95, 100, "over 95%")
_QUARTERS = (
    (12, 0, 25, "under 25%"),
    (37, 25, 50, "25 to 49%"),
    (62, 50, 75, "50 to 74%"),
    (88, 75, 100, "75% or more"),
)


def shares(parts: Sequence[Rounded]) -> list[Figure] | None:
    """Return each part as a percentage of the sum of all parts, or None where the sum is under 10 people."""
    base = sum(part.value for part in parts)
    if base < FEWEST_FOR_FIGURES:
        return None
    lows, highs = sum(part.low for part in parts), sum(part.high for part in parts)
    return [
        _percentage(
            part.value,
            base,
            Fraction(part.low, max(1, part.low + highs - part.high)),
            Fraction(part.high, part.high + lows - part.low),
        )
        for part in parts
    ]


def shares_of_people(parts: Sequence[Rounded], people: Rounded) -> list[Figure] | None:
    """Return each part as a percentage of `people`, for questions where one person may tick several parts."""
    if people.value < FEWEST_FOR_FIGURES:
        return None
    fewest = max(1, people.low)
    return [
        _percentage(part.value, people.value, Fraction(part.low, people.high), Fraction(part.high, fewest))
        for part in parts
    ]


def _percentage(part: int, base: int, low: Fraction, high: Fraction) -> Figure:
    value, band_low, band_high, shown = _words(min(part, base), base)
    return Figure(value, min(floor(100 * low), band_low), max(min(ceil(100 * high), 100), band_high), base, shown)


def _words(part: int, base: int) -> tuple[int, int, int, str]:
    """Return number, band and words; the lowest and highest are open, so never "all" or "none"."""
    if base < FEWEST_FOR_FIVES:
        return _QUARTERS[min(4 * part // base, 3)]
    if 20 * part < base:
        return _LITTLE
    if 20 * part > 19 * base:
        return _NEARLY_ALL
    step = 1 if base >= FEWEST_FOR_WHOLE else 5
    value = step * floor(Fraction(100 * part, step * base) + Fraction(1, 2))
    return value, value, value, f"{value}%"


def mean(counts: Mapping[str, Rounded], scores: Mapping[str, float]) -> Figure | None:
    """Return the mean score to one decimal, or None where the scored cells add to fewer than 10 people.

    The range is exact for independent cell ranges: the highest mean has every cell above some score at its highest
    count and every other at its lowest (linear-fractional programming, Charnes and Cooper 1962).
    """
    scored = sorted((Fraction(score), counts[value]) for value, score in scores.items())
    base = sum(count.value for _, count in scored)
    if base < FEWEST_FOR_FIGURES:
        return None
    middle = _ratio([(score, count.value) for score, count in scored])
    splits = range(len(scored) + 1)
    low = min(_ratio(_split(scored, at, upwards=False), middle) for at in splits)
    high = max(_ratio(_split(scored, at, upwards=True), middle) for at in splits)
    value = floor(10 * middle + Fraction(1, 2)) / 10
    return Figure(value, floor(10 * low) / 10, ceil(10 * high) / 10, base, f"{value:.1f}")


def _split(scored: Sequence[tuple[Fraction, Rounded]], at: int, *, upwards: bool) -> list[tuple[Fraction, int]]:
    """Return the cells before `at` at one end of their ranges and the others at the other end."""
    return [
        (score, count.high if (index >= at) == upwards else count.low) for index, (score, count) in enumerate(scored)
    ]


def _ratio(weighted: Sequence[tuple[Fraction, int]], empty: Fraction = Fraction(0)) -> Fraction:
    """Return the weighted mean, or `empty` where nobody is counted."""
    people = sum(count for _, count in weighted)
    return sum((score * count for score, count in weighted), Fraction(0)) / people if people else empty
