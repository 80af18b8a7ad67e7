"""The table plan: what it refuses, how it is hashed, how its tables are numbered."""

from typing import Any

import pytest

from coprod_survey.disclosure.plan import Plan, PlanError, Variable, plan_hash

SITE = Variable("site", ("a", "b"))
MOOD = Variable("mood", ("low", "high"), ordered=True, scores={"low": 1, "high": 2})
NEEDS = Variable("needs", ("time", "money"), multiple=True)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"variables": (SITE, SITE)}, "one name"),
        ({"variables": (Variable("site", ()),)}, "at least one"),
        ({"variables": (Variable("site", ("a", "a")),)}, "distinct"),
        ({"variables": (Variable("site", ("a", "__NA__")),)}, "__NA__"),
        ({"variables": (Variable("site", ("a", "*")),)}, r"\*"),
        ({"variables": (Variable("site", ("a", "b", "a+b")),)}, "merged"),
        ({"variables": (Variable("needs", ("a",), multiple=True, scores={"a": 1}),)}, "several answers"),
        ({"variables": (Variable("mood", ("a",), scores={"b": 1}),)}, "belong"),
        ({"variables": (Variable("mood", ("a",), scores={"a": float("nan")}),)}, "finite"),
        ({"floor": 9}, "floor"),
        ({"base": 3}, "base"),
        ({"floor": 10, "base": 11}, "base"),
        ({"groupings": ("ward",)}, "does not list"),
        ({"two_way": (("mood", "ward"),)}, "does not list"),
        ({"groupings": ("site", "site")}, "twice"),
        ({"two_way": (("mood", "mood"),)}, "itself"),
        ({"two_way": (("site", "mood"), ("mood", "site"))}, "at most"),
        ({"groupings": ("needs",)}, "one group"),
    ],
)
def test_a_faulty_plan_is_refused(changes: dict[str, Any], words: str) -> None:
    """A plan that could not be tabulated safely is refused in a sentence."""
    with pytest.raises(PlanError, match=words):
        Plan(**{"variables": (SITE, MOOD, NEEDS), **changes})


def test_the_hash_changes_with_what_is_tabulated() -> None:
    """Plans hash alike when they say the same and differently when anything about the tables differs."""
    plan = Plan((SITE, MOOD), ("site",))
    assert plan_hash(plan) == plan_hash(Plan((SITE, MOOD), ("site",)))
    others = [Plan((SITE, MOOD)), Plan((MOOD, SITE), ("site",)), Plan((SITE, MOOD), ("site",), floor=20)]
    assert len({plan_hash(plan), *map(plan_hash, others)}) == 4


def test_the_hash_is_frozen() -> None:
    """The hash of a known plan is a known number, so that no later version can respell plans by accident."""
    assert (
        plan_hash(Plan((SITE, MOOD), ("site",))) == "d6c64bb43849b832229e09091d7353a62741b9e8253183f0e8604bb2a3bbb6ad"
    )


def test_tables_follow_from_the_plan_alone() -> None:
    """Groupings come first, then each question overall and by group; a scale also has means."""
    plan = Plan((SITE, MOOD, NEEDS), ("site",), (("mood", "needs"),))
    assert [f"{table.id} {table.row} {table.column} {table.stat} {table.about}" for table in plan.tables] == [
        "t1 None site count groups",
        "t2 None site pct groups",
        "t3 None mood count answers",
        "t4 None mood pct answers",
        "t5 None mood mean answers",
        "t6 None mood count missing",
        "t7 site mood count answers",
        "t8 site mood pct answers",
        "t9 site mood mean answers",
        "t10 site mood count missing",
        "t11 None needs count answers",
        "t12 None needs pct answers",
        "t13 None needs count missing",
        "t14 site needs count answers",
        "t15 site needs pct answers",
        "t16 site needs count missing",
        "t17 mood needs count answers",
        "t18 mood needs pct answers",
        "t19 mood needs count missing",
    ]


def test_a_crossing_is_declared_once() -> None:
    """A two-way table that a grouping already gives is not made twice."""
    assert Plan((SITE, MOOD), ("site",), (("site", "mood"),)).tables == Plan((SITE, MOOD), ("site",)).tables
