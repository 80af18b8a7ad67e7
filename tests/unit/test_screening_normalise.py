"""Seeing through spelling, disguise and text-speak without losing the place."""

import pytest

from safeguarding.normalise import mostly_another_script, mostly_other_words, readable, sentences, views


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("HELLO There", "hello there"),
        ("caf\u00e9 na\u00efve", "cafe naive"),
        ("\uff28\uff45\uff4c\uff50", "help"),
        ("\U0001d4f1\U0001d4ee\U0001d4f5\U0001d4f9", "help"),
        ("h\u0435l\u0440", "help"),  # Cyrillic letters that look Latin
        ("he\u200bl\u00adp", "help"),
        ("he\u0301lp", "help"),
        ("\ufb01ne", "fine"),
        ("don\u2019t", "do not"),
        ("k1ll", "kill"),
        ("$uicide", "suicide"),
        ("d!e", "die"),
        ("30mg at 8am on the 2nd", "30mg at 8am on the 2nd"),
        ("it helps!", "it helps!"),
        ("h e l p  m e  p l e a s e", "help me  please".replace("me  please", "m e please")),
        ("h.e.l.p", "help"),
        ("please.help.me", "please help me"),
        ("kiiiiill", "kill"),
        ("sooooo tired", "so tired"),
        ("wanna gonna", "want to going to"),
        ("i cant im fine", "i can not i am fine"),
        ("one\ntwo", "one two"),
        ("one\r\n\r\ntwo", "one\ntwo"),
    ],
)
def test_disguise_is_undone(written: str, read: str) -> None:
    """Case, accents, look-alikes, hidden characters, digits, spacing, repeats and text-speak are read as words."""
    assert views(written)[0].text == read


def test_undone_disguise_keeps_the_plain_reading() -> None:
    """A text that only looked disguised is also read as spelled."""
    assert [view.text for view in views("b2b sales")] == ["b2b sales"]
    assert [view.text for view in views("t3a room")] == ["tea room", "t3a room"]


def test_replaced_word_stands_for_the_whole_original() -> None:
    """A span inside a replacement leads back to everything that was replaced."""
    view = views("I do\u200bnt know")[0]
    start = view.text.index("not")
    assert view.original(start, start + 3) == (2, 7)


def test_place_is_found_back() -> None:
    """A span of the original is found in the reading, widened to whole words that were replaced."""
    view = views("well I wanna go")[0]
    start, end = view.locate(7, 12)
    assert view.text[start:end] == "want to"


def test_sentences_end_at_punctuation() -> None:
    """Full stops, question and exclamation marks and blank lines end a sentence."""
    text = views("One. Two? Three!\n\nFour")[0].text
    assert [text[start:end].strip() for start, end in sentences(text) if text[start:end].strip()] == [
        "one",
        "two",
        "three",
        "four",
    ]


@pytest.mark.parametrize(
    ("text", "foreign"),
    [
        (
            "\u0441\u043f\u0430\u0441\u0438\u0431\u043e \u0432\u0430\u043c \u0431\u043e\u043b\u044c\u0448\u043e\u0435",
            True,
        ),
        ("\u8c22\u8c22\u4f60\u4eec\u7684\u5e2e\u52a9", True),
        ("thank you \U0001f642\U0001f642\U0001f642\U0001f642", False),
        ("", False),
    ],
)
def test_another_script_is_noticed(text: str, foreign: bool) -> None:
    """A text mostly in another script is not taken for English; emoji and emptiness are no script."""
    assert mostly_another_script(views(text)[0].text) is foreign


@pytest.mark.parametrize(
    ("text", "foreign"),
    [
        ("Jedzenie by\u0142o zimne i nikt nie przyszed\u0142 w nocy", True),
        ("Roedd y bwyd yn oer a neb yn dod yn y nos", True),
        ("khana thanda tha aur raat ko koi nahi aaya", True),
        ("La comida estaba siempre muy mala y nadie vino", True),
        ("The food was cold and nobody came in the night", False),
        ("Parking, food and the noise at night", False),
        ("Cold food", False),
    ],
)
def test_another_language_in_latin_letters_is_noticed(text: str, foreign: bool) -> None:
    """Few common English words among five or more make a text one that English rules have not read."""
    assert mostly_other_words(views(text)[0].text) is foreign


def test_one_sentence_in_another_script_is_enough() -> None:
    """A short sentence in another script after a long English text is not taken as read."""
    text = (
        "The food was fine and the staff were kind. " * 20
        + "\u0623\u0631\u064a\u062f \u0645\u0633\u0627\u0639\u062f\u0629"
    )
    assert readable(views(text)[0]) is False
