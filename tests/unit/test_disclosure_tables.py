"""A release applies the rules to every declared table, and names what it keeps back."""

from collections.abc import Iterable

import pytest

from coprod_survey.disclosure.accounting import account
from coprod_survey.disclosure.plan import Plan, PlanError, Variable
from coprod_survey.disclosure.rounding import Rounder
from coprod_survey.disclosure.tables import Cell, Release, make_release
from coprod_survey.disclosure.tally import Answer, Responses

ROUNDER = Rounder(bytes(32))
SITE = Variable("site", ("a", "b", "c"))
MOOD = Variable("mood", ("low", "high"), ordered=True, scores={"low": 1, "high": 2})
NEEDS = Variable("needs", ("time", "money", "rest"), multiple=True)
PLAN = Plan((SITE, MOOD, NEEDS), ("site",), (("mood", "needs"),))


def people(*groups: tuple[int, str, str, str]) -> Responses:
    """Return responses of `(how many, site, mood, needs separated by spaces)`, an empty word being missing."""
    rows = [[tuple(words.split()) for words in row] for how_many, *row in groups for _ in range(how_many)]
    columns: Iterable[tuple[Answer, ...]] = zip(*rows, strict=True) if rows else ((), (), ())
    return Responses(
        [7919 * number for number in range(len(rows))], dict(zip(("site", "mood", "needs"), columns, strict=True))
    )


def cells(release: Release, table: str) -> dict[tuple[str, ...], Cell]:
    """Return the cells of a table by their values."""
    return {cell.at: cell for each in release.tables if each.planned.id == table for cell in each.cells}


HUNDRED = people((40, "a", "low", "time"), (30, "b", "high", "time money"), (20, "a", "", ""), (10, "b", "low", "rest"))


def test_counts_are_of_people() -> None:
    """A person counts in each option they ticked and once in the total, which leaves out who did not answer."""
    release = make_release(PLAN, HUNDRED, ROUNDER)
    assert {at[0]: cell.value for at, cell in cells(release, "t11").items()} == {
        "time": 70,
        "money": 30,
        "rest": 10,
        "*": 80,
    }
    assert {at[0]: (cell.value, cell.low, cell.high) for at, cell in cells(release, "t13").items()} == {
        "__NA__": (20, 12, 28),
        "*": (100, 96, 104),
    }


def test_a_grouping_shows_its_merged_sizes_only() -> None:
    """Site c and the missing sites, empty both, are shown with the smaller site, and nowhere by themselves."""
    release = make_release(PLAN, HUNDRED, ROUNDER)
    assert list(cells(release, "t1")) == [("a",), ("b+c+__NA__",), ("*",)]
    assert [cell.value for cell in cells(release, "t1").values()] == [60, 40, 100]
    assert {at[0] for at in cells(release, "t7")} == {"a", "b+c+__NA__"}


def test_fewer_than_the_floor_release_nothing() -> None:
    """Nine people get no table at all, with one reason that covers the whole plan."""
    release = make_release(PLAN, people((9, "a", "low", "time")), ROUNDER)
    assert release.tables == ()
    assert [entry.rule for entry in release.withheld] == ["floor"]
    assert set(account(release).values()) == {"floor"}


def test_twelve_people_get_overall_results_only() -> None:
    """A survey of twelve cannot be split, so the grouping is dropped and named."""
    release = make_release(PLAN, people((7, "a", "low", "time"), (5, "b", "high", "rest")), ROUNDER)
    assert {table.planned.row for table in release.tables} == {None, "mood"}
    assert [entry.rule for entry in release.withheld if "t1" in entry.tables] == ["one group"]
    assert cells(release, "t3")


def test_a_question_that_few_answered_is_withheld() -> None:
    """Nine answers among a hundred people show no number, and the missing count does not give them away."""
    release = make_release(PLAN, people((9, "a", "low", "rest"), (40, "a", "", "time"), (51, "b", "", "time")), ROUNDER)
    assert {cell.value for table in ("t3", "t4", "t5") for cell in cells(release, table).values()} == {None}
    assert [(entry.rule, entry.row) for entry in release.withheld if "t3" in entry.tables] == [("floor", None)]
    missing = cells(release, "t6")["__NA__",]
    assert (missing.low, missing.high) == (100 - 4 - 9, 100 + 4)


def test_a_group_in_which_few_answered_is_withheld() -> None:
    """Only the row of that group is withheld, with the rule beside it."""
    release = make_release(
        PLAN, people((40, "a", "low", "time"), (9, "b", "low", "time"), (30, "b", "", "time")), ROUNDER
    )
    shown = {at: cell.value is not None for at, cell in cells(release, "t7").items()}
    assert {at[0] for at, there in shown.items() if there} == {"a"}
    assert {at[0] for at, there in shown.items() if not there} == {"b+c+__NA__"}
    assert [(entry.rule, entry.row) for entry in release.withheld if "t7" in entry.tables] == [("floor", "b+c+__NA__")]


def test_a_row_whose_counts_round_away_has_no_percentages() -> None:
    """Where the published counts add to fewer than ten, percentages are withheld under a rule of their own."""
    many = Variable("mood", tuple(f"v{number}" for number in range(10)))
    plan = Plan((many,))
    responses = Responses(list(range(10)), {"mood": [(value,) for value in many.values]})
    releases = [make_release(plan, responses, Rounder(bytes([seed]) * 32)) for seed in range(40)]
    bare = next(each for each in releases if sum(cell.value or 0 for cell in cells(each, "t1").values()) < 20)
    assert {cell.value for cell in cells(bare, "t2").values()} == {None}
    assert [(entry.rule, entry.tables) for entry in bare.withheld] == [("base", ("t2",))]


def test_every_planned_cell_is_accounted_for() -> None:
    """Each cell of the plan is published, merged, or withheld by a named rule."""
    fates = account(make_release(PLAN, HUNDRED, ROUNDER))
    assert None not in fates.values()
    assert fates["t7", ("c", "low")] == "merged"
    assert fates["t7", ("a", "low")] == "published"
    assert fates["t17", ("__NA__", "rest")] == "floor"


@pytest.mark.parametrize(
    ("responses", "words"),
    [
        (Responses([1], {"site": [("z",)], "mood": [()], "needs": [()]}), "column site holds"),
        (Responses([1], {"site": [()], "mood": [("low", "high")], "needs": [()]}), "column mood holds"),
        (Responses([1], {"site": [()], "mood": [()], "needs": [("rest", "rest")]}), "column needs holds"),
        (Responses([1], {"site": [()], "mood": [()]}), "column needs does not have"),
        (Responses([1, 2], {"site": [()], "mood": [()], "needs": [()]}), "one entry per response"),
        (Responses([2**64], {"site": [()], "mood": [()], "needs": [()]}), "64 bits"),
    ],
)
def test_responses_outside_the_plan_are_refused(responses: Responses, words: str) -> None:
    """Responses that do not fit the plan are refused, in a sentence that repeats no answer."""
    with pytest.raises(PlanError, match=words) as refusal:
        make_release(PLAN, responses, ROUNDER)
    assert not {"z", "rest", "high"} & set(str(refusal.value).split())


def test_another_base_than_declared_is_refused() -> None:
    """A rounder that rounds otherwise than the plan says is refused."""
    with pytest.raises(PlanError, match="base differs"):
        make_release(PLAN, HUNDRED, Rounder(bytes(32), base=10))
