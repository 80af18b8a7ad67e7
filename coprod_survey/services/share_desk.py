"""Let another safeguarding lead read a survey's flags: a reader, or the recovery key, seals the desk's key to them."""

from coprod_survey.crypto.keyring import NONCE_BYTES, seal_seed, unseal_seed
from coprod_survey.crypto.sealing import SealBroken
from coprod_survey.domain.errors import CannotOpen, Refused
from coprod_survey.domain.staff import Person
from coprod_survey.ports import Entropy, SealedSeed, Secrets, StaffStore, SurveyStore
from coprod_survey.services.keyholding import DESK, seed_purpose, survey_shred_file
from coprod_survey.services.staff import Unlocked


class ShareDesk:
    """Add readers to an opened survey; nobody can do it without a key that opens the desk already."""

    def __init__(self, surveys: SurveyStore, staff: StaffStore, secrets: Secrets, entropy: Entropy) -> None:
        self._surveys = surveys
        self._staff = staff
        self._secrets = secrets
        self._entropy = entropy

    def share(self, slug: str, giver: Unlocked, name: str) -> Person:
        """Seal the desk's key to a lead; raises Refused where one of the two may not, CannotOpen for a foreign key."""
        self._surveys.get(slug).sealed_with()
        found = self._staff.find(name)
        if found is None or not found[0].role.reads_flags:
            raise Refused(f"{name} is not a safeguarding lead. Add the account first, with --role lead.")
        reader = found[0]
        shred_key = self._secrets.get(survey_shred_file(slug))
        sealed = seal_seed(
            self._desk_seed(slug, giver, shred_key),
            reader.public_key,
            seed_purpose(slug, DESK, reader.id),
            shred_key=shred_key,
            nonce=self._entropy.token(NONCE_BYTES),
        )
        self._surveys.add_seed(slug, SealedSeed(reader.id, DESK, sealed))
        return reader

    def _desk_seed(self, slug: str, giver: Unlocked, shred_key: bytes) -> bytes:
        for sealed in self._surveys.seeds(slug):
            if (sealed.slot, sealed.holder_id) == (DESK, giver.person.id):
                try:
                    return unseal_seed(
                        sealed.sealed, giver.seed, seed_purpose(slug, DESK, giver.person.id), shred_key=shred_key
                    )
                except SealBroken:
                    raise CannotOpen(f"The key of {giver.person.name} does not open the inbox of {slug}.") from None
        raise Refused(f"{giver.person.name} cannot read the flags of {slug}, and so cannot share them.")
