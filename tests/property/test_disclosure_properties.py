"""What holds for any plan and any responses."""

from collections import Counter
from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from coprod_survey.disclosure.accounting import account
from coprod_survey.disclosure.merging import merge
from coprod_survey.disclosure.plan import ALL, MISSING, Plan, Variable, canonical_json
from coprod_survey.disclosure.publication import publication
from coprod_survey.disclosure.rounding import People, Rounder
from coprod_survey.disclosure.tables import Cell, Release, Table, make_release
from coprod_survey.disclosure.tally import Answer, Responses

PLAN = Plan(
    (
        Variable("site", ("a", "b", "c", "d")),
        Variable("age", ("young", "middle", "old"), ordered=True),
        Variable("mood", ("1", "2", "3", "none"), ordered=True, scores={"1": 1, "2": 2.5, "3": 3}),
        Variable("needs", ("time", "money", "rest"), multiple=True),
    ),
    ("site", "age"),
    (("mood", "needs"),),
)
Person = Mapping[str, Answer]


@st.composite
def surveys(draw: st.DrawFn) -> tuple[Responses, Rounder]:
    """Draw a survey of up to 150 people, often lopsided, and a rounding key."""
    random = Random(draw(st.integers(0, 2**32)))  # noqa: S311 - made-up answers, not a secret
    people = draw(st.integers(0, 150))
    columns = {
        variable.name: _column(random, variable, draw(st.floats(0.1, 1.0)), people) for variable in PLAN.variables
    }
    return Responses([random.getrandbits(64) for _ in range(people)], columns), Rounder(random.randbytes(32))


def _column(random: Random, variable: Variable, evenness: float, people: int) -> list[Answer]:
    """Return answers of which the later options are the rarer, the more uneven."""
    answers: list[Answer] = [(), *((value,) for value in variable.values)]
    answers += [variable.values[:2], variable.values] if variable.multiple else []
    random.shuffle(answers)
    return random.choices(answers, [evenness**place for place in range(len(answers))], k=people)


def _persons(responses: Responses) -> list[Person]:
    return [dict(zip(responses.columns, row, strict=True)) for row in zip(*responses.columns.values(), strict=True)]


def _inside(release: Release, table: Table, at: tuple[str, ...], person: Person) -> bool:
    """Return whether a person belongs to a cell, by a reading of the format that shares no code with the tally."""
    members = {merging.variable: {g.value: g.members for g in merging.groups} for merging in release.mergings}
    answers_only = table.planned.about == "answers" and not person[table.planned.column]
    return not answers_only and all(
        value == ALL or set(members.get(dim, {}).get(value, (value,))) & set(person[dim] or (MISSING,))
        for dim, value in zip(table.dims, at, strict=True)
    )


def _cells(release: Release, stat: str) -> Iterator[tuple[Table, Cell]]:
    return ((table, cell) for table in release.tables if table.planned.stat == stat for cell in table.cells)


def _count(release: Release, table: Table, at: tuple[str, ...], people: list[Person]) -> int:
    return sum(_inside(release, table, at, person) for person in people)


@given(surveys())
@settings(max_examples=40, deadline=None)
def test_every_count_lies_in_its_range(survey: tuple[Responses, Rounder]) -> None:
    """A published count and its range hold the true count; a withheld one is under the floor."""
    responses, rounder = survey
    release, people = make_release(PLAN, responses, rounder), _persons(responses)
    for table, cell in _cells(release, "count"):
        true = _count(release, table, cell.at, people)
        if cell.value is None or cell.low is None or cell.high is None:
            assert true < PLAN.floor
        else:
            assert cell.low <= true <= cell.high
            assert cell.low <= cell.value <= cell.high
            assert cell.value % PLAN.base == 0


@given(surveys())
@settings(max_examples=40, deadline=None)
def test_every_percentage_holds_the_true_one(survey: tuple[Responses, Rounder]) -> None:
    """The range of a percentage holds the true percentage of those who answered, and the number shown."""
    responses, rounder = survey
    release, people = make_release(PLAN, responses, rounder), _persons(responses)
    for table, cell in _cells(release, "pct"):
        if cell.value is not None and cell.low is not None and cell.high is not None:
            whole = _count(release, table, (*cell.at[:-1], ALL), people)
            part = _count(release, table, cell.at, people)
            assert cell.low * whole <= 100 * part <= cell.high * whole
            assert cell.low <= cell.value <= cell.high
            assert cell.shown not in {"0%", "100%"}


