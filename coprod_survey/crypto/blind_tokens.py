"""Once-only tokens: the signer grants a turn without seeing which token it signs, so spending one names nobody.

RSABSSA-SHA384-PSS-Deterministic (RFC 9474) in tokens of type 2 (RFC 9578, section 6; challenge: RFC 9577, 2.1):

    token = 0x0002 ‖ nonce (32 bytes) ‖ challenge digest (32) ‖ key id (32) ‖ authenticator (256)

The part before the authenticator is the token input, which is what gets signed. This module needs public keys only;
`blind_signer` alone holds private ones. static/blind.js is its counterpart in the browser.
"""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from itertools import count
from math import gcd

import gmpy2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA384

from coprod_survey.crypto.derive import derive, tag

TOKEN_TYPE = b"\x00\x02"
EXPONENT = 65537
MODULUS_BITS = 2048
MODULUS_BYTES = MODULUS_BITS // 8
NONCE_BYTES = 32
SALT_BYTES = 48
INPUT_BYTES = len(TOKEN_TYPE) + NONCE_BYTES + 32 + 32
TOKEN_BYTES = INPUT_BYTES + MODULUS_BYTES
ISSUER = b"coprod-survey.invalid"
# The one encoding that RFC 9578 (6.5) allows: id-RSASSA-PSS with SHA-384, MGF1-SHA-384 and a salt of 48 bytes.
_SPKI_HEAD = bytes.fromhex(
    "30820152303d06092a864886f70d01010a3030a00d300b0609608648016503040202a11a301806092a864886f70d010108300b"
    "0609608648016503040202a2030201300382010f003082010a0282010100"
)
_SPKI_TAIL = bytes.fromhex("0203010001")
_SMALL = 4096
_PSS = padding.PSS(padding.MGF1(SHA384()), SALT_BYTES)


class KeyBroken(Exception):
    """The key cannot carry tokens: not RSA with 2,048 bits and exponent 65,537, or not encoded as RFC 9578 says."""

    def __init__(self) -> None:
        super().__init__("A key for tokens is damaged or of another kind than this software uses.")


class TokenBroken(Exception):
    """A token or signature is not valid for this key and challenge. Says nothing of what was wrong with it."""

    def __init__(self) -> None:
        super().__init__("A token or its signature is not valid for this survey and purpose.")


class TokenPurpose(StrEnum):
    """What a token entitles to; every survey has one key pair for each."""

    ANSWER = "answer"
    VOUCHER = "voucher"


@dataclass(frozen=True)
class PublicKey:
    """The public half of the key pair of one survey and purpose; raises KeyBroken for a modulus unfit for it."""

    modulus: int = field(repr=False)

    def __post_init__(self) -> None:
        small_factor = any(self.modulus % divisor == 0 for divisor in range(2, _SMALL))
        if self.modulus.bit_length() != MODULUS_BITS or small_factor:
            raise KeyBroken

    @classmethod
    def from_spki(cls, spki: bytes) -> "PublicKey":
        """Read a SubjectPublicKeyInfo; any other length, algorithm or parameter raises KeyBroken."""
        modulus = spki[len(_SPKI_HEAD) : -len(_SPKI_TAIL)]
        if len(modulus) != MODULUS_BYTES or spki != _SPKI_HEAD + modulus + _SPKI_TAIL:
            raise KeyBroken
        return cls(int.from_bytes(modulus, "big"))

    @cached_property
    def spki(self) -> bytes:
        """Return the SubjectPublicKeyInfo (DER, 342 bytes)."""
        return _SPKI_HEAD + self.modulus.to_bytes(MODULUS_BYTES, "big") + _SPKI_TAIL

    @cached_property
    def key_id(self) -> bytes:
        """Return the token key id: SHA-256 of the SubjectPublicKeyInfo (RFC 9578, section 6.5)."""
        return hashlib.sha256(self.spki).digest()

    @cached_property
    def _verifier(self) -> rsa.RSAPublicKey:
        return rsa.RSAPublicNumbers(EXPONENT, self.modulus).public_key()

    def check(self, signature: bytes, message: bytes) -> None:
        """Raise TokenBroken unless this is an RSASSA-PSS signature of the message with a salt of exactly 48 bytes."""
        try:
            self._verifier.verify(signature, message, _PSS, SHA384())
        except InvalidSignature:
            raise TokenBroken from None


@dataclass(frozen=True)
class ClientState:
    """What only the client knows: nonce (32 bytes), PSS salt (48 bytes), factor r with 0 < r < n, invertible."""

    nonce: bytes = field(repr=False)
    salt: bytes = field(repr=False)
    factor: int = field(repr=False)


