"""Round a crossing row by row: the last place where exact counts exist."""

from collections.abc import Mapping
from dataclasses import dataclass

from coprod_survey.disclosure.counting import Cells, Counts
from coprod_survey.disclosure.merging import Merging
from coprod_survey.disclosure.plan import ALL, MISSING, Plan
from coprod_survey.disclosure.rounding import People, Rounded, Rounder
from coprod_survey.disclosure.tally import EVERYONE, Responses

_NOBODY = People(0, 0)


@dataclass(frozen=True)
class Line:
    """One row of a crossing in rounded counts: each column, all who answered, everybody in the row.

    `enough` says whether the floor was reached by those who answered; where not, only `everyone` may be shown.
    """

    row: str
    columns: Mapping[str, Rounded]
    answered: Rounded
    everyone: Rounded
    enough: bool

    def missing(self, plan: Plan) -> Rounded:
        """Return those who did not answer, worked out from what is published about the others."""
        few = Rounded(plan.base, 0, plan.floor - 1)
        return self.everyone.less(self.answered if self.enough else few)


class Press:
    """Turns responses into rounded lines, by the groups that survive merging."""

    def __init__(self, plan: Plan, responses: Responses, rounder: Rounder) -> None:
        self._plan = plan
        self._rounder = rounder
        self._counts = Counts(plan, responses)

    @property
    def mergings(self) -> Mapping[str, Merging]:
        """Return how each surviving grouping is shown."""
        return self._counts.mergings

    def lines(self, row: str | None, column: str) -> tuple[Line, ...]:
        """Return the lines of one crossing in the order of the plan; a row of None gives one line, "*"."""
        exact = self._counts.cells(row, column)
        rows = (ALL,) if row is None else shown_values(self._plan, self.mergings, row)
        return tuple(self._line(exact, each, column) for each in rows)

    def _line(self, exact: Cells, row: str, column: str) -> Line:
        grouped = column in self.mergings
        values = shown_values(self._plan, self.mergings, column)
        answered = exact.get((row, EVERYONE if grouped else ALL), _NOBODY)
        return Line(
            row,
            {value: self._round(exact, row, value) for value in (values if grouped else values[:-1])},
            self._rounder.round(answered),
            self._round(exact, row, EVERYONE),
            answered.size >= self._plan.floor,
        )

    def _round(self, exact: Cells, row: str, column: str) -> Rounded:
        return self._rounder.round(exact.get((row, column), _NOBODY))


def shown_values(plan: Plan, mergings: Mapping[str, Merging], name: str) -> tuple[str, ...]:
    """Return the values that tables use: groups where the variable was merged, else the plan's and the missing one."""
    if name in mergings:
        return tuple(group.value for group in mergings[name].groups)
    return (*plan.variable(name).values, MISSING)
