"""Sealing: X-Wing as published, one size per bucket, and nothing opens that was moved or touched."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives import hpke

from coprod_survey.crypto import sealing
from coprod_survey.crypto.sealing import (
    BUCKETS,
    SUITE_ID,
    Purpose,
    SealBroken,
    bucket_for,
    envelope_bytes,
    public_key_of,
    seal,
    unseal,
)

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "hpke_xwing.json").read_text(encoding="utf-8"))
SEED = bytes(range(32))
PUBLIC = public_key_of(SEED)
ANSWER = Purpose("answer", "amber-river-oak")
BUCKET = BUCKETS[0]
ENCAPSULATED = slice(2, 2 + 1120)


def sealed(plaintext: bytes = b"words") -> bytes:
    """Seal for the purpose of an answer."""
    return seal(plaintext, PUBLIC, ANSWER, bucket=BUCKET)


def sealed_raw(padded: bytes) -> bytes:
    """Seal bytes exactly as they are, as a faulty or hostile client might."""
    return SUITE_ID + sealing._SUITE.encrypt(padded, sealing._public_key(PUBLIC), info=ANSWER.info())


def test_public_key_is_the_published_one() -> None:
    """The seed of the test vector expands to the public key of the test vector."""
    assert public_key_of(bytes.fromhex(VECTORS["skRm"])).hex() == VECTORS["pkRm"]


def test_expanded_key_opens_the_published_encryption() -> None:
    """The vector's first encryption opens with our expansion of the vector's seed."""
    suite = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)
    private = hpke.MLKEM768X25519PrivateKey(*sealing._private_key(bytes.fromhex(VECTORS["skRm"])))
    first = VECTORS["encryptions"][0]
    enc, info, aad = (bytes.fromhex(text) for text in (VECTORS["enc"], VECTORS["info"], first["aad"]))
    opened = openssl.hpke._decrypt_with_aad(suite, enc + bytes.fromhex(first["ct"]), private, info, aad)
    assert opened.hex() == first["pt"]


def test_suite_id_is_the_registered_code_point() -> None:
    """The two leading bytes are X-Wing's KEM id, as in the vectors."""
    assert int.from_bytes(SUITE_ID, "big") == VECTORS["kem_id"] == 0x647A


def test_sealed_words_open_again() -> None:
    """What was sealed opens to the same bytes, without the padding."""
    assert unseal(sealed("Grüße 🦆".encode()), SEED, ANSWER) == "Grüße 🦆".encode()


def test_trailing_zeros_of_the_plaintext_are_kept() -> None:
    """Zeros at the end of what was written are not taken for padding."""
    assert unseal(sealed(b"a\0\0\0"), SEED, ANSWER) == b"a\0\0\0"


@pytest.mark.parametrize("bucket", BUCKETS)
def test_every_envelope_of_a_bucket_has_one_size(bucket: int) -> None:
    """Nothing, one byte and a full bucket give envelopes of equal length."""
    sizes = {len(seal(bytes(length), PUBLIC, ANSWER, bucket=bucket)) for length in (0, 1, bucket - 4)}
    assert sizes == {envelope_bytes(bucket)}


def test_same_words_never_give_the_same_envelope() -> None:
    """Sealing is randomised: equal answers cannot be recognised."""
    assert sealed() != sealed()


def test_words_do_not_stand_in_the_envelope() -> None:
    """A canary in the plaintext is nowhere in the sealed bytes."""
    assert b"canary-canary" not in sealed(b"canary-canary")


def test_too_long_is_refused_and_never_cut() -> None:
    """One byte more than the bucket holds is an error, and its message holds no content."""
    with pytest.raises(ValueError, match="does not fit") as caught:
        sealed(b"Z" * (BUCKET - 3))
    assert "ZZ" not in str(caught.value)


