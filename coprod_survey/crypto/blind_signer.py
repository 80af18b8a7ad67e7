"""The holder of a survey's private token key: it signs what it cannot see (RFC 9474, section 4.3).

Three guards around the one private operation, each against a published attack: every secret power is taken with
GMP's constant-time `mpz_powm_sec`; the base is blinded with a fresh random factor each time, because Python's and
GMP's other operations take a time that depends on their numbers (Kocher 1996; Brumley and Boneh 2003); and the
result is checked with the public key before it leaves, because one faulty half of a CRT signature gives away the
factors of the modulus (Boneh, DeMillo and Lipton 1997).
"""

import secrets
from dataclasses import dataclass, field
from math import gcd

import gmpy2
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from coprod_survey.crypto.blind_tokens import EXPONENT, MODULUS_BITS, MODULUS_BYTES, KeyBroken, PublicKey


class BlindedRefused(Exception):
    """What came to be signed is no blinded message. One face for every reason, so that a refusal teaches nothing."""

    def __init__(self) -> None:
        super().__init__("This cannot be signed.")


class SigningFault(Exception):
    """The private operation went wrong and its result was thrown away; trying again is right."""

    def __init__(self) -> None:
        super().__init__("Signing failed and nothing was given out.")


@dataclass(frozen=True)
class PrivatePower:
    """Raise to the private exponent by the Chinese remainder theorem (RFC 8017, 5.1.2), guarded as said above."""

    numbers: rsa.RSAPrivateNumbers = field(repr=False)

    def __call__(self, value: int) -> int:
        """Return value^d mod n; raises SigningFault unless the result raised to e is the value again."""
        modulus = self.numbers.public_numbers.n
        factor = 2 + secrets.randbelow(modulus - 3)
        covered = value * gmpy2.powmod_sec(factor, EXPONENT, modulus) % modulus
        result = self._unguarded(covered) * gmpy2.invert(factor, modulus) % modulus
        if gmpy2.powmod_sec(result, EXPONENT, modulus) != value:
            raise SigningFault
        return int(result)

    def _unguarded(self, base: gmpy2.mpz) -> gmpy2.mpz:
        p, q = self.numbers.p, self.numbers.q
        by_p = gmpy2.powmod_sec(base % p, self.numbers.dmp1, p)
        by_q = gmpy2.powmod_sec(base % q, self.numbers.dmq1, q)
        return by_q + q * ((by_p - by_q) * self.numbers.iqmp % p)


@dataclass(frozen=True)
class Signer:
    """A private token key that can only do its one duty; make one with `generate_key` or `load_key`."""

    private: rsa.RSAPrivateKey = field(repr=False)
    public_key: PublicKey
    power: PrivatePower

    def blind_sign(self, blinded: bytes) -> bytes:
        """Sign a blinded message of 256 bytes; the same one always gets the same 256 bytes.

        Raises BlindedRefused for a wrong length and for numbers that no honest client sends (0, 1, n − 1, n and
        above, multiples of a prime factor of n), SigningFault when the machine miscalculated.
        """
        value, modulus = int.from_bytes(blinded, "big"), self.public_key.modulus
        in_range = len(blinded) == MODULUS_BYTES and 1 < value < modulus - 1
        if not in_range or gcd(value, modulus) != 1:
            raise BlindedRefused
        return self.power(value).to_bytes(MODULUS_BYTES, "big")

    def to_pkcs8(self) -> bytes:
        """Return the private key as unencrypted PKCS#8 (DER), for a key file that stays out of backups."""
        return self.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def generate_key() -> Signer:
    """Make a key pair for one survey and purpose with OpenSSL's generator (FIPS 186-5); takes tens of milliseconds."""
    return _signer(rsa.generate_private_key(EXPONENT, MODULUS_BITS))


def load_key(pkcs8: bytes) -> Signer:
    """Read what `to_pkcs8` wrote; raises KeyBroken for anything else. Checks the primes: load once, sign often."""
    try:
        return _signer(load_der_private_key(pkcs8, password=None))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KeyBroken from None


def _signer(private: object) -> Signer:
    if not isinstance(private, rsa.RSAPrivateKey):
        raise KeyBroken
    numbers = private.private_numbers()
    if numbers.public_numbers.e != EXPONENT:
        raise KeyBroken
    return Signer(private, PublicKey(numbers.public_numbers.n), PrivatePower(numbers))
