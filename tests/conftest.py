"""What many tests share: small instruments, every service wired on memory or on files, and quick passphrases."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from coprod_survey.adapters import memory
from coprod_survey.adapters.exports import ExportFiles
from coprod_survey.adapters.sqlite.desk import SqliteDesk
from coprod_survey.adapters.sqlite.invitations import SqliteInvitations
from coprod_survey.adapters.sqlite.staff import SqliteStaff
from coprod_survey.adapters.sqlite.submissions import SqliteSubmissions
from coprod_survey.adapters.sqlite.surveys import SqliteSurveys
from coprod_survey.adapters.system import KeyFiles, SystemEntropy, WorkingSetFiles
from coprod_survey.bootstrap.operations import initialise
from coprod_survey.crypto.sealing import public_key_of
from coprod_survey.crypto.wraps import Hardness
from coprod_survey.domain.answers import parse_answers
from coprod_survey.domain.invitation import Code
from coprod_survey.domain.staff import Person, Role
from coprod_survey.domain.survey import Survey
from coprod_survey.ports import (
    DeskStore,
    InvitationStore,
    Received,
    Secrets,
    StaffStore,
    SubmissionStore,
    SurveyStore,
    WorkingSets,
)
from coprod_survey.services.invite import Invite
from coprod_survey.services.open_results import OpenResults
from coprod_survey.services.participate import Participate
from coprod_survey.services.read_flags import ReadFlags
from coprod_survey.services.release import MakeRelease
from coprod_survey.services.staff import StaffAccounts, Unlocked
from coprod_survey.services.surveys import Opened, Surveys

TODAY = date(2026, 11, 23)
PASSPHRASE = "seven quiet herons wading"
OPTIONS = [{"value": "yes", "text": "Yes"}, {"value": "no", "text": "No"}]
GATES = {
    "decision": "Whether the garden opens at weekends",
    "decider": "The head of estates",
    "answer_by": "2027-03-01",
    "retention_until": "2027-12-31",
}
LIGHT: dict[str, Any] = {
    "format": "coprod-instrument/1",
    "slug": "amber-river-oak",
    "title": "The garden",
    "languages": ["en"],
    "sections": [
        {
            "id": "garden",
            "title": "The garden",
            "items": [
                {"id": "open", "kind": "choice", "text": "Should it open at weekends?", "options": OPTIONS},
                {"id": "much", "kind": "scale", "text": "How much do you use it?", "min": 0, "max": 10},
            ],
        }
    ],
    "gates": GATES,
}
TEXTS: list[dict[str, Any]] = [
    {"id": "more", "kind": "text", "text": "Anything else?", "max_chars": 200},
    {"id": "worry", "kind": "text", "text": "What worries you?", "max_chars": 200, "expect_disclosure": True},
]


@pytest.fixture(autouse=True)
def quick_passphrases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Argon2id take 32 KiB and one pass: its real cost (about 0.3 s a time) is checked in one place."""
    monkeypatch.setattr(Hardness.__init__, "__defaults__", (32, 1, 4))


@pytest.fixture
def light_document() -> dict[str, Any]:
    """Return an instrument of closed questions with its promises: the light tier."""
    return copy.deepcopy(LIGHT)


@pytest.fixture
def text_document() -> dict[str, Any]:
    """Return an instrument with two free texts; the second expects disclosures, so the tier is sensitive."""
    document = copy.deepcopy(LIGHT)
    document["sections"][0]["items"] += copy.deepcopy(TEXTS)
    return document


@dataclass
class SetClock:
    """A clock that shows the day it is set to; see ports.Clock."""

    day: date = TODAY

    def today(self) -> date:
        """See ports.Clock."""
        return self.day


@dataclass(frozen=True)
class Stores:
    """One implementation of every store."""

    surveys: SurveyStore
    invitations: InvitationStore
    submissions: SubmissionStore
    desk: DeskStore
    staff: StaffStore
    secrets: Secrets
    working_sets: WorkingSets


def stores_in_memory() -> Stores:
    """Return empty stores in memory."""
    return Stores(
        surveys=memory.MemorySurveys(),
        invitations=memory.MemoryInvitations(),
        submissions=memory.MemorySubmissions(),
        desk=memory.MemoryDesk(),
        staff=memory.MemoryStaff(),
        secrets=memory.MemorySecrets(),
        working_sets=memory.MemoryWorkingSets(),
    )


def stores_in_files(folder: Path) -> Stores:
    """Return the stores of a data folder that `initialise` made."""
    return Stores(
        surveys=SqliteSurveys(folder),
        invitations=SqliteInvitations(folder),
        submissions=SqliteSubmissions(folder),
        desk=SqliteDesk(folder),
        staff=SqliteStaff(folder),
        secrets=KeyFiles(folder / "keys"),
        working_sets=WorkingSetFiles(folder / "working"),
    )


