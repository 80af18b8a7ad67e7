"""The four checks of a replay: (a) stored, (b) accounted for, (c) true within the stated ranges, (d) nothing else.

Every check returns one plain sentence per failure and none when all is well. No sentence carries an answer.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from bench.osmi_driver import ProductError
from bench.osmi_leaks import check_leaks
from bench.osmi_mapping import GIVEN, Answer, Mapped
from bench.osmi_recount import ALL, MISSING, Cell, Declared, Truth, declared_cells, declared_tables

_FILES = ("publication.json", "results.csv", "results.json", "results.xlsx")
_SHOWN_FAILURES = 10
_BASE = 5  # rounded counts are multiples of it, less than it from the truth (results.md, policy 4)
_QUARTERS = (12, 37, 62, 88)  # what stands for a quarter band of a percentage


def opened_answers(data_dir: Path, slug: str, holder: str, passphrase: str) -> list[Mapped]:
    """Open the stored answers of a closed survey with the product's own code; raises ProductError."""
    from coprod_survey.bootstrap.operations import opened_responses
    from coprod_survey.domain.answers import Given
    from coprod_survey.domain.errors import CoprodError

    try:
        responses = opened_responses(data_dir, slug, {holder: passphrase})
    except CoprodError as error:
        raise ProductError(f"the stored answers could not be opened: {error}") from None
    return [
        {
            item: (GIVEN, answer.value) if isinstance(answer, Given) else (answer.value.replace("_", " "), None)
            for item, answer in response.items()
        }
        for response in responses
    ]


def check_stored(mapped: Sequence[Mapped], opened: Sequence[Mapped]) -> list[str]:
    """Compare what was sent with what was opened, as multisets (check a)."""
    sent, kept = (Counter(tuple(sorted(one.items())) for one in side) for side in (mapped, opened))
    lost, extra = (sent - kept).total(), (kept - sent).total()
    if not lost and not extra:
        return []
    items = Counter(item for side in (sent - kept, kept - sent) for one in side for item, _ in one)
    differing = sorted(item for item in items if _column(mapped, item) != _column(opened, item))
    where = f" Items that differ: {', '.join(differing)}." if differing else ""
    return [f"Check a: {lost} mapped people are not stored as sent and {extra} stored ones were never sent.{where}"]


def _column(people: Sequence[Mapped], item: str) -> Counter[Answer | None]:
    return Counter(one.get(item) for one in people)


def check_release(folder: Path, truth: Truth) -> list[str]:
    """Check a release folder against what went in (checks b, c and d)."""
    missing = [name for name in _FILES if not (folder / name).is_file()]
    if missing:
        return [f"Check b: the release has no {' and no '.join(missing)}."]
    publication = json.loads((folder / "publication.json").read_text("utf-8"))
    published = Published(publication, truth)
    failures = (
        _first("Check b", published.unaccounted()),
        _first("Check c", published.untrue()),
        _first("Check d", [*published.undeclared(), *check_leaks(folder, truth)]),
    )
    return [sentence for some in failures for sentence in some]


def _first(check: str, sentences: "Iterator[str] | list[str]") -> list[str]:
    found = list(sentences)
    more = [f"and {len(found) - _SHOWN_FAILURES} more."] if len(found) > _SHOWN_FAILURES else []
    return [f"{check}: {sentence}" for sentence in [*found[:_SHOWN_FAILURES], *more]]


@dataclass(frozen=True)
class _Number:
    """One published figure with its range."""

    value: float
    low: float
    high: float

    def holds(self, true: float) -> bool:
        """Tell whether a true figure lies in the range."""
        return self.low <= true <= self.high


