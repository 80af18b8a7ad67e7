"""Adding staff, and the life of a survey from check to invitations."""

import json
import re
from pathlib import Path

import pytest
from commands import SHORT, SLUG, WARD, Ran, World, holder, ran, refusal, rows_of

from coprod_survey.bootstrap.operations import wire_operations
from coprod_survey.domain.invitation import code_hash, parse_code


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
