"""Reading instrument files: what is accepted, and that everything wrong is reported at once."""

import copy
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped] # has no stubs here

from coprod_survey.domain.errors import BadInput, Fault, InstrumentFaults
from coprod_survey.domain.instrument import Between, Chosen, Every, Number, Scale
from coprod_survey.domain.instrument_file import load_instrument, parse_instrument_json

ROOT = Path(__file__).parents[2]
SAMPLES = sorted((ROOT / "coprod_survey" / "samples").glob("*.json"))
SCHEMA = Draft202012Validator(json.loads((ROOT / "docs" / "instrument.schema.json").read_text()))
OPTIONS = [{"value": "yes", "text": "Yes"}, {"value": "no", "text": "No"}]


def document() -> dict[str, Any]:
    """Return a small valid document with every kind of question."""
    return {
        "format": "coprod-instrument/1",
        "title": "Views",
        "languages": ["en", "cy"],
        "sections": [
            {
                "id": "one",
                "title": {"cy": "Un", "en": "One"},
                "items": [
                    {"id": "ok", "kind": "choice", "text": "Well?", "options": copy.deepcopy(OPTIONS)},
                    {"id": "which", "kind": "multiple", "text": "Which?", "options": copy.deepcopy(OPTIONS)},
                    {"id": "much", "kind": "scale", "text": "How much?", "min": 0, "max": 10},
                    {"id": "age", "kind": "number", "text": "Age?", "bins": [[16, 24], [25, 39], [40, 99]]},
                    {"id": "since", "kind": "month", "text": "Since?", "min": "2020-01", "max": "2026-12"},
                    {"id": "more", "kind": "text", "text": "More?"},
                ],
            }
        ],
    }


