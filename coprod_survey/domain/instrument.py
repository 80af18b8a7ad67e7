"""The instrument: what is asked, of whom, and in which words.

Everything here is a frozen dataclass; an opened instrument never changes, and its `version` (a hash of the
file's canonical JSON) is what a form carries so that an answer to an older text is noticed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import TypeAlias


@dataclass(frozen=True)
class Words:
    """One piece of text in one or more languages, keyed by language tag; the first language is the fallback."""

    by_language: Mapping[str, str]

    def in_language(self, language: str) -> str:
        """Return the text in `language`, or in the instrument's first language where it is missing."""
        return self.by_language.get(language) or next(iter(self.by_language.values()))

    def language_used(self, language: str) -> str:
        """Return the tag of the language that `in_language` answers with, for the `lang` attribute."""
        return language if self.by_language.get(language) else next(iter(self.by_language))


@dataclass(frozen=True)
class Chosen:
    """Compare what was chosen at an earlier item with listed values; nothing chosen is the empty set."""

    item: str
    how: str  # "any" | "none" | "all"
    values: tuple[str, ...]


@dataclass(frozen=True)
class Between:
    """Hold when an earlier scale or number was answered with `minimum` ≤ value ≤ `maximum`."""

    item: str
    minimum: int | None
    maximum: int | None


@dataclass(frozen=True)
class Answered:
    """Hold when an earlier item was answered (prefer-not-to-say and skip are not answers)."""

    item: str


@dataclass(frozen=True)
class Every:
    """Hold when every part holds."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Either:
    """Hold when at least one part holds."""

    parts: tuple["Condition", ...]


Condition: TypeAlias = Chosen | Between | Answered | Every | Either


@dataclass(frozen=True)
class Option:
    """One choice: the `value` that is posted and stored, and the words that people read."""

    value: str
    text: Words


@dataclass(frozen=True, kw_only=True)
class Item:
    """What every kind of question has."""

    id: str
    text: Words
    hint: Words | None = None
    easy_read: Words | None = None
    topics: tuple[str, ...] = ()
    sensitive: bool = False
    expect_disclosure: bool = False
    grouping: bool = False
    show_if: Condition | None = None


@dataclass(frozen=True, kw_only=True)
class Choice(Item):
    """One of several options."""

    options: tuple[Option, ...]


@dataclass(frozen=True, kw_only=True)
class Multiple(Item):
    """Any number of several options."""

    options: tuple[Option, ...]


@dataclass(frozen=True, kw_only=True)
class Scale(Item):
    """A whole number from `minimum` to `maximum`, both included; `labels` name some of the points."""

    minimum: int
    maximum: int
    labels: Mapping[int, Words] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, kw_only=True)
class Number(Item):
    """A whole number that is stored only as the band it falls in; `bins` are inclusive and leave no gap."""

    bins: tuple[tuple[int, int], ...]


@dataclass(frozen=True, kw_only=True)
class Month(Item):
    """A calendar month, YYYY-MM; the bounds, where given, are inclusive and in the same form."""

    minimum: str | None = None
    maximum: str | None = None


@dataclass(frozen=True, kw_only=True)
class FreeText(Item):
    """Free text of at most `max_chars` Unicode code points."""

    max_chars: int = 1000


@dataclass(frozen=True)
class Section:
    """A run of items under one heading; a `sensitive` section is read with every item in it marked as well."""

    id: str
    title: Words
    items: tuple[Item, ...]
    note: Words | None = None
    sensitive: bool = False


@dataclass(frozen=True)
class TablePlan:
    """What will be published, declared before opening: groupings, and at most one pair crossed with each other.

    `groupings` holds the items listed in the file's table plan and those marked `grouping` at the item.
    """

    groupings: tuple[str, ...] = ()
    two_way: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Gates:
    """What the organisation promises before it may open (product.md, gate G1); None = not yet said."""

    decision: str | None = None
    decider: str | None = None
    answer_by: date | None = None
    word: str | None = None
    deputy: str | None = None
    reading_hours: str | None = None
    retention_until: date | None = None
    reward: str | None = None


@dataclass(frozen=True)
class Instrument:
    """A whole questionnaire. `version` is the first 16 hex digits of SHA-256 over the file's canonical JSON."""

    title: Words
    languages: tuple[str, ...]
    sections: tuple[Section, ...]
    version: str
    slug: str | None = None
    description: Words | None = None
    table_plan: TablePlan = TablePlan()
    gates: Gates = Gates()

    def items(self) -> Iterator[Item]:
        """Yield every item in the order in which it is asked."""
        for section in self.sections:
            yield from section.items

    def item(self, item_id: str) -> Item:
        """Return the item with this id; KeyError when there is none."""
        for item in self.items():
            if item.id == item_id:
                return item
        raise KeyError(item_id)

    def topics(self) -> tuple[str, ...]:
        """Return the topics of all items, each once, in the order of first appearance."""
        return tuple(dict.fromkeys(topic for item in self.items() for topic in item.topics))
