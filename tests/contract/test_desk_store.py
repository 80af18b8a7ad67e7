"""What every ports.DeskStore promises."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from coprod_survey.domain.errors import UnknownFlag
from coprod_survey.domain.flag import Status
from coprod_survey.ports import DeskStore, SealedFlag

if TYPE_CHECKING:
    from conftest import Stores

SLUG, OTHER = "amber-river-oak", "amber-river-elm"
DAY, LATER = date(2026, 11, 23), date(2026, 11, 30)


@pytest.fixture
def store(stores: Stores) -> DeskStore:
    """Return an archive with two flags."""
    stores.desk.add(SLUG, [("bb", b"\0second\xff"), ("aa", b"first")])
    return stores.desk


def test_flags_come_ordered_by_their_random_ids(store: DeskStore) -> None:
    """Flags are new, undated and in no order of arrival."""
    store.add(SLUG, [("ab", b"third")])
    assert list(store.flags(SLUG)) == [
        SealedFlag("aa", b"first"),
        SealedFlag("ab", b"third"),
        SealedFlag("bb", b"\0second\xff"),
    ]


def test_known_id_is_left_as_it_is(store: DeskStore) -> None:
    """A flag that is moved in a second time keeps content, status and who set it; new ones come in beside it."""
    store.mark(SLUG, "aa", Status.CLOSED, by="Ada", on=DAY)
    store.add(SLUG, [("aa", b"sealed anew"), ("cc", b"new")])
    flags = {flag.id: flag for flag in store.flags(SLUG)}
    assert flags["aa"] == SealedFlag("aa", b"first", Status.CLOSED, DAY, "Ada")
    assert set(flags) == {"aa", "bb", "cc"}


def test_adding_nothing_is_nothing(store: DeskStore) -> None:
    """A pass over dummies alone leaves the archive as it was."""
    store.add(SLUG, [])
    assert len(store.flags(SLUG)) == 2


def test_surveys_are_kept_apart(store: DeskStore) -> None:
    """The same id under another survey is another flag."""
    assert list(store.flags(OTHER)) == []
    store.add(OTHER, [("aa", b"elsewhere")])
    store.mark(OTHER, "aa", Status.CLOSED, by="Ada", on=DAY)
    assert [flag.status for flag in store.flags(SLUG)] == [Status.NEW, Status.NEW]


@pytest.mark.parametrize("status", [Status.ACKNOWLEDGED, Status.CLOSED])
def test_mark_sets_status_day_and_name(store: DeskStore, status: Status) -> None:
    """Only the named flag changes, and its content does not."""
    store.mark(SLUG, "aa", status, by="Ada", on=DAY)
    assert list(store.flags(SLUG)) == [
        SealedFlag("aa", b"first", status, DAY, "Ada"),
        SealedFlag("bb", b"\0second\xff"),
    ]


def test_same_status_again_changes_nothing(store: DeskStore) -> None:
    """Who acknowledged first, and when, stays."""
    store.mark(SLUG, "aa", Status.ACKNOWLEDGED, by="Ada", on=DAY)
    store.mark(SLUG, "aa", Status.ACKNOWLEDGED, by="Bea", on=LATER)
    assert store.flags(SLUG)[0] == SealedFlag("aa", b"first", Status.ACKNOWLEDGED, DAY, "Ada")


def test_another_status_replaces_the_name(store: DeskStore) -> None:
    """Closing after acknowledging names who closed."""
    store.mark(SLUG, "aa", Status.ACKNOWLEDGED, by="Ada", on=DAY)
    store.mark(SLUG, "aa", Status.CLOSED, by="Bea", on=LATER)
    assert store.flags(SLUG)[0] == SealedFlag("aa", b"first", Status.CLOSED, LATER, "Bea")


@pytest.mark.parametrize(("slug", "flag_id"), [(SLUG, "zz"), (SLUG, ""), (OTHER, "aa"), (SLUG, "AA")])
def test_unknown_flag_raises(store: DeskStore, slug: str, flag_id: str) -> None:
    """A flag is known by its exact id in its survey, or not at all; nothing else changes."""
    with pytest.raises(UnknownFlag):
        store.mark(slug, flag_id, Status.CLOSED, by="Ada", on=DAY)
    assert {flag.status for flag in store.flags(SLUG)} == {Status.NEW}
