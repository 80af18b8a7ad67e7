"""Spent turns, sealed answers and safeguarding blocks in submissions.db; see ports.SubmissionStore.

Every slot exists, filled with random bytes, before anybody answers, and is overwritten in place by content of the
same size. So neither rows, pages, free pages nor the file's size show who came when. The slots of answers and blocks
are drawn at random, each on its own, and drawn again whenever more room is made. Where turns stand follows from the
set of spend ids alone: linear probing in which the larger id keeps a contested slot is independent of history (Amble
and Knuth 1974; Blelloch and Golovin 2007), whereas whoever came later would be moved on in the usual kind.
"""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from sqlite_utils import Database, Migrations

from coprod_survey.adapters.sqlite.database import DatabaseFile
from coprod_survey.domain.errors import Failed
from coprod_survey.ports import Received, Submission

ID_BYTES = 32
_BATCH = 256
_MOST_DRAWS = 1000  # a full room ends in a sentence, not in a loop that holds everybody up
_migrations = Migrations("submissions")


@_migrations(name="001_slots")
def _slots(db: Database) -> None:
    db.execute("CREATE TABLE rooms (slug TEXT PRIMARY KEY, slots INTEGER, turn_slots INTEGER) WITHOUT ROWID")
    db.execute(
        "CREATE TABLE turns"
        " (slug TEXT, slot INTEGER, used INTEGER, spend_id BLOB, request_tag BLOB, UNIQUE (slug, slot))"
    )
    for table in ("answers", "blocks"):
        db.execute(f"CREATE TABLE {table} (slug TEXT, slot INTEGER, used INTEGER, content BLOB, UNIQUE (slug, slot))")


class SqliteSubmissions:
    """Store exactly once, in one transaction of one file, in slots that tell nothing."""

    def __init__(self, folder: Path) -> None:
        self.file = DatabaseFile(folder / "submissions.db", _migrations)

    def make_room(self, slug: str, turns: int, *, envelope_bytes: int, block_bytes: int) -> None:
        """See ports.SubmissionStore. A quarter more slots than turns keeps the random draw short."""
        slots, turn_slots = turns + turns // 4 + 8, 2 * turns + 16
        with self.file.writing() as db:
            have, have_turns = _room(db, slug)
            if turn_slots <= have_turns:
                return
            _add_slots(db, "answers", slug, _fillers(range(have, slots), envelope_bytes))
            _add_slots(db, "blocks", slug, _fillers(range(have, slots), block_bytes))
            _shuffle(db, "answers", slug, slots)
            _shuffle(db, "blocks", slug, slots)
            _rehash_turns(db, slug, turn_slots)
            db.execute("INSERT OR REPLACE INTO rooms VALUES (?, ?, ?)", (slug, slots, turn_slots))

    def accept(self, slug: str, submission: Submission) -> Received:
        """See ports.SubmissionStore."""
        with self.file.writing() as db:
            slots, turn_slots = _room(db, slug)
            known_tag = _known_tag(db, slug, turn_slots, submission.spend_id)
            if known_tag is not None:
                return _verdict(known_tag, submission.request_tag)
            _spend(db, slug, turn_slots, (submission.spend_id, submission.request_tag))
            _fill_random_slot(db, "answers", (slug, slots), submission.envelope)
            _fill_random_slot(db, "blocks", (slug, slots), submission.block)
        return Received.STORED

    def find(self, slug: str, spend_id: bytes, request_tag: bytes) -> Received | None:
        """See ports.SubmissionStore."""
        with self.file.reading() as db:
            known_tag = _known_tag(db, slug, _room(db, slug)[1], spend_id)
        return None if known_tag is None else _verdict(known_tag, request_tag)

    def envelopes(self, slug: str) -> Iterator[bytes]:
        """See ports.SubmissionStore; the order is that of the random slots.

        Read in batches, because a cursor left open while somebody unseals would keep everybody else from sending.
        """
        query = "SELECT slot, content FROM answers WHERE slug = ? AND used = 1 AND slot > ? ORDER BY slot LIMIT ?"
        last = -1
        while True:
            with self.file.reading() as db:
                batch = db.execute(query, (slug, last, _BATCH)).fetchall()
            if not batch:
                return
            yield from (bytes(content) for _, content in batch)
            last = batch[-1][0]

    def blocks(self, slug: str) -> Sequence[tuple[int, bytes]]:
        """See ports.SubmissionStore."""
        with self.file.reading() as db:
            query = "SELECT slot, content FROM blocks WHERE slug = ? AND used = 1 ORDER BY slot"
            return [(slot, bytes(content)) for slot, content in db.execute(query, (slug,))]

    def forget_blocks(self, slug: str, drained: Sequence[tuple[int, bytes]]) -> None:
        """See ports.SubmissionStore."""
        with self.file.writing() as db:
            for slot, content in drained:
                db.execute(
                    "UPDATE blocks SET used = 0, content = ? WHERE slug = ? AND slot = ? AND content = ?",
                    (secrets.token_bytes(len(content)), slug, slot, content),
                )


def _room(db: Database, slug: str) -> tuple[int, int]:
    row = db.execute("SELECT slots, turn_slots FROM rooms WHERE slug = ?", (slug,)).fetchone()
    return (row[0], row[1]) if row else (0, 0)


