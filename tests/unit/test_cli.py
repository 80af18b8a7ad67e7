"""The command line: what each command prints, and that every error is one plain sentence with the right status."""

import csv
import io
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from coprod_survey.bootstrap.operations import wire_operations
from coprod_survey.bootstrap.participant import wire_participant
from coprod_survey.cli import main
from coprod_survey.crypto.wraps import Hardness
from coprod_survey.domain.answers import Given
from coprod_survey.domain.invitation import code_hash, parse_code

SAMPLES = Path(__file__).resolve().parents[2] / "coprod_survey" / "samples"
WARD, SHORT = SAMPLES / "ward-experience.json", SAMPLES / "short-check.json"
SLUG = "your-views-spring"
PASSPHRASE = "seven quiet otters"
DATABASES = ("surveys.db", "invitations.db", "submissions.db", "desk.db", "staff.db")


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    status: int
    out: str
    err: str


def ran(*arguments: object, typed: str | bytes = "") -> Ran:
    """Run one command in this process, with `typed` on its standard input."""
    given = typed.encode() if isinstance(typed, str) else typed
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(given), encoding="utf-8"))
        patch.setattr("sys.stdout", out)
        patch.setattr("sys.stderr", err)
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as ended:  # argparse ends in this way
            status = int(ended.code or 0)
    return Ran(status, out.getvalue(), err.getvalue())


def refusal(result: Ran, status: int = 2) -> str:
    """Return the one sentence of a refused command, having checked that it is one, and nothing went to stdout."""
    assert result.status == status, result
    assert result.out == ""
    lines = result.err.splitlines()
    assert len(lines) == 1, result.err
    assert lines[0].endswith((".", "--help")) or "init --data" in lines[0]
    assert "Traceback" not in result.err
    assert "Error" not in result.err
    return lines[0]


