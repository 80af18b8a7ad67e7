"""The files an organiser downloads show what the publication shows, and run nothing."""

import csv
import json
import re
from collections.abc import Callable, Sequence
from io import BytesIO, StringIO
from typing import Any
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook  # type: ignore[import-untyped] # openpyxl ships no types

from coprod_survey.adapters import exports
from coprod_survey.disclosure.plan import Plan, Variable
from coprod_survey.disclosure.publication import Label, publication
from coprod_survey.disclosure.rounding import Rounder
from coprod_survey.disclosure.tables import make_release
from coprod_survey.disclosure.tally import Answer, Responses

PLAN = Plan(
    (Variable("site", ("a", "b", "c")), Variable("mood", ("low", "high"), scores={"low": 1, "high": 2})), ("site",)
)
LABELS = {
    "site": Label("Where?", {"a": "@home", "b": "-1"}),
    "mood": Label('=HYPERLINK("http://example.org")', {"low": "+low", "high": "{=1+1}"}),
}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """Return a publication with a merged group, a withheld row, and labels that look like formulas."""
    site: Sequence[Answer] = [("a",)] * 40 + [("b",)] * 20
    mood: list[Answer] = [("low",)] * 25 + [("high",)] * 24 + [()] * 11
    release = make_release(PLAN, Responses(range(60), {"site": site, "mood": mood}), Rounder(bytes(32)))
    return publication(release, LABELS, "=Title")


def csv_rows(document: dict[str, Any]) -> list[dict[str, str]]:
    """Return the CSV read back."""
    return list(csv.DictReader(StringIO(exports.csv_bytes(document).decode())))


def test_the_tidy_table_holds_every_cell(document: dict[str, Any]) -> None:
    """Each published cell is one row of the CSV with the same words and the same range."""
    cells = [cell for table in document["releases"][0]["tables"] for cell in table["cells"]]
    rows = [row for row in csv_rows(document) if row["statistic"] in {"people", "percentage", "mean"}]
    assert [(row["shown"], row["low"], row["high"]) for row in rows] == [
        (cell["shown"], *map(str, cell.get("range", ("", "")))) for cell in cells
    ]


def test_withheld_and_merged_are_said(document: dict[str, Any]) -> None:
    """A withheld cell carries its reason in the note, and merged groups are read out by their labels."""
    rows = csv_rows(document)
    notes = {row["note"] for row in rows if row["shown"] == "withheld"}
    assert notes == {"Fewer than 10 people of this group answered this. (rule: floor)"}
    assert [row["group"] for row in rows if row["statistic"] == "merged"] == ["'-1 + c + No answer"]
    assert [row["table"] for row in rows if row["statistic"] == "withheld"] == ["t7", "t8", "t9"]


@pytest.mark.parametrize(
    "write", [exports.csv_bytes, exports.xlsx_bytes, exports.json_bytes, exports.publication_bytes]
)
def test_a_second_download_gives_the_same_bytes(document: dict[str, Any], write: Callable[[Any], bytes]) -> None:
    """The same publication is written as the same bytes."""
    assert write(document) == write(document)


def test_the_workbook_carries_no_time(document: dict[str, Any]) -> None:
    """The workbook and the entries of its archive are dated by constants, not by when they were made."""
    with ZipFile(BytesIO(exports.xlsx_bytes(document))) as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
        assert set(re.findall(r"20\d\d-\d\d-\d\d", archive.read("docProps/core.xml").decode())) == {"2000-01-01"}


def test_no_csv_field_starts_like_a_formula(document: dict[str, Any]) -> None:
    """Texts that a spreadsheet would run are led by an apostrophe."""
    fields = [field for row in csv.reader(StringIO(exports.csv_bytes(document).decode())) for field in row]
    assert not [field for field in fields if field.startswith(exports.FORMULA_STARTS)]
    assert {"'@home", "'+low", "'=Title"} <= set(fields)


def test_the_workbook_has_no_formula_and_no_link(document: dict[str, Any]) -> None:
    """Texts that look like formulas or links are plain text in the workbook, and numbers are numbers."""
    book = load_workbook(BytesIO(exports.xlsx_bytes(document)))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s", "n"}
    assert not [cell for cell in cells if cell.hyperlink]
    texts = {cell.value for cell in cells}
    assert {'=HYPERLINK("http://example.org")', "{=1+1}", "@home", "=Title"} <= texts


def test_the_json_tells_each_question(document: dict[str, Any]) -> None:
    """The flat JSON lists each question with its figures, and what was merged or withheld."""
    flat = json.loads(exports.json_bytes(document))
    cells = [cell for table in document["releases"][0]["tables"] for cell in table["cells"]]
    assert [question["id"] for question in flat["questions"]] == ["site", "mood"]
    assert sum(len(question["figures"]) for question in flat["questions"]) == len(cells)
    assert (flat["merged"], flat["withheld"]) == (document["merged"], document["withheld"])


def test_the_publication_file_is_the_publication(document: dict[str, Any]) -> None:
    """The neutral file reads back as the very same document."""
    assert json.loads(exports.publication_bytes(document)) == document


def test_every_export_says_where_it_comes_from(document: dict[str, Any]) -> None:
    """Rule version, plan hash and release id stand in all four files."""
    book = load_workbook(BytesIO(exports.xlsx_bytes(document)))
    workbook = " ".join(str(value) for sheet in book for row in sheet.values for value in row)
    texts = [write(document).decode() for write in (exports.csv_bytes, exports.json_bytes, exports.publication_bytes)]
    for marker in ("rules", "plan_hash", "release_id"):
        assert all(document[marker] in text for text in (*texts, workbook))


def test_the_files_hold_no_code_of_their_own(document: dict[str, Any]) -> None:
    """A survey without labels is exported under its ids."""
    bare = {**document, "labels": {}}
    assert {row["question"] for row in csv_rows(bare) if row["statistic"] == "people"} == {"site", "mood"}
