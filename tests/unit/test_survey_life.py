"""The life of a survey: draft, open, closed, released; each step once, and none back."""

from __future__ import annotations

import copy
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from coprod_survey.crypto.sealing import SealBroken, public_key_of, unseal
from coprod_survey.disclosure.plan import plan_hash
from coprod_survey.domain.errors import InstrumentFaults, Refused, UnknownSurvey
from coprod_survey.domain.instrument_file import load_instrument
from coprod_survey.domain.staff import Role
from coprod_survey.domain.survey import Sealing, State, Survey, invitation_refusal
from coprod_survey.services.keyholding import (
    ANSWERS,
    DESK,
    RECOVERY,
    answer_purpose,
    block_purpose,
    code_key_file,
    flag_purpose,
    person_shred_file,
    seed_purpose,
    survey_shred_file,
)
from coprod_survey.services.table_plan import plan_of

if TYPE_CHECKING:
    from conftest import Running, World

DAY = date(2026, 11, 23)
SEALING = Sealing(b"a", 2048, b"b", 4096)


@pytest.fixture
def draft(light_document: dict[str, Any]) -> Survey:
    """Return a draft outside any store."""
    return Survey("amber-river-oak", load_instrument(light_document))


def at(draft: Survey, state: State) -> Survey:
    """Return the survey in a given state."""
    if state is State.DRAFT:
        return draft
    survey = draft.opened(SEALING, "plan", on=DAY, demonstration=False)
    if state is State.OPEN:
        return survey
    return survey.closed(on=DAY) if state is State.CLOSED else survey.closed(on=DAY).released()


def test_steps_follow_each_other(draft: Survey) -> None:
    """Opening, closing and releasing lead through the four states and keep what was fixed."""
    released = at(draft, State.RELEASED)
    assert [at(draft, state).state for state in State] == list(State)
    assert (released.sealing, released.plan_hash) == (SEALING, "plan")
    assert (released.opened_on, released.closed_on) == (DAY, DAY)


@pytest.mark.parametrize("state", [State.OPEN, State.CLOSED, State.RELEASED])
def test_only_a_draft_opens(draft: Survey, state: State) -> None:
    """An opened survey never gets other keys."""
    with pytest.raises(Refused, match="must be draft"):
        at(draft, state).opened(SEALING, "other", on=DAY, demonstration=True)


@pytest.mark.parametrize("state", [State.DRAFT, State.CLOSED, State.RELEASED])
def test_only_an_open_survey_closes(draft: Survey, state: State) -> None:
    """Closing twice, or before opening, is refused."""
    with pytest.raises(Refused, match="must be open"):
        at(draft, state).closed(on=DAY)


@pytest.mark.parametrize("state", [State.DRAFT, State.OPEN, State.RELEASED])
def test_only_a_closed_survey_is_released(draft: Survey, state: State) -> None:
    """Nothing is released while answers still come in, nor twice."""
    with pytest.raises(Refused, match="must be closed"):
        at(draft, state).released()


def test_draft_has_no_sealing(draft: Survey) -> None:
    """Asking for the keys of a survey that never opened is refused in words."""
    with pytest.raises(Refused, match="has not been opened yet"):
        draft.sealed_with()


def test_invitations_only_while_open(draft: Survey) -> None:
    """Only an open survey has no reason to refuse invitations."""
    assert [state for state in State if invitation_refusal(at(draft, state)) is None] == [State.OPEN]


@pytest.mark.parametrize("count", [0, -1, 100_001])
def test_number_of_codes_has_bounds(running: Running, count: int) -> None:
    """Codes are made from one to a hundred thousand at a time."""
    with pytest.raises(Refused, match="--count"):
        running.world.invite.make_codes(running.survey.slug, count)


def test_draft_gets_no_codes(world: World, light_document: dict[str, Any]) -> None:
    """No code exists before the keys do."""
    world.surveys.create(light_document)
    with pytest.raises(Refused, match="only while it is open"):
        world.invite.make_codes("amber-river-oak", 1)
    assert world.stores.invitations.count("amber-river-oak") == 0


def test_only_hashes_of_codes_are_kept(running: Running) -> None:
    """Every code made is known by its hash, and all of them differ."""
    assert len(set(running.codes)) == 6
    assert running.world.stores.invitations.count(running.survey.slug) == 6


