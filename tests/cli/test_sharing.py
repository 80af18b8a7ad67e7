"""Letting another safeguarding lead read the flags of a survey."""

from pathlib import Path

import pytest
from commands import SLUG, World, answer, holder, ran, refusal, rows_of

from coprod_survey.bootstrap.staff import wire_staff


@pytest.fixture
def disclosed(world: World, tmp_path: Path) -> World:
    """Return a copy with one answer that asked to be read, and a lead who was added after opening."""
    copy = world.copy(tmp_path / "data")
    copy.run("staff", "add", "--role", "lead", "--name", "Late", "--passphrase-stdin", **holder("Late"))
    copy.run("invite", SLUG, "--count", 1, "--out", tmp_path / "one.csv")
    answer(copy.folder, SLUG, [rows_of(tmp_path / "one.csv")[0]["code"]], asked=True)
    return copy


def read_by(world: World, name: str) -> tuple[int, list[str]]:
    """Return how many flags a lead finds after signing in, and which surveys are out of their reach."""
    staff = wire_staff(world.folder)
    lead = staff.accounts.unlock(name, holder(name)["typed"].strip())
    staff.flags.drain(lead)
    return len(staff.flags.inbox(lead)), staff.flags.out_of_reach(lead)


def test_a_late_lead_is_told_what_is_out_of_reach(disclosed: World) -> None:
    """Before sharing, an empty inbox names the surveys that it cannot show."""
    assert read_by(disclosed, "Late") == (0, ["closed-views", SLUG])


@pytest.mark.parametrize("who", ["reader", "recovery"])
def test_sharing_lets_a_late_lead_read(disclosed: World, who: str) -> None:
    """A lead who reads already, or the recovery key, gives a late lead the same flags."""
    ways = {
        "reader": (["--holder", "Lea"], holder("Lea")),
        "recovery": (["--recovery"], {"typed": disclosed.recovery_key}),
    }
    arguments, typed = ways[who]
    shared = disclosed.run("survey", "share", SLUG, "--with", "Late", *arguments, **typed)
    assert (shared.status, shared.out.split(" can ")[0]) == (0, "Late")
    assert read_by(disclosed, "Late") == (1, ["closed-views"])


@pytest.mark.parametrize(
    ("reader", "giver", "words"),
    [
        ("Mo", ["Lea"], "not a safeguarding lead"),
        ("Nobody", ["Lea"], "not a safeguarding lead"),
        ("Late", ["Mo"], "cannot read the flags"),
        ("Late", ["Late"], "cannot read the flags"),
        ("Late", ["Lea", "Mo"], "one --holder only"),
    ],
)
def test_sharing_needs_a_reader_on_both_sides(disclosed: World, reader: str, giver: list[str], words: str) -> None:
    """Only who reads already can share, and only with a safeguarding lead."""
    command = ["survey", "share", SLUG, "--data", disclosed.folder, "--with", reader, "--holder", *giver]
    assert words in refusal(ran(*command, **holder(*giver)))
    assert read_by(disclosed, "Late")[0] == 0
