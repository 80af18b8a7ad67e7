"""The publication file says everything, once, under one address."""

import json
from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import pytest

from coprod_survey.disclosure.plan import Plan, Variable, canonical_json, plan_hash
from coprod_survey.disclosure.publication import Label, publication, release_id
from coprod_survey.disclosure.rounding import Rounder
from coprod_survey.disclosure.tables import make_release
from coprod_survey.disclosure.tally import Answer, Responses

PLAN = Plan(
    (
        Variable("site", ("a", "b", "c")),
        Variable("mood", ("low", "high"), ordered=True, scores={"low": 1, "high": 2}),
        Variable("needs", ("time", "rest"), multiple=True),
    ),
    ("site",),
)
LABELS = {"mood": Label("How was your day?", {"low": "Poor", "high": "Good"})}


def responses() -> Responses:
    """Return sixty people: forty at a, twenty at b of whom nine said how their day was."""
    mood: list[Answer] = [("low",)] * 25 + [("high",)] * 24 + [()] * 11
    site: Sequence[Answer] = [("a",)] * 40 + [("b",)] * 20
    return Responses(range(60), {"site": site, "mood": mood, "needs": [("time", "rest")] * 30 + [("rest",)] * 30})


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """Return the publication of those sixty people."""
    return publication(make_release(PLAN, responses(), Rounder(bytes(32))), LABELS, "Our days")


def tables(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the tables by id."""
    return {table["id"]: table for table in document["releases"][0]["tables"]}


def test_the_frame_names_format_rules_plan_and_release(document: dict[str, Any]) -> None:
    """The file names its format, its rules, the hash of the plan it holds, and the words for people."""
    assert document["format"] == "sdcpub/1"
    assert document["rules"] == "coprod-rules-of-release/1"
    assert document["plan_hash"] == plan_hash(PLAN)
    assert document["title"] == "Our days"
    assert document["labels"]["mood"] == {"text": "How was your day?", "values": {"low": "Poor", "high": "Good"}}
    assert document["suppressed_range"] == [0, 9]


def test_variables_show_merged_values(document: dict[str, Any]) -> None:
    """A subgroup lists its groups as published and says what each holds; a question its values and the missing."""
    assert document["variables"] == {
        "site": {"role": "subgroup", "values": ["a", "b+c+__NA__"], "merged": {"b+c+__NA__": ["b", "c", "__NA__"]}},
        "mood": {"role": "question", "values": ["low", "high", "__NA__"], "scores": {"low": 1.0, "high": 2.0}},
        "needs": {"role": "question", "values": ["time", "rest", "__NA__"], "multiple": True},
    }
    assert [(entry["value"], entry["members"]) for entry in document["merged"]] == [
        ("b+c+__NA__", ["b", "c", "__NA__"])
    ]


def test_a_count_table_is_as_the_format_says(document: dict[str, Any]) -> None:
    """Counts carry their range, and the table says that it counts those who answered."""
    table = tables(document)["t11"]
    assert {key: value for key, value in table.items() if key != "cells"} == {
        "id": "t11",
        "dims": ["needs"],
        "stat": "count",
        "about": "answers",
        "answered": ["needs"],
        "rounding": {"mode": "noise", "base": 4},
    }
    assert table["cells"] == [
        {"k": {"needs": "time"}, "v": 30, "range": [26, 34], "shown": "30"},
        {"k": {"needs": "rest"}, "v": 60, "range": [56, 64], "shown": "60"},
        {"k": {"needs": "*"}, "v": 60, "range": [56, 64], "shown": "60"},
    ]


def test_percentages_and_means_stand_by_their_counts(document: dict[str, Any]) -> None:
    """A percentage table names its question, a mean its scale; their cells carry base and range."""
    percentages, means = tables(document)["t12"], tables(document)["t5"]
    assert (percentages["stat"], percentages["pct_of"], percentages["dims"]) == ("pct", "needs", ["needs"])
    assert percentages["cells"][0] == {"k": {"needs": "time"}, "v": 50, "range": [40, 61], "n": 60, "shown": "50%"}
    assert (means["stat"], means["of"], means["dims"], means["dp"]) == ("mean", "mood", [], 1)
    assert set(means["cells"][0]) == {"k", "v", "range", "n", "shown"}


def test_a_withheld_row_is_null_and_named(document: dict[str, Any]) -> None:
    """A row under the floor has null cells without a range, and stands in the withheld list with its sentence."""
    row = [cell for cell in tables(document)["t7"]["cells"] if cell["k"]["site"] != "a"]
    assert {(cell["v"], cell["shown"], "range" in cell) for cell in row} == {(None, "withheld", False)}
    assert document["withheld"] == [
        {
            "rule": "floor",
            "tables": ["t7", "t8", "t9"],
            "row": "b+c+__NA__",
            "sentence": "Fewer than 10 people of this group answered this.",
        }
    ]


def test_the_id_is_the_address_of_the_content(document: dict[str, Any]) -> None:
    """Anybody can work the id out again, and any change to the content changes it."""
    assert document["release_id"] == document["releases"][0]["id"] == release_id(document)
    changed = deepcopy(document)
    changed["releases"][0]["tables"][0]["cells"][0]["v"] += 5
    assert release_id(changed) != document["release_id"]


def test_the_same_input_gives_the_same_bytes(document: dict[str, Any]) -> None:
    """A second release of the same responses is the same file, and survives a round trip through JSON."""
    again = publication(make_release(PLAN, responses(), Rounder(bytes(32))), LABELS, "Our days")
    assert canonical_json(again) == canonical_json(document)
    assert release_id(json.loads(canonical_json(document))) == document["release_id"]


def test_nothing_released_is_still_a_publication() -> None:
    """With too few people the file has no tables and one reason."""
    few = Responses([1], {"site": [("a",)], "mood": [("low",)], "needs": [()]})
    document = publication(make_release(PLAN, few, Rounder(bytes(32))))
    assert document["releases"][0]["tables"] == []
    assert [entry["rule"] for entry in document["withheld"]] == ["floor"]
