"""What every ports.SubmissionStore promises."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest

from coprod_survey.adapters.sqlite import database, submissions
from coprod_survey.adapters.sqlite.submissions import SqliteSubmissions
from coprod_survey.domain.errors import Failed, Overloaded
from coprod_survey.ports import Received, Submission, SubmissionStore

if TYPE_CHECKING:
    from conftest import Stores

SLUG, OTHER = "amber-river-oak", "amber-river-elm"
ENVELOPE, BLOCK = 600, 500
TURNS = 30


@pytest.fixture
def store(stores: Stores) -> SubmissionStore:
    """Return a store with room for some turns."""
    stores.submissions.make_room(SLUG, TURNS, envelope_bytes=ENVELOPE, block_bytes=BLOCK)
    return stores.submissions


@pytest.fixture
def files(instance: Callable[[], Path]) -> SqliteSubmissions:
    """Return the store in a file, with the same room."""
    store = SqliteSubmissions(instance())
    store.make_room(SLUG, TURNS, envelope_bytes=ENVELOPE, block_bytes=BLOCK)
    return store


def submission(spend_id: bytes | None = None, tag: bytes | None = None) -> Submission:
    """Return a submission of random bytes."""
    return Submission(spend_id or os.urandom(32), tag or os.urandom(32), os.urandom(ENVELOPE), os.urandom(BLOCK))


def contents(store: SubmissionStore, slug: str = SLUG) -> tuple[list[bytes], list[bytes]]:
    """Return the stored envelopes and blocks, sorted."""
    return sorted(store.envelopes(slug)), sorted(block for _, block in store.blocks(slug))


def accept_at_once(store: SubmissionStore, sent: Sequence[Submission]) -> Counter[Received]:
    """Send from one thread each, all starting together."""
    barrier = Barrier(len(sent))

    def accept(one: Submission) -> Received:
        barrier.wait()
        return store.accept(SLUG, one)

    with ThreadPoolExecutor(len(sent)) as threads:
        return Counter(threads.map(accept, sent))


def test_submission_is_stored_whole(store: SubmissionStore) -> None:
    """One accepted submission gives its envelope and its block back, once each."""
    sent = submission()
    assert store.accept(SLUG, sent) is Received.STORED
    assert contents(store) == ([sent.envelope], [sent.block])


def test_same_turn_with_the_same_tag_is_repeated(store: SubmissionStore) -> None:
    """A repeat, sealed anew as a retry is, changes nothing."""
    first = submission()
    store.accept(SLUG, first)
    assert store.accept(SLUG, submission(first.spend_id, first.request_tag)) is Received.REPEATED
    assert contents(store) == ([first.envelope], [first.block])


def test_same_turn_with_another_tag_is_a_conflict(store: SubmissionStore) -> None:
    """A second answer under a spent turn changes nothing, and the first may still be repeated."""
    first = submission()
    store.accept(SLUG, first)
    assert store.accept(SLUG, submission(first.spend_id)) is Received.CONFLICT
    assert store.accept(SLUG, first) is Received.REPEATED
    assert contents(store) == ([first.envelope], [first.block])


def test_same_turn_twenty_times_at_once_is_stored_once(store: SubmissionStore) -> None:
    """Of twenty simultaneous copies of one request one is stored and the rest are repeats."""
    sent = submission()
    found = accept_at_once(store, [sent] * 20)
    assert found == {Received.STORED: 1, Received.REPEATED: 19}
    assert contents(store) == ([sent.envelope], [sent.block])


def test_same_turn_with_twenty_answers_at_once_is_stored_once(store: SubmissionStore) -> None:
    """Of twenty simultaneous answers under one turn one is stored and the rest conflict."""
    sent = [submission(b"s" * 32) for _ in range(20)]
    assert accept_at_once(store, sent) == {Received.STORED: 1, Received.CONFLICT: 19}
    envelopes, blocks = contents(store)
    assert (envelopes, blocks) in [([one.envelope], [one.block]) for one in sent]


def test_twenty_turns_at_once_are_all_stored(store: SubmissionStore) -> None:
    """People who send at the same moment do not get into each other's way."""
    sent = [submission() for _ in range(20)]
    assert accept_at_once(store, sent) == {Received.STORED: 20}
    assert contents(store) == (sorted(one.envelope for one in sent), sorted(one.block for one in sent))


def test_room_is_enough_for_every_turn(store: SubmissionStore) -> None:
    """As many turns as room was made for are all stored, also when their ids point at one place."""
    sent = [submission(bytes(8) + os.urandom(24)) for _ in range(TURNS)]
    assert {store.accept(SLUG, one) for one in sent} == {Received.STORED}
    assert {store.accept(SLUG, one) for one in sent} == {Received.REPEATED}
    assert contents(store)[0] == sorted(one.envelope for one in sent)