def test_room_grows_with_more_codes(running_on_disk: Running) -> None:
    """Codes made later find room beside the answers that came before."""
    running_on_disk.answer(0, open="yes")
    world, survey = running_on_disk.world, running_on_disk.survey
    for code in world.invite.make_codes(survey.slug, 30):
        world.answer(survey, code, open="no")
    assert len(list(world.stores.submissions.envelopes(survey.slug))) == 31


def test_unknown_survey_is_refused_everywhere(world: World) -> None:
    """Opening, closing and inviting for an address nobody has say so."""
    for deed in (
        lambda: world.surveys.get("no-such-oak"),
        lambda: world.surveys.open("no-such-oak", b""),
        lambda: world.surveys.close("no-such-oak"),
        lambda: world.invite.make_codes("no-such-oak", 1),
    ):
        with pytest.raises(UnknownSurvey):
            deed()


def test_address_is_three_neutral_words_where_none_was_chosen(world: World, light_document: dict[str, Any]) -> None:
    """A file without a slug gets one that the instrument format itself would accept."""
    del light_document["slug"]
    slug = world.surveys.create(light_document).slug
    assert len(slug.split("-")) == 3
    assert load_instrument({**light_document, "slug": slug}).slug == slug


def test_taken_address_is_refused(world: World, light_document: dict[str, Any]) -> None:
    """A second survey never takes the place of the first."""
    world.surveys.create(light_document)
    with pytest.raises(Refused, match="already a survey"):
        world.surveys.create({**light_document, "title": "Another"})
    assert world.surveys.get("amber-river-oak").instrument.title.in_language("en") == "The garden"


def test_faulty_file_makes_no_survey(world: World, light_document: dict[str, Any]) -> None:
    """A file with a fault leaves nothing behind."""
    del light_document["title"]
    with pytest.raises(InstrumentFaults):
        world.surveys.create(light_document)
    assert list(world.surveys.all()) == []


def test_nothing_opens_without_a_lead(world: World, text_document: dict[str, Any]) -> None:
    """Even a demonstration needs somebody to whom flags are sealed."""
    world.add(Role.ORGANISER)
    with pytest.raises(Refused, match="no safeguarding lead"):
        world.open(text_document)
    assert world.surveys.get("amber-river-oak").state is State.DRAFT


def test_real_survey_waits_for_its_gates(world: World, text_document: dict[str, Any]) -> None:
    """A refused opening lists what is missing, says how to try things out, and makes no keys."""
    world.add(Role.LEAD)
    with pytest.raises(Refused) as caught:
        world.open(text_document, demonstration=False)
    assert "test flag" in str(caught.value)
    assert "--demonstration-gates" in str(caught.value)
    assert world.surveys.get("amber-river-oak").sealing is None
    assert list(world.stores.surveys.seeds("amber-river-oak")) == []


def test_light_survey_with_its_promises_opens_for_real(world: World, light_document: dict[str, Any]) -> None:
    """Closed questions, a pledge and a lead are enough; the survey is no demonstration."""
    world.add(Role.LEAD)
    survey = world.open(light_document, demonstration=False).survey
    assert survey.state is State.OPEN
    assert not survey.demonstration
    assert survey.opened_on == world.clock.day


def test_opening_fixes_the_table_plan(world: World, light_document: dict[str, Any]) -> None:
    """The hash of the plan that participants are shown is stored at opening."""
    world.add(Role.LEAD)
    survey = world.open(light_document).survey
    assert survey.plan_hash == plan_hash(plan_of(survey.instrument))


def test_second_opening_changes_no_key(running: Running) -> None:
    """Opening again is refused and the public keys stay."""
    world, slug = running.world, running.survey.slug
    with pytest.raises(Refused):
        world.surveys.open(slug, public_key_of(world.recovery_seed), demonstration=True)
    assert world.surveys.get(slug).sealing == running.survey.sealing


def holders(world: World, slug: str, slot: str) -> set[str]:
    """Return to whom a seed of the survey is sealed: names, and "recovery"."""
    names = {person.id: person.name for person in world.accounts.all()} | {RECOVERY: RECOVERY}
    return {names[seed.holder_id] for seed in world.stores.surveys.seeds(slug) if seed.slot == slot}


