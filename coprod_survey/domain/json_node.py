"""A cursor over parsed JSON that collects every fault with its path instead of stopping at the first."""

import json
import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from coprod_survey.domain.errors import Fault

WHOLE_FILE = "the file"
LARGEST = 1_000_000_000  # a whole number in a file lies in -LARGEST..LARGEST
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_NOT_FOR_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_NAMES = {dict: "an object", list: "a list", str: "a text", bool: "true or false", int: "a number", float: "a number"}


class RepeatedKeys(dict[str, object]):
    """A JSON object that says some keys more than once, which RFC 8259 §4 leaves without a meaning."""

    repeated: tuple[str, ...] = ()


def object_of(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Make an object from its pairs, remembering repeated keys; an `object_pairs_hook` for `json.loads`."""
    repeated = tuple(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
    if not repeated:
        return dict(pairs)
    marked = RepeatedKeys(pairs)
    marked.repeated = repeated
    return marked


def quoted(text: str) -> str:
    """Return at most 60 characters of a text in quotation marks, safe to print anywhere."""
    shown = text if len(text) <= 60 else text[:59] + "…"
    return json.dumps(shown, ensure_ascii=bool(_NOT_FOR_TEXT.search(shown)))


def name_of(value: object) -> str:
    """Return what kind of JSON value this is, in plain words."""
    return _NAMES.get(type(value), "null" if value is None else "an object" if isinstance(value, dict) else "something")


@dataclass(frozen=True)
class Node:
    """One place in a document: its value, its path, and the list that its faults go to.

    Every reading method returns a harmless stand-in after it has noted a fault, so that the reading goes on.
    """

    value: object
    path: str
    faults: list[Fault]

    def fault(self, wrong: str, mend: str) -> None:
        """Note that something is wrong here."""
        self.faults.append(Fault(self.path or WHOLE_FILE, wrong, mend))

    def child(self, key: str | int, value: object) -> "Node":
        """Return the node of one member or element of this one."""
        if isinstance(key, int):
            return Node(value, f"{self.path}[{key}]", self.faults)
        if _PLAIN_KEY.fullmatch(key):
            return Node(value, f"{self.path}.{key}" if self.path else key, self.faults)
        return Node(value, f"{self.path}[{quoted(key)}]", self.faults)

    def members(self) -> dict[str, "Node"]:
        """Return the members of an object."""
        if not isinstance(self.value, dict):
            self.fault(f"{name_of(self.value)} stands where an object is needed", 'write {"key": value, …}')
            return {}
        for key in getattr(self.value, "repeated", ()):
            self.child(key, None).fault("this key stands more than once in its object", "keep one of them")
        return {str(key): self.child(str(key), value) for key, value in self.value.items()}

    def fields(self, required: Collection[str], optional: Collection[str] = ()) -> dict[str, "Node"]:
        """Return the members of an object that may have these keys and no others."""
        members = self.members()
        known = [*required, *optional]
        for key, node in members.items():
            if key not in known:
                node.fault("this key has no meaning here", f"delete it; possible here are {', '.join(known)}")
        if isinstance(self.value, dict):
            for key in required:
                if key not in members:
                    self.fault(f"the key {quoted(key)} is missing", "add it")
        return {key: node for key, node in members.items() if key in known}

    def elements(self, at_least: int = 0, at_most: int | None = None) -> list["Node"]:
        """Return the elements of a list with between `at_least` and `at_most` of them."""
        if not isinstance(self.value, list):
            self.fault(f"{name_of(self.value)} stands where a list is needed", "write [ …, … ]")
            return []
        count = len(self.value)
        if count < at_least:
            self.fault(f"the list has {count} entries", f"give at least {at_least}")
        if at_most is not None and count > at_most:
            self.fault(f"the list has {count} entries", f"keep at most {at_most}")
        return [self.child(index, value) for index, value in enumerate(self.value)]

    def text(self) -> str:
        """Return a text that is not blank and has no control characters but tab and newline."""
        if not isinstance(self.value, str):
            self.fault(
                f"{name_of(self.value)} stands where a text is needed", 'write it in quotation marks, "like this"'
            )
            return ""
        if not self.value.strip():
            self.fault("the text is empty", "write something, or delete the key if it is optional")
        elif _NOT_FOR_TEXT.search(self.value):
            self.fault("the text has a character that cannot be shown", "delete control characters, or type it again")
        return self.value

    def matching(self, pattern: re.Pattern[str], mend: str) -> str | None:
        """Return a text that fits `pattern` as a whole, or None."""
        if not isinstance(self.value, str):
            self.fault(f"{name_of(self.value)} stands where a text is needed", mend)
            return None
        if not pattern.fullmatch(self.value):
            self.fault(f"{quoted(self.value)} does not have the right form", mend)
            return None
        return self.value

    def integer(self) -> int | None:
        """Return a whole number from -LARGEST to LARGEST, or None."""
        if type(self.value) is not int:
            self.fault(
                f"{name_of(self.value)} stands where a whole number is needed",
                "write digits without quotation marks or a decimal point",
            )
            return None
        if abs(self.value) > LARGEST:
            self.fault("the number is too large", f"stay between -{LARGEST} and {LARGEST}")
            return None
        return self.value

    def flag(self) -> bool:
        """Return true or false."""
        if not isinstance(self.value, bool):
            self.fault(
                f"{name_of(self.value)} stands where true or false is needed",
                "write true or false without quotation marks",
            )
            return False
        return self.value


def note_repeats(nodes: Collection[Node], what: str) -> None:
    """Note a fault at every node whose text stood at an earlier one already."""
    seen: dict[str, str] = {}
    for node in nodes:
        if isinstance(node.value, str) and seen.setdefault(node.value, node.path) != node.path:
            node.fault(f"the {what} {quoted(node.value)} is already used at {seen[node.value]}", "choose another one")
