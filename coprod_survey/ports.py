"""What the services need from outside; each docstring is a contract that tests/contract runs on every adapter."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Any, Protocol

from coprod_survey.crypto.wraps import Wrap
from coprod_survey.domain.flag import Status
from coprod_survey.domain.invitation import Code, in_groups
from coprod_survey.domain.staff import Person
from coprod_survey.domain.survey import Survey


@dataclass(frozen=True)
class Submission:
    """What one Send leaves behind; the three parts are stored together or not at all, and join nothing.

    `spend_id` and `request_tag` are 32 bytes each; `envelope` and `block` have the fixed sizes of the survey.
    """

    spend_id: bytes = field(repr=False)
    request_tag: bytes = field(repr=False)
    envelope: bytes = field(repr=False)
    block: bytes = field(repr=False)


class Received(Enum):
    """What became of a submission."""

    STORED = "stored"
    REPEATED = "repeated"
    CONFLICT = "conflict"


@dataclass(frozen=True)
class SealedFlag:
    """A flag in the desk's archive: only its id, its status and the day of its last change are in clear."""

    id: str
    sealed: bytes = field(repr=False)
    status: Status = Status.NEW
    changed_on: date | None = None
    changed_by: str | None = None


@dataclass(frozen=True)
class SealedSeed:
    """A survey's seed sealed to one person (or to "recovery"); `slot` is "answers" or "desk"."""

    holder_id: str
    slot: str
    sealed: bytes = field(repr=False)


@dataclass(frozen=True)
class StoredRelease:
    """A release as it was made: immutable, named by its content. `files` maps file name → bytes."""

    id: str
    survey_slug: str
    made_on: date
    files: Mapping[str, bytes]


@dataclass(frozen=True)
class Card:
    """An invitation as somebody is handed it; `notice` is what must be said of a demonstration, or empty."""

    title: str
    notice: str
    address: str
    code: Code = field(repr=False)

    @property
    def spelled(self) -> str:
        """Return the code as it is typed, in four groups."""
        return in_groups(self.code)

    @property
    def link(self) -> str:
        """Return the address with the code in the fragment, which no browser sends and so no server logs."""
        return f"{self.address}#{self.spelled}"


class SurveyStore(Protocol):
    """Surveys, their public keys, their sealed seeds and their releases."""

    def add(self, survey: Survey, document: Mapping[str, Any]) -> None:
        """Store a new survey with its instrument file; raises Refused when the slug is taken."""

    def get(self, slug: str) -> Survey:
        """Return the survey; raises UnknownSurvey."""

    def all(self) -> Sequence[Survey]:
        """Return every survey, in the order of slugs."""

    def change(self, before: Survey, after: Survey, seeds: Sequence[SealedSeed] = ()) -> None:
        """Store a new state with sealed seeds; raises Refused when the stored state is no longer that of `before`."""

    def add_seed(self, slug: str, seed: SealedSeed) -> None:
        """Store one more sealed seed; one for the same person and slot stays as it is."""

    def seeds(self, slug: str) -> Sequence[SealedSeed]:
        """Return all sealed seeds of a survey."""

    def add_release(self, release: StoredRelease) -> None:
        """Store a release; storing the same id again changes nothing."""

    def releases(self, slug: str) -> Sequence[StoredRelease]:
        """Return the releases of a survey, oldest day first."""


class InvitationStore(Protocol):
    """Hashes of codes. It never learns what became of a code, and nothing derived from answers enters it."""

    def add(self, slug: str, code_hashes: Sequence[bytes]) -> None:
        """Store hashes of 32 bytes, all or none; their order is not kept."""

    def knows(self, slug: str, code_hash: bytes) -> bool:
        """Tell whether a code with this hash was issued for this survey."""

    def count(self, slug: str) -> int:
        """Return how many codes were issued for this survey."""