@pytest.fixture
def instance(tmp_path: Path) -> Callable[[], Path]:
    """Return a factory of fresh data folders on disk."""
    made: list[Path] = []

    def make() -> Path:
        folder = tmp_path / f"instance-{len(made)}"
        initialise(folder, participant_url="http://127.0.0.1:8080", staff_url="http://localhost:8081")
        made.append(folder)
        return folder

    return make


@pytest.fixture(params=["memory", "files"])
def stores(request: pytest.FixtureRequest, instance: Callable[[], Path]) -> Stores:
    """Run a test on the stores in memory and again on those in files."""
    return stores_in_memory() if request.param == "memory" else stores_in_files(instance())


class World:
    """Every service, wired on one set of stores, with shorthands for what people do."""

    def __init__(self, stores: Stores) -> None:
        self.stores, self.clock, self.entropy = stores, SetClock(), SystemEntropy()
        self.recovery_seed = self.entropy.token(32)
        secrets, clock, entropy = stores.secrets, self.clock, self.entropy
        self.accounts = StaffAccounts(stores.staff, secrets, entropy)
        self.surveys = Surveys(stores.surveys, stores.staff, secrets, clock=clock, entropy=entropy)
        self.invite = Invite(stores.surveys, stores.invitations, stores.submissions, entropy)
        self.participate = Participate(stores.invitations, stores.submissions, secrets, entropy)
        self.flags = ReadFlags(stores.surveys, stores.submissions, stores.desk, secrets=secrets, clock=clock)
        self.results = OpenResults(
            stores.surveys, stores.submissions, stores.working_sets, secrets=secrets, entropy=entropy
        )
        self.release = MakeRelease(stores.surveys, self.results, ExportFiles(), clock=clock)

    def add(self, role: Role, name: str | None = None) -> Unlocked:
        """Add somebody and sign them in; without a name they are called by their role."""
        name = name or role.value
        self.accounts.add(name, role, PASSPHRASE)
        return self.accounts.unlock(name, PASSPHRASE)

    def recovery(self) -> Unlocked:
        """Return whoever brings the recovery key."""
        public_key = public_key_of(self.recovery_seed)
        return Unlocked(Person("recovery", "the recovery key", Role.ADMIN, public_key), self.recovery_seed)

    def open(self, document: Mapping[str, Any], *, demonstration: bool = True) -> Opened:
        """Create a survey and open it."""
        draft = self.surveys.create(document)
        return self.surveys.open(draft.slug, public_key_of(self.recovery_seed), demonstration=demonstration)

    def answer(self, survey: Survey, code: Code, *, asked: bool = False, **posted: Sequence[str] | str) -> Received:
        """Send answers, one keyword per item."""
        fields = {item: [value] if isinstance(value, str) else list(value) for item, value in posted.items()}
        answers, faults = parse_answers(survey.instrument, fields)
        assert not faults
        return self.participate.receive(survey, code, answers, language="en", asked_to_be_read=asked)


@pytest.fixture
def world() -> World:
    """Wire every service on stores in memory."""
    return World(stores_in_memory())


@pytest.fixture
def world_on_disk(instance: Callable[[], Path]) -> World:
    """Wire every service on stores in files."""
    return World(stores_in_files(instance()))


@dataclass(frozen=True)
class Running:
    """An open survey of free texts with a lead, an organiser and codes."""

    world: World
    survey: Survey
    lead: Unlocked
    organiser: Unlocked
    codes: Sequence[Code] = field(repr=False)

    def answer(self, number: int, *, asked: bool = False, **posted: Sequence[str] | str) -> Received:
        """Answer with the code of this number."""
        return self.world.answer(self.survey, self.codes[number], asked=asked, **posted)


def run_survey(world: World, document: Mapping[str, Any], codes: int = 6) -> Running:
    """Open a demonstration with a lead and an organiser, and make codes."""
    lead, organiser = world.add(Role.LEAD), world.add(Role.ORGANISER)
    survey = world.open(document).survey
    return Running(world, survey, lead, organiser, world.invite.make_codes(survey.slug, codes))


@pytest.fixture
def running(world: World, text_document: dict[str, Any]) -> Running:
    """Run a survey on stores in memory."""
    return run_survey(world, text_document)


@pytest.fixture
def running_on_disk(world_on_disk: World, text_document: dict[str, Any]) -> Running:
    """Run the same survey on stores in files."""
    return run_survey(world_on_disk, text_document)
