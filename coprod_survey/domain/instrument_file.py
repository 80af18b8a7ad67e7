"""Reading an instrument file, `coprod-instrument/1`: every fault at once, each with its path and how to mend it."""

import codecs
import hashlib
import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any, NoReturn, TypeAlias

from coprod_survey.domain.answers import MOST_BYTES, worst_case_bytes
from coprod_survey.domain.errors import Fault, InstrumentFaults
from coprod_survey.domain.instrument import Gates, Instrument, Item, Section, TablePlan, Words
from coprod_survey.domain.instrument_conditions import SoFar
from coprod_survey.domain.instrument_items import RESERVED_IDS, check_grouping, read_id, read_item, read_words
from coprod_survey.domain.json_node import WHOLE_FILE, Node, note_repeats, object_of, quoted
from coprod_survey.domain.slug import SLUG, SLUG_MEND, telling_word

FORMAT = "coprod-instrument/1"
WORDS_FOR_IT = ("consultation", "engagement", "meaningful participation", "co-production")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOST_ITEMS = 300
_MOST_GROUPINGS = 4
_GATE_TEXTS = ("decision", "decider", "deputy", "reading_hours", "reward")
_GATE_DATES = ("answer_by", "retention_until")

# Every item by its id with its place in the file; None for one with faults of its own.
ItemsById: TypeAlias = dict[str, tuple[Item | None, Node]]


