"""Say things in the reader's language: gettext catalogues for the platform's words, compiled in memory from .po files.

A language is offered to participants only when its core safety texts were checked by a named person
(locales/languages.json); until then it is known, and not offered.
"""

import gettext
import io
import json
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from flask import Flask, g, has_request_context

_LOCALES = Path(__file__).resolve().parent.parent / "locales"
SOURCE = "en"


@dataclass(frozen=True)
class Language:
    """A language: its tag, its own name, its direction ("ltr" or "rtl"), and who checked the core safety texts."""

    tag: str
    name: str
    direction: str
    checked_by: str | None


@lru_cache
def languages() -> dict[str, Language]:
    """Return every language the platform knows, by tag."""
    stored = json.loads((_LOCALES / "languages.json").read_text(encoding="utf-8"))
    return {entry["tag"]: Language(**entry) for entry in stored}


def offered(instrument_languages: tuple[str, ...]) -> tuple[Language, ...]:
    """Return the languages of an instrument that may be offered to participants; English where none may."""
    known = languages()
    checked = tuple(known[tag] for tag in instrument_languages if tag in known and known[tag].checked_by)
    return checked or (known[SOURCE],)


@lru_cache
def catalogue(tag: str) -> gettext.NullTranslations:
    """Return the compiled catalogue of a language; the source language and missing ones answer with the source text."""
    path = _LOCALES / tag / "LC_MESSAGES" / "messages.po"
    if not path.is_file():
        return gettext.NullTranslations()
    with path.open("rb") as po:
        compiled = io.BytesIO()
        write_mo(compiled, read_po(po, locale=tag))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def speak(tag: str) -> None:
    """Use a language for the rest of this request."""
    g.language = tag


def spoken() -> str:
    """Return the language of this request."""
    return g.get("language", SOURCE) if has_request_context() else SOURCE


def _(message: str, **values: object) -> str:
    """Translate a message into the language of this request and fill in its %(named)s values."""
    translated = catalogue(spoken()).gettext(message)
    return translated % values if values else translated


def ngettext(singular: str, plural: str, number: int, **values: object) -> str:
    """Translate a message that counts something."""
    return catalogue(spoken()).ngettext(singular, plural, number) % {"num": number, **values}


def day(value: date) -> str:
    """Write a date in the reader's language, day before month in English."""
    return str(format_date(value, format="long", locale=_locale()))


def number(value: int) -> str:
    """Write a whole number with the reader's separators."""
    return str(format_decimal(value, locale=_locale()))


def _locale() -> str:
    return "en_GB" if spoken() == SOURCE else spoken()


def install(app: Flask) -> None:
    """Give an app's templates `_()`, `{% trans %}` and the language of the page."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # added by the extension
        gettext=lambda message: catalogue(spoken()).gettext(message),
        ngettext=lambda one, many, number: catalogue(spoken()).ngettext(one, many, number),
        newstyle=True,
    )
    app.jinja_env.globals["page_language"] = lambda: languages()[spoken()]
