"""Make a release: every declared table, with each cell rounded, merged or withheld under a named rule."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from coprod_survey.disclosure.lines import Line, Press
from coprod_survey.disclosure.merging import Merging
from coprod_survey.disclosure.plan import ALL, MISSING, Plan, PlanError, PlannedTable, Variable
from coprod_survey.disclosure.rounding import Rounded, Rounder
from coprod_survey.disclosure.statistics import FEWEST_FOR_FIGURES, Figure, mean, shares, shares_of_people
from coprod_survey.disclosure.tally import Responses

RULES = "coprod-rules-of-release/1"
FLOOR = "floor"
ONE_GROUP = "one group"
SMALL_BASE = "base"


@dataclass(frozen=True)
class Cell:
    """One published cell: a value per dimension, the number (None = withheld), its range, base and words."""

    at: tuple[str, ...]
    value: float | None = None
    low: float | None = None
    high: float | None = None
    base: int | None = None
    shown: str = "withheld"


@dataclass(frozen=True)
class Table:
    """One published table, its cells in the order of the plan and never of the counts."""

    planned: PlannedTable
    cells: tuple[Cell, ...]

    @property
    def dims(self) -> tuple[str, ...]:
        """Return the variables that a cell has a value for; a mean has none for what it summarises."""
        row = (self.planned.row,) if self.planned.row else ()
        return row if self.planned.stat == "mean" else (*row, self.planned.column)


@dataclass(frozen=True)
class Withheld:
    """What is not shown and why: tables by id, one row of them or (None) all of it, the rule, one plain sentence."""

    rule: str
    tables: tuple[str, ...]
    sentence: str
    row: str | None = None


@dataclass(frozen=True)
class Release:
    """Everything that may be shown about one survey."""

    plan: Plan
    tables: tuple[Table, ...]
    withheld: tuple[Withheld, ...]
    mergings: tuple[Merging, ...]


def make_release(plan: Plan, responses: Responses, rounder: Rounder) -> Release:
    """Tabulate the declared plan; nothing else can be asked for.

    Raises PlanError where the responses do not fit the plan or the rounder has another base.
    """
    if rounder.base != plan.base:
        raise PlanError("The rounding base differs from the one that the plan declares.")
    responses.check(plan)
    if len(responses.keys) < plan.floor:
        return Release(plan, (), (_nothing(plan),), ())
    press = Press(plan, responses, rounder)
    withheld = [_dropped(plan, name) for name in plan.groupings if name not in press.mergings]
    unshown = {table for entry in withheld for table in entry.tables}
    tables: list[Table] = []
    for (row, column), planned in groupby(plan.tables, key=lambda table: (table.row, table.column)):
        wanted = [table for table in planned if table.id not in unshown]
        lines = press.lines(row, column) if wanted else ()
        made = [Table(table, tuple(_cells(plan, table, lines))) for table in wanted]
        tables += made
        withheld += [*_thin_rows(plan, wanted, lines), *_small_bases(made, lines)]
    return Release(plan, tuple(tables), tuple(withheld), tuple(press.mergings.values()))


def _nothing(plan: Plan) -> Withheld:
    sentence = f"Fewer than {plan.floor} people answered, so no figures are shown."
    return Withheld(FLOOR, tuple(table.id for table in plan.tables), sentence)


def _dropped(plan: Plan, grouping: str) -> Withheld:
    tables = tuple(table.id for table in plan.tables if grouping in (table.row, table.column))
    sentence = f"Two groups of {plan.floor} or more people could not be formed, so nothing is shown by this grouping."
    return Withheld(ONE_GROUP, tables, sentence)


def _thin_rows(plan: Plan, tables: Sequence[PlannedTable], lines: Sequence[Line]) -> Iterator[Withheld]:
    """Name each row that the floor keeps back, or the tables as a whole where that is every row."""
    ids = tuple(table.id for table in tables if table.about != "missing")
    thin = [line.row for line in lines if not line.enough]
    if thin and len(thin) == len(lines):
        yield Withheld(FLOOR, ids, f"Fewer than {plan.floor} people answered this, in total or in every group.")
        return
    for row in thin:
        yield Withheld(FLOOR, ids, f"Fewer than {plan.floor} people of this group answered this.", row)


def _small_bases(tables: Sequence[Table], lines: Sequence[Line]) -> Iterator[Withheld]:
    """Name each row whose published counts add to too few people for a percentage or a mean."""
    enough = [line.row for line in lines if line.enough]
    for table in tables:
        unshown = {_row_of(table, cell) for cell in table.cells if cell.value is None}
        for row in enough:
            if row in unshown:
                sentence = f"The published counts add to fewer than {FEWEST_FOR_FIGURES} people."
                yield Withheld(SMALL_BASE, (table.planned.id,), sentence, row)


def _row_of(table: Table, cell: Cell) -> str:
    return cell.at[0] if table.planned.row else ALL


def _cells(plan: Plan, table: PlannedTable, lines: Sequence[Line]) -> Iterator[Cell]:
    column = plan.variable(table.column)
    for line in lines:
        row = (line.row,) if table.row else ()
        if table.about == "missing":
            yield from _counts(row, {MISSING: line.missing(plan), ALL: line.everyone})
        elif table.stat == "count":
            counts = {**line.columns, ALL: line.answered}
            yield from _counts(row, counts) if line.enough else _unshown(row, counts)
        elif table.stat == "pct":
            yield from _percentages(row, line, column)
        else:
            yield _figure(row, mean(line.columns, column.scores or {}) if line.enough else None)


def _counts(row: tuple[str, ...], counts: Mapping[str, Rounded]) -> Iterator[Cell]:
    for value, count in counts.items():
        shown = str(count.value) if count.value else f"0 to {count.high}"
        yield Cell((*row, value), count.value, count.low, count.high, shown=shown)


def _unshown(row: tuple[str, ...], values: Mapping[str, Rounded]) -> Iterator[Cell]:
    return (Cell((*row, value)) for value in values)


def _percentages(row: tuple[str, ...], line: Line, column: Variable) -> Iterator[Cell]:
    parts = list(line.columns.values())
    figures = shares_of_people(parts, line.answered) if column.multiple else shares(parts)
    if figures is None or not line.enough:
        yield from _unshown(row, line.columns)
        return
    for value, figure in zip(line.columns, figures, strict=True):
        yield _figure((*row, value), figure)


def _figure(at: tuple[str, ...], figure: Figure | None) -> Cell:
    return Cell(at, *figure) if figure else Cell(at)
