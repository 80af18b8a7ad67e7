"""Count the mapped answers again, by code that shares nothing with the product: plain counters over plain tuples."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from bench.osmi_mapping import GIVEN, Answer, Mapped, Table

MISSING, ALL = "__NA__", "*"  # sdcpub/1: no answer of any kind; the margin over a dimension
Cell = tuple[str, ...]


@dataclass(frozen=True)
class Declared:
    """One table that the instrument's plan declares; `about` is "groups", "answers" or "missing"."""

    id: str
    row: str | None
    column: str
    stat: str
    about: str

    @property
    def dims(self) -> tuple[str, ...]:
        """Return the variables that a cell of this table names."""
        row = (self.row,) if self.row else ()
        return row if self.stat == "mean" else (*row, self.column)


@dataclass(frozen=True)
class Truth:
    """What went in: the instrument document, everybody's mapped answers, and the file as published."""

    document: Mapping[str, Any]
    mapped: Sequence[Mapped]
    table: Table
    _counters: dict[object, Counter[Cell]] = field(default_factory=dict, repr=False)

    @property
    def items(self) -> dict[str, Mapping[str, Any]]:
        """Return the document's items by id."""
        return {item["id"]: item for section in self.document["sections"] for item in section["items"]}

    def count(self, dims: tuple[str, ...], answered: str | None) -> Counter[Cell]:
        """Return people per cell of `dims`, margins included; with `answered` only those who answered that item."""
        key = dims, answered
        if key not in self._counters:
            people = (one for one in self.mapped if answered is None or one[answered][0] == GIVEN)
            self._counters[key] = Counter(cell for one in people for cell in _cells(one, dims))
        return self._counters[key]


def values_of(item: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the values that an item is counted under, in order; none for a text."""
    if "options" in item:
        return tuple(option["value"] for option in item["options"])
    if item["kind"] == "scale":
        return tuple(str(point) for point in range(item["min"], item["max"] + 1))
    return tuple(f"{low}-{high}" for low, high in item.get("bins", ()))


def declared_tables(document: Mapping[str, Any]) -> list[Declared]:
    """Return every table that the plan declares: groupings, then each question alone and by grouping, then the pair."""
    items = [item for section in document["sections"] for item in section["items"] if values_of(item)]
    groupings = document["table_plan"]["groupings"]
    wanted = [(None, name, kind) for name in groupings for kind in _GROUP_KINDS]
    for item in items:
        if item["id"] not in groupings:
            kinds = [*_ANSWER_KINDS, *([_MEAN_KIND] if item["kind"] == "scale" else []), _MISSING_KIND]
            wanted += [(row, item["id"], kind) for row in (None, *groupings) for kind in kinds]
    wanted += [(row, column, kind) for row, column in document["table_plan"]["two_way"] for kind in _GROUP_KINDS]
    return [Declared(f"t{number}", row, column, *kind) for number, (row, column, kind) in enumerate(wanted, 1)]


_GROUP_KINDS = (("count", "groups"), ("pct", "groups"))
_ANSWER_KINDS = (("count", "answers"), ("pct", "answers"))
_MEAN_KIND = ("mean", "answers")
_MISSING_KIND = ("count", "missing")


def declared_cells(truth: Truth, table: Declared) -> Iterator[Cell]:
    """Yield every cell of a declared table in the values of the instrument, before any merging."""
    items = truth.items
    axes = [(*values_of(items[table.row]), MISSING)] if table.row else []
    if table.about == "missing":
        axes.append((MISSING, ALL))
    elif table.stat != "mean":
        missing = (MISSING,) if table.about == "groups" else ()
        margin = (ALL,) if table.stat == "count" else ()
        axes.append((*values_of(items[table.column]), *missing, *margin))
    return product(*axes)


def _cells(one: Mapped, dims: tuple[str, ...]) -> Iterator[Cell]:
    return product(*((*_labels(one[dim]), ALL) for dim in dims))


def _labels(answer: Answer) -> tuple[str, ...]:
    """Return what an answer is counted under: a band as `low-high`, each of several choices by itself."""
    state, value = answer
    if state != GIVEN:
        return (MISSING,)
    if not isinstance(value, tuple):
        return (str(value),)
    return (f"{value[0]}-{value[1]}",) if isinstance(value[0], int) else tuple(map(str, value))
