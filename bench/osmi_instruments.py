"""Build the `coprod-instrument/1` documents for the OSMI replays from the tables and the file's own question texts."""

from collections.abc import Sequence
from datetime import date, timedelta

from bench.osmi_mapping import option_values
from bench.osmi_tables import AGE_BINS, Column, Year, item_id

Document = dict[str, object]


def instrument(year: Year, questions: Sequence[str], today: date) -> Document:
    """Return the whole document; `questions` are the file's headings by column number."""
    return {
        "format": "coprod-instrument/1",
        "title": f"Replay of a published workplace survey, {year.name}",
        "languages": ["en"],
        "sections": [_section(year, section, questions) for section in year.sections],
        "table_plan": {"groupings": list(year.groupings), "two_way": [list(year.two_way)]},
        "gates": _made_up_gates(today),
    }


def _section(year: Year, section: tuple[str, str, int, int], questions: Sequence[str]) -> Document:
    section_id, title, first, last = section
    return {
        "id": section_id,
        "title": title,
        "sensitive": section_id in year.sensitive,
        "items": [_item(number, year.columns[number], questions[number]) for number in range(first, last + 1)],
    }


def _item(number: int, column: Column, question: str) -> Document:
    item: Document = {"id": item_id(number), "kind": column.kind, "text": " ".join(question.split())}
    item |= _KINDS[column.kind](column)
    return item | ({"show_if": dict(column.route)} if column.route is not None else {})


def _options(column: Column) -> Document:
    return {"options": [{"value": v, "text": column.options.get(v, "Something else")} for v in option_values(column)]}


def _scale(column: Column) -> Document:
    points = [int(point) for point in column.options]
    return {"min": min(points), "max": max(points), "labels": dict(column.options)}


def _number(column: Column) -> Document:
    return {"bins": [list(band) for band in AGE_BINS]}


def _text(column: Column) -> Document:
    return {"max_chars": column.max_chars}


_KINDS = {"choice": _options, "multiple": _options, "scale": _scale, "number": _number, "text": _text}


def _made_up_gates(today: date) -> Document:
    return {
        "decision": "Whether this replay passes; nothing else is decided by it.",
        "decider": "The person who started the replay",
        "answer_by": (today + timedelta(days=90)).isoformat(),
        "word": "consultation",
        "deputy": "Made-up deputy",
        "reading_hours": "Monday to Friday, 9:00 to 17:00",
        "retention_until": (today + timedelta(days=365)).isoformat(),
        "reward": "None",
    }