@given(surveys())
@settings(max_examples=40, deadline=None)
def test_every_mean_holds_the_true_one(survey: tuple[Responses, Rounder]) -> None:
    """The range of a mean holds the true mean of the scored answers, and the number shown."""
    responses, rounder = survey
    release, people = make_release(PLAN, responses, rounder), _persons(responses)
    scores = PLAN.variable("mood").scores or {}
    for table, cell in _cells(release, "mean"):
        if cell.value is not None and cell.low is not None and cell.high is not None:
            group = [person for person in people if _inside(release, table, cell.at, person)]
            found = [Fraction(scores[person["mood"][0]]) for person in group if person["mood"][0] in scores]
            assert Fraction(str(cell.low)) * len(found) <= sum(found) <= Fraction(str(cell.high)) * len(found)
            assert cell.low <= cell.value <= cell.high


@given(surveys(), st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_the_order_of_people_changes_nothing(survey: tuple[Responses, Rounder], random: Random) -> None:
    """Shuffled responses give the same bytes."""
    responses, rounder = survey
    order = list(range(len(responses.keys)))
    random.shuffle(order)
    columns = {name: [column[place] for place in order] for name, column in responses.columns.items()}
    shuffled = Responses([responses.keys[place] for place in order], columns)
    first, second = (publication(make_release(PLAN, each, rounder)) for each in (responses, shuffled))
    assert canonical_json(first) == canonical_json(second)


@given(surveys())
@settings(max_examples=30, deadline=None)
def test_the_same_people_are_always_rounded_alike(survey: tuple[Responses, Rounder]) -> None:
    """Two cells that hold the same people show the same count, whatever table or label they stand under."""
    responses, rounder = survey
    release, people = make_release(PLAN, responses, rounder), _persons(responses)
    shown: dict[frozenset[int], set[float]] = {}
    for table, cell in _cells(release, "count"):
        rounded_itself = table.planned.about != "missing" or cell.at[-1] == ALL
        if cell.value is not None and rounded_itself:
            inside = frozenset(at for at, person in enumerate(people) if _inside(release, table, cell.at, person))
            shown.setdefault(inside, set()).add(cell.value)
    assert all(len(values) == 1 for values in shown.values())


@given(surveys())
@settings(max_examples=30, deadline=None)
def test_the_floor_holds_and_all_is_accounted_for(survey: tuple[Responses, Rounder]) -> None:
    """Every shown group has at least ten people, each planned cell has its fate, and no value is from outside."""
    responses, rounder = survey
    release, people = make_release(PLAN, responses, rounder), _persons(responses)
    assert None not in account(release).values()
    assert bool(release.tables) == (len(people) >= PLAN.floor)
    document = publication(release)
    for table in document["releases"][0]["tables"]:
        for cell in table["cells"]:
            assert all(value in {*document["variables"][dim]["values"], ALL} for dim, value in cell["k"].items())
    for table, cell in _cells(release, "count"):
        if table.planned.about == "groups" and len(cell.at) == 1:
            assert _count(release, table, cell.at, people) >= PLAN.floor


SIZES = st.lists(st.one_of(st.integers(0, 12), st.integers(0, 200)), min_size=2, max_size=9)


@given(SIZES, st.booleans(), st.integers(10, 20))
def test_merging_is_a_partition_above_the_floor(sizes: list[int], ordered: bool, floor: int) -> None:
    """Groups hold every value once, reach the floor, and join no two large groups; ordered ones stay contiguous."""
    values = tuple(f"v{place}" for place in range(len(sizes) - 1))
    by_value = dict(zip((*values, MISSING), sizes, strict=True))
    merging = merge(Variable("g", values, ordered=ordered), by_value, floor)
    if merging is None:
        assert sum(size >= floor for size in sizes) < 2
        return
    assert Counter(member for group in merging.groups for member in group.members) == Counter(by_value.keys())
    assert len(merging.groups) > 1
    for group in merging.groups:
        assert sum(by_value[member] for member in group.members) >= floor
        assert sum(by_value[member] >= floor for member in group.members) <= 1
        places = [values.index(member) for member in group.members if member != MISSING]
        assert not ordered or all(after - before == 1 for before, after in pairwise(places))


@given(st.integers(0, 10**6), st.integers(0, 2**64 - 1), st.binary(min_size=16, max_size=64), st.integers(5, 20))
def test_rounding_stays_near(count: int, cell_key: int, key: bytes, base: int) -> None:
    """A rounded count is a multiple of the base, less than a base away, and the truth lies in its range."""
    shown = Rounder(key, base).round(People(count, cell_key))
    assert shown.value % base == 0
    assert abs(shown.value - count) < base
    assert shown.low <= count <= shown.high
