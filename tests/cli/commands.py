"""Run commands in this process, and the instance that the tests of the command line share."""

import csv
import io
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from coprod_survey.bootstrap.participant import wire_participant
from coprod_survey.cli import main
from coprod_survey.domain.answers import Answers, Given, parse_answers
from coprod_survey.domain.invitation import parse_code

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


def rows_of(file: Path) -> list[dict[str, str]]:
    """Return the rows of a file of codes."""
    with file.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def answer(folder: Path, slug: str, codes: list[str], *, asked: bool = False) -> None:
    """Send one answer for each code, as the participant face does."""
    services = wire_participant(folder)
    survey = services.surveys.get(slug)
    for number, typed in enumerate(codes):
        code = parse_code(typed)
        assert code is not None
        answers: Answers = {
            "welcome": Given("yes" if number % 2 else "no"),
            "listened": Given(number % 11),
            "helped": Given(("time",)),
            "again": Given("maybe"),
        }
        if slug != "closed-views":
            answers, _ = parse_answers(survey.instrument, {})
        services.participate.receive(survey, code, answers, language="en", asked_to_be_read=asked)


def holder(*names: str) -> dict[str, Any]:
    """Return what these holders type."""
    return {"typed": "".join(f"{PASSPHRASE} of {name}\n" for name in names)}
