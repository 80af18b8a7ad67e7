"""The safeguarding lead's inbox: drain blocks, open flags, acknowledge and close them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum

from coprod_survey.crypto.keyring import unseal_seed
from coprod_survey.crypto.sealing import SealBroken, seal, unseal
from coprod_survey.domain.errors import CannotOpen, UnknownFlag
from coprod_survey.domain.flag import Flag, Reason, Status
from coprod_survey.domain.survey import Survey
from coprod_survey.ports import Clock, DeskStore, SealedFlag, Secrets, SubmissionStore, SurveyStore
from coprod_survey.services.keyholding import DESK, block_purpose, flag_purpose, seed_purpose, survey_shred_file
from coprod_survey.services.staff import Unlocked


class _Broken(Enum):
    """Stands for a block that does not open."""

    BROKEN = "broken"


_BROKEN = _Broken.BROKEN
_HOW_SOON = ("urgent", "review", "support", "none")


@dataclass(frozen=True)
class InboxEntry:
    """One flag as the lead sees it."""

    survey: Survey
    flag: Flag
    status: Status
    changed_on: date | None
    changed_by: str | None


class ReadFlags:
    """Open what was sealed to the desk, for a lead who has signed in."""

    def __init__(
        self, surveys: SurveyStore, submissions: SubmissionStore, desk: DeskStore, *, secrets: Secrets, clock: Clock
    ) -> None:
        self._surveys = surveys
        self._submissions = submissions
        self._desk = desk
        self._secrets = secrets
        self._clock = clock

    def drain(self, lead: Unlocked) -> int:
        """Move every waiting block of the lead's surveys into the desk's archive and refill the slots.

        Flags are stored before slots are refilled, by ids that travel inside the block: a crash in between only
        means that the same flags are moved once more. Returns how many blocks did not open; those stay in place.
        """
        broken = 0
        for survey, desk_seed in self._desks(lead):
            waiting = self._submissions.blocks(survey.slug)
            opened = [(place, _opened(survey, place[1], desk_seed)) for place in waiting]
            self._desk.add(survey.slug, [_resealed(survey, flag) for _, flag in opened if isinstance(flag, Flag)])
            self._submissions.forget_blocks(survey.slug, [place for place, flag in opened if flag is not _BROKEN])
            broken += sum(flag is _BROKEN for _, flag in opened)
        return broken

    def inbox(self, lead: Unlocked) -> list[InboxEntry]:
        """Return every flag in reading order: open before closed, urgent first, then who asked to be read."""
        entries = [
            _entry(survey, sealed, desk_seed)
            for survey, desk_seed in self._desks(lead)
            for sealed in self._desk.flags(survey.slug)
        ]
        return sorted(entries, key=_reading_order)

    def entry(self, lead: Unlocked, slug: str, flag_id: str) -> InboxEntry:
        """Return one flag; raises UnknownFlag."""
        for survey, desk_seed in self._desks(lead):
            for sealed in self._desk.flags(survey.slug):
                if (survey.slug, sealed.id) == (slug, flag_id):
                    return _entry(survey, sealed, desk_seed)
        raise UnknownFlag

    def mark(self, lead: Unlocked, slug: str, flag_id: str, status: Status) -> None:
        """Acknowledge or close a flag, in the lead's name; raises UnknownFlag."""
        self.entry(lead, slug, flag_id)
        self._desk.mark(slug, flag_id, status, by=lead.person.name, on=self._clock.today())

    def _desks(self, lead: Unlocked) -> Sequence[tuple[Survey, bytes]]:
        """Return the surveys whose desk key is sealed to this person, with that key."""
        desks = []
        for survey in self._surveys.all():
            for sealed in self._surveys.seeds(survey.slug):
                if (sealed.slot, sealed.holder_id) == (DESK, lead.person.id):
                    purpose = seed_purpose(survey.slug, DESK, lead.person.id)
                    shred_key = self._secrets.get(survey_shred_file(survey.slug))
                    desks.append((survey, unseal_seed(sealed.sealed, lead.seed, purpose, shred_key=shred_key)))
        return desks


def _opened(survey: Survey, block: bytes, desk_seed: bytes) -> "Flag | _Broken | None":
    try:
        return Flag.decode(unseal(block, desk_seed, block_purpose(survey.slug)))
    except (SealBroken, ValueError, KeyError, TypeError):  # one block that holds no flag must not hide the others
        return _BROKEN


def _resealed(survey: Survey, flag: Flag) -> tuple[str, bytes]:
    sealing = survey.sealed_with()
    return flag.id, seal(flag.encode(), sealing.block_key, flag_purpose(survey.slug), bucket=sealing.block_bucket)


def _entry(survey: Survey, sealed: SealedFlag, desk_seed: bytes) -> InboxEntry:
    try:
        flag = Flag.decode(unseal(sealed.sealed, desk_seed, flag_purpose(survey.slug)))
    except SealBroken:
        raise CannotOpen("A flag in the archive does not open. Tell the administrator.") from None
    if flag is None:
        raise UnknownFlag
    return InboxEntry(survey, flag, sealed.status, sealed.changed_on, sealed.changed_by)


def _reading_order(entry: InboxEntry) -> tuple[bool, int, int, str, str]:
    first_reason = min((list(Reason).index(reason) for reason in entry.flag.reasons), default=len(Reason))
    closed = entry.status is Status.CLOSED
    return closed, _HOW_SOON.index(entry.flag.level), first_reason, entry.survey.slug, entry.flag.id