def items(changed: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the items of the first section."""
    found: list[dict[str, Any]] = changed["sections"][0]["items"]
    return found


def faults_of(changed: object) -> list[Fault]:
    """Return the faults of a document that has some."""
    with pytest.raises(InstrumentFaults) as caught:
        load_instrument(changed)
    return list(caught.value.faults)


def second_section(section_id: str) -> dict[str, Any]:
    """Return a section with one item."""
    return {"id": section_id, "title": "Two", "items": [{"id": "last", "kind": "text", "text": "Last?"}]}


def with_condition(condition: object) -> dict[str, Any]:
    """Return the document with a condition at its last item."""
    changed = document()
    items(changed)[5]["show_if"] = condition
    return changed


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_samples_are_sound(path: Path) -> None:
    """Every sample is accepted by the loader and by the schema."""
    parse_instrument_json(path.read_bytes())
    SCHEMA.validate(json.loads(path.read_text()))


def test_demonstration_ends_with_the_two_questions_that_matter() -> None:
    """The demonstration survey ends by asking what was missed and what matters most."""
    sample = parse_instrument_json((ROOT / "coprod_survey/samples/ward-experience.json").read_bytes())
    assert [item.text.in_language("en") for item in sample.items()][-2:] == [
        "What should we have asked?",
        "What matters most to you here?",
    ]


def test_demonstration_promises_everything() -> None:
    """The demonstration survey leaves no gate unsaid."""
    sample = parse_instrument_json((ROOT / "coprod_survey/samples/ward-experience.json").read_bytes())
    assert all(vars(sample.gates).values())


def test_whole_document_is_read() -> None:
    """A valid document becomes an instrument with its items in order."""
    assert [item.id for item in load_instrument(document()).items()] == ["ok", "which", "much", "age", "since", "more"]


def test_first_language_is_the_fallback_however_the_file_orders_them() -> None:
    """A text falls back to the first declared language, not to the one written first."""
    assert load_instrument(document()).sections[0].title.in_language("pl") == "One"


def test_version_ignores_formatting() -> None:
    """Indentation and key order do not change the version."""
    plain, pretty = json.dumps(document()), json.dumps(document(), indent=4, sort_keys=True)
    assert parse_instrument_json(plain.encode()).version == parse_instrument_json(pretty.encode()).version


def test_version_follows_the_words() -> None:
    """One changed letter changes the version."""
    changed = document() | {"title": "View"}
    assert load_instrument(changed).version != load_instrument(document()).version


def test_version_is_sixteen_hex_digits() -> None:
    """The version is the first 16 hex digits of a SHA-256."""
    version = load_instrument(document()).version
    assert len(version) == 16
    assert int(version, 16) >= 0


def test_sensitive_section_marks_its_items() -> None:
    """Every item of a sensitive section is sensitive."""
    changed = document()
    changed["sections"][0]["sensitive"] = True
    assert all(item.sensitive for item in load_instrument(changed).items())


def test_marked_and_listed_groupings_are_joined() -> None:
    """Groupings are those in the table plan and those marked at the item, each once."""
    changed = document() | {"table_plan": {"groupings": ["ok"]}}
    items(changed)[0]["grouping"] = items(changed)[3]["grouping"] = True
    assert load_instrument(changed).table_plan.groupings == ("ok", "age")


@pytest.mark.parametrize(
    ("low", "high", "first", "last", "count"),
    [
        (0, 99, (0, 9), (90, 99), 10),
        (0, 10, (0, 1), (10, 10), 6),
        (1, 2, (1, 1), (2, 2), 2),
        (-5, 4, (-5, -5), (4, 4), 10),
    ],
)
def test_bands_are_made_from_min_and_max(
    low: int, high: int, first: tuple[int, int], last: tuple[int, int], count: int
) -> None:
    """Without bins, min and max are cut into at most ten bands of equal width."""
    changed = document()
    del items(changed)[3]["bins"]
    items(changed)[3] |= {"min": low, "max": high}
    item = load_instrument(changed).item("age")
    assert isinstance(item, Number)
    assert (item.bins[0], item.bins[-1], len(item.bins)) == (first, last, count)


@pytest.mark.parametrize(
    ("labels", "points"),
    [(["Low", "High"], [0, 10]), (["x"] * 11, list(range(11))), ({"5": "Mid", "0": "Low"}, [0, 5])],
)
def test_labels_name_points(labels: object, points: list[int]) -> None:
    """Labels come as a list for both ends, a list for every point, or an object by point."""
    changed = document()
    items(changed)[2]["labels"] = labels
    item = load_instrument(changed).item("much")
    assert isinstance(item, Scale)
    assert list(item.labels) == points


def test_gates_are_read() -> None:
    """Gates carry real dates."""
    changed = document() | {"gates": {"answer_by": "2027-02-28", "word": "co-production"}}
    assert load_instrument(changed).gates.answer_by == date(2027, 2, 28)


def test_conditions_are_read() -> None:
    """A group of conditions becomes a tree; a scale's values may be written as numbers."""
    condition = {"all": [{"item": "much", "any": [3, "4"]}, {"item": "age", "min": 25, "max": 39}]}
    assert load_instrument(with_condition(condition)).item("more").show_if == Every(
        (Chosen("much", "any", ("3", "4")), Between("age", 25, 39))
    )


def test_six_groups_may_be_nested_and_not_seven() -> None:
    """Groups of conditions nest six deep."""
    condition: dict[str, Any] = {"item": "ok", "answered": True}
    for _ in range(6):
        condition = {"any": [condition]}
    assert load_instrument(with_condition(condition)).item("more").show_if
    assert "nested" in faults_of(with_condition({"all": [condition]}))[0].wrong


def _set(*path: str | int) -> Callable[[object], Callable[[dict[str, Any]], None]]:
    """Return a maker of changes that put a value at a path below the first section's items."""

    def to(value: object) -> Callable[[dict[str, Any]], None]:
        def change(changed: dict[str, Any]) -> None:
            place: Any = items(changed)
            for step in path[:-1]:
                place = place[step]
            place[path[-1]] = value

        return change

    return to


def _top(key: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda changed: changed.update({key: value})


BROKEN: list[tuple[Callable[[dict[str, Any]], Any], str]] = [
    (_top("colour", 1), "colour"),
    (_top("format", "coprod-instrument/2"), "format"),
    (lambda changed: changed.pop("title"), "the file"),
    (_top("languages", []), "languages"),
    (_top("languages", ["en", "cy", "en"]), "languages[2]"),
    (_top("languages", ["English", "en", "cy"]), "languages[0]"),
    (_top("title", " "), "title"),
    (_top("title", 3), "title"),
    (_top("title", "a\u0007b"), "title"),
    (_top("title", "half \ud83d"), "title"),
    (_top("title", {"en": "Views", "pl": "Opinie"}), "title.pl"),
    (_top("title", {"cy": "Barn"}), "title"),
    (_top("sections", []), "sections"),
    (_top("sections", {}), "sections"),
    (_top("slug", "Spring"), "slug"),
    (_top("slug", "ab"), "slug"),
    (_top("slug", "a" * 41), "slug"),
    (_top("slug", "your-mental-health"), "slug"),
    (_top("slug", "your-views\n"), "slug"),
    (_top("table_plan", {"groupings": ["more"]}), "table_plan.groupings[0]"),
    (_top("table_plan", {"groupings": ["nobody"]}), "table_plan.groupings[0]"),
    (_top("table_plan", {"groupings": ["ok", "ok"]}), "table_plan.groupings[1]"),
    (_top("table_plan", {"groupings": ["ok", "which", "much", "age", "since"]}), "table_plan.groupings"),
    (_top("table_plan", {"two_way": [["ok", "ok"]]}), "table_plan.two_way[0]"),
    (_top("table_plan", {"two_way": [["ok", "age"], ["ok", "much"]]}), "table_plan.two_way"),
    (_top("table_plan", {"two_way": [["ok"]]}), "table_plan.two_way[0]"),
    (_top("table_plan", {"depth": 1}), "table_plan.depth"),
    (_top("gates", {"answer_by": "2027-02-30"}), "gates.answer_by"),
    (_top("gates", {"answer_by": "20270228"}), "gates.answer_by"),
    (_top("gates", {"word": "partnership"}), "gates.word"),
    (_top("gates", {"word": ["engagement"]}), "gates.word"),
    (_top("gates", {"budget": "much"}), "gates.budget"),
    (lambda changed: changed["sections"].append(second_section("two") | {"items": []}), "sections[1].items"),
    (lambda changed: changed["sections"].append(second_section("one")), "sections[1].id"),
    (_set(0, "id")("Ok"), "sections[0].items[0].id"),
    (_set(0, "id")("code"), "sections[0].items[0].id"),
    (_set(1, "id")("version"), "sections[0].items[1].id"),
    (_set(1, "id")("ok"), "sections[0].items[1].id"),
    (_set(0, "kind")("matrix"), "sections[0].items[0].kind"),
    (_set(0, "kind")([]), "sections[0].items[0].kind"),
    (_set(0)("text"), "sections[0].items[0]"),
    (lambda changed: items(changed)[0].pop("text"), "sections[0].items[0]"),
    (_set(0, "colour")("red"), "sections[0].items[0].colour"),
    (_set(0, "max_chars")(10), "sections[0].items[0].max_chars"),
    (_set(0, "expect_disclosure")(True), "sections[0].items[0].expect_disclosure"),
    (_set(0, "sensitive")("yes"), "sections[0].items[0].sensitive"),
    (_set(0, "topics")(["Low mood"]), "sections[0].items[0].topics[0]"),
    (_set(0, "topics")(["abuse", "abuse"]), "sections[0].items[0].topics[1]"),
    (_set(5, "grouping")(True), "sections[0].items[5].grouping"),
    (_set(0, "options")(OPTIONS[:1]), "sections[0].items[0].options"),
    (_set(0, "options", 1, "value")("yes"), "sections[0].items[0].options[1].value"),
    (_set(0, "options", 1, "value")(""), "sections[0].items[0].options[1].value"),
    (_set(0, "options", 1, "value")(1), "sections[0].items[0].options[1].value"),
    (_set(0, "options", 1, "value")("n" * 61), "sections[0].items[0].options[1].value"),
    (_set(0, "options", 1, "value")("n\n"), "sections[0].items[0].options[1].value"),
    (_set(0, "options", 1, "value")("n\u0085"), "sections[0].items[0].options[1].value"),
    (_set(0, "options", 1, "score")(1), "sections[0].items[0].options[1].score"),
    (lambda changed: items(changed)[2].pop("max"), "sections[0].items[2]"),
    (_set(2, "max")(0), "sections[0].items[2].max"),
    (_set(2, "max")(21), "sections[0].items[2].max"),
    (_set(2, "max")(10.0), "sections[0].items[2].max"),
    (_set(2, "max")(True), "sections[0].items[2].max"),
    (_set(2, "labels")(["a", "b", "c"]), "sections[0].items[2].labels"),
    (_set(2, "labels")({"11": "x"}), "sections[0].items[2].labels[\"11\"]"),
    (_set(2, "labels")({"05": "x"}), "sections[0].items[2].labels[\"05\"]"),
    (lambda changed: items(changed)[3].pop("bins"), "sections[0].items[3]"),
    (_set(3, "bins")([[1, 99]]), "sections[0].items[3].bins"),
    (_set(3, "bins")([[n, n] for n in range(21)]), "sections[0].items[3].bins"),
    (_set(3, "bins")([[1, 5], [5, 9]]), "sections[0].items[3].bins[1]"),
    (_set(3, "bins")([[1, 5], [7, 9]]), "sections[0].items[3].bins[1]"),
    (_set(3, "bins")([[5, 1], [6, 9]]), "sections[0].items[3].bins[0]"),
    (_set(3, "bins")([[1, 5, 9], [10, 11]]), "sections[0].items[3].bins[0]"),
    (_set(3, "bins")([[1, 2], [3, 10**12]]), "sections[0].items[3].bins[1][1]"),
    (_set(3, "min")(17), "sections[0].items[3].min"),
    (_set(3, "max")(98), "sections[0].items[3].max"),
    (_set(4, "min")("2020-13"), "sections[0].items[4].min"),
    (_set(4, "min")("2027-01"), "sections[0].items[4].max"),
    (_set(5, "max_chars")(0), "sections[0].items[5].max_chars"),
    (_set(5, "max_chars")(4001), "sections[0].items[5].max_chars"),
    (lambda changed: items(changed)[4].update(min="1970-01", grouping=True), "sections[0].items[4].grouping"),
    (_set(4)({"id": "since", "kind": "month", "text": "?", "grouping": True}), "sections[0].items[4].grouping"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "path"), BROKEN)
def test_each_fault_is_found_at_its_place(change: Callable[[dict[str, Any]], Any], path: str) -> None:
    """One thing that is wrong gives one fault, at its JSON path."""
    changed = document()
    change(changed)
    assert [fault.path for fault in faults_of(changed)] == [path]


CONDITIONS_BROKEN: list[tuple[object, str]] = [
    ({"item": "nobody", "answered": True}, ".item"),
    ({"item": "more", "answered": True}, ".item"),
    ({"item": 5, "answered": True}, ".item"),
    ({"item": "ok"}, ""),
    ({"item": "ok", "any": ["yes"], "none": ["no"]}, ""),
    ({"item": "ok", "any": []}, ".any"),
    ({"item": "ok", "any": ["maybe"]}, ".any[0]"),
    ({"item": "ok", "any": "yes"}, ".any"),
    ({"item": "much", "any": [11]}, ".any[0]"),
    ({"item": "much", "any": ["03"]}, ".any[0]"),
    ({"item": "age", "any": ["16-24"]}, ".any"),
    ({"item": "since", "any": ["2020-01"]}, ".any"),
    ({"item": "ok", "min": 1}, ""),
    ({"item": "age", "min": 18}, ".min"),
    ({"item": "age", "max": 25}, ".max"),
    ({"item": "age", "min": 40, "max": 24}, ""),
    ({"item": "much", "min": -1}, ".min"),
    ({"item": "much", "max": 3.5}, ".max"),
    ({"item": "ok", "answered": False}, ".answered"),
    ({"item": "ok", "answered": True, "why": 1}, ".why"),
    ({"all": []}, ".all"),
    ({"all": [{"item": "ok", "answered": True}], "why": 1}, ".why"),
    ({"all": [], "any": []}, ""),
    ({}, ""),
    ("ok", ""),
]


@pytest.mark.parametrize(("condition", "path"), CONDITIONS_BROKEN)
def test_each_fault_of_a_condition_is_found(condition: object, path: str) -> None:
    """A wrong condition gives one fault, at its place below show_if."""
    found = [fault.path for fault in faults_of(with_condition(condition))]
    assert found == ["sections[0].items[5].show_if" + path]


def test_condition_on_a_later_item_says_so() -> None:
    """A condition on a later item is told apart from one on no item."""
    changed = document()
    items(changed)[0]["show_if"] = {"item": "age", "answered": True}
    assert "not an earlier one" in faults_of(changed)[0].wrong


def test_fault_in_an_item_is_not_repeated_at_conditions() -> None:
    """An item that is wrong is reported once, not again wherever something looks at it."""
    changed = with_condition({"item": "ok", "any": ["yes"]}) | {"table_plan": {"groupings": ["ok"]}}
    items(changed)[0]["options"] = []
    assert [fault.path for fault in faults_of(changed)] == ["sections[0].items[0].options"]


def test_all_faults_come_at_once() -> None:
    """A file with several faults reports all of them."""
    changed = document() | {"title": "", "slug": "X", "colour": 1}
    items(changed)[0]["id"] = "Ok"
    items(changed)[2]["max"] = 50
    assert {fault.path for fault in faults_of(changed)} >= {
        "title",
        "slug",
        "colour",
        "sections[0].items[0].id",
        "sections[0].items[2].max",
    }


def test_fault_reads_as_one_sentence() -> None:
    """A fault names the place, what is wrong and how to mend it, in one line."""
    text = str(Fault("title", "the text is empty", "write something"))
    assert text == "title: the text is empty; write something."


def test_faults_are_bad_input() -> None:
    """A bad file ends the command with status 2 and one line per fault."""
    with pytest.raises(BadInput) as caught:
        load_instrument(document() | {"title": "", "slug": "X"})
    assert caught.value.exit_status == 2
    assert len(str(caught.value).splitlines()) == 2


def test_three_hundred_questions_fit_and_one_more_does_not() -> None:
    """A questionnaire has at most 300 items."""
    changed = document()
    changed["sections"][0]["items"] = [{"id": f"q{n}", "kind": "month", "text": "When?"} for n in range(300)]
    assert len(list(load_instrument(changed).items())) == 300
    items(changed).append({"id": "q300", "kind": "month", "text": "When?"})
    assert [fault.path for fault in faults_of(changed)] == ["sections"]


def test_excess_of_free_text_is_counted_in_characters() -> None:
    """Lowering max_chars by what the fault says is just enough."""
    changed = document()
    items(changed)[5]["max_chars"] = 4000
    items(changed).append({"id": "even_more", "kind": "text", "text": "More?", "max_chars": 4000})
    items(changed).append({"id": "last", "kind": "text", "text": "Last?", "max_chars": 4000})
    fault = faults_of(changed)[0]
    too_many = int(fault.mend.split(" by ")[1].split()[0])
    items(changed)[7]["max_chars"] = 4000 - (too_many - 1)
    assert "1 characters" in faults_of(changed)[0].wrong
    items(changed)[7]["max_chars"] = 4000 - too_many
    assert load_instrument(changed).item("last")


def test_slug_may_not_name_the_surveys_own_topics() -> None:
    """A word of the instrument's topics gives a slug away as well."""
    changed = document() | {"slug": "lonely-loneliness-day"}
    assert load_instrument(changed).slug
    items(changed)[0]["topics"] = ["loneliness"]
    assert [fault.path for fault in faults_of(changed)] == ["slug"]


@pytest.mark.parametrize(
    ("slug", "word"), [("ward-abuse", "abuse"), ("on-self-harm", "self-harm"), ("gay-men", "gay"), ("hiv", "hiv")]
)
def test_telling_word_is_named_whole(slug: str, word: str) -> None:
    """The fault quotes the word that gives the subject away."""
    assert faults_of(document() | {"slug": slug})[0].wrong.startswith(f'"{word}"')


@pytest.mark.parametrize("slug", ["your-views-spring", "environmental-views", "gayle-house", "hive-7"])
def test_innocent_slugs_pass(slug: str) -> None:
    """Words that merely contain a telling one are left alone."""
    assert load_instrument(document() | {"slug": slug}).slug == slug


def test_byte_order_mark_is_passed_over() -> None:
    """A file that an editor began with a byte order mark is read."""
    assert parse_instrument_json(b"\xef\xbb\xbf" + json.dumps(document()).encode()).title


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"{\n\xff}", "line 2 is not UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "line 1 is not UTF-8"),
        (b'{"a":\n  ]', "line 2, column 3"),
        (b"", "line 1, column 1"),
        (b'{"a": NaN}', "number"),
        (b'{"a": ' + b"9" * 5000 + b"}", "number"),
        (b"[" * 100_000, "nested"),
        (b"[]", "a list stands where an object is needed"),
        (b'"text"', "a text stands where an object is needed"),
    ],
)
def test_what_is_not_json_is_one_fault_of_the_file(raw: bytes, says: str) -> None:
    """Bytes that are no JSON object are reported with their place."""
    with pytest.raises(InstrumentFaults) as caught:
        parse_instrument_json(raw)
    (fault,) = caught.value.faults
    assert fault.path == "the file"
    assert says in fault.wrong


def test_repeated_keys_are_found_where_they_stand() -> None:
    """A key that stands twice in one object is a fault, though JSON readers keep the last one silently."""
    raw = json.dumps(document()).replace('"text": "Well?"', '"text": "Well?", "text": "Well then?"')
    with pytest.raises(InstrumentFaults) as caught:
        parse_instrument_json(raw.encode())
    assert [fault.path for fault in caught.value.faults] == ["sections[0].items[0].text"]


SCHEMA_KNOWS_NOT = 27  # references between questions, bands, languages and sizes are beyond a schema


def test_schema_refuses_much_of_what_the_loader_refuses() -> None:
    """The schema lets through only faults of reference, order and size."""
    passed = 0
    for change, _ in BROKEN:
        changed = document()
        change(changed)
        passed += SCHEMA.is_valid(changed)
    assert passed <= SCHEMA_KNOWS_NOT
