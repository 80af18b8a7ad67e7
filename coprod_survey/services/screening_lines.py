"""Screen JSON lines, one text each, as `coprod-survey screen` does; nothing is stored."""

import json
from collections.abc import Iterable, Iterator

from coprod_survey.domain.errors import BadInput
from safeguarding import screen


def screened_lines(lines: Iterable[bytes]) -> Iterator[str]:
    """Yield one JSON line per input line {"id", "text", "lang"?}; raises BadInput that names the line's number."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _screened(line, number)


def _screened(line: bytes, number: int) -> str:
    try:
        given = json.loads(line)
        text, language = given["text"], given.get("lang") or "en"
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BadInput(_wrong(number)) from None
    if not isinstance(text, str) or not isinstance(language, str) or "id" not in given:
        raise BadInput(_wrong(number))
    screening = screen(text, language)
    findings = [
        {"category": f.category, "rule": f.rule, "start": f.start, "end": f.end, "words": f.words}
        for f in screening.findings
    ]
    level = screening.level.name.lower()
    found = {"id": given["id"], "level": level, "findings": findings, "screened": screening.screened}
    return json.dumps(found)  # in ASCII, which can also carry the lone surrogates that JSON may hold


def _wrong(number: int) -> str:
    return f'Line {number} is not {{"id": …, "text": "…", "lang"?: "en"}} in JSON and UTF-8. Mend it and run again.'
