"""Account for the plan: what became of every declared cell, so that nothing is left out in silence."""

from collections.abc import Iterator
from itertools import product

from coprod_survey.disclosure.plan import ALL, MISSING, Plan, PlannedTable
from coprod_survey.disclosure.tables import Release

PlannedCell = tuple[str, tuple[str, ...]]
"""Table id, and the value of the plan per dimension, before any merging."""


def planned_cells(plan: Plan) -> Iterator[PlannedCell]:
    """Yield every cell that the plan declares, in the values of the plan."""
    for table in plan.tables:
        rows = [(*plan.variable(table.row).values, MISSING)] if table.row else []
        columns = [_columns(plan, table)] if table.stat != "mean" else []
        for at in product(*rows, *columns):
            yield table.id, at


def _columns(plan: Plan, table: PlannedTable) -> tuple[str, ...]:
    if table.about == "missing":
        return MISSING, ALL
    margin = (ALL,) if table.stat == "count" else ()
    missing = (MISSING,) if table.about == "groups" else ()
    return (*plan.variable(table.column).values, *missing, *margin)


def account(release: Release) -> dict[PlannedCell, str | None]:
    """Return for every planned cell "published", "merged" or the rule that withheld it; None = unaccounted for."""
    return {cell: _fate(release, cell) for cell in planned_cells(release.plan)}


def _fate(release: Release, cell: PlannedCell) -> str | None:
    table_id, raw = cell
    table = next((table for table in release.tables if table.planned.id == table_id), None)
    if table is None:
        return _rule(release, table_id, None)
    shown_as = {merging.variable: {**merging.value_of, ALL: ALL} for merging in release.mergings}
    at = tuple(shown_as.get(dim, {}).get(value, value) for dim, value in zip(table.dims, raw, strict=True))
    found = next((each for each in table.cells if each.at == at), None)
    if found is None:
        return None
    if found.value is None:
        return _rule(release, table_id, at[0] if table.planned.row else ALL)
    return "published" if at == raw else "merged"


def _rule(release: Release, table_id: str, row: str | None) -> str | None:
    entries = (entry for entry in release.withheld if table_id in entry.tables and entry.row in (None, row))
    return next((entry.rule for entry in entries), None)
