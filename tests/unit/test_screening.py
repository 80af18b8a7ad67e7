"""The front door of screening."""

import time

import pytest

from safeguarding import Finding, Level, Screening, screen
from safeguarding.pack import packs

DISCLOSURE = "The food is fine. I want to kill myself, and my husband hits me."


def test_levels_are_ordered_and_have_lower_case_names() -> None:
    """None, support, review, urgent: in this order, written small."""
    assert [str(level) for level in sorted(Level)] == ["none", "support", "review", "urgent"]
    assert Level.named("review") is Level.REVIEW


def test_level_of_another_name_is_refused() -> None:
    """There is no fifth level."""
    with pytest.raises(ValueError, match="none, support, review, urgent"):
        Level.named("severe")


def test_findings_point_at_the_original_words_in_order() -> None:
    """Each finding's words are the slice of the text that it names, and findings follow the text."""
    findings = screen(DISCLOSURE).findings
    assert [finding.category for finding in findings] == ["suicide", "abuse_partner_family"]
    assert all(DISCLOSURE[finding.start : finding.end] == finding.words for finding in findings)
    assert list(findings) == sorted(findings, key=lambda finding: finding.start)


def test_spans_count_code_points() -> None:
    """An emoji before the words counts as one."""
    findings = screen("\U0001f642\U0001f642 Thinking of killing myself").findings
    assert (15, "killing myself") in [(finding.start, finding.words) for finding in findings]


def test_level_of_a_text_is_its_strongest_finding() -> None:
    """A text is read as soon as the most pressing of its findings asks for."""
    screening = screen("I cry every night. I am going to kill myself.")
    assert {finding.level for finding in screening.findings} >= {Level.SUPPORT, Level.URGENT}
    assert screening.level is Level.URGENT


@pytest.mark.parametrize("text", ["", " ", "\n", "Thank you, the nurses were lovely.", "\ud800", "\x00"])
def test_text_without_findings_is_screened_and_none(text: str) -> None:
    """Nothing found is said as such."""
    assert screen(text) == Screening(Level.NONE, (), screened=True)


@pytest.mark.parametrize("language", ["pl", "cy", "xx", ""])
def test_language_without_a_pack_is_not_screened(language: str) -> None:
    """Without a pack the result says that nobody looked, whatever the words."""
    assert screen(DISCLOSURE, language) == Screening(Level.NONE, (), screened=False)


@pytest.mark.parametrize("language", ["en", "en-GB", "EN"])
def test_language_tags_share_their_pack(language: str) -> None:
    """A region or capitals in a language tag change nothing."""
    assert screen(DISCLOSURE, language).level >= Level.REVIEW


def test_text_in_another_script_is_not_screened() -> None:
    """A text in another script is not called none because English rules found nothing in it."""
    assert screen("\u0645\u0631\u062d\u0628\u0627 \u0643\u064a\u0641 \u062d\u0627\u0644\u0643").screened is False


def test_finding_in_a_mixed_text_is_kept() -> None:
    """English words among another script are still found, and the rest is still marked as not screened."""
    arabic = "\u0645\u0631\u062d\u0628\u0627 \u0643\u064a\u0641 \u062d\u0627\u0644\u0643"
    screening = screen(f"I want to kill myself. {arabic}")
    assert (screening.level, screening.screened) == (Level.REVIEW, False)


def test_no_answer_shows_in_a_traceback() -> None:
    """The words stay out of every printed form."""
    screening = screen(DISCLOSURE)
    assert "myself" not in repr(screening)
    assert "myself" not in repr(Finding("suicide", "su", Level.REVIEW, 0, 6, "myself"))


EXAMPLES = " ".join(text for rule in packs()["en"].rules for text in rule.positive)


@pytest.mark.parametrize(
    "unit",
    ["a", " ", "a ", "i am not ", "i do not want to kill myself ", "my husband he will he has ", "k1ll$ ", EXAMPLES],
    ids=["letter", "space", "letters", "denials", "repeats", "beginnings", "digits", "examples"],
)
def test_time_grows_with_length_and_no_faster(unit: str) -> None:
    """Ten times the text takes about ten times as long: no pattern can be made to hang."""
    short, long = ((unit * (size // len(unit) + 1))[:size] for size in (2_000, 20_000))
    screen(short)
    assert _seconds(long) < 25 * _seconds(short) + 0.05


def _seconds(text: str) -> float:
    """Measure processor seconds, the best of three."""
    taken = []
    for _ in range(3):
        began = time.process_time()
        screen(text)
        taken.append(time.process_time() - began)
    return min(taken)
