"""Gate G1: what must be in place before a survey may open (product.md). The software refuses to pass it.

The tier decides how much is asked: *light* has no sensitive item and no free text, *standard* has free text,
*sensitive* is the rest.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import Enum

from coprod_survey.domain.instrument import FreeText, Instrument
from coprod_survey.domain.staff import Role


class Tier(Enum):
    """How much a survey asks of people, and so of its organiser."""

    LIGHT = "light"
    STANDARD = "standard"
    SENSITIVE = "sensitive"


@dataclass(frozen=True)
class Missing:
    """One thing that gate G1 still needs: what, and who can do it."""

    what: str
    who: str

    def __str__(self) -> str:
        return f"{self.what} ({self.who})."


def tier_of(instrument: Instrument) -> Tier:
    """Return the tier from the instrument's own marks."""
    items = list(instrument.items())
    if any(section.sensitive for section in instrument.sections) or any(
        item.sensitive or item.expect_disclosure for item in items
    ):
        return Tier.SENSITIVE
    return Tier.STANDARD if any(isinstance(item, FreeText) for item in items) else Tier.LIGHT


def missing_for_opening(instrument: Instrument, roles: Collection[Role], *, today: date) -> tuple[Missing, ...]:
    """List what gate G1 still needs for a survey that real people will answer; empty when it may open.

    Records that this version cannot keep yet (test flags, aftercare checks, agreements) are always missing, so
    standard and sensitive surveys open only as demonstrations until they exist: a gate is never passed on trust.
    """
    tier = tier_of(instrument)
    missing = [*_pledge(instrument, today), *_people(roles)]
    if tier is not Tier.LIGHT:
        missing += _reading(instrument)
    if tier is Tier.SENSITIVE:
        missing.append(
            Missing("The agreement of a lived-experience member is not recorded", "this version cannot record it yet")
        )
    return tuple(missing)


def _pledge(instrument: Instrument, today: date) -> list[Missing]:
    gates = instrument.gates
    wanted = [
        (gates.decision, "gates.decision: say which decision the answers will change"),
        (gates.decider, "gates.decider: name the role that will take that decision"),
        (gates.answer_by, "gates.answer_by: give the date by which people will be told what was decided"),
        (gates.retention_until, "gates.retention_until: give the date on which everything is deleted"),
    ]
    missing = [Missing(sentence, "the organiser, in the instrument file") for value, sentence in wanted if not value]
    for name, day in (("answer_by", gates.answer_by), ("retention_until", gates.retention_until)):
        if day and day <= today:
            missing.append(Missing(f"gates.{name} lies in the past", "the organiser, in the instrument file"))
    return missing


def _people(roles: Collection[Role]) -> list[Missing]:
    return (
        []
        if Role.LEAD in roles
        else [Missing("There is no safeguarding lead", "the administrator: staff add --role lead")]
    )


def _reading(instrument: Instrument) -> list[Missing]:
    missing = []
    if not instrument.gates.reading_hours:
        missing.append(Missing("gates.reading_hours: say on which days and hours answers are read", "the organiser"))
    if not instrument.gates.deputy:
        missing.append(Missing("gates.deputy: name the deputy of the safeguarding lead", "the organiser"))
    unrecordable = "this version cannot record it yet"
    return [
        *missing,
        Missing("Lead and deputy have not each opened a test flag this week", unrecordable),
        Missing("The aftercare services have not been checked within 90 days", unrecordable),
    ]
