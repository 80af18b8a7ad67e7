"""Derive independent keys from one secret (HKDF-SHA256, RFC 5869) and tag bytes under a key (HMAC, RFC 2104)."""

import hmac

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def derive(secret: bytes, purpose: str, *, length_bytes: int = 32) -> bytes:
    """Return a key for one purpose; keys of different purposes tell nothing about each other."""
    return HKDF(SHA256(), length_bytes, salt=None, info=b"coprod-survey/" + purpose.encode()).derive(secret)


def tag(key: bytes, message: bytes) -> bytes:
    """Return HMAC-SHA256 (32 bytes) of a message."""
    return hmac.digest(key, message, "sha256")
