"""Small groups are merged, neighbours first, and never left to be found by subtraction."""

import pytest

from coprod_survey.disclosure.merging import merge
from coprod_survey.disclosure.plan import Variable

Sizes = dict[str, int]


def merged(values: str, sizes: Sizes, *, ordered: bool = False) -> list[str] | None:
    """Return the published groups for one-letter values, or None where the grouping is dropped."""
    merging = merge(Variable("g", tuple(values), ordered=ordered), sizes, 10)
    return [group.value for group in merging.groups] if merging else None


@pytest.mark.parametrize(
    ("sizes", "groups"),
    [
        ({"a": 30, "b": 20, "c": 10, "__NA__": 10}, ["a", "b", "c", "__NA__"]),
        ({"a": 30, "b": 7, "c": 25, "__NA__": 5}, ["a", "b+__NA__", "c"]),
        ({"a": 30, "b": 20, "c": 25, "__NA__": 5}, ["a", "b+__NA__", "c"]),
        ({"a": 30, "b": 20, "c": 25}, ["a", "b+__NA__", "c"]),
        ({"a": 12, "b": 1, "c": 2, "__NA__": 3}, None),
        ({"a": 40}, None),
        ({"__NA__": 40}, None),
        ({}, None),
    ],
)
def test_small_groups_are_pooled(sizes: Sizes, groups: list[str] | None) -> None:
    """Groups under the floor become one, which absorbs the next smallest group only while it is under the floor."""
    assert merged("abc", sizes) == groups


@pytest.mark.parametrize(
    ("sizes", "groups"),
    [
        ({"a": 4, "b": 8, "c": 30, "d": 20, "__NA__": 10}, ["a+b", "c", "d", "__NA__"]),
        ({"a": 20, "b": 3, "c": 15, "d": 20, "__NA__": 10}, ["a", "b+c", "d", "__NA__"]),
        ({"a": 20, "b": 30, "c": 15, "d": 3, "__NA__": 2}, ["a", "b", "c+d+__NA__"]),
        ({"a": 3, "b": 3, "c": 3, "d": 0, "__NA__": 50}, None),
    ],
)
def test_ordered_groups_merge_with_neighbours(sizes: Sizes, groups: list[str] | None) -> None:
    """A small group of an ordered variable joins its smaller neighbour; missing answers join the smallest group."""
    assert merged("abcd", sizes, ordered=True) == groups


def test_an_empty_group_looks_like_a_small_one() -> None:
    """Nobody and a few people in a group lead to the same groups, so that emptiness is not told."""
    assert merged("abc", {"a": 30, "b": 0, "c": 20}) == merged("abc", {"a": 30, "b": 4, "c": 20, "__NA__": 2})
