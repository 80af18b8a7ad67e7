"""Hashes of codes in invitations.db; see ports.InvitationStore."""

from collections.abc import Sequence
from pathlib import Path

from sqlite_utils import Database, Migrations

from coprod_survey.adapters.sqlite.database import DatabaseFile

_migrations = Migrations("invitations")


@_migrations(name="001_codes")
def _codes(db: Database) -> None:
    db.execute("CREATE TABLE codes (slug TEXT, code_hash BLOB, PRIMARY KEY (slug, code_hash)) WITHOUT ROWID")


class SqliteInvitations:
    """Keep hashes in one table without row ids, filled in the order of the hashes: the order of issue is not kept."""

    def __init__(self, folder: Path) -> None:
        self.file = DatabaseFile(folder / "invitations.db", _migrations)

    def add(self, slug: str, code_hashes: Sequence[bytes]) -> None:
        """See ports.InvitationStore."""
        with self.file.writing() as db:
            rows = [(slug, code_hash) for code_hash in sorted(code_hashes)]
            db.conn.executemany("INSERT INTO codes VALUES (?, ?)", rows)

    def knows(self, slug: str, code_hash: bytes) -> bool:
        """See ports.InvitationStore."""
        with self.file.reading() as db:
            return bool(
                db.execute("SELECT 1 FROM codes WHERE slug = ? AND code_hash = ?", (slug, code_hash)).fetchone()
            )

    def count(self, slug: str) -> int:
        """See ports.InvitationStore."""
        with self.file.reading() as db:
            return int(db.execute("SELECT count(*) FROM codes WHERE slug = ?", (slug,)).fetchone()[0])
