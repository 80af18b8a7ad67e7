"""Seal bytes to a public key so that nobody without the private key, this server included, can open them.

HPKE base mode (RFC 9180) with X-Wing (ML-KEM-768 + X25519, KEM 0x647a, draft-connolly-cfrg-xwing-kem),
HKDF-SHA256 and AES-256-GCM. An envelope is

    suite id (2 bytes) ‖ encapsulated key (1,120 bytes) ‖ padded plaintext (bucket) ‖ tag (16 bytes)

so all envelopes of one bucket have one length, whatever was written.
"""

import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

SUITE_ID = b"\x64\x7a"
BUCKETS = (2048, 4096, 8192, 16384, 32768, 65536)
OVERHEAD = 2 + 1120 + 16
SEED_BYTES = 32
_MLKEM_PUBLIC_BYTES = 1184
_LENGTH_BYTES = 4
_SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


class SealBroken(Exception):
    """The envelope does not open: another key, another purpose, or damaged. Says nothing of the content."""

    def __init__(self) -> None:
        super().__init__(
            "A sealed item could not be opened with this key: it is damaged or was sealed for another purpose."
        )


@dataclass(frozen=True)
class Purpose:
    """What an envelope is for; it is bound into the seal, so an envelope moved elsewhere does not open.

    `slot` names the kind of content ("answer", "block", "flag", "survey-seed"), `owner` the survey or person.
    """

    slot: str
    owner: str
    version: int = 1

    def info(self) -> bytes:
        """Return the HPKE info string; its parts are length-prefixed so that no two purposes collide."""
        parts = (b"coprod-survey", SUITE_ID, self.slot.encode(), self.owner.encode(), str(self.version).encode())
        return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


def bucket_for(worst_case_bytes: int) -> int:
    """Return the smallest bucket, in bytes, that holds the worst case; ValueError when none does."""
    for bucket in BUCKETS:
        if worst_case_bytes + _LENGTH_BYTES <= bucket:
            return bucket
    raise ValueError(f"{worst_case_bytes} bytes fit no bucket; the largest holds {BUCKETS[-1] - _LENGTH_BYTES}")


def envelope_bytes(bucket: int) -> int:
    """Return the length in bytes of an envelope whose padded plaintext fills `bucket`."""
    return bucket + OVERHEAD


def public_key_of(seed: bytes) -> bytes:
    """Return the 1,216-byte X-Wing public key (ML-KEM-768 ‖ X25519) of a 32-byte seed."""
    public = _private_key(seed)
    return public[0].public_key().public_bytes_raw() + public[1].public_key().public_bytes_raw()


def seal(plaintext: bytes, public_key: bytes, purpose: Purpose, *, bucket: int) -> bytes:
    """Seal `plaintext`, padded with zeros to `bucket` bytes, to an X-Wing public key.

    Raises ValueError when the plaintext does not fit: nothing is ever cut.
    """
    room = bucket - _LENGTH_BYTES - len(plaintext)
    if room < 0:
        raise ValueError("the plaintext does not fit its bucket")
    padded = len(plaintext).to_bytes(_LENGTH_BYTES, "big") + plaintext + bytes(room)
    return SUITE_ID + _SUITE.encrypt(padded, _public_key(public_key), info=purpose.info())


def unseal(envelope: bytes, seed: bytes, purpose: Purpose) -> bytes:
    """Open an envelope with the seed of its key pair and return the plaintext without its padding.

    Raises SealBroken for a wrong key or purpose, an unknown suite, and padding that is not all zeros.
    """
    if envelope[:2] != SUITE_ID:
        raise SealBroken
    mlkem, x25519 = _private_key(seed)
    try:
        padded = _SUITE.decrypt(envelope[2:], hpke.MLKEM768X25519PrivateKey(mlkem, x25519), info=purpose.info())
    except (InvalidTag, ValueError):
        raise SealBroken from None
    length = int.from_bytes(padded[:_LENGTH_BYTES], "big")
    plaintext, tail = padded[_LENGTH_BYTES : _LENGTH_BYTES + length], padded[_LENGTH_BYTES + length :]
    if len(padded) < _LENGTH_BYTES or len(plaintext) != length or tail.strip(b"\0"):
        raise SealBroken
    return plaintext


def _private_key(seed: bytes) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    """Expand a seed as X-Wing does: e = SHAKE256(seed, 96), ML-KEM from e[:64], X25519 from e[64:]."""
    if len(seed) != SEED_BYTES:
        raise ValueError("an X-Wing seed has 32 bytes")
    expanded = hashlib.shake_256(seed).digest(96)
    return MLKEM768PrivateKey.from_seed_bytes(expanded[:64]), X25519PrivateKey.from_private_bytes(expanded[64:])


def _public_key(raw: bytes) -> hpke.MLKEM768X25519PublicKey:
    return hpke.MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(raw[:_MLKEM_PUBLIC_BYTES]),
        X25519PublicKey.from_public_bytes(raw[_MLKEM_PUBLIC_BYTES:]),
    )
