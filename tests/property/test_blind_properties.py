"""Blind tokens, over any secrets and bytes: honest ones verify, all others are refused, and a view fits every token."""

import gmpy2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coprod_survey.crypto.blind_signer import BlindedRefused, generate_key
from coprod_survey.crypto.blind_tokens import (
    TOKEN_BYTES,
    ClientState,
    TokenBroken,
    TokenPurpose,
    blind,
    challenge_digest,
    encode_pss,
    finalize,
    state_from,
    token_input,
    verify,
)

SIGNER = generate_key()
KEY = SIGNER.public_key
CHALLENGE = challenge_digest(TokenPurpose.ANSWER, "amber-river-oak")
SECRETS = st.binary(min_size=32, max_size=32)
SLUGS = st.text(max_size=12)


def token_of(state: ClientState) -> bytes:
    """Make a token as an honest client."""
    message = token_input(state.nonce, CHALLENGE, KEY)
    return finalize(SIGNER.blind_sign(blind(message, KEY, state)), message, KEY, state)


TOKEN = token_of(state_from(bytes(32), KEY))


@settings(max_examples=40, deadline=None)
@given(SECRETS)
def test_any_secret_gives_one_valid_token(secret: bytes) -> None:
    """Every secret gives an invertible factor in range and a token that verifies, twice the same."""
    state = state_from(secret, KEY)
    assert 0 < state.factor < KEY.modulus
    assert gmpy2.gcd(state.factor, KEY.modulus) == 1
    token = token_of(state)
    assert token == token_of(state_from(secret, KEY))
    assert len(verify(token, KEY, CHALLENGE)) == 32


@settings(max_examples=25, deadline=None)
@given(SECRETS, SECRETS)
def test_what_the_signer_saw_fits_every_token(one: bytes, two: bytes) -> None:
    """For any blinded message and any token there is a factor that joins them, so the signer's view excludes none."""
    seen = int.from_bytes(blind(token_input(bytes(32), CHALLENGE, KEY), KEY, state_from(one, KEY)), "big")
    signed = int.from_bytes(SIGNER.blind_sign(seen.to_bytes(256, "big")), "big")
    state = state_from(two, KEY)
    token = token_of(state)
    factor = int(signed * gmpy2.invert(int.from_bytes(token[98:], "big"), KEY.modulus) % KEY.modulus)
    joined = ClientState(state.nonce, state.salt, factor)
    assert blind(token[:98], KEY, joined) == seen.to_bytes(256, "big")


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 8 * TOKEN_BYTES - 1))
def test_any_flipped_bit_is_refused(bit: int) -> None:
    """There is no bit of a token that does not count."""
    altered = bytearray(TOKEN)
    altered[bit // 8] ^= 1 << bit % 8
    with pytest.raises(TokenBroken):
        verify(bytes(altered), KEY, CHALLENGE)


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=400), st.integers(0, TOKEN_BYTES))
def test_no_bytes_from_outside_verify(noise: bytes, kept: int) -> None:
    """Random bytes raise TokenBroken and nothing else, also behind a right beginning."""
    if TOKEN[:kept] + noise != TOKEN:
        with pytest.raises(TokenBroken):
            verify(TOKEN[:kept] + noise, KEY, CHALLENGE)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=600))
def test_no_bytes_from_outside_finalise(noise: bytes) -> None:
    """Whatever a server answers instead of the signature, the client raises TokenBroken and nothing else."""
    state = state_from(bytes(32), KEY)
    with pytest.raises(TokenBroken):
        finalize(noise, token_input(state.nonce, CHALLENGE, KEY), KEY, state)


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.binary(max_size=600), st.binary(min_size=256, max_size=256)))
def test_signer_signs_rightly_or_refuses(noise: bytes) -> None:
    """Any bytes are either signed so that the public key confirms it, or refused."""
    try:
        signed = int.from_bytes(SIGNER.blind_sign(noise), "big")
    except BlindedRefused:
        assert len(noise) != 256 or int.from_bytes(noise, "big") in (0, 1) or noise >= KEY.modulus.to_bytes(256, "big")
    else:
        assert pow(signed, 65537, KEY.modulus) == int.from_bytes(noise, "big")


@given(st.binary(max_size=200), st.binary(max_size=64), st.sampled_from([1023, 1024, 1025, 2047, 3071, 4095]))
def test_encoding_keeps_to_its_bits(message: bytes, salt: bytes, bits: int) -> None:
    """An encoded message ends in 0xbc and has at most the bits it was given (RFC 8017, 9.1.1)."""
    encoded = encode_pss(message, salt, bits=bits)
    assert encoded.bit_length() <= bits
    assert encoded % 256 == 0xBC


@given(st.sampled_from(TokenPurpose), SLUGS, st.sampled_from(TokenPurpose), SLUGS)
def test_two_challenges_never_collide(purpose: TokenPurpose, slug: str, other: TokenPurpose, another: str) -> None:
    """Different purposes or surveys have different challenges, however their letters fall."""
    same = (purpose, slug) == (other, another)
    assert (challenge_digest(purpose, slug) == challenge_digest(other, another)) is same
