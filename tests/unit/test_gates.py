"""Gate G1: what a survey still needs before real people may be asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from coprod_survey.domain.gates import Missing, Tier, missing_for_opening, tier_of
from coprod_survey.domain.instrument_file import load_instrument
from coprod_survey.domain.staff import Role

TODAY = date(2026, 11, 23)
Document = dict[str, Any]


def missing(document: Document, roles: tuple[Role, ...] = (Role.LEAD,), today: date = TODAY) -> str:
    """Return what is missing, in one text."""
    return "\n".join(map(str, missing_for_opening(load_instrument(document), roles, today=today)))


def marked(document: Document, **marks: object) -> Document:
    """Mark the first item."""
    document["sections"][0]["items"][0].update(marks)
    return document


def with_section_marked(document: Document) -> Document:
    """Mark the whole first section as sensitive."""
    document["sections"][0]["sensitive"] = True
    return document


def with_text(document: Document) -> Document:
    """Add a free text that expects nothing."""
    document["sections"][0]["items"].append({"id": "more", "kind": "text", "text": "More?"})
    return document


@pytest.mark.parametrize(
    ("change", "tier"),
    [
        (lambda document: document, Tier.LIGHT),
        (with_text, Tier.STANDARD),
        (lambda document: marked(document, sensitive=True), Tier.SENSITIVE),
        (with_section_marked, Tier.SENSITIVE),
        (lambda document: with_section_marked(with_text(document)), Tier.SENSITIVE),
    ],
    ids=["closed questions", "free text", "sensitive item", "sensitive section", "both"],
)
def test_tier_follows_the_marks(light_document: Document, change: Callable[[Document], Document], tier: Tier) -> None:
    """Free text makes a survey standard; one sensitive mark anywhere makes it sensitive."""
    assert tier_of(load_instrument(change(light_document))) is tier


def test_text_that_expects_disclosures_is_sensitive(text_document: Document) -> None:
    """Asking for worries is asking a lot, whatever else is marked."""
    assert tier_of(load_instrument(text_document)) is Tier.SENSITIVE


def test_light_survey_with_everything_may_open(light_document: Document) -> None:
    """A pledge, a date and a lead are all that closed, harmless questions need."""
    assert missing(light_document) == ""


@pytest.mark.parametrize("gate", ["decision", "decider", "answer_by", "retention_until"])
def test_each_part_of_the_pledge_is_needed(light_document: Document, gate: str) -> None:
    """Leaving out one promise names that promise, and no other."""
    del light_document["gates"][gate]
    assert missing(light_document).count("gates.") == 1
    assert f"gates.{gate}" in missing(light_document)


def test_survey_without_any_promise_lists_all_of_them(light_document: Document) -> None:
    """Everything that is missing is said at once."""
    del light_document["gates"]
    assert missing(light_document, roles=()).count("\n") == 4


@pytest.mark.parametrize(("today", "late"), [(date(2027, 2, 28), False), (date(2027, 3, 1), True)])
def test_answer_day_must_lie_ahead(light_document: Document, today: date, late: bool) -> None:
    """An answer promised for today or earlier is no promise."""
    assert ("in the past" in missing(light_document, today=today)) is late


@pytest.mark.parametrize("role", [Role.ORGANISER, Role.MEMBER, Role.ADMIN])
def test_only_a_lead_counts_as_a_lead(light_document: Document, role: Role) -> None:
    """No other role stands in for the safeguarding lead."""
    assert "no safeguarding lead" in missing(light_document, roles=(role,))


def test_free_text_needs_somebody_who_reads(light_document: Document) -> None:
    """Free text adds reading hours, a deputy, test flags and checked services."""
    listed = missing(with_text(light_document))
    for needed in ("gates.reading_hours", "gates.deputy", "test flag", "aftercare services"):
        assert needed in listed


def test_reading_hours_and_deputy_are_taken_from_the_file(light_document: Document) -> None:
    """What the file says is no longer missing; what cannot be recorded yet still is."""
    light_document["gates"] |= {"reading_hours": "Weekdays, 9 to 17", "deputy": "Bea"}
    listed = missing(with_text(light_document))
    assert "gates." not in listed
    assert "test flag" in listed


def test_sensitive_survey_needs_an_agreement(light_document: Document) -> None:
    """Sensitive questions also need a lived-experience member to agree; light ones do not ask."""
    assert "lived-experience member" not in missing(light_document)
    assert "lived-experience member" in missing(marked(light_document, sensitive=True))


def test_missing_thing_names_who_can_do_it() -> None:
    """Each line ends with the person who can act."""
    assert str(Missing("No lead", "the administrator")) == "No lead (the administrator)."
