"""Look through every file of a release for words that people wrote (check d), whatever the file's kind."""

import csv
import html
import json
import re
import zipfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from bench.osmi_mapping import GIVEN, stored_text
from bench.osmi_recount import Truth

_LONG = 12  # code points from which a text is looked for inside other text; shorter ones as a whole
_NUMBER = re.compile(r"-?[0-9]+")
_PRODUCT_WORDS = frozenset({"all"})  # a spelling in the data, and the heading of every margin


def check_leaks(folder: Path, truth: Truth) -> Iterator[str]:
    """Yield a sentence for every file that holds a text or a raw value from outside the instrument."""
    vocabulary = set(map(_plain, _leaves(truth.document))) | _PRODUCT_WORDS
    forbidden = {word for word in map(_plain, _written(truth)) if word and word not in vocabulary}
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        cells = set(map(_plain, _words_in(file)))
        everything = "\n".join(cells)
        found = sum(word in cells or (len(word) >= _LONG and word in everything) for word in forbidden)
        if found:
            yield f"{file.name} holds {found} words that somebody wrote and the plan does not know."


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _written(truth: Truth) -> Iterator[str]:
    """Yield every free text and every raw label; plain numbers are left to the parsed values of the publication."""
    for one in truth.mapped:
        for item_id, (state, value) in one.items():
            if state == GIVEN and isinstance(value, str) and truth.items[item_id]["kind"] == "text":
                yield value
    numbers = [int(item_id[1:]) for item_id in truth.items]
    for row in truth.table.rows:
        for part in chain.from_iterable(row[number].split("|") for number in numbers):
            if not _NUMBER.fullmatch(part.strip()):
                yield stored_text(part)


def _words_in(file: Path) -> Iterator[str]:
    if file.suffix == ".json":
        yield from _leaves(json.loads(file.read_text("utf-8")))
    elif file.suffix == ".csv":
        with file.open(encoding="utf-8-sig", newline="") as opened:
            yield from chain.from_iterable(csv.reader(opened))
    elif file.suffix == ".xlsx":
        with zipfile.ZipFile(file) as parts:
            for name in parts.namelist():
                yield from map(html.unescape, re.findall(r">([^<]+)<", parts.read(name).decode("utf-8", "replace")))
    else:
        yield file.read_bytes().decode("utf-8", "replace")


def _leaves(node: Any) -> Iterator[str]:
    """Yield every text in a JSON document, keys included."""
    if isinstance(node, dict):
        yield from map(str, node)
        yield from chain.from_iterable(map(_leaves, node.values()))
    elif isinstance(node, list):
        yield from chain.from_iterable(map(_leaves, node))
    elif isinstance(node, str):
        yield node
