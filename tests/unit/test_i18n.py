"""Speaking the reader's language, and offering only languages whose safety texts somebody checked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, render_template_string

from coprod_survey.web import i18n

PO = """
msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\nPlural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "Send"
msgstr "Anfon"

msgid "Wait %(seconds)s seconds."
msgstr "Arhoswch %(seconds)s eiliad."

msgid "%(num)s flag"
msgid_plural "%(num)s flags"
msgstr[0] "%(num)s faner"
msgstr[1] "%(num)s o faneri"
"""


@pytest.fixture
def app() -> Flask:
    """Return an app that can speak."""
    app = Flask("speaking")
    i18n.install(app)
    return app


@pytest.fixture
def welsh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put a small Welsh catalogue where catalogues are."""
    messages = tmp_path / "cy" / "LC_MESSAGES"
    messages.mkdir(parents=True)
    (messages / "messages.po").write_text(PO, encoding="utf-8")
    i18n.languages()
    monkeypatch.setattr(i18n, "_LOCALES", tmp_path)
    i18n.catalogue.cache_clear()
    yield
    i18n.catalogue.cache_clear()


def test_every_language_says_how_it_runs() -> None:
    """Each known language has its own name and a direction; Arabic and Urdu run from right to left."""
    known = i18n.languages()
    assert {tag for tag, language in known.items() if language.direction == "rtl"} >= {"ar", "ur"}
    assert {language.direction for language in known.values()} == {"ltr", "rtl"}
    assert all(language.name for language in known.values())


def test_only_checked_languages_are_offered() -> None:
    """Of an instrument's languages those are offered that a named person checked."""
    unchecked = [tag for tag, language in i18n.languages().items() if not language.checked_by]
    offered = i18n.offered(("en", *unchecked, "xx"))
    assert [language.tag for language in offered] == ["en"]


def test_english_is_offered_where_nothing_is_checked() -> None:
    """An instrument in an unknown language alone still has a page to show."""
    assert [language.tag for language in i18n.offered(("xx",))] == ["en"]


def test_missing_catalogue_answers_with_the_source() -> None:
    """A language without a catalogue shows the English words rather than nothing."""
    assert i18n.catalogue("xx").gettext("Send") == "Send"


@pytest.mark.usefixtures("welsh")
def test_message_is_translated_and_filled_in(app: Flask) -> None:
    """The language of the request decides, and values are put into the translation."""
    with app.test_request_context():
        i18n.speak("cy")
        assert i18n._("Send") == "Anfon"
        assert i18n._("Wait %(seconds)s seconds.", seconds=5) == "Arhoswch 5 eiliad."
        assert i18n._("Not in the catalogue, 100%") == "Not in the catalogue, 100%"


@pytest.mark.usefixtures("welsh")
@pytest.mark.parametrize(("number", "said"), [(1, "1 faner"), (3, "3 o faneri")])
def test_counted_message_follows_the_language(app: Flask, number: int, said: str) -> None:
    """Plurals come from the catalogue's own rule."""
    with app.test_request_context():
        i18n.speak("cy")
        assert i18n.ngettext("%(num)s flag", "%(num)s flags", number) == said


@pytest.mark.usefixtures("welsh")
def test_language_ends_with_the_request(app: Flask) -> None:
    """The next request, and code outside any, speaks English again."""
    with app.test_request_context():
        i18n.speak("cy")
    with app.test_request_context():
        assert i18n._("Send") == "Send"
    assert i18n.spoken() == "en"


@pytest.mark.usefixtures("welsh")
def test_templates_speak_the_same_language(app: Flask) -> None:
    """Both ways of marking text in templates are translated, and values in them are escaped."""
    template = (
        "{{ _('Send') }}|{% trans seconds=wait %}Wait {{ seconds }} seconds.{% endtrans %}|{{ page_language().tag }}"
    )
    with app.test_request_context():
        i18n.speak("cy")
        assert render_template_string(template, wait="<b>") == "Anfon|Arhoswch &lt;b&gt; eiliad.|cy"
