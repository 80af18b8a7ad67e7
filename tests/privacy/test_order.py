"""Nothing in the submissions file shows who came when: rows, slots, bytes, pages, free pages, journal."""

import secrets
from collections.abc import Sequence
from pathlib import Path

import pytest

from bench.storage_order import (
    BLOCK_BYTES,
    ENVELOPE_BYTES,
    MARKS,
    RANDOM_KEY_TABLE,
    ROWID_TABLE,
    SLUG,
    Order,
    arrival,
    correlation,
    filled,
    naive_layout,
    number_in,
    readable_orders,
    rising_neighbours,
    room,
    spearman,
)
from coprod_survey.adapters.sqlite.desk import SqliteDesk
from coprod_survey.adapters.sqlite.submissions import SqliteSubmissions
from coprod_survey.ports import Submission

QUICK, MANY = 400, 4000  # five and six standard deviations: 1/sqrt(399) = 0.050, 1/sqrt(3999) = 0.016
LOOSE, TIGHT = 0.25, 0.1


def telling(orders: dict[str, Order], most: float) -> dict[str, float]:
    """Return the orders that correlate with arrival by more than `most`."""
    correlations = {name: correlation(order) for name, order in orders.items()}
    return {name: round(value, 3) for name, value in correlations.items() if abs(value) >= most}


