"""Opening results: only after closing, only for holders, all answers or none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from coprod_survey.crypto.sealing import Purpose, SealBroken, seal, unseal
from coprod_survey.domain.errors import CannotOpen, DataFolderUnusable, Refused, UnknownSurvey
from coprod_survey.domain.staff import Role
from coprod_survey.ports import SealedSeed
from coprod_survey.services.keyholding import answer_purpose, survey_shred_file
from coprod_survey.services.open_results import WorkingSet
from coprod_survey.services.staff import Unlocked

if TYPE_CHECKING:
    from conftest import Running, World

WORDS = "canary: the bench by the pond"
SENT: list[dict[str, Any]] = [
    {"open": "yes", "much": "3", "more": WORDS},
    {"open": "no", "much": "10"},
    {"open": "yes"},
]


@pytest.fixture
def closed(running: Running) -> Running:
    """Return the survey closed after three answers."""
    return answered_and_closed(running)


def answered_and_closed(running: Running) -> Running:
    """Send three answers and close."""
    for number, answers in enumerate(SENT):
        running.answer(number, **answers)
    running.world.surveys.close(running.survey.slug)
    return running


def table(working_set: WorkingSet) -> list[tuple[object, ...]]:
    """Return the rows of a working set, in the order of record keys."""
    return sorted(zip(working_set.keys, *(working_set.columns[name] for name in ("open", "much")), strict=True))


def with_envelopes(running: Running, monkeypatch: pytest.MonkeyPatch, envelopes: list[bytes]) -> None:
    """Let the store hold these envelopes."""

    def stored(slug: str) -> Iterator[bytes]:
        return iter(envelopes)

    monkeypatch.setattr(running.world.stores.submissions, "envelopes", stored)


def test_every_answer_is_opened(closed: Running) -> None:
    """A holder opens as many answers as were sent, with what was sent."""
    world, slug = closed.world, closed.survey.slug
    assert world.results.open(slug, [closed.organiser]) == 3
    columns = world.results.working_set(slug, [closed.organiser]).columns
    rows = zip(columns["open"], columns["much"], strict=True)
    assert sorted(rows) == [(("no",), ("10",)), (("yes",), ()), (("yes",), ("3",))]


def test_free_text_never_enters_the_working_set(closed: Running) -> None:
    """Only closed questions have columns, and the words are in none of them."""
    working_set = closed.world.results.working_set(closed.survey.slug, [closed.organiser])
    assert set(working_set.columns) == {"open", "much"}
    assert "canary" not in json.dumps(dict(working_set.columns))


def test_second_opening_changes_nothing(closed: Running) -> None:
    """Opening again gives the same records, keys and rounding."""
    world, slug = closed.world, closed.survey.slug
    first = world.results.working_set(slug, [closed.organiser])
    assert world.results.open(slug, [closed.lead]) == 3
    second = world.results.working_set(slug, [closed.lead])
    assert table(second) == table(first)
    assert second.rounding_key == first.rounding_key


def test_working_set_opens_the_answers_where_nobody_did(closed: Running) -> None:
    """Asking for the working set first is the same as opening first."""
    assert len(closed.world.results.working_set(closed.survey.slug, [closed.organiser]).keys) == 3


def test_stored_working_set_is_locked(closed: Running) -> None:
    """What lies on disk shows neither answers nor item names, and differs each time."""
    world, slug = closed.world, closed.survey.slug
    world.results.open(slug, [closed.organiser])
    first = world.stores.working_sets.read(slug)
    world.results.open(slug, [closed.organiser])
    assert first
    assert b"yes" not in first
    assert b"much" not in first
    assert world.stores.working_sets.read(slug) != first


@pytest.mark.parametrize("deed", ["open", "working_set", "responses"])
def test_nothing_opens_before_closing(running: Running, deed: str) -> None:
    """While answers still come in, no holder sees any of them."""
    running.answer(0, open="yes")
    with pytest.raises(Refused, match="Close it before"):
        getattr(running.world.results, deed)(running.survey.slug, [running.organiser])
    assert running.world.stores.working_sets.read(running.survey.slug) is None


@pytest.mark.parametrize("deed", ["open", "working_set", "responses"])
def test_somebody_without_a_key_is_refused(closed: Running, deed: str) -> None:
    """Who came after opening, or nobody at all, opens nothing; the message names who tried."""
    late = closed.world.add(Role.MEMBER, "Late")
    with pytest.raises(Refused, match="Late holds no key"):
        getattr(closed.world.results, deed)(closed.survey.slug, [late])
    with pytest.raises(Refused, match="Nobody holds no key"):
        getattr(closed.world.results, deed)(closed.survey.slug, [])


def test_organiser_of_a_real_survey_holds_no_key(world: World, light_document: dict[str, Any]) -> None:
    """Outside demonstrations an organiser cannot open results, a lead where no member is can."""
    lead, organiser = world.add(Role.LEAD), world.add(Role.ORGANISER)
    slug = world.open(light_document, demonstration=False).survey.slug
    world.answer(world.surveys.get(slug), world.invite.make_codes(slug, 1)[0], open="yes")
    world.surveys.close(slug)
    with pytest.raises(Refused, match="organiser holds no key"):
        world.results.open(slug, [organiser])
    assert world.results.open(slug, [organiser, lead]) == 1
    assert world.results.holders_of(slug, world.accounts.all()) == ["lead"]


def test_recovery_key_opens_results(closed: Running) -> None:
    """The key on paper alone opens a closed survey's answers."""
    assert closed.world.results.open(closed.survey.slug, [closed.world.recovery()]) == 3