def parse_instrument_json(raw: bytes) -> Instrument:
    """Return the instrument in the bytes of a JSON file; a byte order mark is passed over.

    Raises:
        InstrumentFaults: with everything that is wrong.

    """
    try:
        text = raw.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        _refuse(f"line {line} is not UTF-8", "save the file as UTF-8")
    try:
        document = json.loads(text, object_pairs_hook=object_of, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        _refuse(f"line {error.lineno}, column {error.colno} is not JSON ({error.msg})", "look just before that place")
    except ValueError:
        _refuse("it has a number that JSON does not allow or that is too long", "write ordinary whole numbers")
    except RecursionError:
        _refuse("it is nested far too deep", "write it more simply")
    return load_instrument(document)


def load_instrument(document: object) -> Instrument:
    """Return the instrument that a parsed JSON document describes.

    Raises:
        InstrumentFaults: with everything that is wrong, in the order in which it was found.

    """
    faults: list[Fault] = []
    root = Node(document, "", faults)
    instrument = _read(root)
    if not faults:
        _check_size(root, instrument)
    if faults:
        raise InstrumentFaults(tuple(faults))
    return instrument


def canonical_json(document: object) -> bytes:
    """Return JSON with sorted keys, no spaces, in UTF-8: the same for the same document however it was typed."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _refuse(wrong: str, mend: str) -> NoReturn:
    raise InstrumentFaults((Fault(WHOLE_FILE, wrong, mend),)) from None


def _no_constant(_name: str) -> NoReturn:
    """Refuse NaN and Infinity, which Python reads and JSON does not have."""
    raise ValueError


def _read(root: Node) -> Instrument:
    """Read the whole document; the outcome is good only if no fault was noted."""
    optional = ("slug", "description", "table_plan", "gates")
    fields = root.fields(("format", "title", "languages", "sections"), optional)
    if "format" in fields and fields["format"].value != FORMAT:
        fields["format"].fault("this is not a format that can be read", f"write {quoted(FORMAT)}")
    languages = _languages(fields["languages"]) if "languages" in fields else ()
    words = {key: read_words(fields[key], languages) for key in ("title", "description") if key in fields}
    sections, items = _sections(fields["sections"], languages) if "sections" in fields else ((), {})
    plan = _table_plan(fields.get("table_plan"), items)
    gates = _gates(fields["gates"]) if "gates" in fields else Gates()
    topics = [topic for item, _ in items.values() if item for topic in item.topics]
    slug = _slug(fields["slug"], topics) if "slug" in fields else None
    return Instrument(
        title=words.get("title", Words({})),
        description=words.get("description"),
        languages=languages,
        sections=sections,
        version="" if root.faults else hashlib.sha256(canonical_json(root.value)).hexdigest()[:16],
        slug=slug,
        table_plan=plan,
        gates=gates,
    )


def _languages(node: Node) -> tuple[str, ...]:
    parts = node.elements(at_least=1)
    note_repeats(parts, "language")
    read = [part.matching(_LANGUAGE, "write a language tag such as en, cy or ur") for part in parts]
    return tuple(dict.fromkeys(tag for tag in read if tag))


def _slug(node: Node, topics: list[str]) -> str | None:
    slug = node.matching(SLUG, SLUG_MEND)
    telling = telling_word(slug, topics) if slug else None
    if telling:
        node.fault(
            f"{quoted(telling)} tells what the survey is about to anybody who sees the browser's history",
            "choose neutral words, such as your-views-spring",
        )
    return slug


def _raw_ids(sections: Node) -> Iterator[Node]:
    """Yield the node of every item's id, whatever else is wrong with the file."""
    quiet = Node(sections.value, sections.path, [])
    for section in quiet.elements():
        found = section.value.get("items") if isinstance(section.value, dict) else None
        for item in section.child("items", found).elements():
            if _raw_id(item):
                yield Node(_raw_id(item), f"{item.path}.id", sections.faults)


def _raw_id(item: Node) -> str:
    """Return the id that an item claims, sound or not; "" when it has none."""
    claimed = item.value.get("id") if isinstance(item.value, dict) else None
    return claimed if isinstance(claimed, str) else ""


def _sections(node: Node, languages: tuple[str, ...]) -> tuple[tuple[Section, ...], ItemsById]:
    """Read the sections; also return the items by id."""
    ids = list(_raw_ids(node))
    note_repeats(ids, "id")
    for taken in ids:
        if taken.value in RESERVED_IDS:
            taken.fault(f"the id {quoted(str(taken.value))} is needed for a field of the form", "choose another one")
    so_far = SoFar(languages, frozenset(str(found.value) for found in ids))
    items: ItemsById = {}
    sections, section_ids, count = [], [], 0
    for part in node.elements(at_least=1):
        fields = part.fields(("id", "title", "items"), ("note", "sensitive"))
        section_ids += [fields["id"]] if "id" in fields else []
        sections.append(_section(fields, so_far, items))
        count += len(fields["items"].value) if "items" in fields and isinstance(fields["items"].value, list) else 0
    note_repeats(section_ids, "section id")
    if count > _MOST_ITEMS:
        node.fault(f"there are {count} questions", f"keep at most {_MOST_ITEMS}")
    return tuple(sections), items


def _section(fields: dict[str, Node], so_far: SoFar, items: ItemsById) -> Section:
    """Read one section, adding its items to `items` and to what is known so far."""
    sensitive = "sensitive" in fields and fields["sensitive"].flag()
    read = []
    for node in fields["items"].elements(at_least=1) if "items" in fields else ():
        faults_before = len(node.faults)
        item = read_item(node, so_far, sensitive)
        sound = item if len(node.faults) == faults_before else None
        so_far.earlier[_raw_id(node)] = sound
        items[_raw_id(node)] = (sound, node)
        read += [item] if item else []
    words = {key: read_words(fields[key], so_far.languages) for key in ("title", "note") if key in fields}
    return Section(read_id(fields.get("id")), words.get("title", Words({})), tuple(read), words.get("note"), sensitive)


def _table_plan(node: Node | None, items: ItemsById) -> TablePlan:
    """Read the table plan; its groupings are those listed, then those marked at their item."""
    fields = node.fields((), ("groupings", "two_way")) if node else {}
    listed = fields["groupings"].elements() if "groupings" in fields else []
    note_repeats(listed, "grouping")
    groupings = [_closed_item(part, items) for part in listed]
    for item, place in items.values():
        if item and item.grouping:
            check_grouping(item, place.child("grouping", True))
            groupings.append(item.id)
    distinct = tuple(dict.fromkeys(groupings))
    if len(distinct) > _MOST_GROUPINGS:
        where = fields.get("groupings") or next(place for item, place in items.values() if item and item.grouping)
        where.fault(
            f"there are {len(distinct)} groupings, listed and marked together", f"keep at most {_MOST_GROUPINGS}"
        )
    pairs = fields["two_way"].elements(at_most=1) if "two_way" in fields else []
    return TablePlan(distinct, tuple(_pair(pair, items) for pair in pairs))


def _pair(node: Node, items: ItemsById) -> tuple[str, str]:
    """Read two distinct items that are tabulated against each other."""
    ids = [_closed_item(part, items) for part in node.elements(at_least=2, at_most=2)]
    if len(ids) != 2:
        return "", ""
    if ids[0] == ids[1]:
        node.fault("the pair names one question twice", "name two different questions")
    return ids[0], ids[1]


def _closed_item(node: Node, items: ItemsById) -> str:
    """Read the id of an item that can form groups in published tables."""
    if not isinstance(node.value, str) or node.value not in items:
        node.fault("this is not the id of a question", "give the id of a question in this file")
        return node.path
    item, _ = items[node.value]
    if item:
        check_grouping(item, node)
    return node.value


def _gates(node: Node) -> Gates:
    """Read what the organisation promises before it may open; every key is optional here."""
    fields = node.fields((), (*_GATE_TEXTS, *_GATE_DATES, "word"))
    if "word" in fields and fields["word"].value not in WORDS_FOR_IT:
        fields["word"].fault("this is not one of the four words", f"write one of {', '.join(WORDS_FOR_IT)}")
    read: dict[str, Any] = {key: fields[key].text() for key in _GATE_TEXTS if key in fields}
    read |= {key: _date(fields[key]) for key in _GATE_DATES if key in fields}
    read |= {"word": fields["word"].value} if "word" in fields else {}
    return Gates(**read)


def _date(node: Node) -> date | None:
    mend = "write a real date as YYYY-MM-DD, such as 2027-03-31"
    written = node.matching(_DATE, mend)
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        node.fault(f"there is no date {written}", mend)
        return None


def _check_size(root: Node, instrument: Instrument) -> None:
    """Note a fault when the longest possible response does not fit what is stored for everyone."""
    excess_bytes = worst_case_bytes(instrument) - MOST_BYTES
    if excess_bytes > 0:
        too_many = -(-excess_bytes // 4)
        sections = root.child("sections", None)
        sections.fault(
            f"all answers together may be {too_many} characters too long",
            f"lower max_chars by {too_many} in all, or ask fewer questions",
        )
