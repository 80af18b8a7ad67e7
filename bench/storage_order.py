"""Measure how much of the order of arrival can be read from a database file, layout by layout.

Prints a Markdown table for docs/measurements.md. Run from the checkout, about a minute:

    .venv/bin/python bench/storage_order.py --answers 400
"""

import argparse
import re
import secrets
import sqlite3
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # runs as a script as well as with -m

from coprod_survey.adapters.sqlite.submissions import SqliteSubmissions
from coprod_survey.ports import Submission

SLUG = "amber-brook-cedar"
ENVELOPE_BYTES, BLOCK_BYTES = 9330, 3186  # buckets of 8 and 2 KiB: with and without overflow pages
_PAGE_BYTES = 4096
_NUMBER = 4
MARKS = {part: f"<arrival {part}>".encode() for part in ("envelope-head", "envelope-tail", "block", "spend-id")}

_ID_HEAD_BYTES = 32 - len(MARKS["spend-id"]) - _NUMBER  # at least 8: the first bytes choose the turn's slot

Order = Sequence[tuple[float, int]]
"""(position, place of arrival) pairs, by position."""


def arrival(number: int) -> Submission:
    """Return a submission whose parts carry, in clear, the place of its arrival; the rest is random."""
    marks = {part: mark + number.to_bytes(_NUMBER, "big") for part, mark in MARKS.items()}
    head, tail = marks["envelope-head"], marks["envelope-tail"]
    spend_id = secrets.token_bytes(_ID_HEAD_BYTES) + marks["spend-id"]
    return Submission(
        spend_id=spend_id,
        request_tag=secrets.token_bytes(32),
        envelope=head + secrets.token_bytes(ENVELOPE_BYTES - len(head) - len(tail)) + tail,
        block=marks["block"] + secrets.token_bytes(BLOCK_BYTES - len(marks["block"])),
    )


def room(store: SqliteSubmissions, turns: int) -> None:
    """Make room in the store for submissions of these sizes."""
    store.make_room(SLUG, turns, envelope_bytes=ENVELOPE_BYTES, block_bytes=BLOCK_BYTES)


def number_in(content: bytes, part: str) -> int | None:
    """Return the place of arrival that a stored content carries; None for a filler."""
    found = re.search(re.escape(MARKS[part]) + b"(.{4})", content, re.DOTALL)
    return int.from_bytes(found[1], "big") if found else None


def spearman(positions: Sequence[float], arrivals: Sequence[float]) -> float:
    """Return Spearman's rank correlation, equal values sharing their mean rank (1904; ties as in Kendall 1948)."""
    first, second = _ranks(positions), _ranks(arrivals)
    mean = (len(first) + 1) / 2
    covariance = sum((a - mean) * (b - mean) for a, b in zip(first, second, strict=True))
    spread = [sum((a - mean) ** 2 for a in ranks) for ranks in (first, second)]
    return covariance / (spread[0] * spread[1]) ** 0.5 if all(spread) else 0.0


def _ranks(values: Sequence[float]) -> list[float]:
    order = sorted(range(len(values)), key=lambda index: values[index])
    ranks, start = [0.0] * len(values), 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for index in order[start : end + 1]:
            ranks[index] = (start + end) / 2 + 1
        start = end + 1
    return ranks


def rising_neighbours(arrivals: Sequence[int]) -> float:
    """Return the share of neighbours of which the second arrived later: about a half where no order shows."""
    pairs = list(pairwise(arrivals))
    return sum(first < second for first, second in pairs) / len(pairs)


