"""The lead's inbox: nothing is lost between the block and the archive, and nobody else reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from coprod_survey.crypto.sealing import seal
from coprod_survey.domain.errors import UnknownFlag
from coprod_survey.domain.flag import Flag, Reason, Status
from coprod_survey.domain.staff import Role
from coprod_survey.ports import Submission
from coprod_survey.services.keyholding import block_purpose, survey_shred_file
from coprod_survey.services.read_flags import InboxEntry
from coprod_survey.services.staff import Unlocked

if TYPE_CHECKING:
    from conftest import Running

URGENT = "I took an overdose tonight"
REVIEW = "I want to kill myself"
PLAIN = "The tea was cold"


class Crash(Exception):
    """Stands for a power cut."""


def drained(running: Running) -> list[InboxEntry]:
    """Drain and return the inbox."""
    assert running.world.flags.drain(running.lead) == 0
    return running.world.flags.inbox(running.lead)


def waiting(running: Running) -> Sequence[tuple[int, bytes]]:
    """Return the blocks not yet drained."""
    return running.world.stores.submissions.blocks(running.survey.slug)


def put_block(running: Running, block: bytes, number: int = 9) -> None:
    """Store a block as somebody's Send would."""
    envelope = bytes(len(block))
    running.world.stores.submissions.accept(
        running.survey.slug, Submission(bytes([number]) * 32, bytes(32), envelope, block)
    )


def sealed_block(running: Running, plaintext: bytes) -> bytes:
    """Seal any bytes as a block of this survey."""
    sealing, purpose = running.survey.sealed_with(), block_purpose(running.survey.slug)
    return seal(plaintext, sealing.block_key, purpose, bucket=sealing.block_bucket)


def test_worrying_words_reach_the_lead(running: Running) -> None:
    """The lead reads the whole text with the place of what was noticed."""
    running.answer(0, more=REVIEW)
    (entry,) = drained(running)
    assert [(excerpt.item, excerpt.text) for excerpt in entry.flag.excerpts] == [("more", REVIEW)]
    assert entry.flag.reasons == (Reason.WORDS,)
    assert (entry.flag.level, entry.status) == ("review", Status.NEW)
    assert all(REVIEW[span.start : span.end] for span in entry.flag.spans)


def test_asking_to_be_read_is_enough(running: Running) -> None:
    """Somebody who asks is read, whatever they wrote, and even with nothing written."""
    running.answer(0, more=PLAIN, asked=True)
    running.answer(1, open="yes", asked=True)
    entries = drained(running)
    assert [Reason.ASKED in entry.flag.reasons for entry in entries] == [True, True]
    assert sorted(len(entry.flag.excerpts) for entry in entries) == [0, 1]


def test_text_that_expects_disclosures_is_always_read(running: Running) -> None:
    """What stands under a question about worries reaches the lead without any finding."""
    running.answer(0, worry=PLAIN, more=PLAIN)
    (entry,) = drained(running)
    assert [excerpt.item for excerpt in entry.flag.excerpts] == ["worry"]
    assert entry.flag.reasons == (Reason.EXPECTED,)


def test_plain_answers_leave_the_inbox_empty(running: Running) -> None:
    """Dummies are drained like the rest and show nowhere."""
    running.answer(0, more=PLAIN)
    assert drained(running) == []
    assert list(waiting(running)) == []


def test_flag_tells_nothing_of_who_or_when(running: Running) -> None:
    """A fresh flag has a random id, and neither a day nor a name."""
    running.answer(0, more=REVIEW)
    (entry,) = drained(running)
    assert (entry.changed_on, entry.changed_by) == (None, None)
    assert len(bytes.fromhex(entry.flag.id)) == 16


def test_draining_again_changes_nothing(running: Running) -> None:
    """A second pass finds no block and doubles no flag."""
    running.answer(0, more=REVIEW)
    assert drained(running) == drained(running)


