"""Create, open and close surveys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coprod_survey.crypto.keyring import NONCE_BYTES, seal_seed
from coprod_survey.crypto.sealing import SEED_BYTES, bucket_for, public_key_of
from coprod_survey.disclosure.plan import plan_hash
from coprod_survey.domain.answers import worst_case_bytes
from coprod_survey.domain.errors import Refused
from coprod_survey.domain.flag import worst_case_block_bytes
from coprod_survey.domain.gates import missing_for_opening
from coprod_survey.domain.instrument import FreeText, Instrument
from coprod_survey.domain.instrument_file import load_instrument
from coprod_survey.domain.staff import Person, Role
from coprod_survey.domain.survey import Sealing, State, Survey
from coprod_survey.ports import Clock, Entropy, SealedSeed, Secrets, StaffStore, SurveyStore
from coprod_survey.services.keyholding import ANSWERS, DESK, RECOVERY, code_key_file, seed_purpose, survey_shred_file
from coprod_survey.services.table_plan import checked_plan, plan_of

# Words that say nothing about any subject: an address stands in histories and on cards.
_NEUTRAL = (
    "amber apple aspen autumn basil beech birch bramble bridge brook cedar cherry clover copper coral "
    "cotton daisy dale elder fern field finch garden ginger harbour hazel heather holly honey indigo "
    "ivory ivy juniper kettle lake larch laurel lemon lilac linen maple marble meadow mint moss oak olive "
    "orchard paper pear pebble pepper pine plum poplar quartz reed river robin rowan saffron sage sandal "
    "silver sorrel spruce star stone thistle thyme tulip velvet violet walnut willow winter wren"
).split()


@dataclass(frozen=True)
class Opened:
    """What opening a survey settled: who can open results, and who reads flags (names)."""

    survey: Survey
    holders: tuple[str, ...]
    readers: tuple[str, ...]


class Surveys:
    """The life of surveys."""

    def __init__(
        self, store: SurveyStore, staff: StaffStore, secrets: Secrets, *, clock: Clock, entropy: Entropy
    ) -> None:
        self._store = store
        self._staff = staff
        self._secrets = secrets
        self._clock = clock
        self._entropy = entropy

    def get(self, slug: str) -> Survey:
        """Return a survey; raises UnknownSurvey."""
        return self._store.get(slug)

    def all(self) -> Sequence[Survey]:
        """Return every survey."""
        return self._store.all()

    def create(self, document: Mapping[str, Any], *, demonstration: bool = False) -> Survey:
        """Store a draft; raises InstrumentFaults, or Refused when the file's slug is taken."""
        instrument = load_instrument(document)
        checked_plan(instrument)
        slug = instrument.slug or self._neutral_slug()
        survey = Survey(slug=slug, instrument=instrument, demonstration=demonstration)
        self._store.add(survey, document)
        return survey

    def open(self, slug: str, recovery_key: bytes, *, demonstration: bool = False) -> Opened:
        """Open a draft: make its keys, seal them to people, and forget them.

        `recovery_key` is a public key. `demonstration` opens without the gates, as does a draft that was created as
        a demonstration. Raises Refused with everything that gate G1 still needs.
        """
        draft, people = self._store.get(slug), self._staff.all()
        demonstration = demonstration or draft.demonstration
        self._pass_gates(draft, people, demonstration=demonstration)
        readers = [person for person in people if person.role.reads_flags]
        members = any(person.role is Role.MEMBER for person in people)
        holders = [p for p in people if p.role.holds_results(demonstration=demonstration, members_present=members)]
        answer_seed, desk_seed = self._entropy.token(SEED_BYTES), self._entropy.token(SEED_BYTES)
        sealing = _sealing(draft.instrument, public_key_of(answer_seed), public_key_of(desk_seed))
        hashed = plan_hash(plan_of(draft.instrument))
        opened = draft.opened(sealing, hashed, on=self._clock.today(), demonstration=demonstration)
        # Kept from an earlier try that was cut off before the state changed, or made now.
        shred_key = self._secrets.ensure(survey_shred_file(slug), self._entropy.token(32))
        seeds = [
            *self._sealed(answer_seed, (slug, ANSWERS), holders, recovery_key=recovery_key, shred_key=shred_key),
            *self._sealed(desk_seed, (slug, DESK), readers, recovery_key=recovery_key, shred_key=shred_key),
        ]
        self._secrets.ensure(code_key_file(slug), self._entropy.token(32))
        self._store.change(draft, opened, seeds)
        return Opened(opened, tuple(p.name for p in holders), tuple(p.name for p in readers))

    def close(self, slug: str) -> Survey:
        """Close an open survey; nobody can answer any more, results can be opened.

        The key that turns codes into credentials is destroyed: from now on nobody can test which code was used.
        """
        before = self._store.get(slug)
        after = before.closed(on=self._clock.today())
        self._store.change(before, after)
        self.destroy_spent_keys()
        return after

    def destroy_spent_keys(self) -> None:
        """Destroy what closed surveys no longer need; repeated at every start, in case closing was cut off."""
        for survey in self._store.all():
            if survey.state in (State.CLOSED, State.RELEASED):
                self._secrets.destroy(code_key_file(survey.slug))

    def _pass_gates(self, draft: Survey, people: Sequence[Person], *, demonstration: bool) -> None:
        roles = [person.role for person in people]
        if Role.LEAD not in roles:
            raise Refused(
                "There is no safeguarding lead to seal flags to. Add one: coprod-survey staff add --role lead …"
            )
        if demonstration:
            return
        missing = missing_for_opening(draft.instrument, roles, today=self._clock.today())
        if missing:
            listed = "\n".join(f"- {thing}" for thing in missing)
            raise Refused(
                f"The survey {draft.slug} cannot open yet. Still missing:\n{listed}\n"
                "To try it out where nobody real answers, add --demonstration-gates."
            )

    def _sealed(
        self,
        seed: bytes,
        survey_slot: tuple[str, str],
        people: Sequence[Person],
        *,
        recovery_key: bytes,
        shred_key: bytes,
    ) -> list[SealedSeed]:
        slug, slot = survey_slot
        keys = [(person.id, person.public_key) for person in people] + [(RECOVERY, recovery_key)]
        return [
            SealedSeed(
                holder_id,
                slot,
                seal_seed(
                    seed,
                    public_key,
                    seed_purpose(slug, slot, holder_id),
                    shred_key=shred_key,
                    nonce=self._entropy.token(NONCE_BYTES),
                ),
            )
            for holder_id, public_key in keys
        ]

    def _neutral_slug(self) -> str:
        words = (_NEUTRAL[int.from_bytes(self._entropy.token(4), "big") % len(_NEUTRAL)] for _ in range(3))
        return "-".join(words)


def _sealing(instrument: Instrument, answer_key: bytes, block_key: bytes) -> Sealing:
    limits = [item.max_chars for item in instrument.items() if isinstance(item, FreeText)]
    return Sealing(
        answer_key=answer_key,
        answer_bucket=bucket_for(worst_case_bytes(instrument)),
        block_key=block_key,
        block_bucket=bucket_for(worst_case_block_bytes(limits)),
    )
