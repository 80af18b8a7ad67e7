"""Add staff accounts and unlock their keys."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from coprod_survey.crypto.keyring import unwrap_seed, wrap_seed
from coprod_survey.crypto.sealing import SEED_BYTES, SealBroken, public_key_of
from coprod_survey.domain.errors import Refused, SignInRefused
from coprod_survey.domain.staff import Person, Role
from coprod_survey.ports import Entropy, Secrets, StaffStore
from coprod_survey.services.keyholding import person_shred_file

SHORTEST_PASSPHRASE = 10
_NAME_LENGTH = 60
_NOBODY = "nobody"


@dataclass(frozen=True)
class Unlocked:
    """A person who has just given the right passphrase, with the seed that opens what is sealed to them."""

    person: Person
    seed: bytes = field(repr=False)


class StaffAccounts:
    """Accounts whose secret half exists only behind a passphrase."""

    def __init__(self, store: StaffStore, secrets: Secrets, entropy: Entropy) -> None:
        self._store = store
        self._secrets = secrets
        self._entropy = entropy

    def add(self, name: str, role: Role, passphrase: str) -> Person:
        """Create an account with its key pair; raises Refused for a bad name, a short passphrase or a taken name."""
        name, passphrase = " ".join(name.split()), _same_on_every_keyboard(passphrase)
        if not 0 < len(name) <= _NAME_LENGTH or not name.isprintable():
            raise Refused(f"A name has 1 to {_NAME_LENGTH} printable characters. Give another --name.")
        if len(passphrase) < SHORTEST_PASSPHRASE:
            raise Refused(
                f"The passphrase is too short: use at least {SHORTEST_PASSPHRASE} characters, several words are best."
            )
        if self._store.find(name):
            raise Refused(f"There is already an account named {name}. Choose another name.")
        person_id, seed, shred_key = (
            self._entropy.token(8).hex(),
            self._entropy.token(SEED_BYTES),
            self._entropy.token(32),
        )
        person = Person(person_id, name, role, public_key_of(seed))
        wrap = wrap_seed(seed, passphrase, person_id, shred_key=shred_key, fresh=self._entropy.token(28))
        self._secrets.create(person_shred_file(person_id), shred_key)
        self._store.add(person, wrap)
        return person

    def unlock(self, name: str, passphrase: str) -> Unlocked:
        """Return the person with their seed; raises SignInRefused, after the same work, for name or passphrase."""
        found = self._store.find(name)
        if found is None:
            self._work_in_vain(passphrase)
            raise SignInRefused
        person, wrap = found
        try:
            seed = unwrap_seed(
                wrap,
                _same_on_every_keyboard(passphrase),
                person.id,
                shred_key=self._secrets.get(person_shred_file(person.id)),
            )
        except SealBroken:
            raise SignInRefused from None
        return Unlocked(person, seed)

    def all(self) -> Sequence[Person]:
        """Return every account, ordered by name."""
        return self._store.all()

    def _work_in_vain(self, passphrase: str) -> None:
        """Take as long as a real attempt, so that time does not tell which names exist."""
        token = self._entropy.token
        wrap_seed(token(SEED_BYTES), passphrase, _NOBODY, shred_key=token(32), fresh=token(28))


def _same_on_every_keyboard(passphrase: str) -> str:
    """Return one spelling for accents typed in different ways (NFC, as RFC 8265 asks of passwords)."""
    return unicodedata.normalize("NFC", passphrase)
