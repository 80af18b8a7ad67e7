"""What every ports.SurveyStore promises."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from coprod_survey.domain.errors import CoprodError, Refused, UnknownSurvey
from coprod_survey.domain.instrument_file import load_instrument
from coprod_survey.domain.survey import Sealing, State, Survey
from coprod_survey.ports import SealedSeed, StoredRelease, SurveyStore

if TYPE_CHECKING:
    from conftest import Stores

DAY = date(2026, 11, 23)
SEALING = Sealing(b"\0answer\xff", 2048, b"\0block\xff", 4096)
SEEDS = [
    SealedSeed("b2", "desk", b"3\0"),
    SealedSeed("a1", "desk", b"2"),
    SealedSeed("a1", "answers", b"1"),
]


@pytest.fixture
def store(stores: Stores) -> SurveyStore:
    """Return an empty store."""
    return stores.surveys


@pytest.fixture
def draft(store: SurveyStore, light_document: dict[str, Any]) -> Survey:
    """Return a draft that is stored."""
    survey = Survey("amber-river-oak", load_instrument(light_document))
    store.add(survey, light_document)
    return survey


def opened(draft: Survey) -> Survey:
    """Return the draft opened."""
    return draft.opened(SEALING, "plan", on=DAY, demonstration=True)


def test_survey_comes_back_equal(store: SurveyStore, draft: Survey) -> None:
    """What was added is returned with its whole instrument."""
    assert store.get("amber-river-oak") == draft


def test_taken_slug_is_refused(store: SurveyStore, draft: Survey, light_document: dict[str, Any]) -> None:
    """A second survey of the same address changes nothing."""
    with pytest.raises(Refused, match="already a survey"):
        store.add(replace(draft, demonstration=True), {**light_document, "title": "Other"})
    assert store.get(draft.slug) == draft


@pytest.mark.parametrize("slug", ["no-such-oak", "", "AMBER-RIVER-OAK", "amber-river-oak "])
def test_unknown_slug_raises(store: SurveyStore, draft: Survey, slug: str) -> None:
    """An address is known exactly or not at all."""
    with pytest.raises(UnknownSurvey):
        store.get(slug)


def test_all_come_in_the_order_of_slugs(store: SurveyStore, draft: Survey, light_document: dict[str, Any]) -> None:
    """The order of adding is not kept."""
    for slug in ("zinc-river-oak", "aspen-river-oak"):
        store.add(replace(draft, slug=slug), {**light_document, "slug": slug})
    assert [survey.slug for survey in store.all()] == ["amber-river-oak", "aspen-river-oak", "zinc-river-oak"]


def test_empty_store_lists_nothing(store: SurveyStore) -> None:
    """A new store has no survey, no seed and no release."""
    assert (list(store.all()), list(store.seeds("x")), list(store.releases("x"))) == ([], [], [])


def test_every_state_is_stored(store: SurveyStore, draft: Survey) -> None:
    """Keys, sizes, plan, days and marks survive each step of a survey's life."""
    steps = [draft, opened(draft), opened(draft).closed(on=DAY), opened(draft).closed(on=DAY).released()]
    for before, after in pairwise(steps):
        store.change(before, after)
        assert store.get(draft.slug) == after
    assert store.get(draft.slug).state is State.RELEASED


def test_change_from_an_old_state_is_refused(store: SurveyStore, draft: Survey) -> None:
    """Of two people who open at once, the second changes neither keys nor seeds."""
    store.change(draft, opened(draft), SEEDS)
    other = replace(opened(draft), sealing=replace(SEALING, answer_key=b"other"))
    with pytest.raises(Refused, match="changed by somebody else"):
        store.change(draft, other, [SealedSeed("c3", "answers", b"x")])
    assert store.get(draft.slug) == opened(draft)
    assert len(store.seeds(draft.slug)) == len(SEEDS)


def test_change_of_an_unknown_survey_is_refused(store: SurveyStore, draft: Survey) -> None:
    """A survey that was never added cannot be changed into being."""
    ghost = replace(draft, slug="ghost-river-oak")
    with pytest.raises(Refused):
        store.change(ghost, opened(ghost))
    assert [survey.slug for survey in store.all()] == [draft.slug]


def test_seeds_come_with_the_state(store: SurveyStore, draft: Survey) -> None:
    """All sealed seeds of a survey are returned, by holder and slot, and of no other survey."""
    store.change(draft, opened(draft), SEEDS)
    assert list(store.seeds(draft.slug)) == sorted(SEEDS, key=lambda seed: (seed.holder_id, seed.slot))
    assert list(store.seeds("ghost-river-oak")) == []


def test_later_seeds_are_added(store: SurveyStore, draft: Survey) -> None:
    """A later change keeps the seeds that were there."""
    store.change(draft, opened(draft), SEEDS[:1])
    store.change(opened(draft), opened(draft).closed(on=DAY), SEEDS[1:])
    assert len(store.seeds(draft.slug)) == 3


def test_state_and_seeds_are_stored_together_or_not(stores: Stores, draft: Survey) -> None:
    """Where one seed cannot be stored, the state does not change either."""
    store = stores.surveys
    try:
        store.change(draft, opened(draft), [SEEDS[0], SEEDS[0]])
    except CoprodError:
        assert store.get(draft.slug) == draft
        assert list(store.seeds(draft.slug)) == []
    else:
        assert store.get(draft.slug) == opened(draft)


def release(release_id: str, day: int, **files: bytes) -> StoredRelease:
    """Return a release of that day in November."""
    return StoredRelease(release_id, "amber-river-oak", date(2026, 11, day), files)


def test_releases_come_oldest_day_first(store: SurveyStore) -> None:
    """Releases are listed by day whatever the order of storing, with all their files."""
    late, early = release("aa", 9, results=b"1", meta=b"\0\xff"), release("bb", 2, results=b"2")
    store.add_release(late)
    store.add_release(early)
    assert list(store.releases("amber-river-oak")) == [early, late]
    assert list(store.releases("ghost-river-oak")) == []


def test_same_release_again_changes_nothing(store: SurveyStore) -> None:
    """An id that is there keeps its day, its files and their number."""
    first = release("aa", 2, results=b"1")
    store.add_release(first)
    store.add_release(release("aa", 9, results=b"other", more=b"2"))
    assert list(store.releases("amber-river-oak")) == [first]


def test_sealed_seed_shows_nothing(store: SurveyStore) -> None:
    """The sealed bytes of a seed stay out of its repr."""
    assert "secret" not in repr(SealedSeed("a1", "desk", b"secret"))


def test_a_seed_added_later_joins_the_others_once(store: SurveyStore) -> None:
    """One more sealed seed stands with the rest; a second one for the same person and slot changes nothing."""
    late, again = SealedSeed("late", "desk", b"first"), SealedSeed("late", "desk", b"second")
    store.add_seed("amber-river-oak", late)
    store.add_seed("amber-river-oak", again)
    assert [(seed.holder_id, seed.sealed) for seed in store.seeds("amber-river-oak")] == [("late", b"first")]
