"""Codes: 80 random bits, forgiving of how people type, and kept only as a hash."""

import pytest

from coprod_survey.domain.invitation import (
    CODE_BYTES,
    Code,
    code_from,
    code_hash,
    crockford,
    in_groups,
    parse_code,
    parse_crockford,
)

RAW = bytes.fromhex("0123456789abcdef0123")
CODE = code_from(RAW)


def test_code_spells_eighty_bits() -> None:
    """Ten bytes become sixteen characters, five bits each, most significant first."""
    assert CODE_BYTES * 8 == 80
    assert code_from(bytes(10)) == "0" * 16
    assert code_from(b"\xff" * 10) == "Z" * 16
    assert crockford(b"\x08\x42\x10\x84\x21") == "11111111"


def test_code_uses_no_letter_that_is_mistaken() -> None:
    """I, L, O and U are in no code."""
    spelled = {character for number in range(32) for character in crockford(bytes([number << 3, 0, 0, 0, 0]))}
    assert len(spelled) == 32
    assert not spelled & set("ILOU")


@pytest.mark.parametrize("length", [0, 9, 11])
def test_code_needs_exactly_ten_bytes(length: int) -> None:
    """Fewer random bytes never make a weaker code."""
    with pytest.raises(ValueError, match="10 random bytes"):
        code_from(bytes(length))


def test_printed_code_is_read_back() -> None:
    """The form on a card, in four groups of four, is the same code."""
    printed = in_groups(CODE)
    assert [len(group) for group in printed.split("-")] == [4, 4, 4, 4]
    assert parse_code(printed) == CODE


@pytest.mark.parametrize(
    "typed",
    [
        CODE.lower(),
        f"  {CODE}\r\n",
        " ".join(CODE),
        "\u2013".join([CODE[:4], CODE[4:]]),
        "\u00a0".join([CODE[:8], CODE[8:]]),
        "\u2011".join([CODE[:8], CODE[8:]]),
        "\t".join([CODE[:4], CODE[4:8], CODE[8:]]),
    ],
    ids=["lower case", "white space around", "spaces", "en dash", "no-break space", "no-break hyphen", "tabs"],
)
def test_typing_is_forgiven(typed: str) -> None:
    """Case, spaces and dashes of every kind make no difference."""
    assert parse_code(typed) == CODE


def test_letters_that_look_like_digits_are_read_as_digits() -> None:
    """O is 0; I and L are 1, in either case."""
    assert parse_code("oO00 iI11 lL11 0000") == "0000111111110000"


@pytest.mark.parametrize(
    "typed",
    ["", "-", CODE[:15], CODE + "0", CODE[:15] + "U", CODE[:15] + "*", CODE[:15] + "é", CODE[:15] + "\0", "٠" * 16],
    ids=["empty", "dash", "short", "long", "U", "star", "accent", "NUL", "Arabic digits"],
)
def test_what_cannot_be_a_code_is_refused(typed: str) -> None:
    """Another length or an unknown character is no code, and is never guessed at."""
    assert parse_code(typed) is None


def test_longer_secrets_keep_their_leading_zeros() -> None:
    """A recovery key that starts with zero bytes is read back whole."""
    secret = bytes(5) + b"12345" * 6
    assert parse_crockford(in_groups(crockford(secret)), 35) == secret


def test_hash_is_bound_to_the_survey() -> None:
    """The same code for another survey has another hash of 32 bytes, so hashes cannot be moved."""
    here, there = code_hash("amber-river-oak", CODE), code_hash("amber-river-elm", CODE)
    assert here != there
    assert len(here) == len(there) == 32


def test_hash_does_not_mix_up_survey_and_code() -> None:
    """Moving a character from the survey's address to the code changes the hash."""
    assert code_hash("amber/0", Code("1")) != code_hash("amber", Code("01"))
