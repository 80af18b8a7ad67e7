"""Database files: no history, one sentence for every misfortune, and a newer file is left alone."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest
from sqlite_utils import Database, Migrations

from coprod_survey.adapters.sqlite import database
from coprod_survey.adapters.sqlite.database import DatabaseFile
from coprod_survey.adapters.sqlite.invitations import SqliteInvitations
from coprod_survey.adapters.sqlite.submissions import SqliteSubmissions
from coprod_survey.bootstrap.operations import prepare_files
from coprod_survey.domain.errors import DataFolderUnusable, Overloaded


def migrations(*names: str) -> Migrations:
    """Return a set of migrations, each of which makes one table."""
    made = Migrations("things")

    def add(name: str) -> None:
        @made(name=name)
        def make(db: Database) -> None:
            db.execute(f"CREATE TABLE t{name} (content BLOB)")

    for name in names:
        add(name)
    return made


@pytest.fixture
def file(tmp_path: Path) -> DatabaseFile:
    """Return a prepared file with one table."""
    file = DatabaseFile(tmp_path / "things.db", migrations("001"))
    file.prepare()
    return file


def put(file: DatabaseFile, content: bytes) -> None:
    """Store one row."""
    with file.writing() as db:
        db.execute("INSERT INTO t001 VALUES (?)", (content,))


def rows(file: DatabaseFile) -> list[bytes]:
    """Return all rows."""
    with file.reading() as db:
        return [content for (content,) in db.execute("SELECT content FROM t001")]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait 50 ms for a busy file instead of ten seconds."""
    monkeypatch.setattr(database, "_PRAGMAS", ("PRAGMA busy_timeout = 50", *database._PRAGMAS[1:]))


def test_new_file_is_its_owners_alone(file: DatabaseFile) -> None:
    """Nobody else on the machine may read a database."""
    assert file.path.stat().st_mode & 0o777 == 0o600


def test_preparing_again_keeps_everything(file: DatabaseFile) -> None:
    """A start after the first changes nothing that is stored."""
    put(file, b"kept")
    file.prepare()
    assert rows(file) == [b"kept"]


def test_older_file_is_brought_up_to_date(file: DatabaseFile) -> None:
    """A newer version adds what is missing and keeps what is there."""
    put(file, b"kept")
    newer = DatabaseFile(file.path, migrations("001", "002"))
    newer.prepare()
    assert rows(newer) == [b"kept"]
    with newer.reading() as db:
        assert "t002" in db.table_names()


def test_newer_file_is_refused_in_one_sentence(file: DatabaseFile) -> None:
    """An older version touches nothing and says which way out there is."""
    DatabaseFile(file.path, migrations("001", "002")).prepare()
    before = file.path.read_bytes()
    with pytest.raises(DataFolderUnusable, match=r"things\.db was made by a newer version") as caught:
        file.prepare()
    assert "\n" not in str(caught.value)
    assert file.path.read_bytes() == before


def test_real_stores_refuse_newer_files(tmp_path: Path) -> None:
    """The check holds for a store of the product, whichever of its files is newer."""
    (tmp_path / "keys").mkdir()
    prepare_files(tmp_path)
    with SqliteInvitations(tmp_path).file.writing() as db:
        db.execute("UPDATE _sqlite_migrations SET name = '999_from_the_future'")
    with pytest.raises(DataFolderUnusable, match=r"invitations\.db was made by a newer version"):
        prepare_files(tmp_path)


@pytest.mark.parametrize("content", [os.urandom(4096), b"SQLite format 3\0" + os.urandom(8000), b"text\n" * 300])
def test_file_that_is_no_database_is_unusable(tmp_path: Path, content: bytes) -> None:
    """Random bytes under a database's name end in one sentence, and are left as they are."""
    path = tmp_path / "things.db"
    path.write_bytes(content)
    with pytest.raises(DataFolderUnusable, match="cannot be read or written"):
        DatabaseFile(path, migrations("001")).prepare()
    assert path.read_bytes() == content


@pytest.mark.parametrize("part", [0.2, 0.5, 0.9])
def test_truncated_file_is_unusable(tmp_path: Path, part: float) -> None:
    """A file cut short is noticed at preparing or at the first reading, never read as if it were whole."""
    store = SqliteSubmissions(tmp_path)
    store.file.prepare()
    store.make_room("amber-river-oak", 40, envelope_bytes=3000, block_bytes=3000)
    size = store.file.path.stat().st_size
    os.truncate(store.file.path, int(size * part))
    with pytest.raises(DataFolderUnusable):
        read_all(store)