@pytest.mark.parametrize(
    "purpose",
    [
        Purpose("block", "amber-river-oak"),
        Purpose("answer", "amber-river-elm"),
        Purpose("answer", "amber-river-oak", version=2),
        Purpose("answera", "mber-river-oak"),
    ],
    ids=["another slot", "another survey", "another version", "the same letters cut elsewhere"],
)
def test_moved_envelope_does_not_open(purpose: Purpose) -> None:
    """An envelope opens only under the very purpose it was sealed for."""
    with pytest.raises(SealBroken):
        unseal(sealed(), SEED, purpose)


def test_another_key_does_not_open() -> None:
    """The seed of another key pair opens nothing."""
    with pytest.raises(SealBroken):
        unseal(sealed(), bytes(32), ANSWER)


def flipped(place: int) -> Callable[[bytes], bytes]:
    """Return a change of one bit."""

    def flip(envelope: bytes) -> bytes:
        changed = bytearray(envelope)
        changed[place] ^= 1
        return bytes(changed)

    return flip


@pytest.mark.parametrize(
    "damage",
    [
        flipped(0),
        flipped(2),
        flipped(1121),
        flipped(1122),
        flipped(-1),
        lambda envelope: envelope[:-1],
        lambda envelope: envelope[:1122],
        lambda envelope: envelope[:2],
        lambda envelope: b"",
        lambda envelope: envelope + b"\0",
        lambda envelope: b"\0\0" + envelope[2:],
        lambda envelope: envelope[2:],
        lambda envelope: envelope[: 2 + 1088] + bytes(32) + envelope[2 + 1120 :],
    ],
    ids=[
        "bit of the suite",
        "bit of ML-KEM",
        "bit of X25519",
        "bit of the content",
        "bit of the tag",
        "one byte short",
        "no content",
        "suite alone",
        "empty",
        "one byte more",
        "other suite",
        "no suite",
        "X25519 point of low order",
    ],
)
def test_damaged_envelope_does_not_open(damage: Callable[[bytes], bytes]) -> None:
    """Whatever is changed, cut or added, opening says only that the seal is broken."""
    with pytest.raises(SealBroken):
        unseal(damage(sealed()), SEED, ANSWER)


@pytest.mark.parametrize(
    "padded",
    [
        (1).to_bytes(4, "big") + b"a" + bytes(BUCKET - 6) + b"\1",
        (1).to_bytes(4, "big") + b"ab" + bytes(BUCKET - 6),
        BUCKET.to_bytes(4, "big") + bytes(BUCKET - 4),
        (2**32 - 1).to_bytes(4, "big") + bytes(BUCKET - 4),
        b"\0\0",
    ],
    ids=["last byte", "first byte", "length past the end", "largest length", "no whole length"],
)
def test_wrong_padding_is_refused(padded: bytes) -> None:
    """A tail that is not all zeros, or a length that points outside, opens to nothing."""
    with pytest.raises(SealBroken) as caught:
        unseal(sealed_raw(padded), SEED, ANSWER)
    assert caught.value.__cause__ is None


def test_broken_seal_says_nothing_of_the_content() -> None:
    """The message of a broken seal is one fixed sentence."""
    assert str(SealBroken()) == str(SealBroken())
    assert "damaged or was sealed for another purpose" in str(SealBroken())


@pytest.mark.parametrize(
    ("worst", "bucket"),
    [(0, 2048), (2044, 2048), (2045, 4096), (4092, 4096), (4093, 8192), (32765, 65536), (65532, 65536)],
)
def test_bucket_is_the_smallest_that_holds_the_worst_case(worst: int, bucket: int) -> None:
    """Four bytes of length count; no larger bucket than needed is taken."""
    assert bucket_for(worst) == bucket


def test_no_bucket_holds_more_than_the_largest() -> None:
    """A worst case past the largest bucket is refused with the figure that would fit."""
    with pytest.raises(ValueError, match="65532"):
        bucket_for(65533)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_seed_of_another_length_is_refused(length: int) -> None:
    """An X-Wing seed has 32 bytes; nothing is padded or cut."""
    with pytest.raises(ValueError, match="32 bytes"):
        public_key_of(bytes(length))
