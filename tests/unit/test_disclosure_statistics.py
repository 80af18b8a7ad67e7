"""Percentages and means in the words that people read."""

import pytest

from coprod_survey.disclosure.rounding import Rounded
from coprod_survey.disclosure.statistics import mean, shares, shares_of_people


def rounded(*values: int) -> list[Rounded]:
    """Return published counts with their ranges."""
    return [Rounded(value, max(0, value - 4), value + 4) for value in values]


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ((35, 85), ["29%", "71%"]),
        ((5, 115), ["under 5%", "over 95%"]),
        ((0, 400), ["under 5%", "over 95%"]),
        ((5, 95), ["5%", "95%"]),
        ((25, 50), ["35%", "65%"]),
        ((0, 50), ["under 5%", "over 95%"]),
        ((10, 30), ["25 to 49%", "75% or more"]),
        ((0, 45), ["under 25%", "75% or more"]),
        ((10, 10), ["50 to 74%", "50 to 74%"]),
        ((0, 10), ["under 25%", "75% or more"]),
    ],
)
def test_percentages_coarsen_with_the_base(values: tuple[int, ...], shown: list[str]) -> None:
    """Whole percentages from 100 people, fives from 50, four bands from 10, and never "all" or "none"."""
    figures = shares(rounded(*values))
    assert figures
    assert [figure.shown for figure in figures] == shown
    assert {figure.base for figure in figures} == {sum(values)}
    assert all(figure.low <= figure.value <= figure.high for figure in figures)


@pytest.mark.parametrize("values", [(), (0, 0), (5, 0)])
def test_a_small_base_gives_no_figures(values: tuple[int, ...]) -> None:
    """Published counts that add to fewer than ten people give neither percentages nor a mean."""
    assert shares(rounded(*values)) is None
    counts = dict(zip("ab", rounded(*values), strict=False))
    assert mean(counts, {value: 1 for value in counts}) is None


def test_several_answers_are_shares_of_people() -> None:
    """Ticks are divided by the people who answered, and a share that rounding lifts above all of them stays open."""
    people, few = rounded(100, 5)
    figures = shares_of_people(rounded(60, 105), people)
    assert figures
    assert [figure.shown for figure in figures] == ["60%", "over 95%"]
    assert figures[1].high == 100
    assert shares_of_people(rounded(5), few) is None


def test_a_percentage_range_holds_every_possible_truth() -> None:
    """The range of 35 of 120 runs from 31 of 31 + 89 to 39 of 39 + 81, rounded outwards."""
    figures = shares(rounded(35, 85))
    assert figures
    assert (figures[0].low, figures[0].high) == (25, 33)


def test_a_mean_has_one_decimal_and_the_widest_range() -> None:
    """The mean of 10 ones and 20 twos is 1.7, and between 1.5 and 1.8 whatever the true counts were."""
    figure = mean({"one": rounded(10)[0], "two": rounded(20)[0]}, {"one": 1, "two": 2})
    assert figure == (1.7, 1.5, 1.8, 30, "1.7")


def test_values_without_a_score_are_left_out_of_the_mean() -> None:
    """An option such as "does not apply" counts neither for the mean nor for its base."""
    counts = {"one": rounded(10)[0], "two": rounded(20)[0], "n/a": rounded(500)[0]}
    figure = mean(counts, {"one": 1, "two": 2})
    assert figure
    assert figure.base == 30