class SubmissionStore(Protocol):
    """Spent turns, sealed answers and safeguarding blocks, in random slots so that no order of arrival exists."""

    def make_room(self, slug: str, turns: int, *, envelope_bytes: int, block_bytes: int) -> None:
        """Prepare random-filled slots for `turns` answers in all; never shrinks, keeps what is stored."""

    def accept(self, slug: str, submission: Submission) -> Received:
        """Store a submission exactly once, atomically, across threads and processes.

        The same spend id with the same tag → REPEATED; with another tag → CONFLICT; neither changes anything.
        Raises Overloaded when the file stays busy, and nothing is stored then.
        """

    def find(self, slug: str, spend_id: bytes, request_tag: bytes) -> Received | None:
        """Return what `accept` would answer for a turn already spent, or None for a fresh one."""

    def envelopes(self, slug: str) -> Iterator[bytes]:
        """Yield every stored envelope once, in an order that tells nothing."""

    def blocks(self, slug: str) -> Sequence[tuple[int, bytes]]:
        """Return (slot, sealed block) for every block not yet drained."""

    def forget_blocks(self, slug: str, drained: Sequence[tuple[int, bytes]]) -> None:
        """Refill drained slots with random bytes; a slot whose block has changed since is left alone."""


class DeskStore(Protocol):
    """The safeguarding desk's archive of flags, sealed to the desk."""

    def add(self, slug: str, flags: Sequence[tuple[str, bytes]]) -> None:
        """Store (id, sealed) pairs; an id that is there already is left as it is."""

    def flags(self, slug: str) -> Sequence[SealedFlag]:
        """Return all flags of a survey, ordered by id (random)."""

    def mark(self, slug: str, flag_id: str, status: Status, *, by: str, on: date) -> None:
        """Set the status of a flag, unless it has it already or is closed: closing is final. Raises UnknownFlag."""


class StaffStore(Protocol):
    """Staff accounts with their wrapped seeds."""

    def add(self, person: Person, wrap: Wrap) -> None:
        """Store an account; raises Refused when the name (whatever its letter case) is taken."""

    def find(self, name: str) -> tuple[Person, Wrap] | None:
        """Return the account with this name, or None."""

    def all(self) -> Sequence[Person]:
        """Return every account, ordered by name."""


class WorkingSets(Protocol):
    """Locked working sets for results, one per survey; the key is derived from the survey's seed."""

    def write(self, slug: str, locked: bytes) -> None:
        """Store a working set in one step, in place of an earlier one."""

    def read(self, slug: str) -> bytes | None:
        """Return the working set, or None when results were not opened yet."""


class Secrets(Protocol):
    """Small secrets that live in key files, outside databases and backups."""

    def create(self, name: str, secret: bytes) -> None:
        """Store a secret, whole or not at all; raises Refused when the name is taken."""

    def ensure(self, name: str, secret: bytes) -> bytes:
        """Store a secret unless the name is taken, and return the one that is kept."""

    def get(self, name: str) -> bytes:
        """Return a secret; raises DataFolderUnusable when it is not there."""

    def destroy(self, name: str) -> None:
        """Overwrite and remove a secret; one that is not there is as good as destroyed."""


class Exporter(Protocol):
    """Turns a publication into the files that an organiser downloads."""

    def files(self, publication: Mapping[str, Any]) -> Mapping[str, bytes]:
        """Return file name → bytes; the same publication always gives the same bytes."""


class CardPrinter(Protocol):
    """Turns invitations into sheets of paper cards."""

    def can_print(self, title: str) -> bool:
        """Tell whether a title fits on a card and is in letters that can be printed."""

    def sheet(self, cards: Sequence[Card]) -> bytes:
        """Return a PDF, ten cards to a page; the same cards always give the same bytes.

        Raises Refused where the address cannot be printed. A title that cannot be printed must not be given.
        """


class Clock(Protocol):
    """The day, and nothing finer: no finer time is ever kept."""

    def today(self) -> date:
        """Return today's date."""


class Entropy(Protocol):
    """Unpredictable bytes from the operating system."""

    def token(self, length: int) -> bytes:
        """Return `length` random bytes."""