def test_crash_between_archive_and_slot_loses_and_doubles_nothing(
    running_on_disk: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When power fails after flags were archived and before slots were refilled, the next pass ends the same."""
    running_on_disk.answer(0, more=REVIEW)
    running_on_disk.answer(1, more=PLAIN)
    world = running_on_disk.world

    def crash(*_: object) -> None:
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(world.stores.submissions, "forget_blocks", crash)
        with pytest.raises(Crash):
            world.flags.drain(running_on_disk.lead)
    world.flags.mark(running_on_disk.lead, running_on_disk.survey.slug, flag_id(running_on_disk), Status.ACKNOWLEDGED)
    (entry,) = drained(running_on_disk)
    assert (entry.flag.excerpts[0].text, entry.status) == (REVIEW, Status.ACKNOWLEDGED)
    assert list(waiting(running_on_disk)) == []


def flag_id(running: Running) -> str:
    """Return the id of the only flag in the archive."""
    (sealed,) = running.world.stores.desk.flags(running.survey.slug)
    return sealed.id


def test_drained_answer_stays(running_on_disk: Running) -> None:
    """Draining takes blocks only; the sealed answers are untouched."""
    running_on_disk.answer(0, more=REVIEW)
    before = list(running_on_disk.world.stores.submissions.envelopes(running_on_disk.survey.slug))
    drained(running_on_disk)
    assert list(running_on_disk.world.stores.submissions.envelopes(running_on_disk.survey.slug)) == before


@pytest.mark.parametrize(
    "plaintext",
    [None, b"[]", b"{}", b"not json", b"\xff", b'{"id":"a"}', b"null"],
    ids=["random bytes", "list", "no fields", "no JSON", "no UTF-8", "half a flag", "null"],
)
def test_broken_block_stays_and_hides_no_other(running: Running, plaintext: bytes | None) -> None:
    """A block that does not open, or holds no flag, is counted and left in place; the others are read."""
    running.answer(0, more=REVIEW)
    size = len(waiting(running)[0][1])
    broken = bytes(size) if plaintext is None else sealed_block(running, plaintext)
    put_block(running, broken)
    assert running.world.flags.drain(running.lead) == 1
    assert [block for _, block in waiting(running)] == [broken]
    assert [entry.flag.level for entry in running.world.flags.inbox(running.lead)] == ["review"]
    assert running.world.flags.drain(running.lead) == 1


def test_block_of_another_survey_does_not_open(running: Running, text_document: dict[str, Any]) -> None:
    """A block moved between surveys is broken, not somebody else's flag."""
    other = running.world.open({**text_document, "slug": "amber-river-elm"}).survey
    put_block(running, sealed_block(replace(running, survey=other), b""))
    assert running.world.flags.drain(running.lead) == 1


def test_lead_of_another_survey_sees_nothing(running: Running, text_document: dict[str, Any]) -> None:
    """Somebody who became a lead after opening can neither drain, list, read nor mark."""
    late = running.world.add(Role.LEAD, "Late")
    running.world.open({**text_document, "slug": "amber-river-elm"})
    running.answer(0, more=REVIEW)
    assert running.world.flags.drain(late) == 0
    assert len(waiting(running)) == 1
    (entry,) = drained(running)
    assert running.world.flags.inbox(late) == []
    for deed in (
        lambda: running.world.flags.entry(late, running.survey.slug, entry.flag.id),
        lambda: running.world.flags.mark(late, running.survey.slug, entry.flag.id, Status.CLOSED),
    ):
        with pytest.raises(UnknownFlag):
            deed()
    assert drained(running)[0].status is Status.NEW


@pytest.mark.parametrize("role", [Role.ORGANISER, Role.MEMBER, Role.ADMIN])
def test_other_roles_read_no_flag(running: Running, role: Role) -> None:
    """Even in a demonstration nobody but a lead opens the desk."""
    world = running.world
    other = running.organiser if role is Role.ORGANISER else world.add(role)
    running.answer(0, more=REVIEW)
    drained(running)
    assert world.flags.inbox(other) == []


def test_lead_with_a_borrowed_id_opens_nothing(running: Running) -> None:
    """Knowing whose key it is helps nobody who lacks the seed."""
    running.answer(0, more=REVIEW)
    impostor = Unlocked(running.lead.person, bytes(32))
    assert running.world.flags.drain(impostor) == 1
    assert running.world.flags.inbox(impostor) == []


def test_destroyed_shred_key_shuts_the_desk(running: Running) -> None:
    """Without the survey's shred key its flags cannot be read again, whatever files are kept."""
    running.answer(0, more=REVIEW)
    drained(running)
    world = running.world
    fresh = type(world)(replace(world.stores, secrets=type(world.stores.secrets)()))
    assert (fresh.flags.drain(running.lead), fresh.flags.inbox(running.lead)) == (1, [])
    fresh.stores.secrets.create(survey_shred_file(running.survey.slug), bytes(32))
    assert (fresh.flags.drain(running.lead), fresh.flags.inbox(running.lead)) == (1, [])


def test_inbox_is_in_reading_order(running: Running) -> None:
    """Urgent comes first, then review, with those who asked before what was only noticed; closed ones are last."""
    running.answer(0, worry=PLAIN)
    running.answer(1, more=REVIEW)
    running.answer(2, more=PLAIN, asked=True)
    running.answer(3, more=URGENT)
    running.answer(4, more=URGENT, worry="Read and done")
    done = next(entry for entry in drained(running) if len(entry.flag.excerpts) == 2)
    running.world.flags.mark(running.lead, running.survey.slug, done.flag.id, Status.CLOSED)
    seen = [(e.status, e.flag.level, e.flag.reasons[0]) for e in running.world.flags.inbox(running.lead)]
    assert seen == [
        (Status.NEW, "urgent", Reason.WORDS),
        (Status.NEW, "review", Reason.ASKED),
        (Status.NEW, "review", Reason.WORDS),
        (Status.NEW, "review", Reason.EXPECTED),
        (Status.CLOSED, "urgent", Reason.WORDS),
    ]


def test_what_was_acknowledged_stands_below_what_is_new(running: Running) -> None:
    """An urgent item that somebody has read already does not hide a new one that nobody has."""
    running.answer(0, more=URGENT)
    (urgent,) = drained(running)
    running.world.flags.mark(running.lead, running.survey.slug, urgent.flag.id, Status.ACKNOWLEDGED)
    running.answer(1, more=REVIEW)
    assert [entry.status for entry in drained(running)] == [Status.NEW, Status.ACKNOWLEDGED]


def test_marking_names_the_lead_and_the_day(running: Running) -> None:
    """Who acknowledged a flag, and on which day, is kept; nothing finer."""
    running.answer(0, more=REVIEW)
    (entry,) = drained(running)
    running.world.clock.day = date(2026, 12, 24)
    running.world.flags.mark(running.lead, running.survey.slug, entry.flag.id, Status.ACKNOWLEDGED)
    marked = running.world.flags.entry(running.lead, running.survey.slug, entry.flag.id)
    assert (marked.status, marked.changed_by, marked.changed_on) == (
        Status.ACKNOWLEDGED,
        "lead",
        date(2026, 12, 24),
    )


@pytest.mark.parametrize(("slug", "flag"), [("amber-river-oak", "nope"), ("amber-river-elm", None), ("", "")])
def test_unknown_flag_is_refused(running: Running, slug: str, flag: str | None) -> None:
    """A wrong id, or a right id under another survey, is in no inbox."""
    running.answer(0, more=REVIEW)
    (entry,) = drained(running)
    with pytest.raises(UnknownFlag):
        running.world.flags.entry(running.lead, slug, entry.flag.id if flag is None else flag)


def test_damaged_flag_hides_no_other(running: Running) -> None:
    """A flag in the archive that does not open is counted at every drain, and the others are still read."""
    running.answer(0, more=REVIEW)
    running.world.stores.desk.add(running.survey.slug, [("f" * 32, b"damaged")])
    assert running.world.flags.drain(running.lead) == 1
    assert len(running.world.flags.inbox(running.lead)) == 1


def test_closed_flag_stays_closed(running: Running) -> None:
    """Acknowledging what was closed changes nothing."""
    running.answer(0, more=REVIEW)
    (entry,) = drained(running)
    for status in (Status.CLOSED, Status.ACKNOWLEDGED):
        running.world.flags.mark(running.lead, running.survey.slug, entry.flag.id, status)
    (after,) = running.world.flags.inbox(running.lead)
    assert after.status is Status.CLOSED


def test_deputy_reads_the_same(running: Running, text_document: dict[str, Any]) -> None:
    """Two leads at opening see the same flags, whoever drained them."""
    deputy = running.world.add(Role.LEAD, "Deputy")
    survey = running.world.open({**text_document, "slug": "amber-river-elm"}).survey
    (code,) = running.world.invite.make_codes(survey.slug, 1)
    running.world.answer(survey, code, more=REVIEW)
    running.world.flags.drain(deputy)
    assert running.world.flags.inbox(running.lead) == running.world.flags.inbox(deputy) != []


def test_inbox_entry_shows_no_words_in_a_traceback(running: Running) -> None:
    """Neither the words nor the sealed form stand in the repr of an entry."""
    running.answer(0, more=REVIEW)
    (entry,) = drained(running)
    (sealed,) = running.world.stores.desk.flags(running.survey.slug)
    assert REVIEW not in repr(entry)
    assert repr(sealed.sealed) not in repr(sealed)


def test_survey_without_codes_is_no_obstacle(running: Running, text_document: dict[str, Any]) -> None:
    """A survey that nobody was invited to yet does not keep the lead from the others."""
    running.world.open({**text_document, "slug": "amber-river-elm"})
    running.answer(0, more=REVIEW)
    assert len(drained(running)) == 1


def test_dummy_is_decoded_as_nothing(running: Running) -> None:
    """An empty block that somebody stored by hand is a dummy like any other."""
    put_block(running, sealed_block(running, b""))
    assert drained(running) == []
    assert Flag.decode(b"") is None