def read_all(store: SqliteSubmissions) -> None:
    """Prepare a store and read every page of it."""
    store.file.prepare()
    with store.file.reading() as db:
        for query in (
            "max(spend_id) FROM turns",
            "max(length(content)) FROM answers",
            "max(length(content)) FROM blocks",
        ):
            db.execute(f"SELECT {query}").fetchone()


def test_missing_file_is_unusable_and_not_made_anew(file: DatabaseFile) -> None:
    """Reading or writing where the file has gone says so; an empty database never stands in."""
    file.path.unlink()
    with pytest.raises(DataFolderUnusable), file.reading():
        pass
    with pytest.raises(DataFolderUnusable):
        put(file, b"lost")
    assert not file.path.exists()


def test_missing_folder_is_unusable(tmp_path: Path) -> None:
    """A folder that is not there is named in the message."""
    with pytest.raises(DataFolderUnusable, match="nowhere cannot be written"):
        DatabaseFile(tmp_path / "nowhere" / "things.db", migrations("001")).prepare()


@pytest.mark.usefixtures("impatient")
def test_busy_file_is_overloaded_and_stores_nothing(file: DatabaseFile) -> None:
    """While another writer holds the file, a second one gives up with "try again"."""
    with file.writing() as db:
        db.execute("INSERT INTO t001 VALUES (?)", (b"first",))
        with pytest.raises(Overloaded):
            put(file, b"second")
    assert rows(file) == [b"first"]


@pytest.mark.usefixtures("impatient")
def test_file_locked_for_good_is_overloaded_for_readers(file: DatabaseFile) -> None:
    """A reader waits for a lock a while and then says that the server is busy."""
    with file.writing() as db:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("INSERT INTO t001 VALUES (?)", (b"x",))
        db.execute("COMMIT")
        with pytest.raises(Overloaded):
            rows(file)
        db.execute("BEGIN")


def interrupted(file: DatabaseFile) -> None:
    """Stop in the middle of a transaction."""
    with file.writing() as db:
        db.execute("INSERT INTO t001 VALUES (?)", (b"half",))
        raise KeyboardInterrupt


def test_exception_inside_a_transaction_undoes_it(file: DatabaseFile) -> None:
    """All of a transaction is stored or nothing, and the exception itself is passed on."""
    with pytest.raises(KeyboardInterrupt):
        interrupted(file)
    assert rows(file) == []


def test_database_error_carries_no_value(file: DatabaseFile) -> None:
    """A failing statement becomes the plain sentence, without the statement, its values or a cause."""
    with pytest.raises(DataFolderUnusable) as caught, file.writing() as db:
        db.execute("INSERT INTO no_such_table VALUES ('canary')")
    assert "canary" not in str(caught.value)
    assert "no_such_table" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_deleted_content_leaves_the_file(file: DatabaseFile) -> None:
    """What is deleted or overwritten is wiped from free pages and from the journal."""
    put(file, b"canary" * 2000)
    with file.writing() as db:
        db.execute("UPDATE t001 SET content = ?", (b"other!" * 2000,))
    with file.writing() as db:
        db.execute("DELETE FROM t001")
    kept = b"".join(path.read_bytes() for path in file.path.parent.iterdir())
    assert b"canary" not in kept
    assert b"other!" not in kept


def test_journal_is_emptied_after_each_deed(file: DatabaseFile) -> None:
    """The rollback journal has no length, and no write-ahead log exists."""
    put(file, b"x" * 5000)
    journal = file.path.with_name("things.db-journal")
    assert not journal.exists() or journal.stat().st_size == 0
    assert not file.path.with_name("things.db-wal").exists()


def test_pragmas_are_in_force(file: DatabaseFile) -> None:
    """Each connection is durable, overwrites what it deletes and keeps temporary data in memory."""
    with file.reading() as db:
        values = {
            name: db.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "secure_delete", "temp_store", "busy_timeout")
        }
    assert values == {
        "journal_mode": "truncate",
        "synchronous": 2,
        "secure_delete": 1,
        "temp_store": 2,
        "busy_timeout": 10_000,
    }


def test_every_deed_closes_its_connection(file: DatabaseFile) -> None:
    """A connection is of no use after its block, so threads and forked workers share none."""
    with file.reading() as db:
        pass
    with pytest.raises(sqlite3.ProgrammingError):
        db.execute("SELECT 1")
