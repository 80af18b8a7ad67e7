"""Screening over every text that somebody could write."""

from hypothesis import given, settings
from hypothesis import strategies as st

from safeguarding import Level, screen
from safeguarding.normalise import views
from safeguarding.pack import packs

POSITIVE = [(rule, text) for rule in packs()["en"].rules for text in rule.positive]
examples = st.sampled_from(POSITIVE)
pieces = st.sampled_from(
    [
        "kill",
        "k1ll",
        "myself",
        "not",
        "my husband",
        "hits",
        "\u200b",
        "I",
        "'",
        "\u2019",
        "\ufb01",
        "\n",
        ". ",
        "k i l l",
        "?",
        "\U0001f480",
    ]
)
crowded = st.lists(pieces | st.characters(), max_size=40).map(" ".join)
benign = st.lists(
    st.sampled_from(["The food was good.", "More parking please.", "Thanks to the team.", "I like the garden."]),
    max_size=6,
).map(" ".join)
noise = st.sampled_from(["\u200b", "\u200d", "\ufeff", "\u2060", "\u00ad"])


@given(st.text(st.characters(exclude_categories=())) | crowded)
@settings(max_examples=150, deadline=None)
def test_every_text_can_be_screened_and_spans_hold(text: str) -> None:
    """No text raises; every finding lies within it and quotes it; the level is that of the strongest finding."""
    screening = screen(text)
    for finding in screening.findings:
        assert 0 <= finding.start < finding.end <= len(text)
        assert finding.words == text[finding.start : finding.end]
        assert finding.level > Level.NONE
    assert screening.level == max((finding.level for finding in screening.findings), default=Level.NONE)


@given(st.text() | crowded)
@settings(max_examples=100, deadline=None)
def test_views_never_lose_their_place(text: str) -> None:
    """Every character of a view stands for a span of the original, and the spans never go back."""
    for view in views(text):
        assert len(view.text) == len(view.starts) == len(view.ends)
        assert all(0 <= a < b <= len(text) for a, b in zip(view.starts, view.ends, strict=True))
        assert view.starts == sorted(view.starts)
        assert view.ends == sorted(view.ends)


@given(examples, benign, benign)
@settings(max_examples=80, deadline=None)
def test_benign_text_around_never_lowers_a_level(example: tuple[object, str], before: str, after: str) -> None:
    """Talk about food and parking before or after does not bury a disclosure."""
    text = example[1]
    assert screen(f"{before}\n\n{text}\n\n{after}").level >= screen(text).level


@given(examples, st.data())
@settings(max_examples=80, deadline=None)
def test_hidden_characters_change_nothing(example: tuple[object, str], data: st.DataObject) -> None:
    """Characters that cannot be seen do not change what is found."""
    text = example[1]
    place = data.draw(st.integers(0, len(text)))
    assert screen(text[:place] + data.draw(noise) + text[place:]).level == screen(text).level


@given(examples)
@settings(max_examples=80, deadline=None)
def test_capitals_change_nothing(example: tuple[object, str]) -> None:
    """Shouting and whispering are read alike."""
    text = example[1]
    assert screen(text.upper()).level == screen(text.lower()).level == screen(text).level


@given(crowded)
@settings(max_examples=50, deadline=None)
def test_screening_is_the_same_every_time(text: str) -> None:
    """The same text gives the same findings in the same order."""
    assert screen(text) == screen(text)
