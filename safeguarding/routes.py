"""Name who can act on a finding: for every category at least one signpost topic and one route."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from safeguarding.resources import load


@dataclass(frozen=True, slots=True)
class Route:
    """Somebody a safeguarding lead can turn to, in plain words."""

    id: str
    name: str
    says: str
    nations: frozenset[str]


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    data: dict[str, Any] = load("", "routes.json")
    return data


def categories() -> tuple[str, ...]:
    """List the ids of all screening categories."""
    return tuple(_data()["categories"])


def label(category: str) -> str:
    """Give the name of a category as a lead reads it; KeyError for none of ours."""
    return str(_data()["categories"][category]["label"])


def topics_for(category: str) -> frozenset[str]:
    """List the signpost topics that fit a category."""
    return frozenset(_data()["categories"][category]["topics"])


def routes_for(category: str, nation: str | None = None) -> tuple[Route, ...]:
    """List the routes of a category, the most fitting first; a nation leaves out those of other nations."""
    named = _data()["categories"][category]["routes"]
    routes = (_route(route_id) for route_id in named)
    return tuple(route for route in routes if nation is None or nation in route.nations)


def concerns_staff(category: str) -> bool:
    """Tell whether findings of this category go to the reader who is independent of the staff."""
    return bool(_data()["categories"][category]["concerns_staff"])


def _route(route_id: str) -> Route:
    entry = _data()["routes"][route_id]
    return Route(route_id, entry["name"], entry["says"], frozenset(entry["nations"]))
