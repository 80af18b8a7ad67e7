"""The safeguarding desk's archive in desk.db; see ports.DeskStore."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from sqlite_utils import Database, Migrations

from coprod_survey.adapters.sqlite.database import DatabaseFile
from coprod_survey.domain.errors import UnknownFlag
from coprod_survey.domain.flag import Status
from coprod_survey.ports import SealedFlag

_migrations = Migrations("desk")


@_migrations(name="001_flags")
def _flags(db: Database) -> None:
    db.execute(
        "CREATE TABLE flags (slug TEXT, id TEXT, sealed BLOB, status TEXT, changed_on TEXT, changed_by TEXT,"
        " PRIMARY KEY (slug, id)) WITHOUT ROWID"
    )


class SqliteDesk:
    """Keep flags by their random ids; all flags of a survey have one size."""

    def __init__(self, folder: Path) -> None:
        self.file = DatabaseFile(folder / "desk.db", _migrations)

    def add(self, slug: str, flags: Sequence[tuple[str, bytes]]) -> None:
        """See ports.DeskStore. The file is rewritten, or its pages would show which flags were drained together."""
        if not flags:
            return
        rows = [(slug, flag_id, sealed, Status.NEW.value) for flag_id, sealed in sorted(flags)]
        with self.file.writing() as db:
            db.conn.executemany("INSERT OR IGNORE INTO flags VALUES (?, ?, ?, ?, NULL, NULL)", rows)
        self.file.rewrite()

    def flags(self, slug: str) -> Sequence[SealedFlag]:
        """See ports.DeskStore."""
        with self.file.reading() as db:
            query = "SELECT id, sealed, status, changed_on, changed_by FROM flags WHERE slug = ? ORDER BY id"
            return [_flag(row) for row in db.execute(query, (slug,))]

    def mark(self, slug: str, flag_id: str, status: Status, *, by: str, on: date) -> None:
        """See ports.DeskStore."""
        with self.file.writing() as db:
            row = db.execute("SELECT status FROM flags WHERE slug = ? AND id = ?", (slug, flag_id)).fetchone()
            if row is None:
                raise UnknownFlag
            if row[0] not in (status.value, Status.CLOSED.value):
                update = "UPDATE flags SET status = ?, changed_on = ?, changed_by = ? WHERE slug = ? AND id = ?"
                db.execute(update, (status.value, on.isoformat(), by, slug, flag_id))


def _flag(row: tuple[str, bytes, str, str | None, str | None]) -> SealedFlag:
    flag_id, sealed, status, changed_on, changed_by = row
    return SealedFlag(
        id=flag_id,
        sealed=bytes(sealed),
        status=Status(status),
        changed_on=date.fromisoformat(changed_on) if changed_on else None,
        changed_by=changed_by,
    )
