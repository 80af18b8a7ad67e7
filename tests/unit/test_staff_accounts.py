"""Staff accounts: a passphrase opens exactly one person's seed."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from argon2.low_level import hash_secret_raw

from coprod_survey.crypto import keyring
from coprod_survey.crypto.sealing import public_key_of
from coprod_survey.domain.errors import DataFolderUnusable, Refused, SignInRefused
from coprod_survey.domain.staff import Role
from coprod_survey.services.keyholding import person_shred_file
from coprod_survey.services.staff import SHORTEST_PASSPHRASE

if TYPE_CHECKING:
    from conftest import World

PASSPHRASE = "seven quiet herons wading"


def test_right_passphrase_gives_the_seed_of_the_public_key(world: World) -> None:
    """What is unlocked is the secret half of what others seal to."""
    added = world.accounts.add("Ada", Role.LEAD, PASSPHRASE)
    unlocked = world.accounts.unlock("Ada", PASSPHRASE)
    assert unlocked.person == added
    assert public_key_of(unlocked.seed) == added.public_key


@pytest.mark.parametrize("typed", ["ada", "ADA", "  Ada "])
def test_name_is_forgiven_at_sign_in(world: World, typed: str) -> None:
    """Letter case and outer spaces of a name make no difference."""
    world.accounts.add("Ada", Role.LEAD, PASSPHRASE)
    assert world.accounts.unlock(typed, PASSPHRASE).person.name == "Ada"


@pytest.mark.parametrize(
    ("name", "passphrase"),
    [
        ("Ada", PASSPHRASE + " "),
        ("Ada", ""),
        ("Bea", PASSPHRASE),
        ("", PASSPHRASE),
        ("Ada", "other quiet herons wading"),
    ],
)
def test_refusals_look_alike(world: World, name: str, passphrase: str) -> None:
    """A wrong name and a wrong passphrase get one message, which repeats neither."""
    world.accounts.add("Ada", Role.LEAD, PASSPHRASE)
    world.accounts.add("Eve", Role.LEAD, "other quiet herons wading")
    with pytest.raises(SignInRefused) as caught:
        world.accounts.unlock(name, passphrase)
    assert str(caught.value) == str(SignInRefused())
    assert caught.value.__cause__ is None


def test_unknown_name_costs_the_same_work(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """One stretching of the passphrase happens whether or not the name exists."""
    runs: list[int] = []

    def counted(*given: Any, **cost: Any) -> bytes:
        runs.append(cost["memory_cost"])
        return hash_secret_raw(*given, **cost)

    monkeypatch.setattr(keyring, "hash_secret_raw", counted)
    world.accounts.add("Ada", Role.LEAD, PASSPHRASE)
    runs.clear()
    for name in ("Ada", "Nobody"):
        with pytest.raises(SignInRefused):
            world.accounts.unlock(name, "wrong wrong wrong")
    assert runs == [32, 32]


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "Ada\x00", "A\u202eda", "\u200b"])
def test_name_must_be_printable(world: World, name: str) -> None:
    """Empty, overlong and invisible names are refused, and no account is made."""
    with pytest.raises(Refused, match="printable"):
        world.accounts.add(name, Role.LEAD, PASSPHRASE)
    assert list(world.accounts.all()) == []


def test_spaces_in_a_name_are_tidied(world: World) -> None:
    """Runs of white space become one space."""
    assert world.accounts.add("  Ada \t Byron ", Role.LEAD, PASSPHRASE).name == "Ada Byron"


@pytest.mark.parametrize(("length", "accepted"), [(SHORTEST_PASSPHRASE - 1, False), (SHORTEST_PASSPHRASE, True)])
def test_passphrase_has_a_shortest_length(world: World, length: int, accepted: bool) -> None:
    """One character too few is refused, and the message does not repeat the passphrase."""
    too_short = rf"^[^q]*at least {SHORTEST_PASSPHRASE} characters[^q]*$"
    outcome = nullcontext() if accepted else pytest.raises(Refused, match=too_short)
    with outcome:
        world.accounts.add("Ada", Role.LEAD, "q" * length)
    assert bool(world.accounts.all()) is accepted


def test_taken_name_keeps_its_first_owner(world: World) -> None:
    """A second account of the same name, in any letter case, replaces nothing."""
    world.accounts.add("Ada", Role.LEAD, PASSPHRASE)
    with pytest.raises(Refused, match="already an account"):
        world.accounts.add("ADA", Role.ADMIN, "another long passphrase")
    assert world.accounts.unlock("Ada", PASSPHRASE).person.role is Role.LEAD


def test_destroyed_shred_key_shuts_the_account_for_good(world: World) -> None:
    """Without the person's shred key the right passphrase opens nothing, whatever backup of staff.db there is."""
    person = world.accounts.add("Ada", Role.LEAD, PASSPHRASE)
    found = world.stores.staff.find("Ada")
    assert found
    fresh = type(world)(replace(world.stores, secrets=type(world.stores.secrets)()))
    with pytest.raises(DataFolderUnusable):
        fresh.accounts.unlock("Ada", PASSPHRASE)
    fresh.stores.secrets.create(person_shred_file(person.id), bytes(32))
    with pytest.raises(SignInRefused):
        fresh.accounts.unlock("Ada", PASSPHRASE)


def test_same_passphrase_of_two_people_opens_two_seeds(world: World) -> None:
    """Equal passphrases cannot be recognised in what is stored."""
    ada, bea = world.add(Role.LEAD, "Ada"), world.add(Role.LEAD, "Bea")
    wraps = [found[1] for name in ("Ada", "Bea") if (found := world.stores.staff.find(name))]
    assert ada.seed != bea.seed
    assert wraps[0].salt != wraps[1].salt
    assert wraps[0].locked != wraps[1].locked


def test_unlocked_person_shows_no_seed(world: World) -> None:
    """The seed is not in the repr of somebody who signed in."""
    ada = world.add(Role.LEAD, "Ada")
    assert repr(ada.seed) not in repr(ada)
    assert ada.seed.hex() not in repr(ada)


def test_accounts_are_listed_by_name(world: World) -> None:
    """Every account appears once, in the order of names."""
    for name in ("Cyd", "ada", "Bea"):
        world.accounts.add(name, Role.MEMBER, PASSPHRASE)
    assert [person.name for person in world.accounts.all()] == ["ada", "Bea", "Cyd"]
