"""Screen what was written, in memory, before it is sealed, and put what somebody should read into one block.

Being read never depends on detection: asking for it, or an item that expects disclosures, is enough.
"""

from collections.abc import Sequence

from coprod_survey.domain.answers import Answers, free_texts
from coprod_survey.domain.flag import MOST_FINDINGS, Excerpt, Flag, Reason, Span
from coprod_survey.domain.instrument import FreeText, Instrument
from safeguarding import Level, Screening, screen


def flag_for(
    instrument: Instrument, answers: Answers, *, language: str, asked_to_be_read: bool, flag_id: str
) -> Flag | None:
    """Return what the safeguarding lead should read of this response; None when nothing."""
    written = [Excerpt(item, text) for item, text in free_texts(instrument, answers)]
    screenings = [screen(excerpt.text, language) for excerpt in written]
    kept = [
        (excerpt, screening, reasons)
        for excerpt, screening in zip(written, screenings, strict=True)
        if (reasons := _reasons(instrument, excerpt, screening, asked_to_be_read))
    ]
    if not kept and not asked_to_be_read:
        return None
    level = max([screening.level for _, screening, _ in kept], default=Level.NONE)
    spans = _spans([(excerpt, screening) for excerpt, screening, _ in kept])
    found = {reason for _, _, reasons in kept for reason in reasons} | ({Reason.ASKED} if asked_to_be_read else set())
    return Flag(
        id=flag_id,
        level=_name(max(level, Level.REVIEW)),  # whoever asked, or could not be screened, is read within the hours
        reasons=tuple(reason for reason in Reason if reason in found),
        spans=tuple(spans[:MOST_FINDINGS]),
        excerpts=tuple(excerpt for excerpt, _, _ in kept),
        more_was_found=len(spans) > MOST_FINDINGS,
    )


def _reasons(instrument: Instrument, excerpt: Excerpt, screening: Screening, asked: bool) -> list[Reason]:
    item = instrument.item(excerpt.item)
    return [
        reason
        for reason, holds in (
            (Reason.ASKED, asked),
            (Reason.WORDS, screening.level >= Level.REVIEW),
            (Reason.EXPECTED, isinstance(item, FreeText) and item.expect_disclosure),
            (Reason.NOT_SCREENED, not screening.screened),
        )
        if holds
    ]


def _spans(screened: Sequence[tuple[Excerpt, Screening]]) -> list[Span]:
    """Return the findings, strongest first, so that what does not fit is the weakest."""
    spans = [
        (
            finding.level,
            Span(excerpt.item, finding.category, finding.rule, _name(finding.level), finding.start, finding.end),
        )
        for excerpt, screening in screened
        for finding in screening.findings
    ]
    return [span for _, span in sorted(spans, key=lambda found: found[0], reverse=True)]


def _name(level: Level) -> str:
    return level.name.lower()
