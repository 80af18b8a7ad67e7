"""Reading `show_if`: conditions over earlier items, each value and bound checked against the item it looks at."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from coprod_survey.domain.answer_faces import tabulated_values
from coprod_survey.domain.instrument import (
    Answered,
    Between,
    Choice,
    Chosen,
    Condition,
    Either,
    Every,
    Item,
    Multiple,
    Number,
    Scale,
)
from coprod_survey.domain.json_node import Node, name_of, quoted

DEEPEST = 6  # groups of conditions within groups
_WHOLE = re.compile(r"0|-?[1-9][0-9]*")


@dataclass
class SoFar:
    """What is known while a file is read: its languages, every id in it, and the items read so far.

    An item with faults of its own stands as None, so that one slip is not reported again at each condition.
    """

    languages: tuple[str, ...]
    every_id: frozenset[str]
    earlier: dict[str, Item | None] = field(default_factory=dict)


def read_condition(node: Node, so_far: SoFar, depth: int = 1) -> Condition | None:
    """Return the condition at `node`, or None when it has faults."""
    if isinstance(node.value, dict) and "item" in node.value:
        return _about_an_item(node, so_far)
    if isinstance(node.value, dict) and len(node.value.keys() & {"all", "any"}) != 1:
        node.fault("the condition names no item and no group", 'write {"item": …} or one of {"all": […]}, {"any": […]}')
        return None
    if depth > DEEPEST:
        node.fault(f"groups are nested more than {DEEPEST} deep", "write the condition more simply")
        return None
    parts = [
        read_condition(part, so_far, depth + 1)
        for group in node.fields((), ("all", "any")).values()
        for part in group.elements(at_least=1)
    ]
    sound = tuple(part for part in parts if part is not None)
    if not sound:
        return None
    return Every(sound) if isinstance(node.value, dict) and "all" in node.value else Either(sound)


def _about_an_item(node: Node, so_far: SoFar) -> Condition | None:
    """Read a condition that looks at one item."""
    fields = node.fields(("item",), ("any", "none", "all", "min", "max", "answered"))
    tests = [key for key in fields if key not in ("item", "max") or (key == "max" and "min" not in fields)]
    if len(tests) != 1:
        node.fault(
            f"the condition has {len(tests)} tests", "give exactly one of any, none, all, answered, or min and max"
        )
        return None
    item = _earlier_item(fields["item"], so_far)
    if item is None:
        return None
    if tests[0] == "answered":
        if fields["answered"].value is not True:
            fields["answered"].fault("only true is possible here", "write true, or delete the condition")
        return Answered(item.id)
    if tests[0] in ("min", "max"):
        return _between(node, fields, item)
    return Chosen(item.id, tests[0], _listed(fields[tests[0]], item))


def _earlier_item(node: Node, so_far: SoFar) -> Item | None:
    """Return the item that a condition looks at, if it is an earlier one without faults."""
    name = node.value
    if not isinstance(name, str):
        node.fault(f"{name_of(name)} stands where an id is needed", "give the id of an earlier question")
    elif name not in so_far.every_id:
        node.fault(f"there is no question with the id {quoted(name)}", "give the id of an earlier question")
    elif name not in so_far.earlier:
        node.fault(f"the question {quoted(name)} is not an earlier one", "look only at questions asked before this one")
    else:
        return so_far.earlier[name]
    return None


def _listed(node: Node, item: Item) -> tuple[str, ...]:
    """Read the values that an item's answer is compared with, as they are posted."""
    if not isinstance(item, Choice | Multiple | Scale):
        node.fault(
            f"the question {quoted(item.id)} has no options to compare with",
            "use min and max for a number, or answered",
        )
        return ()
    possible = tabulated_values(item)
    listed = []
    for part in node.elements(at_least=1):
        value = str(part.value) if isinstance(item, Scale) and type(part.value) is int else part.value
        if not isinstance(value, str) or value not in possible:
            part.fault(f"this is not a value of the question {quoted(item.id)}", f"use one of {_some(possible)}")
        else:
            listed.append(value)
    return tuple(listed)


def _between(node: Node, fields: dict[str, Node], item: Item) -> Between | None:
    """Read bounds on a scale or number; a number's must be edges of its bands, for only the band is kept."""
    if not isinstance(item, Scale | Number):
        node.fault(f"the question {quoted(item.id)} has no range", "use min and max only for a scale or a number")
        return None
    if isinstance(item, Scale):
        lows = highs = tuple(range(item.minimum, item.maximum + 1))
    else:
        lows, highs = tuple(low for low, _ in item.bins), tuple(high for _, high in item.bins)
    minimum = _edge(fields.get("min"), lows, "the first number of a band or a point of the scale")
    maximum = _edge(fields.get("max"), highs, "the last number of a band or a point of the scale")
    if minimum is not None and maximum is not None and minimum > maximum:
        node.fault("min is greater than max", "exchange them")
    return Between(item.id, minimum, maximum)


def _edge(node: Node | None, edges: tuple[int, ...], name: str) -> int | None:
    """Read one bound, which must be one of `edges`."""
    bound = None if node is None else node.integer()
    if node is not None and bound is not None and bound not in edges:
        node.fault(f"{bound} is not {name}", f"use one of {_some(map(str, edges))}")
    return bound


def whole_number(text: str) -> int | None:
    """Return the whole number that a text is the one usual way of writing, or None."""
    return int(text) if len(text) <= 12 and _WHOLE.fullmatch(text) else None


def _some(values: Iterable[str]) -> str:
    """Name up to 12 values."""
    named = list(values)
    return ", ".join(quoted(value) for value in named[:12]) + (", …" if len(named) > 12 else "")
