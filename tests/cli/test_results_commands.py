"""Opening and releasing results, and screening, from the command line."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from commands import PASSPHRASE, Ran, World, holder, ran, refusal


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
