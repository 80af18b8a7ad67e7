"""Say where help is, and say of every number how far it was checked.

The directory ships without a single live check, and says so. An organisation's checks (a named person opened the
service's own page and compared number and hours) are given by the caller; without one an entry is left out. Only 999
and 111 need none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from safeguarding.resources import load

NATIONS = frozenset({"england", "scotland", "wales", "northern_ireland"})
_ALWAYS_MATCHING = frozenset({"anything", "distress"})


@dataclass(frozen=True, slots=True)
class Hours:
    """When a channel answers, as last written down.

    `periods`: days, from, to; `text`: None where no hours may be claimed.
    """

    always: bool
    periods: tuple[tuple[tuple[str, ...], str, str], ...]
    text: str | None


@dataclass(frozen=True, slots=True)
class Channel:
    """One way to reach a service; `hours` is None where they may not be claimed."""

    type: str
    value: str
    href: str
    cost: str
    message: str | None
    hours: Hours | None


@dataclass(frozen=True, slots=True)
class Verification:
    """What was seen of an entry before it shipped, and where; not a live check."""

    status: str
    number_seen_in_stored_text: bool
    hours_seen_in_stored_text: bool
    source_url: str | None
    source_date: str | None
    stored_copy_checked_on: date
    live_verified_on: date | None
    live_verified_by: str | None
    reverify_after_days: int


@dataclass(frozen=True, slots=True)
class Signpost:
    """One service.

    `hidden_from_phone_bill` is True only with a source; None means not known, and nothing is said. `age_min` and
    `age_max` are years, inclusive. `say` is for the reader, `note` for whoever keeps the directory.
    """

    id: str
    name: str
    priority: int
    is_emergency: bool
    ships_with_release: bool
    topics: frozenset[str]
    audience: tuple[str, ...]
    age_min: int | None
    age_max: int | None
    nations: frozenset[str]
    channels: tuple[Channel, ...]
    url: str
    languages: tuple[str, ...]
    access_needs_served: tuple[str, ...]
    hidden_from_phone_bill: bool | None
    verification: Verification
    say: str | None
    note: str

    def serves(self, nation: str | None) -> bool:
        """Tell whether people in a nation are served; None asks for everybody in the United Kingdom."""
        return self.nations == NATIONS if nation is None else nation in self.nations


@dataclass(frozen=True, slots=True)
class ShownSignpost:
    """A signpost as a page may show it: only what may be claimed today.

    `last_checked` is None for 999 and 111 that nobody compared; `overdue` means that the page says when it was.
    """

    signpost: Signpost
    channels: tuple[Channel, ...]
    last_checked: date | None
    overdue: bool

    @property
    def hours_claimed(self) -> bool:
        """Tell whether any channel still carries hours that a page may print."""
        return any(channel.hours for channel in self.channels)


@lru_cache(maxsize=1)
def signposts() -> tuple[Signpost, ...]:
    """Load the whole directory, checked or not, in its order."""
    return tuple(_signpost(entry) for entry in load("signposts", "directory.json")["services"])


def signposts_for(
    *, nation: str | None, topics: Collection[str], checks: Mapping[str, date], today: date
) -> tuple[ShownSignpost, ...]:
    """Choose what to show: 999 and 111 first, then what was checked and fits, by priority.

    `nation` is the reader's own choice; None shows the 111 lines of all nations and services for the whole United
    Kingdom. `checks` maps signpost ids to the day a named person compared them; a day after `today` is no check.
    ValueError for a nation that is none.
    """
    if nation is not None and nation not in NATIONS:
        raise ValueError("a nation is england, scotland, wales, northern_ireland or None")
    wanted = _ALWAYS_MATCHING | set(topics)
    fitting = (s for s in signposts() if _fits(s, nation, wanted))
    shown = (_shown(signpost, checks.get(signpost.id), today) for signpost in fitting)
    return tuple(sorted((s for s in shown if s), key=_place))


def _fits(signpost: Signpost, nation: str | None, wanted: frozenset[str] | set[str]) -> bool:
    if signpost.ships_with_release:
        return nation is None or signpost.serves(nation)
    return signpost.serves(nation) and (signpost.is_emergency or not signpost.topics.isdisjoint(wanted))


def _place(shown: ShownSignpost) -> tuple[bool, int, str]:
    signpost = shown.signpost
    return not signpost.ships_with_release, signpost.priority, signpost.id


def _shown(signpost: Signpost, checked: date | None, today: date) -> ShownSignpost | None:
    """Reduce an entry to what may be claimed; unchecked, 999 and 111 show their number alone and others nothing."""
    if checked is None or checked > today:
        if not signpost.ships_with_release:
            return None
        return ShownSignpost(signpost, (replace(signpost.channels[0], hours=None),), None, overdue=False)
    overdue = today - checked > timedelta(days=signpost.verification.reverify_after_days)
    channels = tuple(replace(channel, hours=None) if overdue else channel for channel in signpost.channels)
    return ShownSignpost(signpost, channels, checked, overdue)


def _signpost(entry: dict[str, Any]) -> Signpost:
    lists = {key: tuple(entry[key]) for key in ("audience", "languages", "access_needs_served")}
    sets = {key: frozenset(entry[key]) for key in ("topics", "nations")}
    parts = {"channels": tuple(map(_channel, entry["channels"])), "verification": _verification(entry["verification"])}
    fields: dict[str, Any] = {**entry, **lists, **sets, **parts}
    return Signpost(**fields)


def _channel(entry: dict[str, Any]) -> Channel:
    hours = entry["hours"]
    periods = tuple((tuple(period["days"]), period["from"], period["to"]) for period in hours["periods"])
    claimed = hours["text"] is not None
    return Channel(
        type=entry["type"],
        value=entry["value"],
        href=entry["href"],
        cost=entry["cost"],
        message=entry.get("message"),
        hours=Hours(hours["always"], periods, hours["text"]) if claimed else None,
    )


def _verification(entry: dict[str, Any]) -> Verification:
    days = {
        key: entry[key] and date.fromisoformat(entry[key]) for key in ("stored_copy_checked_on", "live_verified_on")
    }
    return Verification(**{**entry, **days})
