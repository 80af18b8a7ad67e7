"""Read a publication (docs/sdcpub.md) in words: what was declared, what each cell says, and why something is not shown.

Nothing is worked out here. Every number is one that the publication holds, so a page cannot show more than the file.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from coprod_survey.disclosure.plan import ALL, MISSING, Plan, Variable
from coprod_survey.web.i18n import _

Publication = Mapping[str, Any]
CellAddress = tuple[str, str, str]
"""What it is (count, pct, mean or missing), the row's value ("*" = everybody), the column's value ("" for a mean)."""


@dataclass(frozen=True)
class Figure:
    """One figure in words, and between which two numbers the true one lies: in words, and as numbers.

    All but `shown` are empty where the figure is withheld.
    """

    shown: str
    span: str = ""
    low: float | None = None
    high: float | None = None

    @property
    def withheld(self) -> bool:
        """Say whether there is nothing behind the words."""
        return self.low is None


@dataclass(frozen=True)
class Crossing:
    """One declared crossing: people by `row` (None = everybody) and `column`; the ids of its tables; its figures."""

    row: str | None
    column: str
    tables: tuple[str, ...]
    figures: Mapping[CellAddress, Figure]

    def figure(self, what: str, row: str, value: str = "") -> Figure | None:
        """Return one figure, or None where the publication has no such cell."""
        return self.figures.get((what, row, value))

    def values(self, row: str) -> tuple[str, ...]:
        """Return the counted values of a row in the order of the plan, without the margin."""
        return tuple(value for what, at, value in self.figures if (what, at) == ("count", row) and value != ALL)


def declared(publication: Publication) -> tuple[Variable, ...]:
    """Return the variables of the declared plan in its order, which the keys of stored JSON do not keep."""
    return _plan(publication).variables


def crossings(publication: Publication) -> tuple[Crossing, ...]:
    """Return every crossing that was declared, also those of which no table was made."""
    made = {table["id"]: table for release in publication["releases"] for table in release["tables"]}
    found = []
    for (row, column), planned in groupby(_plan(publication).tables, key=lambda table: (table.row, table.column)):
        ids = tuple(table.id for table in planned)
        figures = {at: figure for each in ids if each in made for at, figure in _figures(made[each], row, column)}
        found.append(Crossing(row, column, ids, figures))
    return tuple(found)


def question_text(publication: Publication, name: str) -> str:
    """Return the words of a question or grouping, or its name where it has none."""
    return publication["labels"].get(name, {}).get("text") or name


def value_text(publication: Publication, name: str, value: str) -> str:
    """Return the words for a value; a merged group names all that it holds."""
    members = publication["variables"][name].get("merged", {}).get(value, [value])
    texts = {
        MISSING: _("No answer") if len(members) == 1 else _("no answer"),
        **publication["labels"].get(name, {}).get("values", {}),
    }
    return together([texts.get(member) or member for member in members])


def together(names: Sequence[str]) -> str:
    """Return "A", "A and B together", or "A, B and C together"."""
    if len(names) == 1:
        return names[0]
    return _("%(several)s and %(last)s together", several=", ".join(names[:-1]), last=names[-1])


def reasons(publication: Publication, crossing: Crossing, row: str | None) -> tuple[str, ...]:
    """Return once each sentence on what is withheld of one row, or (None) of the crossing as a whole."""
    entries = (entry for entry in publication["withheld"] if entry["row"] == row)
    return tuple(dict.fromkeys(entry["sentence"] for entry in entries if set(entry["tables"]) & set(crossing.tables)))


def _plan(publication: Publication) -> Plan:
    """Return the declared plan, from which the ids of all tables follow."""
    document = publication["plan"]
    return Plan(
        tuple(
            Variable(
                each["name"], tuple(each["values"]), each["ordered"], each["multiple"], scores=each["scores"] or None
            )
            for each in document["variables"]
        ),
        tuple(document["groupings"]),
        tuple((row, column) for row, column in document["two_way"]),
        floor=document["floor"],
        base=document["base"],
    )


def _figures(table: Mapping[str, Any], row: str | None, column: str) -> Iterator[tuple[CellAddress, Figure]]:
    what = "missing" if table["about"] == "missing" else table["stat"]
    for cell in table["cells"]:
        at = cell["k"].get(row, ALL) if row else ALL
        yield (what, at, cell["k"].get(column, "")), _figure(table, cell)


def _figure(table: Mapping[str, Any], cell: Mapping[str, Any]) -> Figure:
    if cell["v"] is None:
        return Figure(_("not shown"))
    low, high = cell["range"]
    sign, places = ("%" if table["stat"] == "pct" else ""), table.get("dp", 0)
    span = _("%(low)s to %(high)s", low=f"{low:.{places}f}", high=f"{high:.{places}f}{sign}")
    if table["stat"] != "count":
        return Figure(cell["shown"], span, low, high)
    # A shown 0 is already spelled as its range.
    return Figure(_("about %(count)s", count=cell["shown"]) if cell["v"] else cell["shown"], span, low, high)
