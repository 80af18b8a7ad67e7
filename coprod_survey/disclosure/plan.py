"""The table plan: which figures were declared before the first answer, and nothing besides.

The plan is hashed, shown to participants and frozen at opening; every planned table has an id that does not
depend on any answer, so that each cell can be accounted for afterwards.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from math import isfinite
from typing import Any

MISSING = "__NA__"
"""The one missing cell: declined, not asked and skipped are never told apart."""
ALL = "*"
"""The margin over a dimension."""
JOIN = "+"
"""Joins the members of a merged group into its value."""
LOWEST_FLOOR = 10
LOWEST_BASE = 5
MOST_GROUPINGS = 4
MOST_TWO_WAY = 1


class PlanError(ValueError):
    """A plan, or responses to it, that cannot be tabulated; the sentence never carries an answer."""


@dataclass(frozen=True)
class Variable:
    """One question or grouping: its permitted values in the order they are shown, and their scores if it is a scale."""

    name: str
    values: tuple[str, ...]
    ordered: bool = False
    multiple: bool = False
    scores: Mapping[str, float] | None = None


@dataclass(frozen=True)
class PlannedTable:
    """One declared table: people by `row` (None = everybody) and `column`, shown as counts, percentages or a mean.

    `about` says which people are counted: "groups" and "missing" everybody, "answers" those who answered `column`.
    """

    id: str
    row: str | None
    column: str
    stat: str
    about: str


@dataclass(frozen=True)
class Plan:
    """Everything that will ever be tabulated; an organisation may raise `floor` and `base`, never lower them."""

    variables: tuple[Variable, ...]
    groupings: tuple[str, ...] = ()
    two_way: tuple[tuple[str, str], ...] = ()
    floor: int = LOWEST_FLOOR
    base: int = LOWEST_BASE

    def __post_init__(self) -> None:
        for fault in faults(self):
            raise PlanError(fault)

    def variable(self, name: str) -> Variable:
        """Return the variable called `name`."""
        return next(variable for variable in self.variables if variable.name == name)

    @property
    def questions(self) -> tuple[Variable, ...]:
        """Return the variables that are asked about rather than grouped by."""
        return tuple(variable for variable in self.variables if variable.name not in self.groupings)

    @property
    def crossings(self) -> tuple[tuple[str | None, str], ...]:
        """Return every declared (row, column) once, in the order of publication; row None = everybody."""
        alone: list[tuple[str | None, str]] = [(None, grouping) for grouping in self.groupings]
        for question in self.questions:
            alone += [(row, question.name) for row in (None, *self.groupings)]
        return tuple(dict.fromkeys([*alone, *self.two_way]))

    @property
    def tables(self) -> tuple[PlannedTable, ...]:
        """Return every declared table with its id, t1 onwards."""
        number = count(1)
        return tuple(
            PlannedTable(f"t{next(number)}", row, column, stat, about)
            for row, column in self.crossings
            for stat, about in self._kinds(self.variable(column))
        )

    def _kinds(self, column: Variable) -> tuple[tuple[str, str], ...]:
        if column.name in self.groupings:
            return ("count", "groups"), ("pct", "groups")
        mean = (("mean", "answers"),) if column.scores else ()
        return ("count", "answers"), ("pct", "answers"), *mean, ("count", "missing")


def faults(plan: Plan) -> Iterator[str]:
    """Yield one sentence per fault; the instrument was checked before, so these guard against wiring mistakes."""
    names = [variable.name for variable in plan.variables]
    if len(set(names)) < len(names):
        yield "Two variables of the table plan have one name."
    for variable in plan.variables:
        yield from _faults_of(variable)
    if plan.floor < LOWEST_FLOOR or plan.base < LOWEST_BASE or plan.base > plan.floor:
        yield f"The floor is at least {LOWEST_FLOOR}, the base at least {LOWEST_BASE} and not above the floor."
    yield from _faults_of_crossings(plan, set(names))


def _faults_of(variable: Variable) -> Iterator[str]:
    values = set(variable.values)
    if not values or len(values) < len(variable.values) or values & {MISSING, ALL, ""}:
        yield f"The values of {variable.name} must be distinct, at least one, and not empty, {MISSING} or {ALL}."
    if any(JOIN in value and set(value.split(JOIN)) <= values | {MISSING} for value in values):
        yield f"A value of {variable.name} is spelled like two others merged."
    scores = variable.scores or {}
    if variable.multiple and scores:
        yield f"{variable.name} takes several answers, so it cannot have scores."
    if not set(scores) <= values or not all(isfinite(score) for score in scores.values()):
        yield f"The scores of {variable.name} must be finite and belong to its values."


def _faults_of_crossings(plan: Plan, names: set[str]) -> Iterator[str]:
    crossed = {name for pair in plan.two_way for name in pair}
    if not (set(plan.groupings) | crossed) <= names:
        yield "The table plan groups or crosses a variable that it does not list."
    if len(plan.groupings) > MOST_GROUPINGS or len(plan.two_way) > MOST_TWO_WAY:
        yield f"A table plan has at most {MOST_GROUPINGS} groupings and {MOST_TWO_WAY} two-way table."
    if len(set(plan.groupings)) < len(plan.groupings) or any(first == second for first, second in plan.two_way):
        yield "A grouping is listed twice, or a variable is crossed with itself."
    if any(variable.multiple and variable.name in plan.groupings for variable in plan.variables):
        yield "A question with several answers cannot be a grouping, because a person has one group."


def canonical_json(document: object) -> bytes:
    """Return the one spelling of `document` that hashes are taken of: sorted keys, no spaces, UTF-8."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def plan_document(plan: Plan) -> dict[str, Any]:
    """Return the plan as plain JSON, as participants may see it."""
    return {
        "format": "coprod-plan/1",
        "variables": [
            {
                "name": variable.name,
                "values": list(variable.values),
                "ordered": variable.ordered,
                "multiple": variable.multiple,
                "scores": {value: float(score) for value, score in (variable.scores or {}).items()},
            }
            for variable in plan.variables
        ],
        "groupings": list(plan.groupings),
        "two_way": [list(pair) for pair in plan.two_way],
        "floor": plan.floor,
        "base": plan.base,
    }


def plan_hash(plan: Plan) -> str:
    """Return the SHA-256 of the canonical plan, 64 hex digits."""
    return hashlib.sha256(canonical_json(plan_document(plan))).hexdigest()