def test_borrowed_name_opens_nothing(closed: Running) -> None:
    """A holder's id with another seed is said not to fit, and nothing is written."""
    with pytest.raises(CannotOpen, match="does not open"):
        closed.world.results.open(closed.survey.slug, [Unlocked(closed.lead.person, bytes(32))])
    assert closed.world.stores.working_sets.read(closed.survey.slug) is None


def test_destroyed_shred_key_makes_answers_unopenable(closed: Running) -> None:
    """Without the survey's shred key nobody opens anything, not with the recovery key, nor with a new one."""
    world, slug = closed.world, closed.survey.slug
    fresh = type(world)(replace(world.stores, secrets=type(world.stores.secrets)()))
    for holder in (closed.lead, world.recovery()):
        with pytest.raises(DataFolderUnusable):
            fresh.results.open(slug, [holder])
    fresh.stores.secrets.create(survey_shred_file(slug), b"n" * 32)
    for holder in (closed.lead, world.recovery()):
        with pytest.raises(CannotOpen):
            fresh.results.open(slug, [holder])


def test_seed_sealed_to_somebody_else_does_not_open_under_another_name(closed: Running) -> None:
    """A wrap moved to another holder's id in the database opens for neither."""
    world, slug = closed.world, closed.survey.slug
    late = world.add(Role.MEMBER, "Late")
    mine = next(seed for seed in world.stores.surveys.seeds(slug) if seed.holder_id == closed.lead.person.id)
    survey = world.surveys.get(slug)
    world.stores.surveys.change(survey, survey, [SealedSeed(late.person.id, "answers", mine.sealed)])
    with pytest.raises(CannotOpen):
        world.results.open(slug, [late])