@dataclass(frozen=True)
class World:
    """An instance with an open survey, a closed one with answers, and a draft."""

    folder: Path
    recovery_key: str

    def run(self, *arguments: object, typed: str | bytes = "") -> Ran:
        """Run one command on this instance."""
        return ran(*arguments, "--data", self.folder, typed=typed)

    def copy(self, to: Path) -> "World":
        """Return a copy that a test may damage."""
        shutil.copytree(self.folder, to)
        return World(to, self.recovery_key)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Make the instance with the commands themselves."""
    folder = tmp_path_factory.mktemp("cli") / "data"
    made = World(folder, ran("init", "--data", folder).out.splitlines()[-1])
    for role, name in (("organiser", "Olu"), ("lead", "Lea"), ("member", "Mo"), ("member", "Mia")):
        typed = f"{PASSPHRASE} of {name}\n"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Hardness.__init__, "__defaults__", (32, 1, 4))
            made.run("staff", "add", "--role", role, "--name", name, "--passphrase-stdin", typed=typed)
    assert made.run("survey", "create", WARD).out == f"{SLUG}\n"
    assert made.run("survey", "open", SLUG, "--demonstration-gates").status == 0
    closed = json.loads(SHORT.read_bytes()) | {"slug": "closed-views"}
    file = folder.parent / "closed.json"
    file.write_text(json.dumps(closed))
    made.run("survey", "create", file)
    made.run("survey", "open", "closed-views")
    codes = folder.parent / "closed.csv"
    made.run("invite", "closed-views", "--count", 20, "--out", codes)
    answer(folder, "closed-views", [row["code"] for row in rows_of(codes)])
    assert made.run("survey", "close", "closed-views").status == 0
    file.write_text(json.dumps(closed | {"slug": "draft-views"}))
    made.run("survey", "create", file)
    return made


def rows_of(file: Path) -> list[dict[str, str]]:
    """Return the rows of a file of codes."""
    with file.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def answer(folder: Path, slug: str, codes: list[str]) -> None:
    """Send one answer for each code, as the participant face does."""
    services = wire_participant(folder)
    survey = services.surveys.get(slug)
    for number, typed in enumerate(codes):
        code = parse_code(typed)
        assert code is not None
        answers = {
            "welcome": Given("yes" if number % 2 else "no"),
            "listened": Given(number % 11),
            "helped": Given(("time",)),
            "again": Given("maybe"),
        }
        services.participate.receive(survey, code, answers, language="en", asked_to_be_read=False)


def holder(*names: str) -> dict[str, Any]:
    """Return what these holders type."""
    return {"typed": "".join(f"{PASSPHRASE} of {name}\n" for name in names)}


# -- init ---------------------------------------------------------------------------------------------------------


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


# -- the command line itself --------------------------------------------------------------------------------------


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


# -- databases ----------------------------------------------------------------------------------------------------

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


# -- staff --------------------------------------------------------------------------------------------------------


def test_staff_add_says_who_was_added(world: World, tmp_path: Path) -> None:
    """An account is added under its role, and its passphrase is nowhere in the data folder."""
    copy = world.copy(tmp_path / "data")
    arguments = ("staff", "add", "--role", "admin", "--name", "  Ada   Admin ", "--passphrase-stdin")
    result = copy.run(*arguments, typed="an unusual passphrase\r\nsecond line\n")
    assert result == Ran(0, "Added Ada Admin as admin.\n", "")
    stored = b"".join(path.read_bytes() for path in copy.folder.rglob("*") if path.is_file())
    assert b"unusual" not in stored
    assert wire_operations(copy.folder).accounts.unlock("ada admin", "an unusual passphrase")


@pytest.mark.parametrize(
    ("name", "typed", "words"),
    [
        ("Olu", "long enough passphrase\n", "already an account"),
        ("oLU ", "long enough passphrase\n", "already an account"),
        ("Ada", "short\n", "too short"),
        ("Ada", "\n", "one line of UTF-8 on standard input"),
        ("Ada", "", "one line of UTF-8 on standard input"),
        ("", "long enough passphrase\n", "1 to 60"),
        ("   ", "long enough passphrase\n", "1 to 60"),
        ("a" * 61, "long enough passphrase\n", "1 to 60"),
        ("Ada\x1b[31m", "long enough passphrase\n", "1 to 60"),
        ("Ada\udcff", "long enough passphrase\n", "1 to 60"),
        ("Ada", b"\xff\xfe\xff long enough passphrase\n", "standard input"),
    ],
)
def test_staff_add_refuses(world: World, name: str, typed: str | bytes, words: str) -> None:
    """A taken or odd name and a short, missing or unreadable passphrase are refused, and no key is made."""
    before = sorted(path.name for path in (world.folder / "keys").iterdir())
    result = world.run("staff", "add", "--role", "admin", "--name", name, "--passphrase-stdin", typed=typed)
    assert words in refusal(result)
    assert sorted(path.name for path in (world.folder / "keys").iterdir()) == before


# -- surveys ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", [WARD, SHORT])
def test_survey_check_praises_a_good_file(file: Path) -> None:
    """A good instrument is counted and given its version, without an instance."""
    result = ran("survey", "check", file)
    assert (result.status, result.err) == (0, "")
    assert re.search(r"is a good instrument: \d+ questions, version [0-9a-f]{16}\.", result.out)


def test_survey_check_lists_every_fault(tmp_path: Path) -> None:
    """Each fault of a file is one line with its path, what is wrong and how to mend it; the status is 2."""
    document = json.loads(SHORT.read_bytes())
    items = document["sections"][0]["items"]
    items[0]["kind"] = "song"
    items[1]["max"] = -3
    items[2]["id"] = "Not An Id"
    document["surprise"] = True
    file = tmp_path / "bad.json"
    file.write_text(json.dumps(document))
    result = ran("survey", "check", file)
    assert (result.status, result.out) == (2, "")
    lines = result.err.splitlines()
    assert len(lines) >= 4
    assert all(re.fullmatch(r"\S.*: .+; .+\.", line) for line in lines)
    for path in ("items[0].kind", "items[1]", "items[2].id", "surprise"):
        assert any(path in line for line in lines)


@pytest.mark.parametrize("command", ["check", "create"])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe{\x00}\x00",
        b'{"title": "caf\xe9"}',
        b"[" * 100_000,
        b'{"a": 1' + b"0" * 10_000 + b"}",
        b"\x00" * 100,
        b"PK\x03\x04 a spreadsheet",
    ],
    ids=lambda content: repr(content[:12]),
)
def test_a_file_that_is_no_instrument_is_refused(world: World, tmp_path: Path, command: str, content: bytes) -> None:
    """Whatever the bytes of the file are, check and create say what is wrong and exit with 2."""
    file = tmp_path / "file.json"
    file.write_bytes(content)
    result = ran("survey", command, file, *(("--data", world.folder) if command == "create" else ()))
    assert (result.status, result.out) == (2, "")
    assert result.err.strip()
    assert "Traceback" not in result.err


@pytest.mark.parametrize("command", ["check", "create"])
def test_a_file_that_cannot_be_read_is_refused(world: World, tmp_path: Path, command: str) -> None:
    """A missing file and a folder in place of a file are refused in one sentence."""
    data = ("--data", world.folder) if command == "create" else ()
    for file in (tmp_path / "missing.json", tmp_path):
        assert "cannot be read" in refusal(ran("survey", command, file, *data))


def test_survey_create_prints_the_slug_alone(world: World, tmp_path: Path) -> None:
    """The slug is all that is printed; without one in the file a neutral one of three words is drawn."""
    result = world.copy(tmp_path / "data").run("survey", "create", SHORT)
    assert (result.status, result.err) == (0, "")
    assert re.fullmatch(r"[a-z]+-[a-z]+-[a-z]+\n", result.out)


def test_survey_create_refuses_a_taken_slug(world: World) -> None:
    """A second survey cannot take the address of the first."""
    assert "already a survey" in refusal(world.run("survey", "create", WARD))


def test_survey_open_lists_what_the_gates_need(world: World, tmp_path: Path) -> None:
    """A sensitive survey is refused with one line for each thing that is missing, and stays a draft."""
    copy = world.copy(tmp_path / "data")
    file = tmp_path / "ward.json"
    file.write_text(json.dumps(json.loads(WARD.read_bytes()) | {"slug": "second-views"}))
    copy.run("survey", "create", file)
    result = copy.run("survey", "open", "second-views")
    assert (result.status, result.out) == (2, "")
    first, *missing, last = result.err.splitlines()
    assert "cannot open yet" in first
    assert missing
    assert all(line.startswith("- ") for line in missing)
    assert "--demonstration-gates" in last
    assert copy.run("survey", "open", "second-views", "--demonstration-gates").status == 0


def test_survey_open_says_who_holds_what(world: World, tmp_path: Path) -> None:
    """Opening prints the address, who can open results, and who reads flags."""
    result = world.copy(tmp_path / "data").run("survey", "open", "draft-views")
    assert result.out.splitlines() == [
        "draft-views is open at http://127.0.0.1:8080/s/draft-views",
        "Results can be opened by: Mia, Mo.",
        "Flags are read by: Lea.",
    ]


def test_survey_open_needs_a_lead(tmp_path: Path) -> None:
    """Without a safeguarding lead no survey opens, not even as a demonstration."""
    ran("init", "--data", tmp_path / "data")
    ran("survey", "create", WARD, "--data", tmp_path / "data")
    result = ran("survey", "open", SLUG, "--data", tmp_path / "data", "--demonstration-gates")
    assert result.status == 2
    assert "no safeguarding lead" in result.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["survey", "open", SLUG, "--demonstration-gates"], "cannot be opened"),
        (["survey", "open", "closed-views"], "cannot be opened"),
        (["survey", "close", "draft-views"], "cannot be closed"),
        (["survey", "close", "closed-views"], "cannot be closed"),
        (["survey", "open", "no-such-views"], "no survey"),
        (["survey", "close", "no-such-views"], "no survey"),
        (["survey", "close", "'; DROP TABLE surveys"], "no survey"),
        (["results", "open", SLUG, "--holder", "Mo"], "Close it before"),
        (["release", SLUG, "--holder", "Mo", "--out", "never"], "Close it before"),
        (["results", "open", "draft-views", "--holder", "Mo"], "Close it before"),
        (["results", "open", "no-such-views", "--holder", "Mo"], "no survey"),
    ],
)
def test_a_step_out_of_turn_is_refused(world: World, arguments: list[str], words: str) -> None:
    """A survey that is in another state, or not there at all, is left as it is, with one sentence and status 2."""
    assert words in refusal(world.run(*arguments, **holder("Mo")))
    assert not Path("never").exists()


# -- invitations --------------------------------------------------------------------------------------------------


def test_invite_writes_codes_and_links(world: World, tmp_path: Path) -> None:
    """The file has the header code,link; every code is new, and its link carries it behind the address."""
    out = tmp_path / "codes.csv"
    result = world.run("invite", SLUG, "--count", 25, "--out", out)
    assert (result.status, result.err) == (0, "")
    assert out.read_text().splitlines()[0] == "code,link"
    rows = rows_of(out)
    assert len({row["code"] for row in rows}) == 25
    for row in rows:
        assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}", row["code"])
        assert row["link"] == f"http://127.0.0.1:8080/s/{SLUG}#{row['code']}"
    assert out.stat().st_mode & 0o077 == 0
    assert not any(row["code"] in result.out for row in rows)


def test_invite_keeps_only_hashes(world: World, tmp_path: Path) -> None:
    """No file of the instance holds a code, in any spelling; its hash is there."""
    copy, out = world.copy(tmp_path / "data"), tmp_path / "codes.csv"
    copy.run("invite", SLUG, "--count", 3, "--out", out)
    stored = b"".join(path.read_bytes() for path in copy.folder.rglob("*") if path.is_file())
    for row in rows_of(out):
        code = parse_code(row["code"])
        assert code is not None
        assert code.encode() not in stored
        assert row["code"].encode() not in stored
        assert code_hash(SLUG, code) in stored


@pytest.mark.parametrize("count", ["0", "-1", "100001", "1.5", "", "1e3", "²"])
def test_invite_refuses_a_bad_count(world: World, tmp_path: Path, count: str) -> None:
    """A count that is no whole number from 1 to 100,000 is refused, and no file is left."""
    refusal(world.run("invite", SLUG, f"--count={count}", "--out", tmp_path / "codes.csv"))
    assert list(tmp_path.iterdir()) == []


def test_invite_never_overwrites(world: World, tmp_path: Path) -> None:
    """A file that is there stays as it is, and no code is made for it."""
    out = tmp_path / "codes.csv"
    out.write_text("precious")
    before = wire_operations(world.folder).invite._invitations.count(SLUG)
    assert "never overwritten" in refusal(world.run("invite", SLUG, "--count", 1, "--out", out))
    assert "never overwritten" in refusal(world.run("invite", SLUG, "--count", 1, "--out", tmp_path))
    assert out.read_text() == "precious"
    assert wire_operations(world.folder).invite._invitations.count(SLUG) == before


def test_invite_makes_no_codes_that_it_cannot_write(world: World, tmp_path: Path) -> None:
    """Where the file cannot be made, no code is made either: it could never be given to anybody."""
    before = wire_operations(world.folder).invite._invitations.count(SLUG)
    assert "cannot be written" in refusal(
        world.run("invite", SLUG, "--count", 5, "--out", tmp_path / "no" / "codes.csv")
    )
    assert wire_operations(world.folder).invite._invitations.count(SLUG) == before


@pytest.mark.parametrize("slug", ["draft-views", "closed-views", "no-such-views"])
def test_invite_needs_an_open_survey(world: World, tmp_path: Path, slug: str) -> None:
    """Invitations can be made only while a survey is open; nothing is left behind otherwise."""
    refusal(world.run("invite", slug, "--count", 1, "--out", tmp_path / "codes.csv"))
    assert list(tmp_path.iterdir()) == []


# -- results ------------------------------------------------------------------------------------------------------


def test_release_twice_gives_the_same_bytes(world: World, tmp_path: Path) -> None:
    """Two releases, by two holders, in two folders and after opening again, are the same files byte for byte."""
    copy = world.copy(tmp_path / "data")
    assert copy.run("results", "open", "closed-views", "--holder", "Mo", **holder("Mo")).status == 0
    first, second, third = (tmp_path / name for name in ("first", "second", "third"))
    assert copy.run("release", "closed-views", "--holder", "Mo", "--out", first, **holder("Mo")).status == 0
    assert copy.run("results", "open", "closed-views", "--holder", "Mo", **holder("Mo")).status == 0
    assert copy.run("release", "closed-views", "--holder", "Mia", "--out", second, **holder("Mia")).status == 0
    assert (
        copy.run("release", "closed-views", "--holder", "Mo", "Mia", "--out", third, **holder("Mo", "Mia")).status == 0
    )
    names = sorted(path.name for path in first.iterdir())
    assert names == ["publication.json", "results.csv", "results.json", "results.xlsx"]
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes() == (third / name).read_bytes()


def test_the_same_answers_give_the_same_release_elsewhere(world: World, tmp_path: Path) -> None:
    """A restored copy of the instance makes the same release: rounding follows from the keys, not from chance."""
    files = []
    for name in ("one", "two"):
        copy = world.copy(tmp_path / name)
        copy.run("release", "closed-views", "--holder", "Mo", "--out", tmp_path / f"out-{name}", **holder("Mo"))
        files.append({path.name: path.read_bytes() for path in (tmp_path / f"out-{name}").iterdir()})
    assert files[0] == files[1]


def test_recovery_opens_what_nobody_else_can(world: World, tmp_path: Path) -> None:
    """The recovery key, also typed in small letters with spaces, opens results in place of holders."""
    copy = world.copy(tmp_path / "data")
    typed = copy.recovery_key.lower().replace("-", " ") + "\n"
    assert copy.run("results", "open", "closed-views", "--recovery", typed=typed).status == 0
    result = copy.run(
        "release", "closed-views", "--recovery", "--out", tmp_path / "out", typed=copy.recovery_key + "\n"
    )
    assert result.status == 0
    assert (tmp_path / "out" / "results.csv").is_file()


@pytest.mark.parametrize("command", [["results", "open"], ["release"]])
@pytest.mark.parametrize(
    ("names", "typed", "words"),
    [
        (["Mo"], "wrong passphrase\n", "do not go together"),
        (["Mo"], f"{PASSPHRASE} of Mia\n", "do not go together"),
        (["Nobody"], f"{PASSPHRASE} of Mo\n", "do not go together"),
        (["Mo"], "", "the passphrase of Mo"),
        (["Mo", "Mia"], f"{PASSPHRASE} of Mo\n", "the passphrase of Mia"),
        (["Mo", "Mia"], f"{PASSPHRASE} of Mo\nwrong\n", "do not go together"),
        (["Olu"], f"{PASSPHRASE} of Olu\n", "Olu holds no key"),
        (["Lea"], f"{PASSPHRASE} of Lea\n", "Lea holds no key"),
        (["Mo"], b"\xff\xff\n", "standard input"),
    ],
)
def test_whoever_does_not_hold_the_key_is_refused(
    world: World, tmp_path: Path, command: list[str], names: list[str], typed: str | bytes, words: str
) -> None:
    """A wrong passphrase, an unknown name, a missing line and somebody without a key get one sentence and status 2."""
    out = ["--out", tmp_path / "out"] if command == ["release"] else []
    result = world.run(*command, "closed-views", "--holder", *names, *out, typed=typed)
    assert words in refusal(result)
    assert PASSPHRASE not in result.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("typed", ["", "\n", "K7QX\n", "0000-" * 13 + "0000\n", "no such key\n", "é" * 56 + "\n"])
def test_a_mistyped_recovery_key_is_refused(world: World, typed: str) -> None:
    """A recovery key with a slip in it is noticed before anything is tried with it."""
    refusal(world.run("results", "open", "closed-views", "--recovery", typed=typed))


def test_the_recovery_key_of_another_instance_opens_nothing(world: World, tmp_path: Path) -> None:
    """A well-formed key of another instance fails with one sentence."""
    other = ran("init", "--data", tmp_path / "other").out.splitlines()[-1]
    refusal(world.run("results", "open", "closed-views", "--recovery", typed=other + "\n"), 1)


def test_release_needs_a_folder_that_it_can_write(world: World, tmp_path: Path) -> None:
    """Where the folder cannot be made, the command fails in one sentence, and works with another folder."""
    copy = world.copy(tmp_path / "data")
    (tmp_path / "file").write_text("hello")
    result = copy.run("release", "closed-views", "--holder", "Mo", "--out", tmp_path / "file", **holder("Mo"))
    refusal(result, 1)
    again = copy.run("release", "closed-views", "--holder", "Mo", "--out", tmp_path / "out", **holder("Mo"))
    assert again.status == 0


def test_a_damaged_working_set_is_said_plainly(world: World, tmp_path: Path) -> None:
    """A working set that was cut is not released; the sentence says how to make it anew, and that works."""
    copy = world.copy(tmp_path / "data")
    copy.run("results", "open", "closed-views", "--holder", "Mo", **holder("Mo"))
    locked = next((copy.folder / "working").iterdir())
    locked.write_bytes(locked.read_bytes()[:50])
    out = ("--out", tmp_path / "out")
    refusal(copy.run("release", "closed-views", "--holder", "Mo", *out, **holder("Mo")), 1)
    copy.run("results", "open", "closed-views", "--holder", "Mo", **holder("Mo"))
    assert copy.run("release", "closed-views", "--holder", "Mo", *out, **holder("Mo")).status == 0


def test_a_changed_answer_is_not_counted(world: World, tmp_path: Path) -> None:
    """One changed byte in one sealed answer stops the opening with one sentence, and nothing is released."""
    copy = world.copy(tmp_path / "data")
    with sqlite3.connect(copy.folder / "submissions.db") as db:
        db.execute(
            "UPDATE answers SET content = randomblob(length(content))"
            " WHERE rowid = (SELECT min(rowid) FROM answers WHERE slug = 'closed-views' AND used = 1)"
        )
    db.close()
    sentence = refusal(copy.run("results", "open", "closed-views", "--holder", "Mo", **holder("Mo")), 1)
    assert "does not open" in sentence


# -- screening ----------------------------------------------------------------------------------------------------


def test_screen_answers_line_by_line() -> None:
    """Each line gets a line with its id, level and findings, whose spans cut the words out of the text."""
    texts = ["The tea was warm.", "🫶🏽 Tonight I am going to kill myself.", ""]
    lines = "\n".join(json.dumps({"id": number, "text": text}) for number, text in enumerate(texts))
    result = ran("screen", typed=lines + "\n\n")
    assert (result.status, result.err) == (0, "")
    found = [json.loads(line) for line in result.out.splitlines()]
    assert [line["id"] for line in found] == [0, 1, 2]
    assert [line["level"] for line in found] == ["none", "urgent", "none"]
    assert all(line["screened"] is True for line in found)
    for finding in found[1]["findings"]:
        assert set(finding) == {"category", "rule", "start", "end", "words"}
        assert texts[1][finding["start"] : finding["end"]] == finding["words"]


def test_screen_of_nothing_is_nothing() -> None:
    """Empty input gives empty output and status 0."""
    assert ran("screen") == Ran(0, "", "")


@pytest.mark.parametrize("language", ["cy", "xx"])
def test_screen_says_what_was_not_screened(language: str) -> None:
    """A language without rules is answered with "screened": false."""
    result = ran("screen", typed=json.dumps({"id": "a", "text": "Helo", "lang": language}))
    assert json.loads(result.out)["screened"] is False


@pytest.mark.parametrize(
    "line",
    [
        b"hello",
        b"[]",
        b"null",
        b"{}",
        b'{"id": 1}',
        b'{"text": "x"}',
        b'{"id": 1, "text": 5}',
        b'{"id": 1, "text": "x", "lang": 7}',
        b'{"id": 1, "text": "caf\xe9"}',
        b"[" * 100_000,
        b'{"id": 1' + b"0" * 10_000 + b', "text": "x"}',
        b"\x00\x01",
    ],
    ids=lambda line: repr(line[:24]),
)
def test_screen_names_the_line_that_it_cannot_read(line: bytes) -> None:
    """A malformed line stops the run with status 2 and one sentence with its number; none of its words is repeated."""
    result = ran("screen", typed=b'{"id": 0, "text": "fine"}\n' + line + b"\n")
    assert result.status == 2
    assert result.err.startswith("Line 2 is not ")
    assert len(result.err.splitlines()) == 1
    assert "caf" not in result.err


def test_screen_survives_half_a_character() -> None:
    """A lone surrogate, which JSON can write and UTF-8 cannot, comes back as JSON that reads the same."""
    line = b'{"id": "\\ud800", "text": "I want to die \\udfff"}'
    done = subprocess.run(
        [sys.executable, "-m", "coprod_survey", "screen"], input=line, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["id"] == "\ud800"


# -- serving, and the program as a process ------------------------------------------------------------------------


def free_port() -> int:
    """Return a port that nothing uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("taken", ["--port", "--staff-port"])
