"""Map rows of the published OSMI tables to posted forms and to the answers that must come back out.

The data carry impossible ages, free-text gender, write-ins and untrimmed texts; all of it is settled here, by the
tables of `osmi_tables`, before anything is sent. A cell's refusal never repeats the cell.
"""

import csv
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.osmi_tables import AGE_BINS, DECLINED, OTHER, Column, Condition, Year, item_id

Value = str | int | tuple[str, ...] | tuple[int, int] | None
Answer = tuple[str, Value]  # ("given", value), or one of the three below
GIVEN: Final = "given"
PREFER_NOT: Final[Answer] = ("declined", None)
SKIPPED: Final[Answer] = ("skipped", None)
NOT_ASKED: Final[Answer] = ("not asked", None)
Mapped = Mapping[str, Answer]  # item id → answer, every item of the instrument

_DIGITS: Final = {"1": "Yes", "0": "No"}


class MappingError(ValueError):
    """A cell that the tables do not cover, named by its column alone."""


@dataclass(frozen=True)
class Person:
    """One row: what is posted (field and value, repeated for several choices) and what must be stored."""

    fields: tuple[tuple[str, str], ...]
    mapped: Mapped


@dataclass(frozen=True)
class Table:
    """One published file: the question texts by column number, and one row of cells per person."""

    questions: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def read_table(path: Path) -> Table:
    """Read a published file as it is; raises FileNotFoundError when it is not there."""
    with path.open(encoding="utf-8", newline="") as file:
        questions, *rows = map(tuple, csv.reader(file))
    return Table(questions, tuple(rows))


def people(year: Year, table: Table) -> list[Person]:
    """Map every row of a table, in the file's order."""
    return [person(year, row) for row in table.rows]


def person(year: Year, row: Sequence[str]) -> Person:
    """Map one row."""
    mapped = map_row(year, row)
    fields = tuple(
        pair for number, column in year.columns.items() for pair in _posted(number, column, (row[number], mapped))
    )
    return Person(fields, mapped)


def map_row(year: Year, row: Sequence[str]) -> dict[str, Answer]:
    """Return the expected answer of every item; a blank on a closed route was not asked, elsewhere it was skipped.

    Raises:
        MappingError: the tables do not list the cell, or a closed route holds one.

    """
    mapped: dict[str, Answer] = {}
    for number in sorted(year.columns):
        mapped[item_id(number)] = _answer(number, year.columns[number], (row[number], mapped))
    return mapped


def holds(condition: Condition, mapped: Mapped) -> bool:
    """Tell whether a route `{"item", "any"|"none": [values]}` is open for the answers so far."""
    state, value = mapped[str(condition["item"])]
    wanted = condition.get("any", condition.get("none"))
    chosen = state == GIVEN and isinstance(wanted, list) and value in wanted
    return chosen if "any" in condition else not chosen


def stored_text(raw: str) -> str:
    """Return a text as it must be stored: LF line ends, no other control characters but tab, outer space stripped."""
    lines = raw.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in lines if c in "\n\t" or unicodedata.category(c) != "Cc").strip()


def _answer(number: int, column: Column, cell: tuple[str, Mapped]) -> Answer:
    raw, before = cell
    if column.route is not None and not holds(column.route, before):
        if raw.strip():
            raise MappingError(f"column {number} holds a value on a closed route")
        return NOT_ASKED
    if not raw.strip():
        return SKIPPED
    try:
        return _READERS[column.kind](column, raw)
    except KeyError:
        raise MappingError(f"column {number} holds a value that its table does not list") from None


def _choice(column: Column, raw: str) -> Answer:
    if column.spellings:
        value = column.spellings.get(raw.strip().lower(), "another")
        return PREFER_NOT if value == DECLINED else (GIVEN, value)
    return GIVEN, _listed(column, raw)


def _multiple(column: Column, raw: str) -> Answer:
    chosen = {_listed(column, part) for part in raw.split("|")}
    return GIVEN, tuple(value for value in option_values(column) if value in chosen)


def _scale(column: Column, raw: str) -> Answer:
    return GIVEN, int(_listed(column, raw))


def _number(column: Column, raw: str) -> Answer:
    age = int(raw)
    return next(((GIVEN, (low, high)) for low, high in AGE_BINS if low <= age <= high), PREFER_NOT)


def _text(column: Column, raw: str) -> Answer:
    return GIVEN, stored_text(raw)


_READERS: Final = {"choice": _choice, "multiple": _multiple, "scale": _scale, "number": _number, "text": _text}


def option_values(column: Column) -> tuple[str, ...]:
    """Return the values of a column's options in the order in which they are shown, `other` last."""
    return tuple(column.options) + ((OTHER,) if column.other and OTHER not in column.options else ())


def _listed(column: Column, raw: str) -> str:
    by_label = {label: value for value, label in column.options.items()}
    label = _DIGITS.get(raw, raw)
    return by_label.get(label, OTHER) if column.other else by_label[label]


def _posted(number: int, column: Column, cell: tuple[str, Mapped]) -> list[tuple[str, str]]:
    """Return the fields of one item as a browser sends them: texts untrimmed, with CRLF line ends (HTML, 4.10.21)."""
    raw, mapped = cell
    name = item_id(number)
    state, value = mapped[name]
    if state == PREFER_NOT[0]:
        return [(f"{name}.pns", "1")]
    if column.kind == "text" and state != NOT_ASKED[0]:
        return [(name, raw.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n"))]
    if state != GIVEN:
        return []
    if column.kind == "number":
        return [(name, str(int(raw)))]
    return [(name, str(part)) for part in (value if isinstance(value, tuple) else (value,))]