def test_doubled_answer_is_refused(closed: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same envelope stored twice stops everything, because somebody would count twice."""
    first, *others = closed.world.stores.submissions.envelopes(closed.survey.slug)
    with_envelopes(closed, monkeypatch, [first, *others, first])
    with pytest.raises(CannotOpen, match="stored twice"):
        closed.world.results.open(closed.survey.slug, [closed.lead])
    assert closed.world.stores.working_sets.read(closed.survey.slug) is None


def test_damaged_answer_is_refused(closed: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """One flipped bit in one envelope stops everything; no answer is silently dropped."""
    first, *others = closed.world.stores.submissions.envelopes(closed.survey.slug)
    with_envelopes(closed, monkeypatch, [*others, first[:-1] + bytes([first[-1] ^ 1])])
    with pytest.raises(CannotOpen, match="does not open") as caught:
        closed.world.results.open(closed.survey.slug, [closed.lead])
    assert caught.value.__cause__ is None
    assert closed.world.stores.working_sets.read(closed.survey.slug) is None


@pytest.mark.parametrize(
    "plaintext",
    [b"", b"{}", b'{"v":"old","l":"en","a":{}}', b"canary"],
    ids=["empty", "no fields", "old version", "no JSON"],
)
def test_sealed_nonsense_is_refused(closed: Running, monkeypatch: pytest.MonkeyPatch, plaintext: bytes) -> None:
    """Bytes that open but are no response to this instrument stop everything and are not shown."""
    sealing, slug = closed.survey.sealed_with(), closed.survey.slug
    strange = seal(plaintext, sealing.answer_key, answer_purpose(slug), bucket=sealing.answer_bucket)
    with_envelopes(closed, monkeypatch, [strange])
    with pytest.raises(CannotOpen) as caught:
        closed.world.results.open(slug, [closed.lead])
    assert "canary" not in str(caught.value)


def test_block_in_an_answers_place_is_refused(closed: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """An envelope sealed for another purpose under the right key does not pass for an answer."""
    sealing, slug = closed.survey.sealed_with(), closed.survey.slug
    moved = seal(b"{}", sealing.answer_key, Purpose("block", slug), bucket=sealing.answer_bucket)
    with_envelopes(closed, monkeypatch, [moved])
    with pytest.raises(CannotOpen):
        closed.world.results.open(slug, [closed.lead])


@pytest.mark.parametrize("damage", [b"", b"short", bytes(400)], ids=["empty", "short", "zeros"])
def test_damaged_working_set_says_how_to_mend_it(closed: Running, damage: bytes) -> None:
    """A working set that does not unlock is named, and opening again mends it."""
    world, slug = closed.world, closed.survey.slug
    world.stores.working_sets.write(slug, damage)
    with pytest.raises(CannotOpen, match="results open"):
        world.results.working_set(slug, [closed.lead])
    world.results.open(slug, [closed.lead])
    assert len(world.results.working_set(slug, [closed.lead]).keys) == 3


def test_survey_without_answers_opens_to_nothing(running: Running) -> None:
    """Zero answers are a result as well."""
    running.world.surveys.close(running.survey.slug)
    assert running.world.results.open(running.survey.slug, [running.lead]) == 0


def test_unknown_survey_has_no_results(world: World) -> None:
    """An address nobody has is refused before any key is asked for."""
    with pytest.raises(UnknownSurvey):
        world.results.open("no-such-oak", [])


def test_record_keys_are_pseudorandom_and_differ(closed: Running) -> None:
    """Record keys have 64 bits and come from the envelope under a secret key, not from order."""
    keys = closed.world.results.working_set(closed.survey.slug, [closed.lead]).keys
    assert len(set(keys)) == 3
    assert all(2**32 < key < 2**64 for key in keys)


def test_desk_seed_opens_no_answer(closed: Running) -> None:
    """The purpose and key of the desk are of no use for answers."""
    world, slug = closed.world, closed.survey.slug
    desk_only = [seed for seed in world.stores.surveys.seeds(slug) if seed.slot == "desk"]
    assert desk_only
    ((_, desk_seed),), _ = world.flags._desks(closed.lead)
    for envelope in world.stores.submissions.envelopes(slug):
        with pytest.raises(SealBroken):
            unseal(envelope, desk_seed, answer_purpose(slug))


def test_working_set_shows_nothing_in_a_traceback(closed: Running) -> None:
    """Keys and columns stay out of the repr."""
    assert repr(closed.world.results.working_set(closed.survey.slug, [closed.lead])) == "WorkingSet()"


def test_release_from_disk_is_made_once(running_on_disk: Running) -> None:
    """A second release of a closed survey gives the same id and the same bytes."""
    closed = answered_and_closed(running_on_disk)
    first = closed.world.release.make(closed.survey.slug, [closed.lead])
    second = closed.world.release.make(closed.survey.slug, [closed.lead])
    assert first == second
    assert closed.world.stores.surveys.releases(closed.survey.slug) == [first]
    assert not any(b"canary" in content for content in first.files.values())
