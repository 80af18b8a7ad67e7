"""Hand out invitations: new codes with their links and, where they are wanted, cards to cut out."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from coprod_survey.domain.errors import Refused
from coprod_survey.domain.invitation import CODE_BYTES, code_from
from coprod_survey.domain.survey import DEMONSTRATION, Survey
from coprod_survey.ports import Card, CardPrinter, SurveyStore
from coprod_survey.services.invite import Invite

MOST_CARDS = 5_000
"""500 sheets: about a minute of work, and as much as anybody cuts up."""


@dataclass(frozen=True)
class Handout:
    """Invitations to give away; kept nowhere. `sheet` is a PDF, `titled` where it shows the survey's title."""

    cards: Sequence[Card] = field(repr=False)
    sheet: bytes = field(repr=False)
    titled: bool


class HandOut:
    """Make codes and put them on paper."""

    def __init__(self, surveys: SurveyStore, invite: Invite, printer: CardPrinter, *, participant_url: str) -> None:
        self._surveys = surveys
        self._invite = invite
        self._printer = printer
        self._participant_url = participant_url

    def make(self, slug: str, count: int, *, printed: bool) -> Handout:
        """Return `count` new invitations; raises Refused, before any code is made, where they cannot be handed out."""
        blank = self._blank(self._surveys.get(slug))
        titled = printed and self._printer.can_print(blank.title)
        if printed:
            blank = blank if titled else replace(blank, title="")
            self._try_out(blank, count)
        cards = [replace(blank, code=code) for code in self._invite.make_codes(slug, count)]
        return Handout(cards, self._printer.sheet(cards) if printed else b"", titled)

    def _blank(self, survey: Survey) -> Card:
        return Card(
            title=survey.instrument.title.in_language(survey.instrument.languages[0]),
            notice=DEMONSTRATION if survey.demonstration else "",
            address=f"{self._participant_url}/s/{survey.slug}",
            code=code_from(bytes(CODE_BYTES)),
        )

    def _try_out(self, blank: Card, count: int) -> None:
        """Print a specimen first: a code that is made and then cannot be printed is lost."""
        if count > MOST_CARDS:
            raise Refused(f"Cards are printed for at most {MOST_CARDS} codes at a time. Make --count smaller.")
        self._printer.sheet([blank])
