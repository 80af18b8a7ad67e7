"""What `init` makes, and what every command says of a folder that it cannot use."""

import json
import os
import re
import sqlite3
from pathlib import Path

import pytest
from commands import DATABASES, PASSPHRASE, SLUG, WARD, World, holder, ran, refusal


def test_init_prints_the_recovery_key_once(tmp_path: Path) -> None:
    """A new instance prints a recovery key of 14 groups as its last line, and keeps it nowhere."""
    made = ran("init", "--data", tmp_path / "data", "--participant-url", "https://views.example.org")
    key = made.out.splitlines()[-1]
    assert (made.status, made.err) == (0, "")
    assert re.fullmatch(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){13}", key)
    config = json.loads((tmp_path / "data" / "config.json").read_text())
    assert config["participant_url"] == "https://views.example.org"
    stored = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
    assert key.encode() not in stored
    assert key.replace("-", "").encode() not in stored


def test_init_keeps_everything_to_its_owner(tmp_path: Path) -> None:
    """Nobody but the owner can enter the data folder or read its databases and keys."""
    ran("init", "--data", tmp_path / "data")
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0
    for path in (tmp_path / "data").rglob("*"):
        if path.suffix == ".db" or path.parent.name == "keys":
            assert path.stat().st_mode & 0o077 == 0


def test_init_refuses_a_folder_that_is_not_empty(world: World, tmp_path: Path) -> None:
    """Where anything is already, `init` changes nothing, be it an instance or a stray file."""
    (tmp_path / "note.txt").write_text("hello")
    for folder in (world.folder, tmp_path):
        assert "is not empty" in refusal(ran("init", "--data", folder))
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


def test_init_refuses_a_file_for_a_folder(tmp_path: Path) -> None:
    """A file where the folder should be, or where its parent should be, is refused in one sentence."""
    (tmp_path / "file").write_text("hello")
    for folder in (tmp_path / "file", tmp_path / "file" / "data"):
        result = ran("init", "--data", folder)
        refusal(result, result.status or 2)
        assert result.status in (1, 2)
    assert (tmp_path / "file").read_text() == "hello"


@pytest.mark.parametrize(
    "url", ["views.example.org", "ftp://x", "https://x/", "https://x/s", "http://[", "https://x?y", ""]
)
@pytest.mark.parametrize("option", ["--participant-url", "--staff-url"])
def test_init_refuses_an_address_that_it_cannot_use(tmp_path: Path, option: str, url: str) -> None:
    """An address that no link can be made from is refused before anything is made."""
    refusal(ran("init", "--data", tmp_path / "data", option, url))
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["survey"],
        ["survey", "nonsense"],
        ["survey", "check"],
        ["init"],
        ["staff", "add", "--data", "x", "--role", "king", "--name", "A", "--passphrase-stdin"],
        ["staff", "add", "--data", "x", "--role", "lead", "--name", "A"],
        ["invite", SLUG, "--data", "x", "--count", "many", "--out", "y"],
        ["invite", SLUG, "--data", "x", "--out", "y"],
        ["results", "open", SLUG, "--data", "x"],
        ["release", SLUG, "--data", "x", "--out", "y", "--recovery", "--holder", "Mo"],
        ["serve", "--data", "x", "--port", "http"],
    ],
)
def test_a_malformed_command_is_one_sentence(arguments: list[str]) -> None:
    """A command that cannot be understood exits with 2 and one sentence that names the help."""
    assert "--help" in refusal(ran(*arguments))


@pytest.mark.parametrize("arguments", [["--help"], ["survey", "--help"], ["invite", "--help"], ["release", "--help"]])
def test_help_is_there(arguments: list[str]) -> None:
    """Every command explains itself and exits with 0."""
    result = ran(*arguments)
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith("usage: coprod-survey")


@pytest.mark.parametrize(
    "arguments",
    [
        ["staff", "add", "--role", "lead", "--name", "A", "--passphrase-stdin"],
        ["survey", "create", WARD],
        ["survey", "open", SLUG],
        ["survey", "close", SLUG],
        ["invite", SLUG, "--count", "1", "--out", "codes.csv"],
        ["results", "open", SLUG, "--holder", "Mo"],
        ["release", SLUG, "--holder", "Mo", "--out", "out"],
        ["serve"],
    ],
)
@pytest.mark.parametrize("kind", ["missing", "empty", "file", "damaged"])
def test_a_data_folder_that_is_none_fails(tmp_path: Path, arguments: list[object], kind: str) -> None:
    """Without an instance in the data folder each command exits with 1, says so, and makes nothing."""
    folder = tmp_path / "data"
    if kind in ("empty", "damaged"):
        folder.mkdir()
    if kind == "damaged":
        (folder / "config.json").write_bytes(b'{"format": "coprod-con\xff')
    if kind == "file":
        folder.write_text("hello")
    before = sorted(tmp_path.rglob("*"))
    result = ran(*arguments, "--data", folder, typed=f"{PASSPHRASE}\n")
    assert "is not a readable data folder" in refusal(result, 1)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_configuration_with_faults_names_them_all(world: World, tmp_path: Path) -> None:
    """Every fault of config.json is named at once."""
    damaged = world.copy(tmp_path / "data")
    (damaged.folder / "config.json").write_text('{"format": "x", "participant_url": 3, "staff_url": "y"}')
    sentence = refusal(damaged.run("survey", "close", SLUG))
    for name in ("format", "participant_url", "staff_url", "recovery_public_key"):
        assert f'"{name}"' in sentence


