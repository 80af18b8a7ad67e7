"""Open a database file so that it keeps no history: rollback journal truncated, deleted content overwritten.

A write-ahead log and the order of row ids both reveal who came when (docs/measurements.md). Each deed opens its own
connection, so threads and forked workers never share one.
"""

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database, Migrations

from coprod_survey.domain.errors import DataFolderUnusable, Overloaded

BUSY_TIMEOUT_MS = 10_000
_PRAGMAS = (
    f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}",
    "PRAGMA journal_mode = TRUNCATE",
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",
    "PRAGMA temp_store = MEMORY",
)


class DatabaseFile:
    """One SQLite file with its migrations."""

    def __init__(self, path: Path, migrations: Migrations) -> None:
        self.path = path
        self._migrations = migrations

    def prepare(self) -> None:
        """Create or migrate the file, one process at a time; raises DataFolderUnusable for a newer or damaged file."""
        with _only_one(self.path.with_suffix(".lock")), self._errors_in_plain_words():
            self.path.touch(mode=0o600)
            with self._connected() as db:
                known = {migration.name for migration in self._migrations.pending(Database(memory=True))}
                if any(migration.name not in known for migration in self._migrations.applied(db)):
                    raise DataFolderUnusable(
                        f"{self.path.name} was made by a newer version of coprod-survey. Install that version or newer."
                    )
                self._migrations.apply(db)

    @contextmanager
    def reading(self) -> Iterator[Database]:
        """Yield a connection for reading."""
        with self._errors_in_plain_words(), self._connected() as db:
            yield db

    @contextmanager
    def writing(self) -> Iterator[Database]:
        """Yield a connection inside one transaction that no other writer shares; all of it is stored or nothing."""
        with self._errors_in_plain_words(), self._connected() as db:
            db.conn.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.conn.rollback()
                raise
            db.conn.commit()

    def rewrite(self) -> None:
        """Write the whole file anew in the order of its keys, so that its pages do not show what came together."""
        with self._errors_in_plain_words(), self._connected() as db:
            db.vacuum()

    @contextmanager
    def _connected(self) -> Iterator[Database]:
        connection = sqlite3.connect(f"file:{self.path}?mode=rw", uri=True, isolation_level=None)
        try:
            for pragma in _PRAGMAS:
                connection.execute(pragma)
            yield Database(connection)
        finally:
            connection.close()

    @contextmanager
    def _errors_in_plain_words(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise Overloaded from None
            raise self._unusable() from None
        except (sqlite3.DatabaseError, OSError):
            raise self._unusable() from None

    def _unusable(self) -> DataFolderUnusable:
        return DataFolderUnusable(
            f"{self.path.name} in the data folder cannot be read or written. "
            "Check the folder's owner and free space, or restore the last backup."
        )


@contextmanager
def _only_one(lock_file: Path) -> Iterator[None]:
    try:
        with lock_file.open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
    except OSError:
        raise DataFolderUnusable(
            f"The data folder {lock_file.parent} cannot be written. Check that it exists and who owns it."
        ) from None
