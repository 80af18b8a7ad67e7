"""Bring plan and responses together: merge the groups once, then hand out exact cells crossing by crossing."""

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import repeat

from coprod_survey.disclosure.merging import Merging, merge
from coprod_survey.disclosure.plan import ALL, MISSING, Plan
from coprod_survey.disclosure.rounding import People
from coprod_survey.disclosure.tally import Answer, Responses, Rows, Tally, answer_columns, group_columns, weights

Cells = Mapping[tuple[str, str], People]


class Counts:
    """The exact cells of one survey; what leaves this object is rounded before anybody sees it."""

    def __init__(self, plan: Plan, responses: Responses) -> None:
        self._plan = plan
        self._columns = responses.columns
        self._weights = weights(responses.keys)
        self.mergings = _merge_all(plan, responses)
        grouped = [self._groups(name) for name in self.mergings]
        self._rows = Rows(zip(*grouped, strict=True) if grouped else repeat((), len(responses.keys)))
        self._latest: tuple[str, Tally] | None = None

    def cells(self, row: str | None, column: str) -> Cells:
        """Return the exact cells of a crossing; a row of None is everybody, under the value "*"."""
        columns_of = group_columns if column in self.mergings else answer_columns
        if row is None:
            return self._by_groups(column).cells(lambda _: (ALL,), columns_of)
        if row in self.mergings:
            place = list(self.mergings).index(row)
            return self._by_groups(column).cells(lambda profile: profile[place : place + 1], columns_of)
        tally = Tally(Rows(self._columns[row]), self._answers(column), self._weights)
        return tally.cells(lambda answer: answer or (MISSING,), columns_of)

    def _by_groups(self, column: str) -> Tally:
        """Return the tally by all groupings at once, kept while the crossings of one column follow each other."""
        if self._latest is None or self._latest[0] != column:
            self._latest = column, Tally(self._rows, self._answers(column), self._weights)
        return self._latest[1]

    def _answers(self, column: str) -> Iterable[Answer]:
        return zip(self._groups(column), strict=True) if column in self.mergings else self._columns[column]

    def _groups(self, name: str) -> Iterable[str]:
        """Return the published group of every response."""
        value_of = self.mergings[name].value_of
        lookup: dict[Answer, str] = {(value,): value_of[value] for value in self._plan.variable(name).values}
        lookup[()] = value_of[MISSING]
        return map(lookup.__getitem__, self._columns[name])


def _merge_all(plan: Plan, responses: Responses) -> dict[str, Merging]:
    """Return the merging of each grouping that can be shown; the others are dropped."""
    found: dict[str, Merging] = {}
    for name in plan.groupings:
        sizes = Counter(answer[0] if answer else MISSING for answer in responses.columns[name])
        merging = merge(plan.variable(name), sizes, plan.floor)
        if merging is not None:
            found[name] = merging
    return found
