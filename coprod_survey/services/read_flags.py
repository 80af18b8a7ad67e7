"""The safeguarding lead's inbox: drain blocks, open flags, acknowledge and close them."""

from dataclasses import dataclass
from datetime import date
from enum import Enum

from coprod_survey.crypto.keyring import unseal_seed
from coprod_survey.crypto.sealing import SealBroken, seal, unseal
from coprod_survey.domain.errors import DataFolderUnusable, UnknownFlag
from coprod_survey.domain.flag import Flag, Reason, Status
from coprod_survey.domain.survey import Survey
from coprod_survey.ports import Clock, DeskStore, SealedFlag, SealedSeed, Secrets, SubmissionStore, SurveyStore
from coprod_survey.services.keyholding import DESK, block_purpose, flag_purpose, seed_purpose, survey_shred_file
from coprod_survey.services.staff import Unlocked
from safeguarding import Route, label, routes_for


class _Broken(Enum):
    """Stands for a block that does not open."""

    BROKEN = "broken"


_BROKEN = _Broken.BROKEN
_HOW_SOON = ("urgent", "review", "support", "none")


@dataclass(frozen=True)
class Concern:
    """One category of what was found, with who else could act on it: names and plain words."""

    label: str
    routes: tuple[Route, ...]


@dataclass(frozen=True)
class InboxEntry:
    """One flag as the lead sees it."""

    survey: Survey
    flag: Flag
    status: Status
    changed_on: date | None
    changed_by: str | None


def concerns(flag: Flag) -> list[Concern]:
    """Return what was found in a flag, each category once, with the routes that the safeguarding package names."""
    found = dict.fromkeys(span.category for span in flag.spans)
    return [Concern(label(category), routes_for(category)) for category in found]


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
        means that the same flags are moved once more. Returns how many sealed things did not open, desks and flags in
        the archive included; all of them stay where they are, and none keeps the others from being read.
        """
        desks, broken = self._desks(lead)
        for survey, desk_seed in desks:
            waiting = self._submissions.blocks(survey.slug)
            opened = [(place, _opened(survey, place[1], desk_seed)) for place in waiting]
            self._desk.add(survey.slug, [_resealed(survey, flag) for _, flag in opened if isinstance(flag, Flag)])
            self._submissions.forget_blocks(survey.slug, [place for place, flag in opened if flag is not _BROKEN])
            broken += sum(flag is _BROKEN for _, flag in opened)
            broken += sum(_entry(survey, sealed, desk_seed) is None for sealed in self._desk.flags(survey.slug))
        return broken

    def inbox(self, lead: Unlocked) -> list[InboxEntry]:
        """Return every flag that opens, in reading order: new before acknowledged before closed, then urgent first."""
        found = (
            _entry(survey, sealed, desk_seed)
            for survey, desk_seed in self._desks(lead)[0]
            for sealed in self._desk.flags(survey.slug)
        )
        return sorted((entry for entry in found if entry), key=_reading_order)

    def out_of_reach(self, lead: Unlocked) -> list[str]:
        """Return the slugs of opened surveys whose desk key is not sealed to this person, so they never look empty."""
        opened = [survey for survey in self._surveys.all() if survey.sealing]
        return [survey.slug for survey in opened if not self._holds(survey.slug, lead)]

    def _holds(self, slug: str, lead: Unlocked) -> bool:
        return any((s.slot, s.holder_id) == (DESK, lead.person.id) for s in self._surveys.seeds(slug))

    def entry(self, lead: Unlocked, slug: str, flag_id: str) -> InboxEntry:
        """Return one flag; raises UnknownFlag."""
        for survey, desk_seed in self._desks(lead)[0]:
            for sealed in self._desk.flags(survey.slug):
                if (survey.slug, sealed.id) == (slug, flag_id) and (entry := _entry(survey, sealed, desk_seed)):
                    return entry
        raise UnknownFlag

    def mark(self, lead: Unlocked, slug: str, flag_id: str, status: Status) -> None:
        """Acknowledge or close a flag, in the lead's name; a closed one stays closed. Raises UnknownFlag."""
        if self.entry(lead, slug, flag_id).status is Status.CLOSED:
            return
        self._desk.mark(slug, flag_id, status, by=lead.person.name, on=self._clock.today())

    def _desks(self, lead: Unlocked) -> tuple[list[tuple[Survey, bytes]], int]:
        """Return the surveys whose desk key is sealed to this person, with that key, and how many do not open."""
        desks, broken = [], 0
        for survey in self._surveys.all():
            for sealed in self._surveys.seeds(survey.slug):
                if (sealed.slot, sealed.holder_id) != (DESK, lead.person.id):
                    continue
                try:
                    desks.append((survey, self._desk_seed(survey, sealed, lead)))
                except (SealBroken, DataFolderUnusable):
                    broken += 1
        return desks, broken

    def _desk_seed(self, survey: Survey, sealed: SealedSeed, lead: Unlocked) -> bytes:
        purpose = seed_purpose(survey.slug, DESK, lead.person.id)
        return unseal_seed(
            sealed.sealed, lead.seed, purpose, shred_key=self._secrets.get(survey_shred_file(survey.slug))
        )


def _opened(survey: Survey, block: bytes, desk_seed: bytes) -> "Flag | _Broken | None":
    try:
        return Flag.decode(unseal(block, desk_seed, block_purpose(survey.slug)))
    except (SealBroken, ValueError, KeyError, TypeError):  # one block that holds no flag must not hide the others
        return _BROKEN


def _resealed(survey: Survey, flag: Flag) -> tuple[str, bytes]:
    sealing = survey.sealed_with()
    return flag.id, seal(flag.encode(), sealing.block_key, flag_purpose(survey.slug), bucket=sealing.block_bucket)


def _entry(survey: Survey, sealed: SealedFlag, desk_seed: bytes) -> InboxEntry | None:
    """Return a flag of the archive, or None when it does not open."""
    try:
        flag = Flag.decode(unseal(sealed.sealed, desk_seed, flag_purpose(survey.slug)))
    except (SealBroken, ValueError, KeyError, TypeError):
        return None
    return None if flag is None else InboxEntry(survey, flag, sealed.status, sealed.changed_on, sealed.changed_by)


def _reading_order(entry: InboxEntry) -> tuple[int, int, int, str, str]:
    first_reason = min((list(Reason).index(reason) for reason in entry.flag.reasons), default=len(Reason))
    done = list(Status).index(entry.status)  # what nobody has read yet stands above what somebody has
    return done, _HOW_SOON.index(entry.flag.level), first_reason, entry.survey.slug, entry.flag.id
