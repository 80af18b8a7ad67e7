"""Which help is shown: the same for everyone, whatever anybody wrote."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from coprod_survey.domain.instrument import Instrument
from safeguarding import ShownSignpost, signposts_for


@dataclass(frozen=True)
class Aftercare:
    """The signposts to show, emergency services first."""

    signposts: tuple[ShownSignpost, ...]


def help_for(instrument: Instrument | None, *, today: date, checks: Mapping[str, date] | None = None) -> Aftercare:
    """Return the help for a survey's topics, or the general help.

    `checks` maps a signpost's id to the day on which a named person last compared it with the service's own page;
    signposts without one are left out (999 and 111 need none).
    """
    topics = instrument.topics() if instrument else ()
    return Aftercare(signposts_for(nation=None, topics=topics, checks=checks or {}, today=today))
