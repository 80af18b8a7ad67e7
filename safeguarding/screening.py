"""Read a text with a rule pack: which rules match, and what the words around each match do to its level.

The text is searched normalised and, where normalising undid a disguise, also as spelled; a match in either counts, and
its surroundings are always judged in the normalised text. A pattern sees one sentence at a time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from safeguarding.findings import Finding, Level, Screening
from safeguarding.normalise import View, readable, sentences, views
from safeguarding.pack import Pack, Rule, Scope, grams, packs

_LONGEST_PIECE = 300
_OVERLAP = 120
_REACH = 160
_AFTERWARDS = 60


@dataclass(frozen=True, slots=True)
class _Match:
    """Where a rule matched, in code points of the original."""

    rule: Rule
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """The words around a match that scopes may look at."""

    before: str
    after: str
    clause: str
    sentence: str


def screen(text: str, language: str = "en") -> Screening:
    """Look through one text; `language` is a tag such as "en" or "en-GB".

    Anything from 0 characters up, and never an exception for what a person wrote. Without a pack for the language
    nothing is screened, and the result says so.
    """
    pack = packs().get(language.lower().partition("-")[0])
    if pack is None:
        return Screening(Level.NONE, (), screened=False)
    usual, *others = views(text)
    levels = _Levels(pack, usual)
    found = {match: levels.of(match) for match in _matches(pack, usual, others)}
    findings = sorted(
        (_finding(match, level, text) for match, level in found.items() if level),
        key=lambda finding: (finding.start, finding.end, finding.rule),
    )
    level = max((finding.level for finding in findings), default=Level.NONE)
    return Screening(level, tuple(findings), screened=readable(usual))


def _finding(match: _Match, level: Level, text: str) -> Finding:
    rule = match.rule
    return Finding(rule.category, rule.id, level, match.start, match.end, text[match.start : match.end])


def _matches(pack: Pack, usual: View, others: list[View]) -> Iterator[_Match]:
    """Find every match of every rule, piece by piece; another view is searched where it reads differently."""
    for start, piece in _pieces(usual.text):
        places = [(usual, start, piece)]
        for view in others:
            first, last = view.locate(*usual.original(start, start + len(piece)))
            if view.text[first:last] != piece:
                places.append((view, first, view.text[first:last]))
        for view, first, words in places:
            for rule, here, after in _in_piece(pack, words):
                yield _Match(rule, *view.original(first + here, first + after))


def _in_piece(pack: Pack, piece: str) -> Iterator[tuple[Rule, int, int]]:
    here = grams(piece)
    for rule, pattern in pack.candidates(here):
        for match in pattern.regex.finditer(piece):
            if any(unless.found(piece, here) for unless in rule.unless):
                break
            if match.group():
                yield rule, *match.span()


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """Cut a text into sentences, and very long sentences into pieces that overlap."""
    for start, end in sentences(text):
        while end - start > _LONGEST_PIECE:
            cut = text.rfind(" ", start + _LONGEST_PIECE // 2, start + _LONGEST_PIECE) + 1 or start + _LONGEST_PIECE
            yield start, text[start:cut]
            start = text.rfind(" ", start + 1, cut - _OVERLAP) + 1 or cut
        yield start, text[start:end]


class _Levels:
    """Weigh matches by the words around them, in the normalised text."""

    def __init__(self, pack: Pack, view: View) -> None:
        self._pack = pack
        self._view = view
        self._spans = sentences(view.text)
        self._known: dict[tuple[str, str], bool] = {}

    def of(self, match: _Match) -> Level:
        """Give the level of a match where it stands: none for idiom and plain denial."""
        around = self._around(match)
        scopes = (scope for scope in self._pack.scopes if scope.applies(match.rule))
        effects = {scope.effect for scope in scopes if self._holds(scope, around)}
        level = match.rule.level
        if "none" in effects:
            return Level.NONE
        if "support" in effects:
            return min(level, Level.SUPPORT)
        return Level.URGENT if "urgent" in effects and level is Level.REVIEW else level

    def _around(self, match: _Match) -> _Surroundings:
        """Collect what surrounds a match, within its sentence and within reach."""
        text = self._view.text
        start, end = self._view.locate(match.start, match.end)
        at = max(0, bisect_right(self._spans, (start, len(text))) - 1)
        first, last = max(self._spans[at][0], start - _REACH), min(self._spans[at][1], end + _REACH)
        head, words, tail = text[min(first, start) : start], text[start:end], text[end : max(last, end)]
        breaks = [found.end() for found in self._pack.clause_break.finditer(head)]
        before = head[breaks[-1] :] if breaks else head
        stop = self._pack.clause_break.search(tail)
        return _Surroundings(
            before=before.rstrip(),
            after=text[end : end + _AFTERWARDS].lstrip(),
            clause=before + words + (tail[: stop.start()] if stop else tail),
            sentence=head + words + tail,
        )

    def _holds(self, scope: Scope, around: _Surroundings) -> bool:
        place = str(getattr(around, scope.where))
        key = (scope.id, place)
        if key not in self._known:
            here = grams(place)
            held = any(pattern.found(place, here) for pattern in scope.patterns)
            self._known[key] = held and not any(unless.found(place, here) for unless in scope.unless)
        return self._known[key]
