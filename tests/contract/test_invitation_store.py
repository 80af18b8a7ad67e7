"""What every ports.InvitationStore promises."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from coprod_survey.adapters.sqlite.invitations import SqliteInvitations
from coprod_survey.domain.errors import CoprodError
from coprod_survey.ports import InvitationStore

if TYPE_CHECKING:
    from conftest import Stores

SLUG, OTHER = "amber-river-oak", "amber-river-elm"
HASHES = [bytes([number]) * 32 for number in (7, 3, 9, 1)]


@pytest.fixture
def store(stores: Stores) -> InvitationStore:
    """Return an empty store."""
    return stores.invitations


def test_stored_hashes_are_known(store: InvitationStore) -> None:
    """Every hash that was added is known, and no other."""
    store.add(SLUG, HASHES)
    assert all(store.knows(SLUG, code_hash) for code_hash in HASHES)
    assert not store.knows(SLUG, bytes(32))
    assert not store.knows(SLUG, HASHES[0][:31])
    assert not store.knows(SLUG, b"")


def test_hash_belongs_to_one_survey(store: InvitationStore) -> None:
    """The same hash is unknown under another survey."""
    store.add(SLUG, HASHES)
    assert not store.knows(OTHER, HASHES[0])


def test_count_is_per_survey(store: InvitationStore) -> None:
    """How many codes there are adds up over several rounds, survey by survey."""
    assert store.count(SLUG) == 0
    store.add(SLUG, HASHES[:3])
    store.add(SLUG, HASHES[3:])
    store.add(OTHER, HASHES[:2])
    assert (store.count(SLUG), store.count(OTHER)) == (4, 2)


def test_adding_nothing_is_nothing(store: InvitationStore) -> None:
    """An empty round changes no count."""
    store.add(SLUG, [])
    assert store.count(SLUG) == 0


def test_hashes_are_stored_all_or_none(store: InvitationStore) -> None:
    """Where one hash of a round cannot be stored, no hash of that round is."""
    store.add(SLUG, HASHES[:1])
    try:
        store.add(SLUG, [HASHES[1], HASHES[0], HASHES[2]])
    except CoprodError:
        assert store.count(SLUG) == 1
        assert not store.knows(SLUG, HASHES[1])
    else:
        assert store.count(SLUG) == 3


def test_order_of_issue_is_not_in_the_file(instance: Callable[[], Path]) -> None:
    """Two folders that got the same codes in opposite order list them alike, in the order of the hashes."""
    hashes = [os.urandom(32) for _ in range(300)]
    files = []
    for given in (hashes, hashes[::-1]):
        store = SqliteInvitations(instance())
        store.add(SLUG, given)
        with store.file.reading() as db:
            files.append(db.execute("SELECT slug, code_hash FROM codes").fetchall())
    assert files[0] == files[1] == sorted(files[0])


def test_nothing_but_hashes_is_kept(instance: Callable[[], Path]) -> None:
    """The table has a survey and a hash: no use, no day, no number."""
    store = SqliteInvitations(instance())
    with store.file.reading() as db:
        assert [column.name for column in db.table("codes").columns] == ["slug", "code_hash"]
