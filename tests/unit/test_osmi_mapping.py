"""The replay: every published row becomes a form and an expected answer, and its checks notice what is wrong."""

import csv
import json
import zipfile
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bench.osmi_checks import check_release, check_stored
from bench.osmi_instruments import instrument
from bench.osmi_mapping import (
    NOT_ASKED,
    PREFER_NOT,
    SKIPPED,
    Answer,
    MappingError,
    Person,
    Table,
    holds,
    map_row,
    people,
    person,
    read_table,
    stored_text,
)
from bench.osmi_recount import Truth
from bench.osmi_tables import YEAR_2014, YEAR_2016, YEARS, Year, item_id
from coprod_survey.disclosure.plan import Plan, Variable
from coprod_survey.disclosure.publication import publication
from coprod_survey.disclosure.rounding import Rounder
from coprod_survey.disclosure.tables import make_release
from coprod_survey.disclosure.tally import Responses

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "osmi"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data/osmi is not beside the checkout")


def table_of(year: Year) -> Table:
    """Return the published table of a year."""
    return read_table(DATA / f"{year.name}.csv")


def people_of(year: Year) -> list[Person]:
    """Return everybody of a year, mapped."""
    return people(year, table_of(year))


def made_up_row(**cells: str) -> list[str]:
    """Return a made-up 2014 row that is blank but for the given cells (`c1` is column 1)."""
    return [cells.get(f"c{number}", "") for number in range(27)]


@pytest.mark.parametrize("age", ["15", "101", "-1726", "99999999999"])
def test_an_impossible_age_is_posted_as_prefer_not_to_say(age: str) -> None:
    """An age outside 16 to 100 posts `.pns` and no number."""
    someone = person(YEAR_2014, made_up_row(c1=age))
    assert someone.mapped["q01"] == PREFER_NOT
    assert [pair for pair in someone.fields if pair[0].startswith("q01")] == [("q01.pns", "1")]


@pytest.mark.parametrize(("age", "band"), [("16", (16, 24)), ("24", (16, 24)), ("25", (25, 29)), ("100", (55, 100))])
def test_an_age_is_stored_as_its_band(age: str, band: tuple[int, int]) -> None:
    """Band edges belong to the band; the posted value is the age itself."""
    someone = person(YEAR_2014, made_up_row(c1=age))
    assert someone.mapped["q01"] == ("given", band)
    assert ("q01", age) in someone.fields


@pytest.mark.parametrize(
    ("spelling", "answer"),
    [
        (" Female ", ("given", "woman")),
        ("M|", ("given", "man")),
        ("n/A", PREFER_NOT),
        ("a spelling nobody listed", ("given", "another")),
    ],
)
def test_gender_follows_the_table_of_spellings(spelling: str, answer: object) -> None:
    """Spellings are compared lower-cased and stripped; one that is not listed is `another`."""
    assert map_row(YEAR_2014, made_up_row(c2=spelling))["q02"] == answer


def test_a_text_is_posted_as_browsers_do_and_expected_as_stored() -> None:
    """Line ends leave as CRLF and untrimmed; what is expected back has LF, no control characters, no outer space."""
    someone = person(YEAR_2014, made_up_row(c26=" one\ntwo\r\nthree\x07\t "))
    assert ("q26", " one\r\ntwo\r\nthree\x07\t ") in someone.fields
    assert someone.mapped["q26"] == ("given", "one\ntwo\nthree")


def test_a_text_of_spaces_is_skipped() -> None:
    """A text with nothing but spaces counts as no answer."""
    assert map_row(YEAR_2014, made_up_row(c26="  \n "))["q26"] == SKIPPED


def test_a_tab_inside_a_text_stays() -> None:
    """Of the control characters only tab and newline survive."""
    assert stored_text("a\tb\x00c\x9f") == "a\tbc"


def test_a_label_that_no_table_lists_is_refused_without_repeating_it() -> None:
    """The refusal names the column and never the cell."""
    with pytest.raises(MappingError) as refused:
        map_row(YEAR_2014, made_up_row(c6="unheard-of"))
    assert "column 6" in str(refused.value)
    assert "unheard-of" not in str(refused.value)


def test_a_value_on_a_closed_route_is_refused() -> None:
    """Data that break the routing stop the replay instead of vanishing."""
    row = [""] * 63
    row[0], row[17] = "0", "I know some"
    with pytest.raises(MappingError, match="column 17"):
        map_row(YEAR_2016, row)


def test_none_of_holds_for_an_answer_that_was_not_given() -> None:
    """Nothing chosen is the empty set, as in the instrument format."""
    assert holds({"item": "q43", "none": ["no"]}, {"q43": SKIPPED})
    assert not holds({"item": "q43", "any": ["no"]}, {"q43": SKIPPED})


