"""Languages: only checked ones are offered; every page and every borrowed phrase says which language it is in."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from auditing import texts
from instances import Instance, document

from coprod_survey.domain.answers import decode_response
from coprod_survey.web import i18n

SLUG = "many-views"
PO = """
msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\nPlural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "Leave now"
msgstr "Gadael nawr"

msgid "Question %(number)s of %(total)s"
msgstr "Cwestiwn %(number)s o %(total)s"

msgid "Give a number from %(min)s to %(max)s, or leave this empty to skip it."
msgstr "Rhowch rif o %(min)s i %(max)s."
"""


def translated() -> dict[str, Any]:
    """Return an instrument in three languages, one item of which is only in English."""
    many = document(SLUG, title={"en": "Views", "cy": "Barn", "ar": "آراء"}, languages=["en", "cy", "ar"])
    many["sections"][0]["items"][0]["text"] = {"en": "Did you come?", "cy": "Ddaethoch chi?", "ar": "هل أتيت؟"}
    return many


@pytest.fixture
def everything_checked(tmp_path: Path) -> Iterator[None]:
    """Let a named person have checked every language, and give Welsh a small catalogue."""
    stored = json.loads((i18n._LOCALES / "languages.json").read_text(encoding="utf-8"))
    checked = [{**language, "checked_by": "Somebody"} for language in stored]
    catalogue = tmp_path / "locales" / "cy" / "LC_MESSAGES" / "messages.po"
    catalogue.parent.mkdir(parents=True)
    catalogue.write_text(PO, encoding="utf-8")
    (tmp_path / "locales" / "languages.json").write_text(json.dumps(checked), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(i18n, "_LOCALES", tmp_path / "locales")
        i18n.languages.cache_clear()
        i18n.catalogue.cache_clear()
        yield
    i18n.languages.cache_clear()
    i18n.catalogue.cache_clear()


@pytest.fixture(scope="module")
def many(instance: Instance) -> Instance:
    """Return the instance with a survey in three languages."""
    instance.add_survey(translated())
    return instance


@pytest.mark.parametrize("wanted", ["cy", "ar", "xx", "EN", "en' onload='x", ""])
def test_an_unchecked_language_is_not_offered(many: Instance, wanted: str) -> None:
    """Until somebody has checked a language's safety texts, its page is the English one, with no link to it."""
    client = many.participant()
    plain = client.get(f"/s/{SLUG}")
    asked = client.get(f"/s/{SLUG}", query_string={"lang": wanted})
    assert asked.data == plain.data
    assert '<html lang="en" dir="ltr">' in plain.text
    assert "hreflang" not in plain.text


@pytest.mark.usefixtures("everything_checked")
def test_checked_languages_are_offered_by_their_own_names(many: Instance) -> None:
    """Every other language of the survey is linked by its own name in its own language."""
    page = many.participant().get(f"/s/{SLUG}")
    assert texts(page.text, 'a[hreflang="cy"]') == ["Cymraeg"]
    assert texts(page.text, 'a[hreflang="ar"][lang="ar"]') == ["العربية"]
    assert texts(page.text, 'a[hreflang="pl"]') == []


@pytest.mark.usefixtures("everything_checked")
def test_a_page_speaks_the_language_asked_for(many: Instance) -> None:
    """The page, its own words and the survey's words are Welsh; a phrase that is not translated says it is English."""
    page = many.participant().get(f"/s/{SLUG}?lang=cy")
    assert '<html lang="cy" dir="ltr">' in page.text
    assert "Ddaethoch chi?" in page.text
    assert "Cwestiwn 1 o 7" in page.text
    assert "Gadael nawr" in texts(page.text, "nav a.exit")
    assert "How good was it?" in texts(page.text, 'legend span[lang="en"][dir="ltr"]')


@pytest.mark.usefixtures("everything_checked")
def test_a_right_to_left_page_says_so(many: Instance) -> None:
    """The Arabic page runs from right to left, and English phrases inside it from left to right."""
    page = many.participant().get(f"/s/{SLUG}?lang=ar")
    assert '<html lang="ar" dir="rtl">' in page.text
    assert "How good was it?" in texts(page.text, 'legend span[lang="en"][dir="ltr"]')


@pytest.mark.usefixtures("everything_checked")
def test_mistakes_are_explained_in_the_same_language(many: Instance) -> None:
    """A refused form comes back in the language it was sent in, and its form keeps that language."""
    page = many.participant().post(f"/s/{SLUG}?lang=cy", data=many.form(SLUG, age="3"))
    assert page.status_code == 422
    assert texts(page.text, ".summary .mend") == ["Rhowch rif o 18 i 110."]
    assert f'action="/s/{SLUG}?lang=cy"' in page.text


@pytest.mark.usefixtures("everything_checked")
def test_receipts_are_alike_in_one_language(many: Instance) -> None:
    """Within a language the page after sending is byte for byte the same for everybody."""
    client = many.participant()
    receipts = [
        client.post(f"/s/{SLUG}?lang=cy", data=many.form(SLUG, **answers))
        for answers in ({}, {"words": "I want to die"}, {"please.read": "yes"})
    ]
    assert {receipt.status_code for receipt in receipts} == {200}
    assert len({receipt.data for receipt in receipts}) == 1
    assert '<html lang="cy"' in receipts[0].text


@pytest.mark.usefixtures("everything_checked")
def test_the_language_is_kept_with_the_answer(fresh: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which language somebody answered in is sealed with the answer, so that words are screened and read in it."""
    seen: list[str] = []

    def noting(instrument: Any, raw: bytes) -> Any:
        answers, language = decode_response(instrument, raw)
        seen.append(language)
        return answers, language

    fresh.add_survey(translated())
    for language in ("cy", "en", "zz"):
        form = fresh.form(SLUG)
        assert fresh.participant().post(f"/s/{SLUG}?lang={language}", data=form).status_code == 200
    fresh.operations.surveys.close(SLUG)
    monkeypatch.setattr("coprod_survey.services.open_results.decode_response", noting)
    fresh.opened(SLUG)
    assert sorted(seen) == ["cy", "en", "en"]


def test_counted_sentences_follow_the_number() -> None:
    """A sentence that counts says one form for one and another for several."""
    assert i18n.ngettext("%(num)s question", "%(num)s questions", 1) == "1 question"
    assert i18n.ngettext("%(num)s question", "%(num)s questions", 3) == "3 questions"


def test_outside_a_request_the_source_language_is_spoken() -> None:
    """A sentence made outside a request is in the source language."""
    assert i18n.spoken() == i18n.SOURCE
    assert i18n._("Leave now") == "Leave now"
