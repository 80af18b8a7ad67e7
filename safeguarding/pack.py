"""Load a rule pack: data in, compiled rules out. The format is described in docs/screening.md."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from safeguarding.findings import Level
from safeguarding.resources import load, names
from safeguarding.subset import Need, needs

FORMAT = "coprod-rules/1"
_FRAGMENT = re.compile(r"\{([A-Z][A-Z_]*)\}")
_OPEN, _CLOSE = "(?<![a-z0-9'])(?:", ")(?![a-z0-9'])"
_WORDS = (_OPEN, _CLOSE)
_ANCHORED = {"before": (_OPEN, ")$"), "after": ("^(?:", _CLOSE)}
_GRAM = 3
_COMMON = frozenset("etaoinsrh")
_SPACE = re.compile(r"(?<![\[-]) (?![\]?])")


@dataclass(frozen=True, slots=True)
class Pattern:
    """One compiled pattern and what a text must contain for it to match: one gram of each need."""

    regex: re.Pattern[str]
    needs: tuple[Need, ...]

    def possible(self, grams: Set[str]) -> bool:
        """Tell from the grams of a text whether the pattern can match at all."""
        return all(not need.isdisjoint(grams) for need in self.needs)

    def found(self, text: str, grams: Set[str]) -> bool:
        """Search a text whose grams are known."""
        return self.possible(grams) and self.regex.search(text) is not None


@dataclass(frozen=True, slots=True)
class Scope:
    """What the surroundings of a match do to its level.

    `effect`: "none" drops the finding, "support" lowers it, "urgent" raises a review. `where`: the clause before the
    match (anchored to it), what follows it (anchored), its clause or its sentence.
    """

    id: str
    effect: str
    where: str
    patterns: tuple[Pattern, ...]
    unless: tuple[Pattern, ...]
    categories: frozenset[str]
    subjects: frozenset[str]

    def applies(self, rule: Rule) -> bool:
        """Tell whether this scope is for such a rule at all."""
        for_category = not self.categories or rule.category in self.categories
        return for_category and (not self.subjects or rule.subject in self.subjects) and self.id not in rule.keeps


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that people say, how soon it should be read, and examples that run as tests.

    `keeps` names the scopes that leave this rule alone; `unless` are wordings of the sentence that make it mean
    something else.
    """

    id: str
    category: str
    level: Level
    subject: str
    language: str
    source: str
    date: str
    patterns: tuple[Pattern, ...]
    unless: tuple[Pattern, ...]
    keeps: frozenset[str]
    positive: tuple[str, ...]
    negative: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pack:
    """All rules and scopes of one language."""

    language: str
    version: str
    reviewed_by: str | None
    clause_break: re.Pattern[str]
    scopes: tuple[Scope, ...]
    rules: tuple[Rule, ...]
    index: dict[str, tuple[tuple[Rule, Pattern], ...]]

    def candidates(self, grams: Set[str]) -> Iterator[tuple[Rule, Pattern]]:
        """List the rules that a text with these grams could match, each with the pattern that could."""
        for gram in {"", *(self.index.keys() & grams)}:
            for rule, pattern in self.index.get(gram, ()):
                if pattern.possible(grams):
                    yield rule, pattern


def grams(text: str) -> set[str]:
    """List every run of three characters in a text."""
    return {text[at : at + _GRAM] for at in range(len(text) - _GRAM + 1)}


def expand(pattern: str, fragments: dict[str, str]) -> str:
    """Write the named fragments out, such as {SELF}; fragments may use fragments defined before them."""
    while found := _FRAGMENT.search(pattern):
        pattern = f"{pattern[: found.start()]}(?:{fragments[found[1]]}){pattern[found.end() :]}"
    return pattern


@lru_cache(maxsize=1)
def packs() -> dict[str, Pack]:
    """Load every shipped pack, by language."""
    loaded = [read(load("rules", name)) for name in names("rules") if name != "normalise.json"]
    return {pack.language: pack for pack in loaded}


def read(data: dict[str, Any]) -> Pack:
    """Compile a pack; ValueError where its format is another one or a pattern leaves the shared language."""
    if data["format"] != FORMAT:
        raise ValueError(f"a rule pack has the format {FORMAT}")
    fragments = data["fragments"]
    rules = tuple(_rule(entry, fragments) for entry in data["rules"])
    return Pack(
        language=data["language"],
        version=data["version"],
        reviewed_by=data["reviewed_by"],
        clause_break=_pattern(data["clause_break"], fragments, ("", "")).regex,
        scopes=tuple(_scope(entry, fragments) for entry in data["scopes"]),
        rules=rules,
        index=_index(rules),
    )


def _rule(entry: dict[str, Any], fragments: dict[str, str]) -> Rule:
    return Rule(
        id=entry["id"],
        category=entry["category"],
        level=Level.named(entry["level"]),
        subject=entry["subject"],
        language=entry["language"],
        source=entry["source"],
        date=entry["date"],
        patterns=tuple(_pattern(text, fragments) for text in entry["patterns"]),
        unless=tuple(_pattern(text, fragments) for text in entry.get("unless", ())),
        keeps=frozenset(entry.get("keeps", ())),
        positive=tuple(entry["positive"]),
        negative=tuple(entry["negative"]),
    )


def _scope(entry: dict[str, Any], fragments: dict[str, str]) -> Scope:
    frame = _ANCHORED.get(entry["where"], _WORDS)
    return Scope(
        id=entry["id"],
        effect=entry["effect"],
        where=entry["where"],
        patterns=tuple(_pattern(text, fragments, frame) for text in entry["patterns"]),
        unless=tuple(_pattern(text, fragments) for text in entry.get("unless", ())),
        categories=frozenset(entry.get("categories", ())),
        subjects=frozenset(entry.get("subjects", ())),
    )


def _pattern(text: str, fragments: dict[str, str], frame: tuple[str, str] = _WORDS) -> Pattern:
    """Compile a pattern inside its frame; by default it matches whole words only."""
    expanded = expand(text, fragments)
    short = [[_rarest(wording) for wording in need] for need in needs(expanded)]
    usable = [frozenset(map(str, need)) for need in short if None not in need]
    return Pattern(re.compile(_SPACE.sub(",? ", expanded).join(frame)), tuple(sorted(usable, key=len)))


def _rarest(wording: str) -> str | None:
    """Choose the three characters inside a word that ordinary text has least often; None where words are shorter."""
    inside = sorted(gram for word in wording.split(" ") for gram in grams(word))
    return min(inside, key=lambda gram: sum(character in _COMMON for character in gram), default=None)


def _index(rules: tuple[Rule, ...]) -> dict[str, tuple[tuple[Rule, Pattern], ...]]:
    """Look rules up by the smallest need of each pattern; "" holds the patterns without one."""
    index: dict[str, list[tuple[Rule, Pattern]]] = {}
    for rule in rules:
        for pattern in rule.patterns:
            for gram in pattern.needs[0] if pattern.needs else ("",):
                index.setdefault(gram, []).append((rule, pattern))
    return {gram: tuple(found) for gram, found in index.items()}
