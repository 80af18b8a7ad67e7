"""Read the small regular-expression language that Python and browsers understand alike.

A pattern is parsed, not trusted: what this module cannot read, no rule pack may contain. The language has literals,
character classes written out, alternation, groups without capture, lookaround, `^` and `$` (a pattern runs on one
sentence, which holds no line break), `?` and counted repeats. It has no `. * + \\w \\b \\d \\s`, no flags, no
back-reference and nothing unbounded, so that no text makes a pattern slow.

Parsing also yields what a text must contain for the pattern to match at all, which lets the engine skip most rules.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST_REPEATS = 60
MOST_NESTED_REPEATS = 12
_MOST_WORDINGS = 600
_SHORTEST_NEED = 3
_REPEAT = re.compile(r"\{([0-9]{1,2})(?:,([0-9]{1,2}))?\}")
_CLASS = re.compile(r"\[\^?(?:[^\[\]\\^&~|]|\\[\]\[\\^-])+\]")
_GROUPS = ("(?:", "(?=", "(?!", "(?<=", "(?<!")
_ESCAPABLE = frozenset(".*+?()[]{}|^$\\/-")

Need = frozenset[str]


class PatternRefused(ValueError):
    """A pattern leaves the shared language; the message says where and why."""


@dataclass(frozen=True, slots=True)
class _Part:
    """What is known of a part of a pattern.

    `wordings`: every text it can match, or None where they are too many; then `needs` holds sets of texts, one of
    each set must occur. `repeated`: the largest repeat inside.
    """

    wordings: Need | None = frozenset({""})
    needs: tuple[Need, ...] = ()
    repeated: int = 1

    def all_needs(self) -> tuple[Need, ...]:
        """List the needs that are long enough to be worth looking for."""
        needs = self.needs if self.wordings is None else (_shortest(self.wordings),)
        return tuple(need for need in needs if min(map(len, need)) >= _SHORTEST_NEED)


def needs(pattern: str) -> tuple[Need, ...]:
    """List what a matching text must contain, one of each set; PatternRefused outside the shared language."""
    reader = _Reader(pattern)
    part = reader.alternatives()
    if reader.at < len(pattern):
        raise reader.refuse("a bracket is closed that was never opened")
    return tuple(dict.fromkeys(part.all_needs()))


def lint(pattern: str) -> str | None:
    """Say in one sentence what is wrong with a pattern, or None."""
    try:
        needs(pattern)
        re.compile(pattern)
    except (PatternRefused, re.error) as error:
        return str(error)
    return None


@dataclass(slots=True)
class _Reader:
    pattern: str
    at: int = 0

    def refuse(self, why: str) -> PatternRefused:
        return PatternRefused(f"character {self.at + 1}: {why}")

    def looking_at(self, *options: str) -> str | None:
        return next((option for option in options if self.pattern.startswith(option, self.at)), None)

    def alternatives(self) -> _Part:
        parts = [self.sequence()]
        while self.looking_at("|"):
            self.at += 1
            parts.append(self.sequence())
        return _either(parts) if len(parts) > 1 else parts[0]

    def sequence(self) -> _Part:
        parts = []
        while self.at < len(self.pattern) and not self.looking_at("|", ")"):
            parts.append(self.repeated(self.atom()))
        return _all(parts)

    def atom(self) -> _Part:
        character = self.pattern[self.at]
        if character == "(":
            return self.group()
        if character == "[":
            return self.character_class()
        if character == "\\":
            self.at += 1
            character = self.pattern[self.at : self.at + 1]
            if character not in _ESCAPABLE:
                raise self.refuse("only punctuation may be escaped; write classes out")
        elif character in "^$":
            return self.skip(1, _Part())
        elif character in ".*+?{}]":
            raise self.refuse(f"{character} is not in the shared language here")
        return self.skip(1, _Part(frozenset({character})))

    def skip(self, length: int, part: _Part) -> _Part:
        self.at += length
        return part

    def group(self) -> _Part:
        opening = self.looking_at(*_GROUPS)
        if opening is None:
            raise self.refuse("a group is written (?: or as a lookaround")
        self.at += len(opening)
        inside = self.alternatives()
        if not self.looking_at(")"):
            raise self.refuse("a bracket is never closed")
        self.at += 1
        return inside if opening == "(?:" else _Part()

    def character_class(self) -> _Part:
        found = _CLASS.match(self.pattern, self.at)
        if found is None:
            raise self.refuse("a character class is malformed or uses more than characters and ranges")
        self.at = found.end()
        inside = found.group()[1:-1]
        simple = len(inside) <= 5 and not inside.startswith("^") and "\\" not in inside and "-" not in inside[1:-1]
        return _Part(frozenset(inside) if simple else None)

    def repeated(self, part: _Part) -> _Part:
        if self.looking_at("?"):
            self.at += 1
            low, high = 0, 1
        elif found := _REPEAT.match(self.pattern, self.at):
            self.at = found.end()
            low, high = int(found[1]), int(found[2] or found[1])
        else:
            return part
        if self.looking_at("?", "+", "*", "{"):
            raise self.refuse("a repeat is not repeated, lazy or possessive")
        return self.counted(part, low, high)

    def counted(self, part: _Part, low: int, high: int) -> _Part:
        if high > (MOST_NESTED_REPEATS if part.repeated > 1 else MOST_REPEATS) or low > high:
            raise self.refuse(f"a repeat has at most {MOST_REPEATS} turns, {MOST_NESTED_REPEATS} around another")
        if high == 1:
            return part if low else _maybe(part)
        return _Part(None, part.all_needs() if low else (), max(high, part.repeated))


def _maybe(part: _Part) -> _Part:
    """Allow a part to be missing."""
    return _Part(None if part.wordings is None else part.wordings | {""}, (), part.repeated)


def _all(parts: list[_Part]) -> _Part:
    """Join parts that follow each other."""
    run: Need = frozenset({""})
    broken: list[_Part] = []
    for part in parts:
        joined = frozenset(a + b for a in run for b in part.wordings or ())
        if part.wordings is not None and len(joined) <= _MOST_WORDINGS:
            run = joined
        else:
            broken += (_Part(run), part)
            run = frozenset({""})
    repeated = max((part.repeated for part in parts), default=1)
    if not broken:
        return _Part(run, (), repeated)
    return _Part(None, tuple(need for part in (*broken, _Part(run)) for need in part.all_needs()), repeated)


def _either(parts: list[_Part]) -> _Part:
    """Choose between parts; what one of them does not need, the choice does not need."""
    repeated = max(part.repeated for part in parts)
    union = frozenset(text for part in parts for text in part.wordings or ())
    if all(part.wordings is not None for part in parts) and len(union) <= _MOST_WORDINGS:
        return _Part(union, (), repeated)
    best = [max(part.all_needs(), key=_selectivity, default=None) for part in parts]
    joint = [frozenset(text for need in best for text in need or ())] if None not in best else []
    return _Part(None, tuple(joint), repeated)


def _selectivity(need: Need) -> tuple[int, int]:
    """Prefer needs that few texts meet: long wordings, and few of them."""
    return min(map(len, need)), -len(need)


def _shortest(need: Need) -> Need:
    """Leave out every wording that contains another one."""
    kept: list[str] = []
    for text in sorted(need, key=len):
        if not any(other in text for other in kept):
            kept.append(text)
    return frozenset(kept)