def test_order_of_arrival_is_not_returned(store: SubmissionStore) -> None:
    """Envelopes and blocks come neither in the order of sending nor in the same order as each other."""
    sent = [submission() for _ in range(TURNS)]
    for one in sent:
        store.accept(SLUG, one)
    arrival = [one.envelope for one in sent]
    together = {one.block: one.envelope for one in sent}
    envelopes, blocks = list(store.envelopes(SLUG)), [block for _, block in store.blocks(SLUG)]
    assert envelopes not in (arrival, arrival[::-1])
    assert [together[block] for block in blocks] not in (envelopes, arrival, arrival[::-1])


def test_find_tells_what_accept_would_answer(store: SubmissionStore) -> None:
    """A fresh turn is None, a spent one REPEATED or CONFLICT; looking changes nothing."""
    sent = submission()
    assert store.find(SLUG, sent.spend_id, sent.request_tag) is None
    store.accept(SLUG, sent)
    assert store.find(SLUG, sent.spend_id, sent.request_tag) is Received.REPEATED
    assert store.find(SLUG, sent.spend_id, bytes(32)) is Received.CONFLICT
    assert store.find(SLUG, os.urandom(32), sent.request_tag) is None
    assert contents(store) == ([sent.envelope], [sent.block])


def test_surveys_are_kept_apart(store: SubmissionStore) -> None:
    """The same turn id under another survey is fresh, and its content is not mixed in."""
    store.make_room(OTHER, 2, envelope_bytes=ENVELOPE, block_bytes=BLOCK)
    here, there = submission(b"s" * 32), submission(b"s" * 32)
    store.accept(SLUG, here)
    assert store.find(OTHER, b"s" * 32, here.request_tag) is None
    assert store.accept(OTHER, there) is Received.STORED
    assert contents(store, OTHER) == ([there.envelope], [there.block])


def test_without_room_nothing_is_stored(stores: Stores) -> None:
    """A survey for which no room was made refuses in words and keeps nothing."""
    sent = submission()
    with pytest.raises(Failed, match="no room"):
        stores.submissions.accept(SLUG, sent)
    assert contents(stores.submissions) == ([], [])
    assert stores.submissions.find(SLUG, sent.spend_id, sent.request_tag) is None


def test_survey_nobody_knows_is_empty(stores: Stores) -> None:
    """Reading and draining where there is no room is no error."""
    assert contents(stores.submissions) == ([], [])
    stores.submissions.forget_blocks(SLUG, [])


