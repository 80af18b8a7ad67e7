"""Every store in memory: complete, small, and the specification that the SQLite stores are tested against."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from threading import Lock
from typing import Any

from coprod_survey.crypto.wraps import Wrap
from coprod_survey.domain.errors import DataFolderUnusable, Failed, Refused, UnknownFlag, UnknownSurvey
from coprod_survey.domain.flag import Status
from coprod_survey.domain.staff import Person
from coprod_survey.domain.survey import Survey
from coprod_survey.ports import Received, SealedFlag, SealedSeed, StoredRelease, Submission


class MemorySurveys:
    """See ports.SurveyStore."""

    def __init__(self) -> None:
        self._surveys: dict[str, Survey] = {}
        self._seeds: dict[str, list[SealedSeed]] = {}
        self._releases: dict[str, StoredRelease] = {}

    def add(self, survey: Survey, document: Mapping[str, Any]) -> None:
        """See ports.SurveyStore."""
        if survey.slug in self._surveys:
            raise Refused(f"There is already a survey with the address {survey.slug}. Choose another slug.")
        self._surveys[survey.slug] = survey

    def get(self, slug: str) -> Survey:
        """See ports.SurveyStore."""
        if slug not in self._surveys:
            raise UnknownSurvey
        return self._surveys[slug]

    def all(self) -> Sequence[Survey]:
        """See ports.SurveyStore."""
        return [self._surveys[slug] for slug in sorted(self._surveys)]

    def change(self, before: Survey, after: Survey, seeds: Sequence[SealedSeed] = ()) -> None:
        """See ports.SurveyStore."""
        stored = self._surveys.get(before.slug)
        if stored is None or stored.state is not before.state:
            raise Refused(f"The survey {before.slug} was changed by somebody else just now. Look again and repeat.")
        self._surveys[before.slug] = after
        self._seeds.setdefault(before.slug, []).extend(seeds)

    def add_seed(self, slug: str, seed: SealedSeed) -> None:
        """See ports.SurveyStore."""
        held = {(known.holder_id, known.slot) for known in self._seeds.get(slug, [])}
        if (seed.holder_id, seed.slot) not in held:
            self._seeds.setdefault(slug, []).append(seed)

    def seeds(self, slug: str) -> Sequence[SealedSeed]:
        """See ports.SurveyStore."""
        return sorted(self._seeds.get(slug, []), key=lambda seed: (seed.holder_id, seed.slot))

    def add_release(self, release: StoredRelease) -> None:
        """See ports.SurveyStore."""
        self._releases.setdefault(release.id, release)

    def releases(self, slug: str) -> Sequence[StoredRelease]:
        """See ports.SurveyStore."""
        mine = [release for release in self._releases.values() if release.survey_slug == slug]
        return sorted(mine, key=lambda release: (release.made_on, release.id))


class MemoryInvitations:
    """See ports.InvitationStore."""

    def __init__(self) -> None:
        self._hashes: set[tuple[str, bytes]] = set()

    def add(self, slug: str, code_hashes: Sequence[bytes]) -> None:
        """See ports.InvitationStore."""
        self._hashes |= {(slug, code_hash) for code_hash in code_hashes}

    def knows(self, slug: str, code_hash: bytes) -> bool:
        """See ports.InvitationStore."""
        return (slug, code_hash) in self._hashes

    def count(self, slug: str) -> int:
        """See ports.InvitationStore."""
        return sum(owner == slug for owner, _ in self._hashes)


class MemorySubmissions:
    """See ports.SubmissionStore."""

    def __init__(self) -> None:
        self._turns: dict[tuple[str, bytes], bytes] = {}
        self._answers: dict[str, set[bytes]] = {}
        self._blocks: dict[str, set[bytes]] = {}
        self._lock = Lock()

    def make_room(self, slug: str, turns: int, *, envelope_bytes: int, block_bytes: int) -> None:
        """See ports.SubmissionStore."""
        self._answers.setdefault(slug, set())
        self._blocks.setdefault(slug, set())

    def accept(self, slug: str, submission: Submission) -> Received:
        """See ports.SubmissionStore."""
        with self._lock:
            found = self.find(slug, submission.spend_id, submission.request_tag)
            if found is not None:
                return found
            if slug not in self._answers:
                raise Failed("This survey has no room for answers. Make invitations first.")
            self._turns[slug, submission.spend_id] = submission.request_tag
            self._answers[slug].add(submission.envelope)
            self._blocks[slug].add(submission.block)
            return Received.STORED

    def find(self, slug: str, spend_id: bytes, request_tag: bytes) -> Received | None:
        """See ports.SubmissionStore."""
        known = self._turns.get((slug, spend_id))
        if known is None:
            return None
        return Received.REPEATED if known == request_tag else Received.CONFLICT

    def envelopes(self, slug: str) -> Iterator[bytes]:
        """See ports.SubmissionStore."""
        return iter(sorted(self._answers.get(slug, set())))

    def blocks(self, slug: str) -> Sequence[tuple[int, bytes]]:
        """See ports.SubmissionStore."""
        return list(enumerate(sorted(self._blocks.get(slug, set()))))

    def forget_blocks(self, slug: str, drained: Sequence[tuple[int, bytes]]) -> None:
        """See ports.SubmissionStore."""
        self._blocks.get(slug, set()).difference_update(content for _, content in drained)


class MemoryDesk:
    """See ports.DeskStore."""

    def __init__(self) -> None:
        self._flags: dict[tuple[str, str], SealedFlag] = {}

    def add(self, slug: str, flags: Sequence[tuple[str, bytes]]) -> None:
        """See ports.DeskStore."""
        for flag_id, sealed in flags:
            self._flags.setdefault((slug, flag_id), SealedFlag(flag_id, sealed))

    def flags(self, slug: str) -> Sequence[SealedFlag]:
        """See ports.DeskStore."""
        return [self._flags[key] for key in sorted(self._flags) if key[0] == slug]

    def mark(self, slug: str, flag_id: str, status: Status, *, by: str, on: date) -> None:
        """See ports.DeskStore."""
        flag = self._flags.get((slug, flag_id))
        if flag is None:
            raise UnknownFlag
        if flag.status not in (status, Status.CLOSED):
            self._flags[slug, flag_id] = replace(flag, status=status, changed_on=on, changed_by=by)


class MemoryStaff:
    """See ports.StaffStore."""

    def __init__(self) -> None:
        self._people: dict[str, tuple[Person, Wrap]] = {}

    def add(self, person: Person, wrap: Wrap) -> None:
        """See ports.StaffStore."""
        if person.name.casefold() in self._people:
            raise Refused(f"There is already an account named {person.name}. Choose another name.")
        self._people[person.name.casefold()] = (person, wrap)

    def find(self, name: str) -> tuple[Person, Wrap] | None:
        """See ports.StaffStore."""
        return self._people.get(" ".join(name.split()).casefold())

    def all(self) -> Sequence[Person]:
        """See ports.StaffStore."""
        return [self._people[name][0] for name in sorted(self._people)]


class MemorySecrets:
    """See ports.Secrets."""

    def __init__(self) -> None:
        self._secrets: dict[str, bytes] = {}

    def create(self, name: str, secret: bytes) -> None:
        """See ports.Secrets."""
        if name in self._secrets:
            raise Refused(f"There is already a key file named {name}. It is never overwritten.")
        self._secrets[name] = secret

    def ensure(self, name: str, secret: bytes) -> bytes:
        """See ports.Secrets."""
        return self._secrets.setdefault(name, secret)

    def get(self, name: str) -> bytes:
        """See ports.Secrets."""
        if name not in self._secrets:
            raise DataFolderUnusable("A key file is missing.")
        return self._secrets[name]

    def destroy(self, name: str) -> None:
        """See ports.Secrets."""
        self._secrets.pop(name, None)


class MemoryWorkingSets:
    """See ports.WorkingSets."""

    def __init__(self) -> None:
        self._sets: dict[str, bytes] = {}

    def write(self, slug: str, locked: bytes) -> None:
        """See ports.WorkingSets."""
        self._sets[slug] = locked

    def read(self, slug: str) -> bytes | None:
        """See ports.WorkingSets."""
        return self._sets.get(slug)