@pytest.fixture(scope="module")
def in_one_room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file into which 400 answers arrived."""
    return filled(tmp_path_factory.mktemp("one"), QUICK, invited_first=QUICK)


@pytest.fixture(scope="module")
def in_two_rooms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file into which 400 answers arrived, the second half after more people were invited."""
    return filled(tmp_path_factory.mktemp("two"), QUICK, invited_first=QUICK // 2)


def test_spearman_is_one_for_the_same_order_and_minus_one_for_the_reverse() -> None:
    """The measure itself: a rising series has correlation 1, a falling one -1, and ties share a rank."""
    assert spearman([1, 2, 3, 4], [10, 20, 30, 40]) == pytest.approx(1)
    assert spearman([1, 2, 3, 4], [4, 3, 2, 1]) == pytest.approx(-1)
    assert spearman([1, 1, 2, 2], [1, 2, 3, 4]) == pytest.approx(0.894, abs=0.001)


@pytest.mark.parametrize("table", [ROWID_TABLE, RANDOM_KEY_TABLE], ids=["rowid", "random key"])
@pytest.mark.parametrize("journal", ["TRUNCATE", "WAL"])
def test_a_usual_layout_gives_the_order_away(tmp_path: Path, table: str, journal: str) -> None:
    """The control: in tables as applications usually have them, bytes lie in the order of arrival."""
    order = naive_layout(tmp_path, (arrival(number) for number in range(200)), table=table, journal=journal)
    assert correlation(order) > 0.99
    assert rising_neighbours([number for _, number in order]) > 0.99


def test_no_order_of_four_hundred_answers_correlates_with_arrival(in_one_room: Path) -> None:
    """Rows, slots, bytes and pages of answers, blocks and turns show nothing of who came when."""
    orders = dict(readable_orders(in_one_room))
    assert {len(order) for order in orders.values()} == {QUICK}
    assert telling(orders, LOOSE) == {}


def test_making_more_room_does_not_part_the_early_from_the_late(in_two_rooms: Path) -> None:
    """When more people are invited half-way, older slots do not keep the early answers together."""
    assert telling(dict(readable_orders(in_two_rooms)), LOOSE) == {}


def layout_of_turns(folder: Path, turns: Sequence[Submission], rooms: Sequence[int]) -> list[tuple[object, ...]]:
    """Return where turns stand after they were spent in this order, each room being filled before the next is made."""
    folder.mkdir()
    store = SqliteSubmissions(folder)
    store.file.prepare()
    done = 0
    for size in rooms:
        room(store, size)
        for turn in turns[done:size]:
            store.accept(SLUG, turn)
        done = size
    with store.file.reading() as db:
        query = "SELECT slot, spend_id, request_tag FROM turns WHERE used = 1 ORDER BY slot"
        return list(db.execute(query).fetchall())


def test_where_turns_stand_does_not_depend_on_the_order_of_arrival(tmp_path: Path) -> None:
    """The same turns spent forwards or backwards, in one room or in one that grew, leave the same layout."""
    turns = [arrival(number) for number in range(60)]
    forwards = layout_of_turns(tmp_path / "forwards", turns, [60])
    assert len(forwards) == 60
    assert layout_of_turns(tmp_path / "backwards", turns[::-1], [60]) == forwards
    assert layout_of_turns(tmp_path / "grown", turns[::-1], [20, 60]) == forwards


@pytest.mark.parametrize("layout", ["in_one_room", "in_two_rooms"])
def test_no_copy_is_left_behind(layout: str, request: pytest.FixtureRequest) -> None:
    """Every part of every answer is in the file exactly once: not in free pages, not in slack, not in the journal."""
    file: Path = request.getfixturevalue(layout)
    raw = file.read_bytes()
    assert {part: raw.count(mark) for part, mark in MARKS.items()} == dict.fromkeys(MARKS, QUICK)
    assert file.with_name(f"{file.name}-journal").read_bytes() == b""


def test_draining_leaves_neither_blocks_nor_an_order(tmp_path: Path) -> None:
    """Blocks drained are gone from every byte; the ones that arrive afterwards stand in no order either."""
    file = filled(tmp_path, QUICK // 2, invited_first=QUICK)
    store = SqliteSubmissions(tmp_path)
    store.forget_blocks(SLUG, store.blocks(SLUG))
    assert MARKS["block"] not in file.read_bytes()
    for number in range(QUICK // 2, QUICK):
        store.accept(SLUG, arrival(number))
    orders = dict(readable_orders(file))
    assert {len(orders[f"blocks by {kind}"]) for kind in ("row id", "slot")} == {QUICK // 2}
    assert telling(orders, LOOSE + 0.1) == {}


def test_a_submission_changes_no_size(tmp_path: Path) -> None:
    """The file is as long with all answers as with none, so its size shows nothing either."""
    store = SqliteSubmissions(tmp_path)
    store.file.prepare()
    room(store, 20)
    empty = store.file.path.stat().st_size
    for number in range(20):
        store.accept(SLUG, arrival(number))
    assert store.file.path.stat().st_size == empty


def test_a_stored_answer_cannot_be_told_from_a_free_slot_by_its_size(in_one_room: Path) -> None:
    """Used and free slots hold contents of one size each."""
    with SqliteSubmissions(in_one_room.parent).file.reading() as db:
        sizes = {
            table: db.execute(f"SELECT DISTINCT used, length(content) FROM {table} ORDER BY used").fetchall()  # noqa: S608
            for table in ("answers", "blocks")
        }
    assert sizes == {
        "answers": [(0, ENVELOPE_BYTES), (1, ENVELOPE_BYTES)],
        "blocks": [(0, BLOCK_BYTES), (1, BLOCK_BYTES)],
    }


def test_the_three_parts_of_one_answer_stand_in_unrelated_slots(in_one_room: Path) -> None:
    """The slots of a turn, an answer and a block of the same person do not correlate."""
    slots: dict[str, dict[int, int]] = {"turns": {}, "answers": {}, "blocks": {}}
    parts = {"turns": ("spend_id", "spend-id"), "answers": ("content", "envelope-head"), "blocks": ("content", "block")}
    with SqliteSubmissions(in_one_room.parent).file.reading() as db:
        for table, (column, part) in parts.items():
            for slot, content in db.execute(f"SELECT slot, {column} FROM {table} WHERE used = 1"):  # noqa: S608
                number = number_in(content, part)
                assert number is not None
                slots[table][number] = slot
    in_arrival = {table: [found[number] for number in range(QUICK)] for table, found in slots.items()}
    for first, second in (("turns", "answers"), ("turns", "blocks"), ("answers", "blocks")):
        assert abs(spearman(in_arrival[first], in_arrival[second])) < LOOSE


@pytest.mark.slow
@pytest.mark.parametrize("invited_first", [MANY, MANY // 2], ids=["one room", "two rooms"])
def test_no_order_of_four_thousand_answers_correlates_with_arrival(tmp_path: Path, invited_first: int) -> None:
    """With ten times the answers the bounds are tighter, and neighbours are in order about half of the time."""
    orders = dict(readable_orders(filled(tmp_path, MANY, invited_first=invited_first)))
    assert telling(orders, TIGHT) == {}
    rising = {name: rising_neighbours([number for _, number in order]) for name, order in orders.items()}
    assert {name: share for name, share in rising.items() if not 0.45 <= share <= 0.55} == {}


def test_the_desk_does_not_show_which_flags_were_drained_together(tmp_path: Path) -> None:
    """Flags moved in ten drains stand in the file in an order that has nothing to do with the drain."""
    desk = SqliteDesk(tmp_path)
    desk.file.prepare()
    marks: dict[bytes, int] = {}
    for drain in range(10):
        flags = [(secrets.token_hex(16), bytes(9000) + b"%16d" % (drain * 20 + number)) for number in range(20)]
        marks |= {sealed[-16:]: drain for _, sealed in flags}
        desk.add(SLUG, flags)
    raw = desk.file.path.read_bytes()
    places = sorted((raw.index(mark), drain) for mark, drain in marks.items())
    assert all(raw.count(mark) == 1 for mark in marks)
    assert abs(spearman([place for place, _ in places], [drain for _, drain in places])) < 0.3