def test_a_port_in_use_is_said_before_anything_starts(world: World, taken: str) -> None:
    """Where something listens already, `serve` exits with 2 and starts neither server."""
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        other = "--staff-port" if taken == "--port" else "--port"
        result = world.run("serve", taken, port, other, free_port())
    assert result.status == 2
    assert result.err == f"Port {port} is in use or not allowed. Stop what uses it, or choose another port.\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--port", "99999"],
        ["--port", "-5"],
        ["--workers", "0"],
        ["--workers", "65"],
        ["--port", "7", "--staff-port", "7"],
    ],
)
def test_serve_refuses_numbers_that_cannot_be(world: World, arguments: list[str]) -> None:
    """Ports outside their range or twice the same, and no or too many workers, are refused with status 2."""
    result = world.run("serve", *arguments)
    assert result.status == 2
    assert len(result.err.splitlines()) == 1


def test_both_faces_are_served_until_told_to_stop(world: World, tmp_path: Path) -> None:
    """`serve` answers on both ports, logs only events from its list, and ends with 0 on SIGTERM."""
    copy, ports = world.copy(tmp_path / "data"), (free_port(), free_port())
    command = [sys.executable, "-m", "coprod_survey", "serve", "--data", str(copy.folder), "--workers", "1"]
    command += ["--port", str(ports[0]), "--staff-port", str(ports[1])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert [fetched(port, "/healthz") for port in ports] == [b"ok", b"ok"]
            assert b"Your views, spring" in fetched(ports[0], f"/s/{SLUG}")
        finally:
            server.send_signal(signal.SIGTERM)
            out, err = server.communicate(timeout=30)
    assert server.returncode == 0
    assert out.startswith("Participants: http://127.0.0.1:")
    assert set(err.splitlines()) <= {
        "server started",
        "server listens",
        "worker started",
        "worker stopped",
        "server was told to stop",
        "server stopped",
    }


def fetched(port: int, path: str) -> bytes:
    """Return a page of the started server, waiting until it listens."""
    for _ in range(200):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as response:
                return bytes(response.read())
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server did not start")


@pytest.mark.parametrize("locale", ["C", "C.UTF-8", "POSIX"])
def test_the_program_works_in_any_locale(tmp_path: Path, locale: str) -> None:
    """As a process of its own, in any locale, errors are one sentence on stderr with the right status."""
    command = [sys.executable, "-m", "coprod_survey", "survey", "check", str(tmp_path / "ünknown.json")]
    done = subprocess.run(command, capture_output=True, env={**os.environ, "LC_ALL": locale}, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.count(b"\n") == 1
    assert b"cannot be read" in done.stderr


def test_a_reader_that_stops_early_gets_no_traceback() -> None:
    """`screen | head -1` ends quietly."""
    lines = b'{"id": 1, "text": "hello"}\n' * 5000
    command = f"{sys.executable} -m coprod_survey screen | head -1"
    done = subprocess.run(command, input=lines, capture_output=True, shell=True, check=False)  # noqa: S602 - our own words
    assert json.loads(done.stdout)["id"] == 1
    assert b"Traceback" not in done.stderr
