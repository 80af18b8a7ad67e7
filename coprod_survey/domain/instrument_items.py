"""Reading items: the keys that each kind of question has, and what they must be like."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from coprod_survey.domain.answer_faces import MONTH, MOST_YEARS, tabulated_values
from coprod_survey.domain.instrument import (
    Choice,
    FreeText,
    Item,
    Month,
    Multiple,
    Number,
    Option,
    Scale,
    Words,
)
from coprod_survey.domain.instrument_conditions import SoFar, read_condition, whole_number
from coprod_survey.domain.json_node import Node, note_repeats, quoted

ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
ID_MEND = "use at most 40 lower-case letters, digits and _, beginning with a letter"
RESERVED_IDS = frozenset({"code", "version"})  # the form has fields of these names
_TOPIC = re.compile(r"[a-z][a-z0-9_-]{0,59}")
_LONGEST_VALUE = 60
_MOST_STEPS = 20
_MOST_BINS = 20
_BINS_MADE = 10
_MOST_CHARS = 4000
_COMMON = ("hint", "easy_read", "topics", "sensitive", "expect_disclosure", "grouping", "show_if")


@dataclass(frozen=True)
class _Kind:
    """One kind of question: its class, the keys that it has beyond those of every item, and who reads them."""

    makes: type[Item]
    required: tuple[str, ...]
    optional: tuple[str, ...]
    read: Callable[[Node, dict[str, Node], SoFar], dict[str, Any]]


def read_words(node: Node, languages: tuple[str, ...]) -> Words:
    """Read T: a text in the first language, or an object of texts by language tag."""
    first = languages[0] if languages else "und"
    if isinstance(node.value, str):
        return Words(MappingProxyType({first: node.text()}))
    if not isinstance(node.value, dict):
        node.text()
        return Words(MappingProxyType({first: ""}))
    members = node.members()
    texts = {language: member.text() for language, member in members.items()}
    for language, member in members.items():
        if languages and language not in languages:
            member.fault(
                f"the language {quoted(language)} is not declared", 'add it to "languages", or delete this text'
            )
    if languages and first not in texts:
        node.fault(f"the text is missing in {quoted(first)}, the first language", f"add {quoted(first)}")
    return Words(MappingProxyType({language: texts[language] for language in languages if language in texts}))


def read_item(node: Node, so_far: SoFar, sensitive: bool) -> Item | None:
    """Read one item, or return None when its kind is not known; `sensitive` is the section's mark."""
    members = node.value if isinstance(node.value, dict) else {}
    name = members.get("kind")
    kind = _KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        where = node.child("kind", name) if "kind" in members else node
        where.fault("this is not a kind of question", f'give "kind" as one of {", ".join(_KINDS)}')
        return None
    fields = node.fields(("id", "kind", "text", *kind.required), (*kind.optional, *_COMMON))
    common = _common(fields, so_far)
    item = kind.makes(**common, **kind.read(node, fields, so_far), sensitive=sensitive or _flag(fields, "sensitive"))
    if item.expect_disclosure and not isinstance(item, FreeText):
        fields["expect_disclosure"].fault("only a text can be expected to disclose", "delete this key")
    return item


def _common(fields: dict[str, Node], so_far: SoFar) -> dict[str, Any]:
    """Read what every kind of question has."""
    words: dict[str, Any] = {"text": Words({})}
    words |= {key: read_words(fields[key], so_far.languages) for key in ("text", "hint", "easy_read") if key in fields}
    return {
        **words,
        "id": read_id(fields.get("id")),
        "topics": _topics(fields.get("topics")),
        "expect_disclosure": _flag(fields, "expect_disclosure"),
        "grouping": _flag(fields, "grouping"),
        "show_if": read_condition(fields["show_if"], so_far) if "show_if" in fields else None,
    }


def _flag(fields: dict[str, Node], key: str) -> bool:
    return key in fields and fields[key].flag()


def read_id(node: Node | None) -> str:
    """Read the id of an item or section."""
    return (node.matching(ID, ID_MEND) if node else None) or ""


def check_grouping(item: Item, node: Node) -> None:
    """Note a fault at `node` unless answers to `item` can form groups in published tables."""
    if tabulated_values(item):
        return
    if isinstance(item, Month):
        node.fault(f"the months of {quoted(item.id)} are open", f"give min and max, at most {MOST_YEARS} years apart")
    else:
        node.fault(f"{quoted(item.id)} is free text and cannot form groups", "choose a question with fixed answers")


def _topics(node: Node | None) -> tuple[str, ...]:
    if node is None:
        return ()
    parts = node.elements()
    note_repeats(parts, "topic")
    read = [part.matching(_TOPIC, "use lower-case letters, digits and _, such as mental_health") for part in parts]
    return tuple(topic for topic in read if topic)


def _options(_node: Node, fields: dict[str, Node], so_far: SoFar) -> dict[str, Any]:
    """Read the options of a choice or multiple."""
    parts = fields["options"].elements(at_least=2) if "options" in fields else []
    options, values = [], []
    for part in parts:
        members = part.fields(("value", "text"))
        if "value" in members:
            values.append(members["value"])
        if members.keys() == {"value", "text"}:
            options.append(Option(_option_value(members["value"]), read_words(members["text"], so_far.languages)))
    note_repeats(values, "value")
    return {"options": tuple(options)}


