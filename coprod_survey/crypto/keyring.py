"""Keys that people hold: a passphrase unlocks a person's seed, and that seed opens what was sealed to the person.

Passphrase → Argon2id (RFC 9106; 64 MiB, 3 passes, 4 lanes) → HKDF with the person's shred key → AES-256-GCM wrap
of the seed. A survey's seed is locked under the survey's shred key and then sealed to each holder, so destroying
one small shred key makes every copy of every wrap useless, those in old backups included.
"""

import threading

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from coprod_survey.crypto.derive import derive
from coprod_survey.crypto.sealing import Purpose, SealBroken, seal, unseal
from coprod_survey.crypto.wraps import Hardness, Wrap

NONCE_BYTES = 12
SEALED_SEED_BUCKET = 2048
# Each run takes 64 MiB; parallel sign-ins must not exhaust the memory of a small server.
_ARGON2_RUNS = threading.BoundedSemaphore(2)


def wrap_seed(seed: bytes, passphrase: str, person_id: str, *, shred_key: bytes, fresh: bytes) -> Wrap:
    """Lock a person's seed. `fresh` is 28 random bytes: salt (16) and nonce (12)."""
    salt, nonce, hardness = fresh[:16], fresh[16:28], Hardness()
    key = _passphrase_key(passphrase, salt, shred_key, hardness)
    return Wrap(salt, nonce, AESGCM(key).encrypt(nonce, seed, _bound_to(person_id, 1)), hardness)


def unwrap_seed(wrap: Wrap, passphrase: str, person_id: str, *, shred_key: bytes) -> bytes:
    """Unlock a person's seed; raises SealBroken for a wrong passphrase, person or shred key."""
    key = _passphrase_key(passphrase, wrap.salt, shred_key, wrap.hardness)
    try:
        return AESGCM(key).decrypt(wrap.nonce, wrap.locked, _bound_to(person_id, wrap.version))
    except InvalidTag:
        raise SealBroken from None


def seal_seed(seed: bytes, public_key: bytes, purpose: Purpose, *, shred_key: bytes, nonce: bytes) -> bytes:
    """Seal a survey's seed to one holder (or to the recovery key), through the survey's shred key."""
    locked = lock(seed, derive(shred_key, "seed-wrap"), nonce=nonce)
    return seal(locked, public_key, purpose, bucket=SEALED_SEED_BUCKET)


def unseal_seed(sealed: bytes, holder_seed: bytes, purpose: Purpose, *, shred_key: bytes) -> bytes:
    """Open a survey's seed as its holder; raises SealBroken when key, purpose or shred key is another."""
    return unlock(unseal(sealed, holder_seed, purpose), derive(shred_key, "seed-wrap"))


def lock(plaintext: bytes, key: bytes, *, nonce: bytes) -> bytes:
    """Encrypt bytes under a 32-byte key (AES-256-GCM): nonce ‖ ciphertext ‖ tag. A nonce must be fresh."""
    return nonce + AESGCM(key).encrypt(nonce, plaintext, None)


def unlock(locked: bytes, key: bytes) -> bytes:
    """Decrypt what `lock` made; raises SealBroken for another key or a changed byte."""
    try:
        return AESGCM(key).decrypt(locked[:NONCE_BYTES], locked[NONCE_BYTES:], None)
    except (InvalidTag, ValueError):
        raise SealBroken from None


def _passphrase_key(passphrase: str, salt: bytes, shred_key: bytes, hardness: Hardness) -> bytes:
    with _ARGON2_RUNS:
        stretched = hash_secret_raw(
            passphrase.encode(),
            salt,
            time_cost=hardness.passes,
            memory_cost=hardness.memory_kib,
            parallelism=hardness.lanes,
            hash_len=32,
            type=Type.ID,
        )
    return derive(stretched + shred_key, "person-wrap")


def _bound_to(person_id: str, version: int) -> bytes:
    return f"coprod-survey/person/{person_id}/{version}".encode()