@pytest.mark.parametrize("turns", [0, 1, TURNS, 4 * TURNS])
def test_more_room_keeps_what_is_stored_and_never_shrinks(store: SubmissionStore, turns: int) -> None:
    """Making room again, for fewer or more, loses no answer, block or turn, and the old room stays usable."""
    sent = [submission() for _ in range(TURNS // 2)]
    for one in sent:
        store.accept(SLUG, one)
    store.make_room(SLUG, turns, envelope_bytes=ENVELOPE, block_bytes=BLOCK)
    assert contents(store) == (sorted(one.envelope for one in sent), sorted(one.block for one in sent))
    assert {store.find(SLUG, one.spend_id, one.request_tag) for one in sent} == {Received.REPEATED}
    later = [submission() for _ in range(max(turns, TURNS) - len(sent))]
    assert {store.accept(SLUG, one) for one in later} == {Received.STORED}


def test_drained_blocks_are_gone_and_their_slots_used_again(store: SubmissionStore) -> None:
    """After draining only later blocks wait; answers and turns stay."""
    first, second = submission(), submission()
    store.accept(SLUG, first)
    store.forget_blocks(SLUG, store.blocks(SLUG))
    store.accept(SLUG, second)
    assert contents(store) == (sorted([first.envelope, second.envelope]), [second.block])
    assert store.find(SLUG, first.spend_id, first.request_tag) is Received.REPEATED


def test_slot_that_changed_meanwhile_is_left_alone(store: SubmissionStore) -> None:
    """Forgetting a block that is no longer there touches no other block."""
    sent = submission()
    store.accept(SLUG, sent)
    ((slot, _),) = store.blocks(SLUG)
    store.forget_blocks(SLUG, [(slot, os.urandom(BLOCK))])
    assert contents(store)[1] == [sent.block]


def test_forgetting_some_blocks_keeps_the_others(store: SubmissionStore) -> None:
    """Only the slots that are named are refilled."""
    for _ in range(5):
        store.accept(SLUG, submission())
    waiting = list(store.blocks(SLUG))
    store.forget_blocks(SLUG, waiting[:3])
    assert contents(store)[1] == sorted(block for _, block in waiting[3:])


@pytest.mark.parametrize("failing", ["_spend", "_fill_random_slot"])
@pytest.mark.parametrize("call", [1, 2])
def test_crash_between_the_three_writes_leaves_nothing(
    files: SqliteSubmissions, monkeypatch: pytest.MonkeyPatch, failing: str, call: int
) -> None:
    """Turn, answer and block are stored together or not at all, and the turn can be used afterwards."""
    real, calls = getattr(submissions, failing), 0

    def crash(*given: Any) -> None:
        nonlocal calls
        calls += 1
        real(*given)
        if calls == call:
            raise KeyboardInterrupt

    sent = [submission(), submission()]
    with monkeypatch.context() as patched:
        patched.setattr(submissions, failing, crash)
        stored = 0
        for one in sent:
            try:
                files.accept(SLUG, one)
                stored += 1
            except KeyboardInterrupt:
                break
    assert stored < 2
    assert [len(part) for part in contents(files)] == [stored, stored]
    assert files.find(SLUG, sent[stored].spend_id, sent[stored].request_tag) is None
    assert files.accept(SLUG, sent[stored]) is Received.STORED


def test_busy_file_stores_nothing(files: SqliteSubmissions, monkeypatch: pytest.MonkeyPatch) -> None:
    """When another writer keeps the file, accepting gives up as overloaded and the turn stays fresh."""
    monkeypatch.setattr(database, "_PRAGMAS", ("PRAGMA busy_timeout = 50", *database._PRAGMAS[1:]))
    sent = submission()
    with files.file.writing(), pytest.raises(Overloaded):
        files.accept(SLUG, sent)
    assert contents(files) == ([], [])
    assert files.accept(SLUG, sent) is Received.STORED


def test_reading_answers_keeps_nobody_from_sending(files: SqliteSubmissions, monkeypatch: pytest.MonkeyPatch) -> None:
    """While somebody is half way through the envelopes, another person's answer is stored."""
    monkeypatch.setattr(database, "_PRAGMAS", ("PRAGMA busy_timeout = 50", *database._PRAGMAS[1:]))
    monkeypatch.setattr(submissions, "_BATCH", 2)
    files.make_room(OTHER, 1, envelope_bytes=ENVELOPE, block_bytes=BLOCK)
    for _ in range(5):
        files.accept(SLUG, submission())
    reading = files.envelopes(SLUG)
    first = next(reading)
    assert files.accept(OTHER, submission()) is Received.STORED
    assert len({first, *reading}) == 5


def test_full_room_ends_in_a_sentence(files: SqliteSubmissions) -> None:
    """More answers than there are slots are refused, instead of looking for a free slot for ever."""
    with files.file.writing() as db:
        db.execute("UPDATE answers SET used = 1")
    with pytest.raises(Failed, match="no room"):
        files.accept(SLUG, submission())


def test_file_does_not_grow_with_answers(files: SqliteSubmissions) -> None:
    """The file has one size with no answer, with all of them and after draining: slots are filled in place."""
    sizes = {files.file.path.stat().st_size}
    for _ in range(TURNS):
        files.accept(SLUG, submission())
        sizes.add(files.file.path.stat().st_size)
    files.forget_blocks(SLUG, files.blocks(SLUG))
    sizes.add(files.file.path.stat().st_size)
    assert len(sizes) == 1


def test_drained_content_is_wiped(files: SqliteSubmissions) -> None:
    """A drained block is nowhere in the folder; its slot holds as many random bytes."""
    sent = submission()
    files.accept(SLUG, sent)
    files.forget_blocks(SLUG, files.blocks(SLUG))
    kept = b"".join(path.read_bytes() for path in files.file.path.parent.glob("submissions*"))
    assert sent.block[:40] not in kept
    assert sent.envelope[:40] in kept
    with files.file.reading() as db:
        lengths = {length for (length,) in db.execute("SELECT length(content) FROM blocks")}
    assert lengths == {BLOCK}


def test_unused_slots_hold_random_bytes(files: SqliteSubmissions) -> None:
    """Before anybody answers every slot of every table is full of bytes that all differ."""
    with files.file.reading() as db:
        answers = [content for (content,) in db.execute("SELECT content FROM answers")]
        ids = [content for (content,) in db.execute("SELECT spend_id FROM turns UNION SELECT request_tag FROM turns")]
    assert len(set(answers)) == len(answers) > TURNS
    assert {len(content) for content in answers} == {ENVELOPE}
    assert {len(content) for content in ids} == {32}
    assert all(len(set(content)) > 100 for content in answers)


_ONE_PROCESS = """
import sys
from pathlib import Path
from coprod_survey.adapters.sqlite.submissions import SqliteSubmissions
from coprod_survey.ports import Submission
store = SqliteSubmissions(Path(sys.argv[1]))
sys.stdin.read(1)
for turn in range(10):
    sent = Submission(bytes([turn]) * 32, bytes(32), bytes([turn]) * 600, bytes([turn]) * 500)
    print(store.accept("amber-river-oak", sent).value)
"""


def test_turns_are_spent_once_across_processes(files: SqliteSubmissions) -> None:
    """Three processes that send the same ten requests at once store each exactly once."""
    command = [sys.executable, "-c", _ONE_PROCESS, str(files.file.path.parent)]
    running = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    for process in running:
        assert process.stdin
        process.stdin.write("!")
        process.stdin.flush()
    said = Counter(word for process in running for word in _said(process))
    assert said == {"stored": 10, "repeated": 20}
    assert len(list(files.envelopes(SLUG))) == 10


def _said(process: subprocess.Popen[str]) -> list[str]:
    with process:
        return process.communicate()[0].split()
