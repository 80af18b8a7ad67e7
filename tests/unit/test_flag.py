"""A flag: what is written into a block, and that it always fits."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coprod_survey.domain.answers import clean_text
from coprod_survey.domain.flag import (
    MOST_FINDINGS,
    Excerpt,
    Flag,
    Reason,
    Span,
    worst_case_block_bytes,
)

WORDS = "I cannot go on"
FLAG = Flag(
    id="f" * 32,
    level="review",
    reasons=(Reason.ASKED, Reason.WORDS),
    spans=(Span("more", "suicide", "su-one", "review", 2, 8),),
    excerpts=(Excerpt("more", WORDS), Excerpt("worry", '„ärger“ 🦆\n"quoted"')),
    more_was_found=True,
)


def test_flag_is_read_back_whole() -> None:
    """Everything that was put into a flag comes out of its block."""
    assert Flag.decode(FLAG.encode()) == FLAG


def test_dummy_is_no_flag() -> None:
    """An empty block means that there is nothing to read."""
    assert Flag.decode(b"") is None


def test_flag_refers_to_no_answer_person_or_time() -> None:
    """A block names its own random id, the items, and nothing else that could be joined."""
    assert set(json.loads(FLAG.encode())) == {"id", "level", "reasons", "spans", "texts", "more"}


def test_repr_shows_no_words() -> None:
    """A flag in a traceback does not carry what somebody wrote."""
    assert WORDS not in repr(FLAG)
    assert "quoted" not in repr(FLAG)


def test_reasons_are_ordered_by_how_soon() -> None:
    """Who asked to be read comes before what software noticed."""
    assert list(Reason) == [Reason.ASKED, Reason.WORDS, Reason.EXPECTED, Reason.NOT_SCREENED]


def test_survey_without_texts_needs_no_room() -> None:
    """Closed questions cannot hold a disclosure, so their blocks are all dummies."""
    assert worst_case_block_bytes([]) == 0


@settings(max_examples=50)
@given(st.lists(st.text(min_size=1, max_size=60), min_size=1, max_size=4))
def test_fullest_flag_fits_its_block(texts: list[str]) -> None:
    """Whatever is written, the longest texts with the most findings stay within the announced bound."""
    kept = [clean_text(text) for text in texts]
    spans = (Span("i" * 40, "c" * 20, "r" * 40, "support", 10_000, 10_000),) * MOST_FINDINGS
    excerpts = tuple(Excerpt(f"{number}" * 40, text) for number, text in enumerate(kept))
    flag = Flag("f" * 32, "support", tuple(Reason), spans, excerpts, more_was_found=False)
    assert len(flag.encode()) <= worst_case_block_bytes([len(text) for text in kept])


@pytest.mark.parametrize("character", ['"', "\\", "\t", "\n", "\u2028", "\x7f", "é", "🦆"])
def test_every_kept_character_takes_at_most_four_bytes(character: str) -> None:
    """Escapes of JSON are within what is reckoned for a code point."""
    one = Flag("f", "none", (), (), (Excerpt("more", character * 1000),))
    none = Flag("f", "none", (), (), (Excerpt("more", ""),))
    assert len(one.encode()) - len(none.encode()) <= 4000
