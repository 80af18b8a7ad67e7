"""A survey: an instrument with a life. draft → open → closed → released; every step may be refused, none reversed."""

from dataclasses import dataclass, replace
from datetime import date
from enum import Enum

from coprod_survey.domain.errors import Refused
from coprod_survey.domain.instrument import Instrument

DEMONSTRATION = "Demonstration. Nobody reads what you write."
"""What every page, card and export of a demonstration says."""


class State(Enum):
    """Where a survey is in its life."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    RELEASED = "released"


@dataclass(frozen=True)
class Sealing:
    """How answers of one survey are sealed, fixed at opening. Keys are public; sizes are bytes of padded plaintext.

    `answer_key` opens to the holders of results, `block_key` to the safeguarding desk.
    """

    answer_key: bytes
    answer_bucket: int
    block_key: bytes
    block_bucket: int


@dataclass(frozen=True)
class Survey:
    """One survey. `instrument`, `sealing` and `plan_hash` never change once it has opened."""

    slug: str
    instrument: Instrument
    state: State = State.DRAFT
    demonstration: bool = False
    sealing: Sealing | None = None
    plan_hash: str | None = None
    opened_on: date | None = None
    closed_on: date | None = None

    def opened(self, sealing: Sealing, plan_hash: str, *, on: date, demonstration: bool) -> "Survey":
        """Return the survey opened; raises Refused unless it was a draft."""
        self._must_be(State.DRAFT, "opened")
        return replace(
            self,
            state=State.OPEN,
            sealing=sealing,
            plan_hash=plan_hash,
            opened_on=on,
            demonstration=demonstration,
        )

    def closed(self, *, on: date) -> "Survey":
        """Return the survey closed; raises Refused unless it was open."""
        self._must_be(State.OPEN, "closed")
        return replace(self, state=State.CLOSED, closed_on=on)

    def released(self) -> "Survey":
        """Return the survey with its results released; raises Refused unless it was closed."""
        self._must_be(State.CLOSED, "released")
        return replace(self, state=State.RELEASED)

    def sealed_with(self) -> Sealing:
        """Return the sealing; raises Refused for a survey that never opened."""
        if self.sealing is None:
            raise Refused(f"The survey {self.slug} has not been opened yet. Open it first.")
        return self.sealing

    def _must_be(self, needed: State, deed: str) -> None:
        if self.state is not needed:
            raise Refused(
                f"The survey {self.slug} is {self.state.value}, so it cannot be {deed}: it must be {needed.value}."
            )


def invitation_refusal(survey: Survey) -> str | None:
    """Say why no invitations can be made for this survey now; None when they can."""
    if survey.state is State.OPEN:
        return None
    return f"The survey {survey.slug} is {survey.state.value}; invitations can be made only while it is open."
