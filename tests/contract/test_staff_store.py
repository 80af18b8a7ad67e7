"""What every ports.StaffStore promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from coprod_survey.crypto.wraps import Hardness, Wrap
from coprod_survey.domain.errors import Refused
from coprod_survey.domain.staff import Person, Role
from coprod_survey.ports import StaffStore

if TYPE_CHECKING:
    from conftest import Stores

WRAP = Wrap(bytes(range(16)), bytes(12), b"\0locked\xff", Hardness(65536, 3, 4), version=1)


@pytest.fixture
def store(stores: Stores) -> StaffStore:
    """Return an empty store."""
    return stores.staff


def person(name: str, role: Role = Role.LEAD) -> Person:
    """Return somebody whose id follows from the name."""
    return Person(f"id-{name}", name, role, b"\0public\xff")


@pytest.mark.parametrize("role", list(Role))
def test_account_comes_back_equal(store: StaffStore, role: Role) -> None:
    """Person and wrap survive storing, whatever the role."""
    store.add(person("Ada", role), WRAP)
    assert store.find("Ada") == (person("Ada", role), WRAP)


@pytest.mark.parametrize("name", ["ada", "ADA", " Ada ", "\tAda"])
def test_name_is_found_whatever_its_letter_case(store: StaffStore, name: str) -> None:
    """Letter case and outer white space do not matter at sign-in."""
    store.add(person("Ada"), WRAP)
    found = store.find(name)
    assert found
    assert found[0].name == "Ada"


def test_folding_goes_beyond_ascii(store: StaffStore) -> None:
    """Names in any script fold alike in every store."""
    store.add(person("Zoë Straße"), WRAP)
    assert store.find("ZOË STRASSE")
    with pytest.raises(Refused):
        store.add(person("ZOË STRASSE"), WRAP)


@pytest.mark.parametrize("name", ["Bea", "", "Ad", "Ada Ada", "%", "A_a"])
def test_unknown_name_is_none(store: StaffStore, name: str) -> None:
    """A name is found whole or not at all; no wildcard helps."""
    store.add(person("Ada"), WRAP)
    assert store.find(name) is None


@pytest.mark.parametrize("name", ["Ada", "ada", "ADA"])
def test_taken_name_is_refused(store: StaffStore, name: str) -> None:
    """A second account of that name replaces nothing."""
    store.add(person("Ada"), WRAP)
    with pytest.raises(Refused, match="already an account"):
        store.add(Person("other", name, Role.ADMIN, b"other"), WRAP)
    assert store.find("Ada") == (person("Ada"), WRAP)
    assert len(store.all()) == 1


def test_all_are_ordered_by_name(store: StaffStore) -> None:
    """Everybody is listed once, by name, letter case aside."""
    for name in ("cyd", "Bea", "ada"):
        store.add(person(name), WRAP)
    assert [someone.name for someone in store.all()] == ["ada", "Bea", "cyd"]


def test_new_store_has_nobody(store: StaffStore) -> None:
    """There is no account before the first is added: no default sign-in."""
    assert list(store.all()) == []