def _verdict(known_tag: bytes, request_tag: bytes) -> Received:
    return Received.REPEATED if secrets.compare_digest(known_tag, request_tag) else Received.CONFLICT


def _known_tag(db: Database, slug: str, turn_slots: int, spend_id: bytes) -> bytes | None:
    """Return the request tag of a turn, or None when it is not spent."""
    for slot in _probe(spend_id, turn_slots):
        used, stored_id, stored_tag = _turn(db, slug, slot)
        if not used:
            return None
        if secrets.compare_digest(stored_id, spend_id):
            return stored_tag
    return None


def _spend(db: Database, slug: str, turn_slots: int, turn: tuple[bytes, bytes]) -> None:
    """Store a turn (spend id, request tag) from its first slot on; a turn with a smaller id gives way and moves on."""
    for slot in _probe(turn[0], turn_slots):
        used, *stored = _turn(db, slug, slot)
        if used and stored[0] > turn[0]:
            continue
        update = "UPDATE turns SET used = 1, spend_id = ?, request_tag = ? WHERE slug = ? AND slot = ?"
        db.execute(update, (*turn, slug, slot))
        if not used:
            return
        turn = (stored[0], stored[1])
    raise Failed("This survey has no room for answers. Make invitations first.")


def _turn(db: Database, slug: str, slot: int) -> tuple[int, bytes, bytes]:
    query = "SELECT used, spend_id, request_tag FROM turns WHERE slug = ? AND slot = ?"
    used, spend_id, request_tag = db.execute(query, (slug, slot)).fetchone()
    return used, bytes(spend_id), bytes(request_tag)


def _probe(spend_id: bytes, turn_slots: int) -> Iterator[int]:
    """Yield every slot once, from the one that the spend id points at (linear probing; never more than half full)."""
    start = int.from_bytes(spend_id[:8], "big")
    return ((start + step) % turn_slots for step in range(turn_slots))


def _fill_random_slot(db: Database, table: str, room: tuple[str, int], content: bytes) -> None:
    slug, slots = room
    for _ in range(_MOST_DRAWS):  # a fifth of the slots stays free, so five draws are expected at the most crowded
        slot = secrets.randbelow(slots)
        update = f"UPDATE {table} SET used = 1, content = ? WHERE slug = ? AND slot = ? AND used = 0"  # noqa: S608 - our own table names
        if db.execute(update, (content, slug, slot)).rowcount:
            return
    raise Failed("This survey has no room for answers. Make invitations first.")


def _fillers(slots: range, length: int) -> Iterator[tuple[int, bytes]]:
    return ((slot, secrets.token_bytes(length)) for slot in slots)


def _add_slots(db: Database, table: str, slug: str, contents: Iterable[tuple[int, bytes]]) -> None:
    insert = f"INSERT INTO {table} VALUES (?, ?, 0, ?)"  # noqa: S608 - our own table names
    db.conn.executemany(insert, ((slug, slot, content) for slot, content in contents))


def _shuffle(db: Database, table: str, slug: str, slots: int) -> None:
    """Exchange contents at random (Fisher-Yates), or new slots would hold only what came after they were made."""
    query = f"SELECT used FROM {table} WHERE slug = ? ORDER BY slot"  # noqa: S608 - our own table names
    used = [flag for (flag,) in db.execute(query, (slug,))]
    for slot in reversed(range(slots)):
        other = secrets.randbelow(slot + 1)
        if used[slot] or used[other]:  # fillers need no exchange
            _exchange(db, table, slug, (slot, other))
            used[slot], used[other] = used[other], used[slot]


def _exchange(db: Database, table: str, slug: str, pair: tuple[int, int]) -> None:
    query = f"SELECT used, content FROM {table} WHERE slug = ? AND slot = ?"  # noqa: S608 - our own table names
    update = f"UPDATE {table} SET used = ?, content = ? WHERE slug = ? AND slot = ?"  # noqa: S608 - our own table names
    contents = [db.execute(query, (slug, slot)).fetchone() for slot in pair]
    for slot, (used, content) in zip(pair, reversed(contents), strict=True):
        db.execute(update, (used, content, slug, slot))


def _rehash_turns(db: Database, slug: str, turn_slots: int) -> None:
    """Rebuild the turns of a survey in a larger space; used ones go where their spend ids point now."""
    placed: dict[int, tuple[bytes, bytes]] = {}
    query = "SELECT spend_id, request_tag FROM turns WHERE slug = ? AND used = 1 ORDER BY spend_id DESC"
    for spend_id, request_tag in db.execute(query, (slug,)):
        placed[next(slot for slot in _probe(spend_id, turn_slots) if slot not in placed)] = (spend_id, request_tag)
    db.execute("DELETE FROM turns WHERE slug = ?", (slug,))
    rows = []
    for slot in range(turn_slots):
        spend_id, request_tag = placed.get(slot) or (secrets.token_bytes(ID_BYTES), secrets.token_bytes(ID_BYTES))
        rows.append((slug, slot, int(slot in placed), spend_id, request_tag))
    db.conn.executemany("INSERT INTO turns VALUES (?, ?, ?, ?, ?)", rows)