def test_demonstration_gives_results_to_everybody(running: Running) -> None:
    """Where nobody real answers, every role may open results; flags go to leads all the same."""
    assert holders(running.world, running.survey.slug, ANSWERS) == {"lead", "organiser", RECOVERY}
    assert holders(running.world, running.survey.slug, DESK) == {"lead", RECOVERY}


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        ({Role.LEAD, Role.ADMIN, Role.ORGANISER}, {"lead", "admin"}),
        (set(Role), {"member"}),
    ],
    ids=["nobody with lived experience", "a lived-experience member"],
)
def test_organiser_alone_never_holds_results(
    world: World, light_document: dict[str, Any], present: set[Role], expected: set[str]
) -> None:
    """In a real survey members hold the key, else leads and administrators; never the organiser."""
    for role in present:
        world.add(role)
    opened = world.open(light_document, demonstration=False)
    assert set(opened.holders) == expected
    assert holders(world, opened.survey.slug, ANSWERS) == expected | {RECOVERY}


def test_lead_and_deputy_both_read_flags(world: World, light_document: dict[str, Any]) -> None:
    """Every lead there is at opening gets the desk's key."""
    world.add(Role.LEAD, "Ada")
    world.add(Role.LEAD, "Bea")
    assert set(world.open(light_document).readers) == {"Ada", "Bea"}


def test_answers_and_blocks_have_different_keys(running: Running) -> None:
    """Who reads flags cannot open answers with that key."""
    sealing = running.survey.sealed_with()
    assert sealing.answer_key != sealing.block_key


def test_two_surveys_share_no_key(running: Running, light_document: dict[str, Any]) -> None:
    """Each survey has its own key pairs, so an answer stays in its survey."""
    other = copy.deepcopy(light_document) | {"slug": "amber-river-elm"}
    second = running.world.open(other).survey
    running.answer(0, open="yes")
    (envelope,) = running.world.stores.submissions.envelopes(running.survey.slug)
    assert second.sealed_with().answer_key != running.survey.sealed_with().answer_key
    with pytest.raises(SealBroken):
        unseal(envelope, running.world.recovery_seed, answer_purpose(second.slug))


def test_every_kind_of_seal_has_its_own_purpose() -> None:
    """No two kinds of content, surveys, slots or holders share a purpose."""
    purposes = [
        purpose
        for slug in ("oak", "elm")
        for purpose in (
            answer_purpose(slug),
            block_purpose(slug),
            flag_purpose(slug),
            *(seed_purpose(slug, slot, holder) for slot in (ANSWERS, DESK) for holder in ("ada", "bea", RECOVERY)),
        )
    ]
    assert len({purpose.info() for purpose in purposes}) == len(purposes) == 18


def test_key_files_of_surveys_and_people_differ(running: Running, light_document: dict[str, Any]) -> None:
    """Every survey and person has key files of its own, with 32 bytes drawn afresh."""
    running.world.open({**light_document, "slug": "amber-river-elm"})
    names = [
        name(slug) for name in (code_key_file, survey_shred_file) for slug in ("amber-river-oak", "amber-river-elm")
    ]
    names += [person_shred_file(person.id) for person in running.world.accounts.all()]
    secrets = [running.world.stores.secrets.get(name) for name in names]
    assert len(set(names)) == len(set(secrets)) == 6
    assert {len(secret) for secret in secrets} == {32}
    assert all(len(set(secret)) > 8 for secret in secrets)


def test_two_who_make_codes_at_once_leave_room_for_all(
    running_on_disk: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When a second organiser makes codes in the middle of the first one's round, every code finds its slot."""
    world, survey = running_on_disk.world, running_on_disk.survey
    make_room, codes = world.stores.submissions.make_room, list(running_on_disk.codes)

    def meanwhile(slug: str, turns: int, **sizes: int) -> None:
        monkeypatch.setattr(world.stores.submissions, "make_room", make_room)
        codes.extend(world.invite.make_codes(slug, 30))
        make_room(slug, turns, **sizes)

    monkeypatch.setattr(world.stores.submissions, "make_room", meanwhile)
    codes.extend(world.invite.make_codes(survey.slug, 30))
    for code in codes:
        world.answer(survey, code, open="yes")
    assert len(list(world.stores.submissions.envelopes(survey.slug))) == 66


def test_closing_stores_the_day(running: Running) -> None:
    """A closed survey says on which day it closed."""
    running.world.clock.day = date(2026, 12, 1)
    assert running.world.surveys.close(running.survey.slug).closed_on == date(2026, 12, 1)
    assert running.world.surveys.get(running.survey.slug).state is State.CLOSED