def _option_value(node: Node) -> str:
    value = node.text()
    if len(value) > _LONGEST_VALUE:
        node.fault(f"the value has {len(value)} characters", f"keep at most {_LONGEST_VALUE}; the text may be longer")
    if "\n" in value or "\t" in value:
        node.fault("the value has a tab or a line break", "delete it")
    return value


def _scale(_node: Node, fields: dict[str, Node], so_far: SoFar) -> dict[str, Any]:
    """Read the ends of a scale and the names of its points."""
    ends = _ends(fields)
    if ends and ends[1] - ends[0] > _MOST_STEPS:
        fields["max"].fault(f"the scale has {ends[1] - ends[0]} steps", f"keep at most {_MOST_STEPS}, or ask a number")
        ends = None
    low, high = ends or (0, 1)
    labels = _labels(fields["labels"], (low, high), so_far) if ends and "labels" in fields else {}
    return {"minimum": low, "maximum": high, "labels": MappingProxyType(labels)}


def _ends(fields: dict[str, Node]) -> tuple[int, int] | None:
    """Read min and max as whole numbers with min < max."""
    low, high = (fields[key].integer() if key in fields else None for key in ("min", "max"))
    if low is None or high is None:
        return None
    if low >= high:
        fields["max"].fault(f"max is {high} and min is {low}", "make max greater than min")
        return None
    return low, high


def _labels(node: Node, ends: tuple[int, int], so_far: SoFar) -> Mapping[int, Words]:
    """Read labels: an object by point, or a list for both ends or for every point."""
    points = range(ends[0], ends[1] + 1)
    if isinstance(node.value, list):
        parts = node.elements()
        if len(parts) not in (2, len(points)):
            node.fault(
                f"the list has {len(parts)} labels", f"give 2, for both ends, or {len(points)}, one for each point"
            )
        named = ends if len(parts) == 2 else points
        return {point: read_words(part, so_far.languages) for point, part in zip(named, parts, strict=False)}
    labels = {}
    for key, part in node.members().items():
        point = whole_number(key)
        if point is None or point not in points:
            part.fault(f"{quoted(key)} is not a point of the scale", f"use whole numbers from {ends[0]} to {ends[1]}")
        else:
            labels[point] = read_words(part, so_far.languages)
    return dict(sorted(labels.items()))


def _number(node: Node, fields: dict[str, Node], _so_far: SoFar) -> dict[str, Any]:
    """Read the bands of a number, or make at most ten of equal width from min to max (the last may be narrower)."""
    if "bins" in fields:
        bins = _bins(fields["bins"])
        for key, edge in (("min", bins[0][0]), ("max", bins[-1][1])) if bins else ():
            if key in fields and fields[key].integer() not in (edge, None):
                fields[key].fault(f"{key} and the bins do not agree", f"write {edge}, or delete {key}")
        return {"bins": bins}
    if not {"min", "max"} <= fields.keys():
        node.fault("the number has no bands", 'give "bins": [[lowest, highest], …], or both min and max')
        return {"bins": ()}
    ends = _ends(fields)
    if ends is None:
        return {"bins": ()}
    width = -(-(ends[1] - ends[0] + 1) // _BINS_MADE)
    return {"bins": tuple((low, min(low + width - 1, ends[1])) for low in range(ends[0], ends[1] + 1, width))}


def _bins(node: Node) -> tuple[tuple[int, int], ...]:
    """Read bands that ascend without gap or overlap; () when any is not one."""
    parts = node.elements(at_least=2, at_most=_MOST_BINS)
    bins: list[tuple[int, int]] = []
    for part in parts:
        ends = [end.integer() for end in part.elements(at_least=2, at_most=2)]
        if len(ends) != 2 or ends[0] is None or ends[1] is None:
            continue
        low, high = ends[0], ends[1]
        if low > high:
            part.fault(f"the band from {low} to {high} is upside down", "write the lower end first")
        elif bins and low != bins[-1][1] + 1:
            part.fault(
                f"the band starts at {low} after one that ends at {bins[-1][1]}", f"start it at {bins[-1][1] + 1}"
            )
        bins.append((low, max(low, high)))
    return tuple(bins) if len(bins) == len(parts) else ()


def _month(_node: Node, fields: dict[str, Node], _so_far: SoFar) -> dict[str, Any]:
    """Read the bounds of a month, both optional."""
    low, high = (
        fields[key].matching(MONTH, "write the month as YYYY-MM, such as 2026-03") if key in fields else None
        for key in ("min", "max")
    )
    if low and high and low > high:
        fields["max"].fault(f"max is {high} and min is {low}", "make max the later month")
    return {"minimum": low, "maximum": high}


def _text(_node: Node, fields: dict[str, Node], _so_far: SoFar) -> dict[str, Any]:
    """Read how long a text may be, in code points."""
    limit = fields["max_chars"].integer() if "max_chars" in fields else None
    if limit is not None and not 1 <= limit <= _MOST_CHARS:
        fields["max_chars"].fault(f"the limit is {limit} characters", f"choose 1 to {_MOST_CHARS}")
        limit = None
    return {} if limit is None else {"max_chars": limit}


_KINDS: Mapping[str, _Kind] = {
    "choice": _Kind(Choice, ("options",), (), _options),
    "multiple": _Kind(Multiple, ("options",), (), _options),
    "scale": _Kind(Scale, ("min", "max"), ("labels",), _scale),
    "number": _Kind(Number, (), ("min", "max", "bins"), _number),
    "month": _Kind(Month, (), ("min", "max"), _month),
    "text": _Kind(FreeText, (), ("max_chars",), _text),
}