def readable_orders(file: Path) -> Mapping[str, Order]:
    """Return every order that somebody with a submissions file can read from it."""
    raw = file.read_bytes()
    with sqlite3.connect(file) as db:
        orders = {
            "answers by row id": _rows(db, "answers", "envelope-head"),
            "answers by slot": _rows(db, "answers", "envelope-head", by="slot"),
            "blocks by row id": _rows(db, "blocks", "block"),
            "blocks by slot": _rows(db, "blocks", "block", by="slot"),
            "turns by row id": _rows(db, "turns", "spend-id"),
            "turns by how far they were moved on": _moved_on(db),
        }
    db.close()
    for part in MARKS:
        places = list(_bytes(raw, part))
        orders[f"{part} bytes in the file"] = places
        orders[f"{part} pages in the file"] = [(place // _PAGE_BYTES, number) for place, number in places]
    return orders


def _rows(db: sqlite3.Connection, table: str, part: str, *, by: str = "rowid") -> Order:
    column = "spend_id" if table == "turns" else "content"
    query = f"SELECT {by}, {column} FROM {table} WHERE slug = ? AND used = 1 ORDER BY {by}"  # noqa: S608 - our own names
    rows = db.execute(query, (SLUG,))
    found = [(position, number_in(content, part)) for position, content in rows]
    return [(position, number) for position, number in found if number is not None]


def _moved_on(db: sqlite3.Connection) -> Order:
    """Return how many slots each turn stands behind the one that its spend id points at."""
    (slots,) = db.execute("SELECT turn_slots FROM rooms WHERE slug = ?", (SLUG,)).fetchone()
    found = []
    for slot, spend_id in db.execute("SELECT slot, spend_id FROM turns WHERE slug = ? AND used = 1", (SLUG,)):
        number = number_in(spend_id, "spend-id")
        if number is not None:
            found.append(((slot - int.from_bytes(spend_id[:8], "big")) % slots, number))
    return sorted(found, key=lambda place: place[0])


def _bytes(raw: bytes, part: str) -> Iterator[tuple[int, int]]:
    for found in re.finditer(re.escape(MARKS[part]) + b"(.{4})", raw, re.DOTALL):
        yield found.start(), int.from_bytes(found[1], "big")


def naive_layout(folder: Path, arrivals: Iterable[Submission], *, table: str, journal: str = "TRUNCATE") -> Order:
    """Store arrivals as a usual application would, and return the order of their bytes in every file it leaves."""
    connection = sqlite3.connect(folder / "naive.db", isolation_level=None)
    connection.execute(f"PRAGMA journal_mode = {journal}")
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute(table)
    for submission in arrivals:
        connection.execute("INSERT INTO answers VALUES (?, ?)", (secrets.token_bytes(16), submission.envelope))
    file = folder / ("naive.db-wal" if journal == "WAL" else "naive.db")
    places = list(_bytes(file.read_bytes(), "envelope-tail"))
    connection.close()
    return places


ROWID_TABLE = "CREATE TABLE answers (id BLOB, content BLOB)"
RANDOM_KEY_TABLE = "CREATE TABLE answers (id BLOB PRIMARY KEY, content BLOB) WITHOUT ROWID"


def correlation(order: Order) -> float:
    """Return the rank correlation of position against arrival."""
    return spearman([position for position, _ in order], [number for _, number in order])


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, default=400)
    count = parser.parse_args().answers
    print(f"| layout, {count} answers | rank correlation with arrival | neighbours in order |\n|---|---|---|")
    _measure_naive(count)
    for extra, invited in (("", count), (", half of them invited later", count // 2)):
        with tempfile.TemporaryDirectory() as folder:
            for name, order in readable_orders(filled(Path(folder), count, invited_first=invited)).items():
                _print_row(f"random slots{extra}: {name}", order)
    return 0


def filled(folder: Path, count: int, *, invited_first: int) -> Path:
    """Return a submissions file into which `count` answers arrived, more room being made when the first was full."""
    store = SqliteSubmissions(folder)
    store.file.prepare()
    room(store, invited_first)
    for number in range(count):
        if number == invited_first:
            room(store, count)
        store.accept(SLUG, arrival(number))
    return store.file.path


def _measure_naive(count: int) -> None:
    naive = {
        "rowid table": (ROWID_TABLE, "TRUNCATE"),
        "WITHOUT ROWID, random key": (RANDOM_KEY_TABLE, "TRUNCATE"),
        "write-ahead log": (RANDOM_KEY_TABLE, "WAL"),
    }
    for name, (table, journal) in naive.items():
        with tempfile.TemporaryDirectory() as folder:
            arrivals = (arrival(number) for number in range(count))
            _print_row(name, naive_layout(Path(folder), arrivals, table=table, journal=journal))


def _print_row(name: str, order: Order) -> None:
    print(f"| {name} | {correlation(order):+.3f} | {rising_neighbours([number for _, number in order]):.3f} |")


if __name__ == "__main__":
    raise SystemExit(main())
