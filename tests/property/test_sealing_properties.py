"""Sealing, over any bytes: what goes in comes out, and what was touched does not open."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coprod_survey.crypto.keyring import lock, unlock
from coprod_survey.crypto.sealing import (
    BUCKETS,
    Purpose,
    SealBroken,
    bucket_for,
    envelope_bytes,
    public_key_of,
    seal,
    unseal,
)

SEED = bytes(range(32))
PUBLIC = public_key_of(SEED)
BUCKET = BUCKETS[0]
SIZE = envelope_bytes(BUCKET)
PURPOSE = Purpose("answer", "amber-river-oak")
ENVELOPE = seal(b"words", PUBLIC, PURPOSE, bucket=BUCKET)
WORDS = st.text(max_size=12)
PURPOSES = st.builds(Purpose, WORDS, WORDS, st.integers(0, 99))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=BUCKET - 4), PURPOSES)
def test_anything_that_fits_comes_back(plaintext: bytes, purpose: Purpose) -> None:
    """Any bytes up to the bucket survive, in an envelope of the one size."""
    envelope = seal(plaintext, PUBLIC, purpose, bucket=BUCKET)
    assert len(envelope) == SIZE
    assert unseal(envelope, SEED, purpose) == plaintext


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 8 * SIZE - 1))
def test_any_flipped_bit_breaks_the_seal(bit: int) -> None:
    """There is no bit of an envelope that does not count."""
    changed = bytearray(ENVELOPE)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SealBroken):
        unseal(bytes(changed), SEED, PURPOSE)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, SIZE - 1), st.binary(max_size=40))
def test_any_cut_or_other_end_breaks_the_seal(length: int, end: bytes) -> None:
    """A shorter envelope, or one with another end, opens to nothing."""
    changed = ENVELOPE[:length] + end
    if changed != ENVELOPE:
        with pytest.raises(SealBroken):
            unseal(changed, SEED, PURPOSE)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=3000))
def test_no_bytes_from_outside_open(noise: bytes) -> None:
    """Random bytes raise SealBroken and nothing else, also behind a right suite id."""
    for envelope in (noise, ENVELOPE[:2] + noise):
        with pytest.raises(SealBroken):
            unseal(envelope, SEED, PURPOSE)


@given(PURPOSES, PURPOSES)
def test_two_purposes_never_collide(one: Purpose, two: Purpose) -> None:
    """Different purposes have different info strings, however their letters fall."""
    assert (one.info() == two.info()) is (one == two)


@given(st.integers(0, BUCKETS[-1] - 4))
def test_bucket_holds_and_the_next_smaller_does_not(worst_case: int) -> None:
    """The chosen bucket is enough, and no smaller one is."""
    bucket = bucket_for(worst_case)
    assert bucket >= worst_case + 4
    assert all(smaller < worst_case + 4 for smaller in BUCKETS if smaller < bucket)


@given(st.binary(max_size=200), st.binary(min_size=32, max_size=32), st.binary(min_size=12, max_size=12))
def test_locked_bytes_come_back(plaintext: bytes, key: bytes, nonce: bytes) -> None:
    """Any bytes survive being locked and unlocked with the same key."""
    assert unlock(lock(plaintext, key, nonce=nonce), key) == plaintext


@given(st.binary(max_size=80))
def test_no_bytes_from_outside_unlock(noise: bytes) -> None:
    """Whatever was not locked with this key raises SealBroken and nothing else."""
    with pytest.raises(SealBroken):
        unlock(noise, SEED)