NEEDS = {
    "surveys.db": ["survey", "close", SLUG],
    "invitations.db": ["invite", SLUG, "--count", "1", "--out"],
    "submissions.db": ["results", "open", "closed-views", "--holder", "Mo"],
    "desk.db": ["survey", "close", SLUG],
    "staff.db": ["results", "open", "closed-views", "--holder", "Mo"],
}


def damage(file: Path, kind: str) -> None:
    """Damage a database as a full disk, a crash or a wrong copy would."""
    content = file.read_bytes()
    if kind == "random":
        file.write_bytes(os.urandom(len(content)))
    elif kind == "half":
        file.write_bytes(content[: len(content) // 2])
    elif kind == "odd":
        file.write_bytes(content[: len(content) // 2 + 100])
    elif kind == "header":
        file.write_bytes(content[:50])
    elif kind == "text":
        file.write_bytes(b"<html>404 Not Found</html>" * 100)
    elif kind == "empty":
        file.write_bytes(b"")
    else:
        file.unlink()


@pytest.mark.parametrize("kind", ["random", "half", "odd", "header", "text", "empty", "gone"])
@pytest.mark.parametrize("name", DATABASES)
def test_a_damaged_database_fails_in_one_sentence(world: World, tmp_path: Path, name: str, kind: str) -> None:
    """A database that is cut, overwritten, emptied or gone exits with 1, names the file, and is left as it is."""
    damaged = world.copy(tmp_path / "data")
    damage(damaged.folder / name, kind)
    before = (damaged.folder / name).read_bytes() if kind != "gone" else b""
    arguments: list[object] = [*NEEDS[name], *([tmp_path / "codes.csv"] if "invite" in NEEDS[name] else [])]
    result = damaged.run(*arguments, **holder("Mo"))
    assert name in refusal(result, 1)
    assert not (tmp_path / "codes.csv").exists()
    assert ((damaged.folder / name).read_bytes() if kind != "gone" else b"") == before


@pytest.mark.parametrize("name", DATABASES)
def test_a_newer_database_is_refused(world: World, tmp_path: Path, name: str) -> None:
    """A database that a newer version has migrated is not touched; the sentence says which version to install."""
    newer = world.copy(tmp_path / "data")
    with sqlite3.connect(newer.folder / name) as db:
        stem = name.removesuffix(".db")
        (table,) = (
            row[0]
            for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if "migrations" in row[0]
        )
        columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
        values = {"migration_set": stem, "name": "999_future", "applied_at": "2031-01-01"}
        known = [column for column in columns if column in values]
        db.execute(
            f"INSERT INTO {table} ({', '.join(known)}) VALUES ({', '.join('?' * len(known))})",  # noqa: S608 - our own
            [values[column] for column in known],
        )
    db.close()
    before = (newer.folder / name).read_bytes()
    sentence = refusal(newer.run("survey", "close", SLUG), 1)
    assert sentence == f"{name} was made by a newer version of coprod-survey. Install that version or newer."
    assert (newer.folder / name).read_bytes() == before


def test_a_missing_key_file_fails_in_one_sentence(world: World, tmp_path: Path) -> None:
    """Without the survey's key file the results cannot be opened, and the sentence says what to restore."""
    damaged = world.copy(tmp_path / "data")
    (damaged.folder / "keys" / "shred-survey-closed-views").unlink()
    result = damaged.run("results", "open", "closed-views", "--holder", "Mo", **holder("Mo"))
    assert "key file is missing" in refusal(result, 1)


def test_closing_destroys_the_key_of_the_codes(world: World) -> None:
    """Once a survey is closed, nobody can test any more which code was used: the key for that is gone."""
    assert not (world.folder / "keys" / "codes-closed-views").exists()
    assert (world.folder / "keys" / f"codes-{SLUG}").exists()