@needs_data
@pytest.mark.parametrize(("year", "rows", "items"), [(YEAR_2014, 1260, 26), (YEAR_2016, 1433, 63)])
def test_every_published_row_is_mapped_whole(year: Year, rows: int, items: int) -> None:
    """Nobody and no question is lost on the way."""
    everybody = people_of(year)
    assert len(everybody) == rows
    assert {len(someone.mapped) for someone in everybody} == {items}


@needs_data
def test_twenty_blanks_of_2016_stand_inside_open_routes() -> None:
    """The published routing is followed exactly: 20 routed questions were open and left blank."""
    blanks = Counter(
        name
        for someone in people_of(YEAR_2016)
        for name, answer in someone.mapped.items()
        if answer == SKIPPED and YEAR_2016.columns[int(name[1:])].route is not None
    )
    assert blanks == {"q44": 3, "q48": 7, "q49": 5, "q51": 5}


@needs_data
@pytest.mark.parametrize(("year", "ages"), [(YEAR_2014, {"q01": 8}), (YEAR_2016, {"q55": 3})])
def test_impossible_ages_are_the_only_declined_numbers(year: Year, ages: dict[str, int]) -> None:
    """The ages that no person has are all met, and no other."""
    assert {name: sum(one.mapped[name] == PREFER_NOT for one in people_of(year)) for name in ages} == ages


@needs_data
@pytest.mark.parametrize("year", YEARS.values(), ids=YEARS)
def test_a_form_posts_only_what_was_asked(year: Year) -> None:
    """No field belongs to a question that was not asked, and no answer is posted beside `.pns`."""
    for someone in people_of(year):
        fields = {name for name, _ in someone.fields}
        assert not {name for name in fields if someone.mapped[name.removesuffix(".pns")] == NOT_ASKED}
        assert not {name for name in fields if f"{name}.pns" in fields}


@needs_data
@pytest.mark.parametrize("year", YEARS.values(), ids=YEARS)
def test_no_stored_text_is_longer_than_its_item_allows(year: Year) -> None:
    """Texts fit their `max_chars`, line ends counted as sent."""
    limits = {item_id(n): column.max_chars for n, column in year.columns.items() if column.kind == "text"}
    posted = [(name, text) for someone in people_of(year) for name, text in someone.fields if name in limits]
    assert posted
    assert all(len(text) <= limits[name] for name, text in posted)


@needs_data
@pytest.mark.parametrize("year", YEARS.values(), ids=YEARS)
def test_no_write_in_reaches_the_instrument(year: Year) -> None:
    """The document names the tables' labels and the published questions, and no answer text."""
    document = repr(instrument(year, table_of(year).questions, date(2026, 11, 23)))
    texts = [value for one in people_of(year) for state, value in one.mapped.values() if isinstance(value, str)]
    assert not [text for text in set(texts) if len(text) > 60 and text in document]


SECRET = "Only one person wrote these words"  # made up
SITES = {"north": 41, "south": 23, "west": 3}
DOCUMENT: dict[str, Any] = {
    "sections": [
        {
            "items": [
                {"id": "q00", "kind": "choice", "options": [{"value": site, "text": site} for site in SITES]},
                {"id": "q01", "kind": "scale", "min": 1, "max": 3},
                {"id": "q02", "kind": "text", "text": "Why?"},
            ]
        }
    ],
    "table_plan": {"groupings": ["q00"], "two_way": []},
}


def small_truth() -> Truth:
    """Return 67 made-up people at three sites, one of them too small to show, with one text."""
    sites = [site for site, size in SITES.items() for _ in range(size)]
    mapped: list[dict[str, Answer]] = [
        {"q00": ("given", site), "q01": ("given", 1 + n % 3), "q02": SKIPPED} for n, site in enumerate(sites)
    ]
    rows = [(site, str(1 + n % 3), "") for n, site in enumerate(sites)]
    mapped[0]["q02"], rows[0] = ("given", SECRET), (*rows[0][:2], SECRET)
    return Truth(DOCUMENT, mapped, Table(("Site", "How was it?", "Why?"), tuple(rows)))


def small_publication(truth: Truth) -> dict[str, Any]:
    """Return what the product publishes about them."""
    points = ("1", "2", "3")
    scale = Variable("q01", points, ordered=True, scores={point: float(point) for point in points})
    plan = Plan((Variable("q00", tuple(SITES)), scale), ("q00",))
    columns = {name: [(str(one[name][1]),) for one in truth.mapped] for name in ("q00", "q01")}
    responses = Responses([7919 * n for n in range(len(truth.mapped))], columns)
    return publication(make_release(plan, responses, Rounder(b"a made-up key of some length")))


