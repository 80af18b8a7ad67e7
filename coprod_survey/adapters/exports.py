"""Write the files an organiser downloads, from the publication alone, so that no file can show more than it does.

The same publication always gives the same bytes. Text that a spreadsheet would run as a formula stays text
(OWASP, CSV Injection).
"""

import csv
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from io import BytesIO, StringIO
from typing import Any, NamedTuple

from xlsxwriter import Workbook

from coprod_survey.disclosure.plan import ALL, JOIN, MISSING, canonical_json

Publication = Mapping[str, Any]
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
NOT_ANSWERED = "No answer"
EVERYONE = "Everybody"
ALL_ANSWERED = "All who answered"
# A file must not tell when it was downloaded.
_EPOCH = datetime(2000, 1, 1)


class Line(NamedTuple):
    """One row of the tidy table: where the figure stands, what it is, how it is shown, and its range."""

    table: str
    group_variable: str
    group: str
    question: str
    value: str
    statistic: str
    shown: str
    low: float | None = None
    high: float | None = None
    note: str = ""


HEADER = tuple(name.replace("_", " ") for name in Line._fields)


def lines(publication: Publication) -> Iterator[Line]:
    """Yield every published figure, then what was merged and withheld, then the rules, the plan and the release."""
    for table in _tables(publication):
        for cell in table["cells"]:
            yield _line(publication, table, cell)
    for entry in publication["merged"]:
        variable = entry["variable"]
        group = _value_text(publication, variable, entry["value"])
        yield Line("", _text(publication, variable), group, "", "", "merged", "", note=entry["sentence"])
    for entry in publication["withheld"]:
        for table in entry["tables"]:
            yield Line(table, "", _row_text(publication, table, entry["row"]), "", "", "withheld", "", note=_why(entry))
    for name, shown in about(publication).items():
        yield Line("", "", "", "", "", name, shown)


def about(publication: Publication) -> dict[str, str]:
    """Return what every export carries: title, rule version, plan hash and release id."""
    return {
        "title": publication["title"],
        "rules": publication["rules"],
        "plan hash": publication["plan_hash"],
        "release id": publication["release_id"],
    }


def csv_bytes(publication: Publication) -> bytes:
    """Return one tidy table as CSV (RFC 4180, UTF-8)."""
    out = StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(HEADER)
    writer.writerows([_inert(value) for value in line] for line in lines(publication))
    return out.getvalue().encode()


def xlsx_bytes(publication: Publication) -> bytes:
    """Return a workbook of two sheets, the tidy table and how to read it, with no formula and no link."""
    out = BytesIO()
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with Workbook(out, plain) as workbook:
        workbook.set_properties({"title": publication["title"], "created": _EPOCH})
        sheet = workbook.add_worksheet("Results")
        for row, line in enumerate([HEADER, *lines(publication)]):
            sheet.write_row(row, 0, line)
        sheet.freeze_panes(1, 0)
        notes = workbook.add_worksheet("How to read this")
        for row, pair in enumerate([*about(publication).items(), *(("note", each) for each in publication["notes"])]):
            notes.write_row(row, 0, pair)
    return out.getvalue()


def json_bytes(publication: Publication) -> bytes:
    """Return a flat, friendly JSON: each question and grouping with its figures, and what was merged or withheld."""
    document = {
        **{name.replace(" ", "_"): shown for name, shown in about(publication).items()},
        "notes": publication["notes"],
        "questions": [
            {
                "id": name,
                "text": _text(publication, name),
                "role": entry["role"],
                "figures": _figures(publication, name),
            }
            for name, entry in publication["variables"].items()
        ],
        "merged": publication["merged"],
        "withheld": publication["withheld"],
    }
    return json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False).encode() + b"\n"


def publication_bytes(publication: Publication) -> bytes:
    """Return the publication file itself in its canonical spelling."""
    return canonical_json(publication) + b"\n"


def _tables(publication: Publication) -> Iterator[Mapping[str, Any]]:
    for release in publication["releases"]:
        yield from release["tables"]


def _figures(publication: Publication, name: str) -> list[dict[str, Any]]:
    """Return the figures of the tables that summarise `name`, each a line without the question."""
    return [
        {field: value for field, value in _line(publication, table, cell)._asdict().items() if field != "question"}
        for table in _tables(publication)
        if _about_what(table) == name
        for cell in table["cells"]
    ]


def _about_what(table: Mapping[str, Any]) -> str:
    """Return the variable that a table summarises; any other dimension is the group."""
    name: str = table["of"] if table["stat"] == "mean" else table["dims"][-1]
    return name


def _line(publication: Publication, table: Mapping[str, Any], cell: Mapping[str, Any]) -> Line:
    question = _about_what(table)
    group_variable = next((dim for dim in table["dims"] if dim != question), "")
    low, high = cell.get("range", (None, None))
    value = cell["k"].get(question)
    margin = ALL_ANSWERED if table["about"] == "answers" else EVERYONE
    return Line(
        table["id"],
        _text(publication, group_variable) if group_variable else "",
        _value_text(publication, group_variable, cell["k"][group_variable]) if group_variable else EVERYONE,
        _text(publication, question),
        "" if value is None else margin if value == ALL else _value_text(publication, question, value),
        {"count": "people", "pct": "percentage"}.get(table["stat"], table["stat"]),
        cell["shown"],
        low,
        high,
        _note(publication, table["id"], cell, group_variable),
    )


def _note(publication: Publication, table: str, cell: Mapping[str, Any], group_variable: str) -> str:
    """Return why a cell is withheld, or nothing."""
    if cell["v"] is not None:
        return ""
    row = cell["k"].get(group_variable, ALL)
    return next(_why(entry) for entry in publication["withheld"] if _covers(entry, table, row))


def _covers(entry: Mapping[str, Any], table: str, row: str) -> bool:
    return table in entry["tables"] and entry["row"] in (None, row)


def _why(entry: Mapping[str, Any]) -> str:
    return f"{entry['sentence']} (rule: {entry['rule']})"


def _row_text(publication: Publication, table_id: str, row: str | None) -> str:
    """Return the words for a withheld row, or nothing where the whole table is withheld."""
    if row in (None, ALL):
        return ""
    table = next(table for table in _tables(publication) if table["id"] == table_id)
    return _value_text(publication, table["dims"][0], str(row))


def _text(publication: Publication, name: str) -> str:
    label = publication["labels"].get(name, {})
    return label.get("text") or name


def _value_text(publication: Publication, name: str, value: str) -> str:
    """Return the words for a value; a merged group reads as its members, one after the other."""
    members = publication["variables"][name].get("merged", {}).get(value, [value])
    texts = {MISSING: NOT_ANSWERED, **publication["labels"].get(name, {}).get("values", {})}
    return f" {JOIN} ".join(texts.get(member) or member for member in members)


def _inert(value: str | float | None) -> str | float:
    """Return a CSV field that no spreadsheet runs: text that starts like a formula gets an apostrophe."""
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


class ExportFiles:
    """The files of a release; see ports.Exporter."""

    def files(self, publication: Publication) -> Mapping[str, bytes]:
        """See ports.Exporter."""
        return {
            "publication.json": publication_bytes(publication),
            "results.csv": csv_bytes(publication),
            "results.json": json_bytes(publication),
            "results.xlsx": xlsx_bytes(publication),
        }
