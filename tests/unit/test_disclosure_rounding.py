"""Keyed random rounding: what it depends on and what it never does."""

import hashlib
import hmac

import pytest

from coprod_survey.disclosure.rounding import People, Rounded, Rounder

KEY = bytes(range(32))


def test_the_draw_is_the_published_recipe() -> None:
    """Rounding follows HMAC-SHA256(key, cell key ‖ count), as an independent recount can repeat."""
    for count, cell_key in [(13, 2**63 + 5), (1, 7), (99, 2**64 - 1)]:
        digest = hmac.new(KEY, cell_key.to_bytes(8, "big") + count.to_bytes(8, "big"), hashlib.sha256).digest()
        up = int.from_bytes(digest[:8], "big") / 2**64 < count % 5 / 5
        assert Rounder(KEY).round(People(count, cell_key)).value == (count // 5 + up) * 5


@pytest.mark.parametrize("count", [0, 5, 10, 400])
def test_multiples_stay(count: int) -> None:
    """A count that is a multiple of the base is shown as it is, within the same range as any other."""
    assert Rounder(KEY).round(People(count, 3)) == Rounded(count, max(0, count - 4), count + 4)


def test_another_key_or_other_people_draw_anew() -> None:
    """Cells of one size are rounded both ways, by key and by who is in them."""
    assert {Rounder(KEY).round(People(12, people)).value for people in range(50)} == {10, 15}
    assert {Rounder(bytes([number]) * 32).round(People(12, 1)).value for number in range(50)} == {10, 15}


@pytest.mark.parametrize("remainder", [1, 2, 3, 4])
def test_rounding_is_unbiased(remainder: int) -> None:
    """Over 20,000 cells the mean rounded count is within 0.08 (over 4 standard errors) of the true count."""
    people = (People(20 + remainder, _key(number)) for number in range(20_000))
    total = sum(Rounder(KEY).round(each).value for each in people)
    assert total / 20_000 == pytest.approx(20 + remainder, abs=0.08)


def _key(number: int) -> int:
    return int.from_bytes(hashlib.sha256(number.to_bytes(4, "big")).digest()[:8], "big")


@pytest.mark.parametrize(("key", "base"), [(b"short", 5), (KEY, 1)])
def test_a_weak_rounder_is_refused(key: bytes, base: int) -> None:
    """A short key or a base of one is refused."""
    with pytest.raises(ValueError, match="Rounding needs"):
        Rounder(key, base)


def test_the_key_is_not_shown() -> None:
    """Printing a rounder does not print its key."""
    assert repr(Rounder(KEY)) == "Rounder(base=5)"


def test_what_is_left_has_the_range_of_both() -> None:
    """A derived rest is never negative and as wide as the two counts that it comes from."""
    assert Rounded(30, 26, 34).less(Rounded(20, 16, 24)) == Rounded(10, 2, 18)
    assert Rounded(20, 16, 24).less(Rounded(25, 21, 29)) == Rounded(0, 0, 3)
