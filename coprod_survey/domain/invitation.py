"""An invitation is the right to answer once; its code is the secret that a card, link or letter carries.

A code is 80 random bits as 16 characters of Crockford's base 32 in four groups ("K7QX-…"). People mistype: lower
case, spaces and dashes are forgiven, O is read as 0, I and L as 1 (https://www.crockford.com/base32.html).
"""

import hashlib
from typing import NewType

CODE_BYTES = 10
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_FORGIVEN = str.maketrans("OIL", "011", " -\u2010\u2011\u2012\u2013\u2014\u2212\u00a0\u202f\u200b\ufeff\t\r\n")

Code = NewType("Code", str)
"""Sixteen Crockford characters without dashes; a secret, so it never goes into a message or a log."""


def crockford(secret: bytes) -> str:
    """Spell whole bytes, a multiple of five, in Crockford's base 32: eight characters for five bytes."""
    number, length = int.from_bytes(secret, "big"), len(secret) * 8 // 5
    return "".join(_ALPHABET[(number >> (5 * place)) & 31] for place in reversed(range(length)))


def parse_crockford(typed: str, length_bytes: int) -> bytes | None:
    """Read back what `crockford` spelled, forgiving what people mistype; None when it cannot be that."""
    cleaned = typed.upper().translate(_FORGIVEN)
    if len(cleaned) != length_bytes * 8 // 5 or set(cleaned) - set(_ALPHABET):
        return None
    number = 0
    for character in cleaned:
        number = number * 32 + _ALPHABET.index(character)
    return number.to_bytes(length_bytes, "big")


def code_from(entropy: bytes) -> Code:
    """Make a code from 10 random bytes."""
    if len(entropy) != CODE_BYTES:
        raise ValueError("a code needs exactly 10 random bytes")
    return Code(crockford(entropy))


def parse_code(typed: str) -> Code | None:
    """Read what somebody typed; None when it cannot be a code (wrong length or characters)."""
    raw = parse_crockford(typed, CODE_BYTES)
    return None if raw is None else code_from(raw)


def in_groups(spelled: str) -> str:
    """Show a code in groups of four, as printed on cards."""
    return "-".join(spelled[start : start + 4] for start in range(0, len(spelled), 4))


def code_hash(survey_slug: str, code: Code) -> bytes:
    """Return the 32 bytes that are kept of a code: SHA-256, bound to the survey. 80 random bits need no stretching."""
    return hashlib.sha256(b"coprod-survey/code/" + survey_slug.encode() + b"/" + code.encode()).digest()