class Published:
    """A publication beside the truth that it was made from."""

    def __init__(self, publication: Mapping[str, Any], truth: Truth) -> None:
        self._publication = publication
        self._truth = truth
        self._declared = {table.id: table for table in declared_tables(truth.document)}
        tables = [table for release in publication["releases"] for table in release["tables"]]
        self._strays = [table["id"] for table in tables if not self._is_declared(table)]
        self._tables = {table["id"]: table for table in tables if self._is_declared(table)}
        self._merged = {
            (entry["variable"], member): entry["value"]
            for entry in publication["merged"]
            if entry.get("rule")
            for member in entry["members"]
        }
        self._numbers = {table_id: dict(_numbers(table)) for table_id, table in self._tables.items()}

    def _is_declared(self, table: Mapping[str, Any]) -> bool:
        plan = self._declared.get(table["id"])
        return plan is not None and (tuple(table["dims"]), table["stat"]) == (plan.dims, plan.stat)

    def unaccounted(self) -> Iterator[str]:
        """Yield a sentence for every declared cell that is neither published, merged nor withheld by rule (b)."""
        for table in self._declared.values():
            for cell in declared_cells(self._truth, table):
                if not self._is_accounted_for(table, cell):
                    yield f"the cell {' × '.join(cell) or ALL} of {_named(table)} is nowhere accounted for."

    def _is_accounted_for(self, table: Declared, cell: Cell) -> bool:
        shown = self._shown(table.dims, cell)
        if self._numbers.get(table.id, {}).get(shown) is not None:
            return True
        if table.id in self._numbers and shown not in self._numbers[table.id]:
            return False
        row = shown[0] if table.row else ALL
        return any(
            entry["rule"] and table.id in entry["tables"] and entry["row"] in (None, row)
            for entry in self._publication["withheld"]
        )

    def _shown(self, dims: Sequence[str], cell: Cell) -> Cell:
        return tuple(self._merged.get((dim, value), value) for dim, value in zip(dims, cell, strict=True))

    def undeclared(self) -> Iterator[str]:
        """Yield a sentence for every table, dimension or value that the plan does not declare (d)."""
        for table_id in self._strays:
            yield f"the table {table_id} is not one that the plan declares."
        for table_id, table in self._tables.items():
            plan = self._declared[table_id]
            allowed = {self._shown(plan.dims, cell) for cell in declared_cells(self._truth, plan)}
            if extra := sum(
                set(cell["k"]) != set(plan.dims) or _at(table, cell) not in allowed for cell in table["cells"]
            ):
                yield f"{extra} cells of {_named(plan)} are not declared."
        for name in set(self._publication["variables"]) - {table.column for table in self._declared.values()}:
            yield f"the variable {name} is not in the plan."

    def untrue(self) -> Iterator[str]:
        """Yield a sentence for every figure whose range misses the truth, or that does not follow from counts (c)."""
        judge = {"count": self._count_is_true, "pct": self._percentage_is_true, "mean": self._mean_is_true}
        for table_id, numbers in self._numbers.items():
            table = self._declared[table_id]
            for cell, number in numbers.items():
                if number is not None and not judge[table.stat](table, cell, number):
                    yield f"the {table.stat} at {' × '.join(cell) or ALL} of {_named(table)} is not true in its range."

    def _true(self, table: Declared, cell: Cell) -> int:
        """Return the true count of a published cell, its merged values taken apart again."""
        dims = (table.row, table.column) if table.row else (table.column,)
        counts = self._truth.count(dims, table.column if table.about == "answers" else None)
        parts = (
            [m for (d, m), v in self._merged.items() if (d, v) == at] or [at[1]] for at in zip(dims, cell, strict=True)
        )
        return sum(counts[part] for part in product(*parts))

    def _count_is_true(self, table: Declared, cell: Cell, number: _Number) -> bool:
        reach = max(number.value - number.low, number.high - number.value)
        derived = table.about == "missing" and cell[-1] == MISSING  # everybody less those who answered: two roundings
        widest = 2 * _BASE if derived else _BASE
        return number.value % _BASE == 0 and reach < widest and number.holds(self._true(table, cell))

    def _percentage_is_true(self, table: Declared, cell: Cell, number: _Number) -> bool:
        counts, row = self._counts_beside(table), cell[:-1]
        several = self._truth.items[table.column]["kind"] == "multiple"
        base = sum(value for at, value in counts.items() if at[:-1] == row and (at[-1] == ALL) == several)
        everybody = self._true(table, (*row, ALL))
        if cell not in counts or not base or not everybody:
            return False
        share = 100 * self._true(table, cell) / everybody
        return number.holds(share) and _percentage_follows(number.value, counts[cell], base)

    def _mean_is_true(self, table: Declared, cell: Cell, number: _Number) -> bool:
        counts = {at[-1]: v for at, v in self._counts_beside(table).items() if at[:-1] == cell and at[-1] != ALL}
        true = {value: self._true(table, (*cell, value)) for value in counts}
        if not any(counts.values()) or not any(true.values()):
            return False
        return number.holds(_mean(true)) and abs(number.value - _mean(counts)) <= 0.05 + 1e-9

    def _counts_beside(self, table: Declared) -> dict[Cell, float]:
        """Return the published counts of the same crossing, by cell."""
        beside = next(
            each
            for each in self._declared.values()
            if (each.row, each.column, each.stat, each.about) == (table.row, table.column, "count", table.about)
        )
        return {cell: number.value for cell, number in self._numbers.get(beside.id, {}).items() if number is not None}


def _numbers(table: Mapping[str, Any]) -> Iterator[tuple[Cell, _Number | None]]:
    for cell in table["cells"]:
        yield _at(table, cell), None if cell["v"] is None else _Number(cell["v"], *cell["range"])


def _at(table: Mapping[str, Any], cell: Mapping[str, Any]) -> Cell:
    return tuple(cell["k"].get(dim, "") for dim in table["dims"])


def _named(table: Declared) -> str:
    return f"table {table.id} ({table.stat} of {table.column}{f' by {table.row}' if table.row else ''})"


def _percentage_follows(shown: float, part: float, base: float) -> bool:
    """Tell whether a shown percentage is the published part of the published base, as policy 5 words it."""
    share = min(100 * part / base, 100)
    if base < 50:
        return shown == _QUARTERS[min(int(share // 25), 3)]
    if share < 5 or share > 95:
        return shown == (2 if share < 5 else 98)
    return abs(shown - share) <= (0.5 if base >= 100 else 2.5)


def _mean(counts: Mapping[str, float]) -> float:
    return sum(int(score) * count for score, count in counts.items()) / sum(counts.values())
