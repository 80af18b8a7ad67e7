"""The regular-expression language that Python and browsers share."""

import pytest

from safeguarding.subset import PatternRefused, lint, needs


@pytest.mark.parametrize(
    "pattern",
    [
        r"\bsad\b",
        r"\d",
        r"[\w]",
        "sad.",
        "sad*",
        "sad+",
        "sad{2,}",
        "(sad)",
        "(?P<x>sad)",
        "(?i)sad",
        "(?>sad)",
        r"(?:sad)\1",
        "sad??",
        "sad?+",
        "sad{2}{2}",
        "sad{3,2}",
        "sad{61}",
        "(?:a{1,9} ){0,13}",
        "(?:sad",
        "sad)",
        "[]",
        "[a",
        "[[:alpha:]]",
        "[a&&b]",
        "sad]",
        "sad}",
        "sad\\",
    ],
)
def test_pattern_outside_the_language_is_refused(pattern: str) -> None:
    """What one of the two engines reads differently, or slowly, has no place in a pack."""
    assert lint(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "sad",
        "sad(?:ly|dest)?",
        "[a-z']{1,20}",
        "(?<![a-z])sad(?![a-z])",
        "^sad$",
        r"\.",
        "(?:[a-z]{1,9} ){0,6}sad",
        "💀",
    ],
)
def test_pattern_inside_the_language_is_accepted(pattern: str) -> None:
    """Literals, classes, groups, lookaround and counted repeats are enough."""
    assert lint(pattern) is None


def test_refusal_says_where() -> None:
    """The message names the place, counted from one."""
    with pytest.raises(PatternRefused, match="character 4"):
        needs("sad.")


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("want to die", [{"want to die"}]),
        ("(?:kill|hurt)(?:ing)? myself", [{"kill myself", "hurt myself", "killing myself", "hurting myself"}]),
        ("give(?:n|s)?", [{"give"}]),
        ("lost (?:[a-z]{1,9} ){0,3}hope", [{"lost "}, {"hope"}]),
        ("(?:cold|wet(?:ness)?) bed", [{"cold bed", "wet bed", "wetness bed"}]),
        ("(?:a|b)", []),
        ("(?:lonely)?", []),
        ("(?!never)sad", [{"sad"}]),
    ],
)
def test_needs_are_what_every_match_contains(pattern: str, expected: list[set[str]]) -> None:
    """A pattern yields the wordings without which it cannot match."""
    assert [set(need) for need in needs(pattern)] == expected
