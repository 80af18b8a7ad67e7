"""The corpus of invented answers keeps to its datasheet."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from safeguarding import Level, categories

CORPUS = Path(__file__).resolve().parents[2] / "safeguarding" / "corpus"
FILES = sorted(CORPUS.glob("author*.jsonl"))
FIELDS = {"question", "text", "level", "categories", "direct", "language"}
CHECKED_LANGUAGE = "en"


def answers(file: Path) -> list[dict[str, Any]]:
    """Return the answers of one author."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_the_datasheet_begins_with_what_everybody_must_know() -> None:
    """The first line says that every text is invented and proves nothing about real people."""
    first = (CORPUS / "DATASHEET.md").read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("Every text here is invented: machine-written in the voice of personas")
    assert "no evidence of performance on real people" in first


def test_every_author_has_a_voice() -> None:
    """Each file has its persona, and there is no persona without a file."""
    named = [author["author"] for author in json.loads((CORPUS / "authors.json").read_text(encoding="utf-8"))]
    assert [file.stem.removeprefix("author") for file in FILES] == named


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_answer_has_the_shape_of_the_datasheet(file: Path) -> None:
    """Fields, levels and categories are those of the datasheet; only plain answers have no category."""
    levels = {level.name.lower() for level in Level}
    for answer in answers(file):
        assert set(answer) == FIELDS
        assert answer["level"] in levels
        assert set(answer["categories"]) <= set(categories())
        assert bool(answer["categories"]) == (answer["level"] != "none")
        assert answer["text"].strip() == answer["text"] != ""


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_most_disclosures_are_indirect_and_false_alarms_as_many(file: Path) -> None:
    """In every file four fifths of the disclosures are indirect, and at least as many answers need no reading."""
    counted = answers(file)
    disclosed = [answer for answer in counted if answer["level"] in ("review", "urgent")]
    assert sum(not answer["direct"] for answer in disclosed) >= 0.8 * len(disclosed) > 0
    assert Counter(answer["level"] for answer in counted)["none"] >= len(disclosed)


def test_no_text_stands_twice() -> None:
    """Independent authors wrote nothing longer than four words twice."""
    texts = Counter(a["text"] for file in FILES for a in answers(file) if len(a["text"].split()) > 4)
    assert [text for text, times in texts.items() if times > 1] == []


def test_every_category_is_there() -> None:
    """Every category of the rules has disclosures by several authors."""
    authors = {(category, file) for file in FILES for answer in answers(file) for category in answer["categories"]}
    by_category = Counter(category for category, _ in authors)
    assert {category: by_category[category] for category in categories() if by_category[category] < 5} == {}