def challenge_digest(purpose: TokenPurpose, slug: str) -> bytes:
    """Return SHA-256 of the TokenChallenge that binds a token to one survey and purpose.

    The issuer name is the same for every instance (".invalid" leads nowhere, RFC 2606), the redemption context is
    SHA-256 of purpose and slug, each length-prefixed, and there is no origin: so no address or host is needed to
    check a token, and moving an instance to another host invalidates none.
    """
    context = hashlib.sha256(_prefixed(purpose.encode()) + _prefixed(slug.encode())).digest()
    return hashlib.sha256(TOKEN_TYPE + _prefixed(ISSUER) + bytes([len(context)]) + context + _prefixed(b"")).digest()


def token_input(nonce: bytes, challenge: bytes, key: PublicKey) -> bytes:
    """Return what is signed for a token (98 bytes); `challenge` is a challenge digest."""
    return TOKEN_TYPE + nonce + challenge + key.key_id


def state_from(secret: bytes, key: PublicKey) -> ClientState:
    """Derive a client's state from 32 secret bytes, for the plain version where the server plays the client.

    The same secret and key always give the same state, hence the same token: no crash can cost a turn. Two keys give
    unrelated states, so that a person's answer and voucher have nothing in common.
    """
    if len(secret) != 32:
        raise ValueError("the secret of a client state has 32 bytes")
    root = tag(secret, b"coprod-survey/blind-state" + key.key_id)
    stream = (derive(root, f"blind-factor/{attempt}", length_bytes=MODULUS_BYTES) for attempt in count())
    tries = (int.from_bytes(candidate, "big") for candidate in stream)
    factor = next(r for r in tries if 0 < r < key.modulus and gcd(r, key.modulus) == 1)
    nonce, salt = derive(root, "nonce", length_bytes=NONCE_BYTES), derive(root, "salt", length_bytes=SALT_BYTES)
    return ClientState(nonce, salt, factor)


def blind(message: bytes, key: PublicKey, state: ClientState) -> bytes:
    """Blind a message (RFC 9474, section 4.2); the 256 bytes tell the signer nothing about it."""
    encoded = encode_pss(message, state.salt, bits=MODULUS_BITS - 1)
    if gcd(encoded * state.factor, key.modulus) != 1:
        raise KeyBroken
    return _cover(encoded, state.factor, key.modulus).to_bytes(MODULUS_BYTES, "big")


def finalize(signature: bytes, message: bytes, key: PublicKey, state: ClientState) -> bytes:
    """Take the blinding off a blind signature (RFC 9474, section 4.4) and return the token: message ‖ authenticator.

    Raises TokenBroken when the signer did not sign what it was given, so that nobody sends answers with a token that
    would be refused, or that was marked.
    """
    if len(signature) != MODULUS_BYTES:
        raise TokenBroken
    authenticator = _uncover(int.from_bytes(signature, "big"), state.factor, key.modulus)
    token = message + authenticator.to_bytes(MODULUS_BYTES, "big")
    key.check(token[len(message) :], message)
    return token


def verify(token: bytes, key: PublicKey, challenge: bytes) -> bytes:
    """Check a token and return the id under which it is spent (32 bytes); raises TokenBroken.

    The id hashes the token input alone: two signatures of one input would still be one turn.
    """
    message = token[:INPUT_BYTES]
    nonce = message[len(TOKEN_TYPE) :][:NONCE_BYTES]
    if len(token) != TOKEN_BYTES or message != token_input(nonce, challenge, key):
        raise TokenBroken
    key.check(token[INPUT_BYTES:], message)
    return hashlib.sha256(b"coprod-survey/spend-id" + message).digest()


def encode_pss(message: bytes, salt: bytes, *, bits: int) -> int:
    """Return EMSA-PSS-ENCODE (RFC 8017, 9.1.1) with SHA-384; `bits` is one less than the modulus has."""
    digest = hashlib.sha384(bytes(8) + hashlib.sha384(message).digest() + salt).digest()
    length = -(-bits // 8) - len(digest) - 1
    blocks = (hashlib.sha384(digest + number.to_bytes(4, "big")).digest() for number in range(-(-length // 48)))
    mask = int.from_bytes(b"".join(blocks)[:length], "big")
    masked = (int.from_bytes(b"\x01" + salt, "big") ^ mask) % (1 << bits - 8 * (len(digest) + 1))
    return int.from_bytes(masked.to_bytes(length, "big") + digest + b"\xbc", "big")


def _cover(encoded: int, factor: int, modulus: int) -> int:
    return int(encoded * gmpy2.powmod_sec(factor, EXPONENT, modulus) % modulus)


def _uncover(signed: int, factor: int, modulus: int) -> int:
    return int(signed * gmpy2.invert(factor, modulus) % modulus)


def _prefixed(part: bytes) -> bytes:
    return len(part).to_bytes(2, "big") + part
