"""See through spelling, disguise and text-speak, and never lose the place in the original.

Every step is driven by rules/normalise.json, because the Unicode tables of Python and of browsers differ by version;
a reader in another language that follows the same file reaches the same text and the same places. The steps, in order:
drop what cannot be seen, fold letters, join s p a c e d letters, read digits and symbols inside words as letters,
squeeze repeats, put words in their usual spelling.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from safeguarding.resources import load

_WORD = re.compile("[a-z']+")
_FEWEST_WORDS, _ONE_IN = 5, 8


@dataclass(frozen=True, slots=True)
class View:
    """One way of reading a text.

    Character i stands for the code points starts[i] to ends[i] of the original; both lists never decrease.
    """

    text: str
    starts: list[int]
    ends: list[int]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Translate a non-empty span of this view to the original."""
        return self.starts[start], self.ends[end - 1]

    def locate(self, start: int, end: int) -> tuple[int, int]:
        """Translate a span of the original to this view, widened to whole replacements."""
        return bisect_right(self.ends, start), bisect_left(self.starts, end)


@dataclass(frozen=True, slots=True)
class _Table:
    """The compiled content of normalise.json."""

    lower: dict[int, str]
    plain: dict[int, str]
    leet: dict[int, str]
    long: dict[str, str]
    words: dict[str, str]
    common_words: frozenset[str]
    replaced: re.Pattern[str]
    patterns: dict[str, re.Pattern[str]]


@lru_cache(maxsize=1)
def _table() -> _Table:
    data: dict[str, Any] = load("rules", "normalise.json")
    long = data["long"]
    return _Table(
        lower=_characters(data["lower"]),
        plain=_characters(data["plain"]),
        leet=_characters(data["leet"]),
        long=long,
        words={word: usual for usual, words in data["words"].items() for word in words.split()},
        common_words=frozenset(data["common_words"].split()),
        replaced=re.compile(f"{data['dropped']}|[{''.join(long)}]"),
        patterns={name: re.compile(pattern) for name, pattern in data["patterns"].items()},
    )


def _characters(pairs: list[list[str]]) -> dict[int, str]:
    return {ord(a): b for before, after in pairs for a, b in zip(before, after, strict=True)}


def views(text: str) -> tuple[View, ...]:
    """Read a text through every step and, where that undid a disguise, also as it is spelled.

    The second view is there because a disguise may be none: "2 d.i.y. shops" loses its sense in the first.
    """
    spelled = _folded(text)
    undisguised = _undisguised(spelled)
    if undisguised is spelled:
        return (_usual(spelled),)
    return _usual(undisguised), _usual(spelled)


def _folded(text: str) -> View:
    """Drop what cannot be seen and fold letters, quotation marks and spaces."""
    table, places = _table(), range(len(text))
    view = View(text.translate(table.lower), list(places), [place + 1 for place in places])
    view = _rewrite(view, table.replaced, lambda seen: table.long.get(seen, ""))
    return View(view.text.translate(table.plain), view.starts, view.ends)


def _undisguised(view: View) -> View:
    """Join spaced and dotted letters, read digits as letters inside words, squeeze repeats."""
    patterns = _table().patterns
    view = _rewrite(view, patterns["spaced_letters"], lambda seen: "".join(c for c in seen if c.isalpha()))
    view = _rewrite(view, patterns["dotted_words"], lambda seen: re.sub("[^a-z]", " ", seen))
    view = _rewrite(view, patterns["mixed_token"], _unleet)
    return _rewrite(view, patterns["repeats"], lambda seen: seen[0])


def _usual(view: View) -> View:
    """Make single line breaks and runs of spaces one space, and put words in their usual spelling."""
    patterns, words = _table().patterns, _table().words
    view = _rewrite(view, patterns["line_breaks"], lambda seen: "\n" if seen.count("\n") > 1 else " ")
    return _rewrite(view, patterns["word"], lambda seen: words.get(seen, seen))


def sentences(text: str) -> list[tuple[int, int]]:
    """List the spans of the sentences of a view's text; what lies between is punctuation."""
    return [match.span() for match in _table().patterns["sentence"].finditer(text)]


def mostly_another_script(text: str) -> bool:
    """Tell whether so many letters are outside the Latin alphabet that English rules cannot have read the text."""
    patterns = _table().patterns
    foreign = len(patterns["other_script"].findall(text))
    return foreign > 3 and 3 * foreign > len(patterns["latin"].findall(text))


def mostly_other_words(text: str) -> bool:
    """Tell whether at least five words hold so few of the commonest English ones that it is another language."""
    words = [word.replace("'", "") for word in _WORD.findall(text)]
    common = sum(word in _table().common_words for word in words)
    return len(words) >= _FEWEST_WORDS and _ONE_IN * common < len(words)


def readable(view: View) -> bool:
    """Tell whether English rules can have read a text: every sentence its script, the whole of it its words."""
    foreign = any(mostly_another_script(view.text[start:end]) for start, end in sentences(view.text))
    return not foreign and not mostly_other_words(view.text)


def _unleet(token: str) -> str:
    """Read digits and symbols as letters, but only where a token mixes them and is no quantity such as 30mg."""
    table = _table()
    if not table.patterns["latin"].search(token) or table.patterns["quantity"].fullmatch(token):
        return token
    return token.translate(table.leet)


def _rewrite(view: View, pattern: re.Pattern[str], replacement: Callable[[str], str]) -> View:
    """Replace every match; each new character stands for the whole of what was replaced."""
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    done = 0
    for match in pattern.finditer(view.text):
        old, new = match.group(), replacement(match.group())
        if new == old:
            continue
        here, after = match.span()
        parts += (view.text[done:here], new)
        starts += view.starts[done:here] + [view.starts[here]] * len(new)
        ends += view.ends[done:here] + [view.ends[after - 1]] * len(new)
        done = after
    if not done:
        return view
    return View("".join([*parts, view.text[done:]]), starts + view.starts[done:], ends + view.ends[done:])