def tables(document: dict[str, Any], stat: str) -> list[dict[str, Any]]:
    """Return the published tables of one kind."""
    return [table for table in document["releases"][0]["tables"] if table["stat"] == stat]


def shift(cell: dict[str, Any], by: float) -> None:
    """Move a figure and its range."""
    cell["v"] += by
    cell["range"] = [end + by for end in cell["range"]]


def failures_of(folder: Path, change: Callable[[dict[str, Any]], object]) -> list[str]:
    """Return what the checks say of a publication that was changed."""
    truth = small_truth()
    document = small_publication(truth)
    change(document)
    write_release(folder, document)
    return check_release(folder, truth)


def write_release(folder: Path, document: dict[str, Any]) -> None:
    """Write a release folder whose other files are empty."""
    (folder / "publication.json").write_text(json.dumps(document), "utf-8")
    (folder / "results.json").write_text("{}", "utf-8")
    (folder / "results.csv").touch()
    zipfile.ZipFile(folder / "results.xlsx", "w").close()


def test_an_honest_publication_passes(tmp_path: Path) -> None:
    """What the product publishes of the small survey is found accounted for, true and free of anything else."""
    assert failures_of(tmp_path, lambda document: None) == []


@pytest.mark.parametrize(
    ("check", "change"),
    [
        ("b", lambda document: document["releases"][0]["tables"].pop()),
        ("b", lambda document: tables(document, "count")[0]["cells"].pop()),
        ("b", lambda document: tables(document, "count")[0]["cells"][0].update(v=None)),
        ("b", lambda document: document["merged"].clear()),
        ("c", lambda document: shift(tables(document, "count")[0]["cells"][0], 10)),
        ("c", lambda document: tables(document, "count")[0]["cells"][0].update(range=[0, 999])),
        ("c", lambda document: tables(document, "pct")[0]["cells"][0].update(v=1)),
        ("c", lambda document: tables(document, "mean")[0]["cells"][0].update(v=2.7)),
        ("d", lambda document: document["releases"][0]["tables"].append(tables(document, "count")[0] | {"id": "t99"})),
        ("d", lambda document: tables(document, "count")[0]["cells"][0]["k"].update(q07="yes")),
        ("d", lambda document: document["variables"].update(q02={"values": []})),
        ("d", lambda document: document["notes"].append(f"Somebody said: {SECRET.upper()}.")),
    ],
)
def test_a_publication_that_was_changed_fails(
    tmp_path: Path, check: str, change: Callable[[dict[str, Any]], object]
) -> None:
    """Each kind of fault is named by its check, and no sentence repeats what somebody wrote."""
    sentences = failures_of(tmp_path, change)
    assert any(sentence.startswith(f"Check {check}:") for sentence in sentences)
    assert SECRET.casefold() not in " ".join(sentences).casefold()


def test_a_lost_and_an_altered_answer_are_noticed() -> None:
    """The comparison is one of multisets: order is nothing, one changed answer is enough."""
    mapped = small_truth().mapped
    assert check_stored(mapped, list(reversed(mapped))) == []
    assert "1 mapped people" in check_stored(mapped, mapped[1:])[0]
    altered = check_stored(mapped, [{**mapped[0], "q01": ("given", 3)}, *mapped[1:]])
    assert altered[0].endswith("Items that differ: q01.")


def hide_in_csv(folder: Path) -> None:
    """Write the secret into a cell of results.csv."""
    with (folder / "results.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(["note", f"He said: {SECRET}, and left."])


def hide_in_xlsx(folder: Path) -> None:
    """Write the secret into a part of results.xlsx."""
    with zipfile.ZipFile(folder / "results.xlsx", "w") as parts:
        parts.writestr("xl/sharedStrings.xml", f"<sst><si><t>{SECRET}</t></si></sst>")


def hide_in_json(folder: Path) -> None:
    """Write the secret into a key of results.json."""
    (folder / "results.json").write_text(json.dumps({"rows": [{SECRET: 1}]}), "utf-8")


@pytest.mark.parametrize("hide", [hide_in_csv, hide_in_xlsx, hide_in_json])
def test_a_text_in_any_file_of_a_release_fails(tmp_path: Path, hide: Callable[[Path], None]) -> None:
    """Every kind of file is read as what it is, and what somebody wrote is found in it."""
    truth = small_truth()
    write_release(tmp_path, small_publication(truth))
    hide(tmp_path)
    assert [sentence[:8] for sentence in check_release(tmp_path, truth)] == ["Check d:"]


def test_a_release_without_one_of_its_files_fails(tmp_path: Path) -> None:
    """All four files belong to a release."""
    truth = small_truth()
    write_release(tmp_path, small_publication(truth))
    (tmp_path / "results.csv").unlink()
    assert check_release(tmp_path, truth) == ["Check b: the release has no results.csv."]
