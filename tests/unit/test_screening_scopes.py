"""What the words around a match do to its level."""

import pytest

from safeguarding import Level, screen


@pytest.mark.parametrize(
    "text",
    [
        "I am not suicidal, only worn out.",
        "I would never hurt myself.",
        "I have no thoughts of killing myself.",
        "Suicidal thoughts? Definitely not.",
        "I don't want to die, I want the pain to stop being ignored by the phone queue.",
    ],
)
def test_plain_denial_is_no_finding(text: str) -> None:
    """Somebody who says no is taken at their word."""
    assert screen(text).level < Level.REVIEW


@pytest.mark.parametrize(
    "text",
    [
        "Not going to lie, I wish I was dead.",
        "Nobody here has noticed that I want to be dead.",
        "The nurse on reception does not believe that I feel suicidal.",
        "I did not like the lunch but I want to kill myself.",
        "I can't stop thinking about killing myself.",
        "It is not that I am lonely, I just want to die.",
    ],
)
def test_words_that_look_like_denial_are_none(text: str) -> None:
    """A negation that belongs to another verb or clause lowers nothing."""
    assert screen(text).level >= Level.REVIEW


@pytest.mark.parametrize(
    "text",
    [
        "Years ago I tried to take my own life, and I am glad I got help.",
        "My uncle took his own life when I was small.",
        "I volunteer with people who feel suicidal.",
        "If I ever felt suicidal I would ring somebody.",
        "The survey asked about suicidal thoughts and the wording was clumsy.",
    ],
)
def test_past_others_and_talk_lower_to_support(text: str) -> None:
    """What is over, about somebody else's past, or talk about the subject brings help into view and no flag."""
    assert screen(text).level is Level.SUPPORT


@pytest.mark.parametrize(
    "text",
    [
        "I tried to kill myself years ago and the thoughts have come back.",
        "As a teenager I wanted to be dead, and I still think about dying.",
    ],
)
def test_what_returns_is_not_over(text: str) -> None:
    """A past that is said to return is read like the present."""
    assert screen(text).level >= Level.REVIEW


@pytest.mark.parametrize(
    "text",
    ["I nearly died of boredom.", "I could kill for a coffee.", "Dying to see the new garden.", "dead tired lol"],
)
def test_idiom_is_no_finding(text: str) -> None:
    """Everyday exaggeration raises nothing."""
    assert screen(text).level is Level.NONE


def test_a_present_time_makes_a_review_urgent() -> None:
    """The same words are read sooner when they are about tonight."""
    assert screen("I want to end it all.").level is Level.REVIEW
    assert screen("I want to end it all tonight.").level is Level.URGENT


def test_each_sentence_stands_for_itself() -> None:
    """A denial in one sentence does not speak for the next."""
    assert screen("I am not suicidal. My husband hits me.").level is Level.REVIEW


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("k i l l  m y s e l f", "suicide"),
        ("i w4nt to k1ll mys3lf", "suicide"),
        ("I WANT TO DIE", "suicide"),
        ("i wanna die tbh", "suicide"),
        ("i want to kiiiill myself", "suicide"),
        ("my husband h\u0456ts me", "abuse_partner_family"),  # a Cyrillic letter
    ],
)
def test_disguised_words_are_still_read(text: str, category: str) -> None:
    """Spacing, digits, capitals, text-speak, repeats and look-alikes do not hide a disclosure."""
    assert category in {finding.category for finding in screen(text).findings}
