"""Open the answers of a closed survey, once, into a locked working set from which tables are made.

Holders bring the survey's seed; it exists in memory only while this runs. Free text never enters the working set.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from coprod_survey.crypto.derive import derive, tag
from coprod_survey.crypto.keyring import NONCE_BYTES, lock, unlock, unseal_seed
from coprod_survey.crypto.sealing import SealBroken, unseal
from coprod_survey.domain.answers import Answers, decode_response, tabulated, tabulated_values
from coprod_survey.domain.errors import CannotOpen, Refused
from coprod_survey.domain.staff import Person
from coprod_survey.domain.survey import State, Survey
from coprod_survey.ports import Entropy, Secrets, SubmissionStore, SurveyStore, WorkingSets
from coprod_survey.services.keyholding import ANSWERS, answer_purpose, seed_purpose, survey_shred_file
from coprod_survey.services.staff import Unlocked

RECORD_KEY_BYTES = 8


@dataclass(frozen=True)
class WorkingSet:
    """Opened answers, column by column: `keys` one 64-bit record key per response, `columns` item id → value tuples."""

    rounding_key: bytes = field(repr=False)
    keys: list[int] = field(repr=False)
    columns: Mapping[str, list[tuple[str, ...]]] = field(repr=False)


class OpenResults:
    """Open answers for holders who have given their passphrases."""

    def __init__(
        self,
        surveys: SurveyStore,
        submissions: SubmissionStore,
        working_sets: WorkingSets,
        *,
        secrets: Secrets,
        entropy: Entropy,
    ) -> None:
        self._surveys = surveys
        self._submissions = submissions
        self._working_sets = working_sets
        self._secrets = secrets
        self._entropy = entropy

    def open(self, slug: str, holders: Sequence[Unlocked]) -> int:
        """Open every answer into the working set and return how many there are; repeating it changes nothing.

        Raises Refused before closing or without a holder, CannotOpen for damaged or doubled answers.
        """
        survey, seed = self._closed(slug), self._seed(slug, holders)
        rounding_key = derive(seed, "round")
        keys: list[int] = []
        closed_items = [item for item in survey.instrument.items() if tabulated_values(item)]
        columns: dict[str, list[tuple[str, ...]]] = {item.id: [] for item in closed_items}
        for envelope, answers in self._answers(survey, seed):
            keys.append(int.from_bytes(tag(rounding_key, envelope)[:RECORD_KEY_BYTES], "big"))
            for item in closed_items:
                columns[item.id].append(tabulated(item, answers[item.id]))
        if len(set(keys)) != len(keys):
            raise CannotOpen("The same sealed answer is stored twice, so nothing was opened. Restore the last backup.")
        stored = json.dumps({"keys": keys, "columns": columns}, separators=(",", ":")).encode()
        self._working_sets.write(slug, lock(stored, _working_key(seed), nonce=self._entropy.token(NONCE_BYTES)))
        return len(keys)

    def working_set(self, slug: str, holders: Sequence[Unlocked]) -> WorkingSet:
        """Return the working set, opening the answers first where that was not done; raises as `open` does."""
        survey, seed = self._closed(slug), self._seed(slug, holders)
        locked = self._working_sets.read(survey.slug)
        if locked is None:
            self.open(slug, holders)
            locked = self._working_sets.read(survey.slug)
        try:
            stored = json.loads(unlock(locked or b"", _working_key(seed)))
        except SealBroken:
            raise CannotOpen(
                "The working set is damaged. Open the results again: coprod-survey results open."
            ) from None
        columns = {name: [tuple(values) for values in column] for name, column in stored["columns"].items()}
        return WorkingSet(derive(seed, "round"), stored["keys"], columns)

    def responses(self, slug: str, holders: Sequence[Unlocked]) -> list[Answers]:
        """Return every opened response, in an order that tells nothing: for holders' own checks, never for a face."""
        survey, seed = self._closed(slug), self._seed(slug, holders)
        return [answers for _, answers in self._answers(survey, seed)]

    def holders_of(self, slug: str, people: Sequence[Person]) -> list[str]:
        """Return the names of the people to whom the survey's seed is sealed."""
        ids = {seed.holder_id for seed in self._surveys.seeds(slug) if seed.slot == ANSWERS}
        return [person.name for person in people if person.id in ids]

    def _answers(self, survey: Survey, seed: bytes) -> Iterator[tuple[bytes, Answers]]:
        for envelope in self._submissions.envelopes(survey.slug):
            try:
                raw = unseal(envelope, seed, answer_purpose(survey.slug))
            except SealBroken:
                raise CannotOpen(
                    "A stored answer does not open, so nothing was opened. Restore the last backup."
                ) from None
            yield envelope, decode_response(survey.instrument, raw)[0]

    def _closed(self, slug: str) -> Survey:
        survey = self._surveys.get(slug)
        if survey.state not in (State.CLOSED, State.RELEASED):
            raise Refused(f"The survey {slug} is {survey.state.value}. Close it before results are opened.")
        return survey

    def _seed(self, slug: str, holders: Sequence[Unlocked]) -> bytes:
        sealed = {seed.holder_id: seed.sealed for seed in self._surveys.seeds(slug) if seed.slot == ANSWERS}
        for holder in holders:
            if holder.person.id in sealed:
                purpose = seed_purpose(slug, ANSWERS, holder.person.id)
                shred_key = self._secrets.get(survey_shred_file(slug))
                try:
                    return unseal_seed(sealed[holder.person.id], holder.seed, purpose, shred_key=shred_key)
                except SealBroken:
                    raise CannotOpen(f"The key of {holder.person.name} does not open the results of {slug}.") from None
        names = ", ".join(holder.person.name for holder in holders) or "Nobody"
        raise Refused(f"{names} holds no key to the results of {slug}. Ask one of its holders to open them.")


def _working_key(seed: bytes) -> bytes:
    return derive(seed, "working-set")
