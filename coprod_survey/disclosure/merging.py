"""Merge groups that are too small to be shown, so that a total minus the other groups leaves nobody alone.

Empty groups are treated like small ones: a merged label never says whether nobody or a few people were in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from coprod_survey.disclosure.plan import JOIN, MISSING, Variable


@dataclass(frozen=True)
class Group:
    """One published group: its value, and the values of the plan that it holds."""

    value: str
    members: tuple[str, ...]


@dataclass(frozen=True)
class Merging:
    """How the values of one grouping, the missing one included, are shown: a partition into groups."""

    variable: str
    groups: tuple[Group, ...]

    @property
    def value_of(self) -> dict[str, str]:
        """Return the published value of each value of the plan."""
        return {member: group.value for group in self.groups for member in group.members}

    @property
    def joined(self) -> tuple[Group, ...]:
        """Return the groups that hold more than one value of the plan."""
        return tuple(group for group in self.groups if len(group.members) > 1)


class _Bin(NamedTuple):
    positions: tuple[int, ...]
    size: int


def merge(variable: Variable, sizes: Mapping[str, int], floor: int) -> Merging | None:
    """Return groups of at least `floor` people each, or None where fewer than two groups can reach it.

    `sizes` holds the people per value of the plan, the missing one included; a value that is absent has none.
    """
    values = (*variable.values, MISSING)
    bins = [_Bin((position,), sizes.get(value, 0)) for position, value in enumerate(values)]
    if variable.ordered:
        bins = [*_join_neighbours(bins[:-1], floor), bins[-1]]
    bins = sorted(_pool(bins, floor))
    if len(bins) < 2:
        return None
    members = (tuple(values[position] for position in each.positions) for each in bins)
    return Merging(variable.name, tuple(Group(JOIN.join(each), each) for each in members))


def _join(bins: list[_Bin]) -> _Bin:
    return _Bin(
        tuple(sorted(position for each in bins for position in each.positions)), sum(each.size for each in bins)
    )


def _join_neighbours(bins: list[_Bin], floor: int) -> list[_Bin]:
    """Join the smallest bin under the floor with its smaller neighbour until none is left, keeping the order."""
    while len(bins) > 1 and min(each.size for each in bins) < floor:
        smallest = min(range(len(bins)), key=lambda index: bins[index].size)
        beside = [index for index in (smallest - 1, smallest + 1) if 0 <= index < len(bins)]
        first, second = sorted((smallest, min(beside, key=lambda index: bins[index].size)))
        bins = [*bins[:first], _join([bins[first], bins[second]]), *bins[second + 1 :]]
    return bins


def _pool(bins: list[_Bin], floor: int) -> list[_Bin]:
    """Put all bins under the floor into one, and absorb the next smallest while that one is still under it."""
    ascending = sorted(bins, key=lambda each: (each.size, each.positions))
    pooled = [each for each in ascending if each.size < floor]
    kept = ascending[len(pooled) :]
    while pooled and kept and sum(each.size for each in pooled) < floor:
        pooled.append(kept.pop(0))
    return [_join(pooled), *kept] if pooled else kept
