"""The release under attack: subtract published figures from one another until nothing narrows any more.

The attacker reads the published cells alone. It subtracts; the gate of a later milestone also solves programmes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from random import Random

import pytest

from coprod_survey.disclosure.plan import ALL, MISSING, Plan, Variable
from coprod_survey.disclosure.rounding import Rounder
from coprod_survey.disclosure.tables import Release, Table, make_release
from coprod_survey.disclosure.tally import Answer, Responses

Range = tuple[int, int]
Name = tuple[frozenset[tuple[str, str]], str]
"""A set of people: fixed values by variable, and the question they answered ("" = everybody, also the missing)."""

PEOPLE = 400
SITES = ("north", "south", "east", "west", "river")
AGES = ("18-34", "35-54", "55+")
OPTIONS = ("never", "rarely", "often", "always")
PLAN = Plan(
    (
        Variable("site", SITES),
        Variable("age", AGES, ordered=True),
        *(Variable(f"q{number}", OPTIONS, ordered=True) for number in range(1, 7)),
    ),
    groupings=("site", "age"),
)


def synthetic() -> Responses:
    """Return 400 made-up people with some rare answers, so that many true cells hold 1 to 4 of them."""
    random = Random(400)  # noqa: S311 - made-up answers, not a secret
    columns: dict[str, list[Answer]] = {"site": [], "age": []}
    columns["site"] = [
        (site,) if site else () for site in random.choices((*SITES, ""), (30, 25, 20, 15, 8, 2), k=PEOPLE)
    ]
    columns["age"] = [(age,) if age else () for age in random.choices((*AGES, ""), (30, 40, 25, 5), k=PEOPLE)]
    for question in PLAN.questions:
        weights = random.sample((50, 30, 12, 3), 4)
        picked = random.choices((*OPTIONS, ""), (*weights, 5), k=PEOPLE)
        columns[question.name] = [(option,) if option else () for option in picked]
    return Responses([random.getrandbits(64) for _ in range(PEOPLE)], columns)


@dataclass
class Attacker:
    """Knows a range for each set of people, and which sets are the sum of which others."""

    ranges: dict[Name, Range]
    sums: list[tuple[Name, list[Name]]]

    def subtract(self) -> None:
        """Narrow totals and parts by one another until nothing changes."""
        before: dict[Name, Range] = {}
        while before != self.ranges:
            before = dict(self.ranges)
            for total, parts in self.sums:
                self._narrow(total, parts)

    def _narrow(self, total: Name, parts: list[Name]) -> None:
        low, high = (sum(self.ranges[part][end] for part in parts) for end in (0, 1))
        self._meet(total, (low, high))
        fewest, most = self.ranges[total]
        for part in parts:
            below, above = self.ranges[part]
            self._meet(part, (fewest - (high - above), most - (low - below)))

    def _meet(self, name: Name, found: Range) -> None:
        low, high = self.ranges[name]
        self.ranges[name] = max(low, found[0]), min(high, found[1])

    def pinned(self, truth: Mapping[Name, int], fewer_than: int) -> int:
        """Count the true 1–4 cells that are left with fewer than so many possible values."""
        widths = (self.ranges[name][1] - self.ranges[name][0] + 1 for name, count in truth.items() if 1 <= count <= 4)
        return sum(width < fewer_than for width in widths)


def name_of(table: Table, at: tuple[str, ...]) -> Name:
    """Return the set of people that a count cell stands for, whichever table shows it."""
    fixed = frozenset((dim, value) for dim, value in zip(table.dims, at, strict=True) if value != ALL)
    answered = table.planned.column if at[-1] == ALL and table.planned.about == "answers" else ""
    return fixed, answered


def published(release: Release) -> dict[Name, Range]:
    """Return the range that the release itself gives for each set of people."""
    return {
        name_of(table, cell.at): (int(cell.low), int(cell.high))
        if cell.low is not None and cell.high is not None
        else (0, 9)
        for table in release.tables
        if table.planned.stat == "count"
        for cell in table.cells
    }


def truth(release: Release, responses: Responses) -> dict[Name, int]:
    """Count every published set of people again, person by person."""
    merged = {merging.variable: merging.value_of for merging in release.mergings}
    columns = ([answer[0] if answer else MISSING for answer in each] for each in responses.columns.values())
    people = [
        {dim: merged.get(dim, {}).get(value, value) for dim, value in zip(responses.columns, person, strict=True)}
        for person in zip(*columns, strict=True)
    ]
    return {
        (fixed, answered): sum(
            all(person[dim] == value for dim, value in fixed) and (not answered or person[answered] != MISSING)
            for person in people
        )
        for fixed, answered in published(release)
    }


def sums(release: Release) -> Iterator[tuple[Name, list[Name]]]:
    """Yield each published total with the published parts that make it up."""
    groups = {
        merging.variable: [(merging.variable, group.value) for group in merging.groups] for merging in release.mergings
    }
    for question in release.plan.questions:
        options = [(question.name, value) for value in question.values]
        missing = (question.name, MISSING)
        for row in [frozenset[tuple[str, str]](), *(frozenset({group}) for each in groups.values() for group in each)]:
            yield (row, question.name), [(row | {option}, "") for option in options]
            yield (row, ""), [(row, question.name), (row | {missing}, "")]
        for each in groups.values():
            for column in (*options, missing):
                yield (frozenset({column}), ""), [(frozenset({group, column}), "") for group in each]
            yield (frozenset(), question.name), [(frozenset({group}), question.name) for group in each]
    for each in groups.values():
        yield (frozenset(), ""), [(frozenset({group}), "") for group in each]


def attack(release: Release, ranges: dict[Name, Range]) -> Attacker:
    """Return what an attacker knows who starts from these ranges and has subtracted all there is to subtract."""
    attacker = Attacker(ranges, list(sums(release)))
    attacker.subtract()
    return attacker


def naive(counts: Mapping[Name, int]) -> dict[Name, Range]:
    """Return what a publisher shows who hides counts under 5 and shows every other count and margin exactly."""
    return {name: (1, 4) if 1 <= count <= 4 else (count, count) for name, count in counts.items()}


@pytest.mark.parametrize("seed", range(6))
def test_subtraction_leaves_small_cells_wide(seed: int) -> None:
    """No true cell of 1 to 4 people is left with fewer than four possible values, whatever the rounding key."""
    responses = synthetic()
    release = make_release(PLAN, responses, Rounder(bytes([seed]) * 32))
    counts = truth(release, responses)
    attacker = attack(release, published(release))
    assert sum(1 <= count <= 4 for count in counts.values()) > 50
    assert all(attacker.ranges[name][0] <= count <= attacker.ranges[name][1] for name, count in counts.items())
    assert attacker.pinned(counts, fewer_than=4) == 0


def test_the_same_attacker_catches_a_naive_publisher() -> None:
    """Hiding counts under 5 beside exact margins gives most of the hidden cells away exactly."""
    responses = synthetic()
    release = make_release(PLAN, responses, Rounder(bytes(32)))
    counts = truth(release, responses)
    small = sum(1 <= count <= 4 for count in counts.values())
    assert attack(release, naive(counts)).pinned(counts, fewer_than=2) > small / 2


def test_two_parts_and_their_total_leave_three_values() -> None:
    """A total of just two rounded parts leaves at least three values, never one: the rest is the gate's to find."""
    widths = set()
    for part, other in product(range(1, 5), range(10, 15)):
        for shown, beside, total in product(_roundings(part), _roundings(other), _roundings(part + other)):
            low = max(0, shown - 4, total - 4 - (beside + 4))
            high = min(shown + 4, total + 4 - (beside - 4))
            widths.add(high - low + 1)
    assert min(widths) == 3


def _roundings(count: int) -> set[int]:
    """Return both multiples of 5 that a count may be rounded to."""
    return {count // 5 * 5, -(-count // 5) * 5}
