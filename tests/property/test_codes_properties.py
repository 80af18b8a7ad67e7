"""Codes, over all that people might type."""

from hypothesis import given
from hypothesis import strategies as st

from coprod_survey.crypto.redeeming import credential_from
from coprod_survey.domain.invitation import (
    code_from,
    code_hash,
    crockford,
    in_groups,
    parse_code,
    parse_crockford,
)

CODES = st.binary(min_size=10, max_size=10).map(code_from)
BETWEEN = st.lists(
    st.sampled_from([" ", "-", "\u2013", "\u2014", "\u2011", "\u00a0", "\t", "\r\n", ""]), min_size=17, max_size=17
)
LOOKALIKES = {"0": "0oO", "1": "1iIlL"}


@st.composite
def mistyped(draw: st.DrawFn) -> tuple[str, str]:
    """Return a code and one of the ways in which people type it."""
    code, between = draw(CODES), draw(BETWEEN)
    typed = [draw(st.sampled_from(LOOKALIKES.get(letter, letter + letter.lower()))) for letter in code]
    return code, between[0] + "".join(letter + gap for letter, gap in zip(typed, between[1:], strict=True))


@given(mistyped())
def test_any_forgiven_typing_is_the_same_code(pair: tuple[str, str]) -> None:
    """Case, spaces, dashes and lookalikes in any mixture lead to the code on the card."""
    code, typed = pair
    assert parse_code(typed) == code


@given(st.text(max_size=40))
def test_whatever_is_typed_gives_a_code_or_none(typed: str) -> None:
    """No text raises, and what is read as a code reads the same when printed again."""
    code = parse_code(typed)
    assert code is None or (len(code) == 16 and parse_code(in_groups(code)) == code)


@given(st.integers(1, 8).flatmap(lambda fives: st.binary(min_size=5 * fives, max_size=5 * fives)))
def test_spelling_keeps_every_bit(secret: bytes) -> None:
    """Any whole number of five bytes is read back as it was, leading zeros included."""
    assert parse_crockford(in_groups(crockford(secret)), len(secret)) == secret


@given(CODES, CODES)
def test_hashes_and_credentials_differ_exactly_with_codes(one: str, two: str) -> None:
    """Two codes have the same hash and the same credential only if they are the same code."""
    key = b"k" * 32
    same = one == two
    assert (code_hash("amber", code_from(_raw(one))) == code_hash("amber", code_from(_raw(two)))) is same
    assert (credential_from(key, one) == credential_from(key, two)) is same


def _raw(code: str) -> bytes:
    raw = parse_crockford(code, 10)
    assert raw is not None
    return raw


@given(CODES, st.text(alphabet="abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=20))
def test_credential_never_equals_the_stored_hash(code: str, slug: str) -> None:
    """What submissions keep of a turn is never what invitations keep of its code."""
    parsed = code_from(_raw(code))
    assert credential_from(slug.encode(), parsed).spend_id != code_hash(slug, parsed)
