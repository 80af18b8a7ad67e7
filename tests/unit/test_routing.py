"""Routing: which items are asked after which answers."""

import pytest

from coprod_survey.domain.answers import DECLINED, NOT_ASKED, SKIPPED, Answer, Given
from coprod_survey.domain.instrument import Answered, Between, Chosen, Condition, Either, Every
from coprod_survey.domain.instrument_file import load_instrument
from coprod_survey.domain.routing import asked, controlling_items, failing_item, holds

A, B = Chosen("a", "any", ("x",)), Chosen("b", "any", ("y",))
TRUE, FALSE = Every(()), Either(())


@pytest.mark.parametrize(
    ("condition", "answer", "expected"),
    [
        (Chosen("q", "any", ("x", "y")), Given("x"), True),
        (Chosen("q", "any", ("x", "y")), Given("z"), False),
        (Chosen("q", "any", ("x", "y")), Given(("y", "z")), True),
        (Chosen("q", "any", ("3",)), Given(3), True),
        (Chosen("q", "any", ("x",)), SKIPPED, False),
        (Chosen("q", "none", ("x", "y")), Given(("z",)), True),
        (Chosen("q", "none", ("x", "y")), Given(("y", "z")), False),
        (Chosen("q", "none", ("x",)), DECLINED, True),
        (Chosen("q", "none", ("x",)), NOT_ASKED, True),
        (Chosen("q", "all", ("x", "y")), Given(("x", "y", "z")), True),
        (Chosen("q", "all", ("x", "y")), Given(("x", "z")), False),
        (Chosen("q", "all", ("x",)), SKIPPED, False),
        (Between("q", 3, 5), Given(3), True),
        (Between("q", 3, 5), Given(5), True),
        (Between("q", 3, 5), Given(6), False),
        (Between("q", 3, None), Given(2), False),
        (Between("q", None, 5), Given(-9), True),
        (Between("q", 25, 49), Given((25, 34)), True),
        (Between("q", 25, 49), Given((35, 49)), True),
        (Between("q", 25, 49), Given((16, 24)), False),
        (Between("q", 25, 49), Given((50, 99)), False),
        (Between("q", 25, 40), Given((35, 49)), False),
        (Between("q", 30, 49), Given((25, 34)), False),
        (Between("q", None, 5), SKIPPED, False),
        (Answered("q"), Given("x"), True),
        (Answered("q"), SKIPPED, False),
        (Answered("q"), DECLINED, False),
        (Answered("q"), NOT_ASKED, False),
    ],
)
def test_condition_on_one_answer(condition: Condition, answer: Answer, expected: bool) -> None:
    """A condition compares the set of what was chosen; no answer is the empty set."""
    assert holds(condition, {"q": answer}) is expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Every((TRUE, TRUE)), True),
        (Every((TRUE, FALSE)), False),
        (Either((FALSE, TRUE)), True),
        (Either((FALSE,)), False),
    ],
)
def test_groups(condition: Condition, expected: bool) -> None:
    """Every wants all of its parts, Either at least one."""
    assert holds(condition, {}) is expected


def test_answer_to_an_item_that_is_not_asked_opens_nothing() -> None:
    """An item behind a closed door cannot open the next one, whatever was posted for it."""
    chain = [{"id": "a", "kind": "text", "text": "A?"}] + [
        {"id": name, "kind": "text", "text": "?", "show_if": {"item": before, "answered": True}}
        for before, name in ("ab", "bc")
    ]
    instrument = load_instrument(
        {
            "format": "coprod-instrument/1",
            "title": "T",
            "languages": ["en"],
            "sections": [{"id": "s", "title": "S", "items": chain}],
        }
    )
    assert asked(instrument, {"b": Given("posted")}) == ("a",)
    assert asked(instrument, {"a": Given("yes"), "b": Given("posted")}) == ("a", "b", "c")


def test_controlling_items_come_once_and_in_order() -> None:
    """The items that a condition looks at are listed once each, in its order."""
    assert controlling_items(Every((B, Either((A, B)), Answered("c")))) == ("b", "a", "c")


def test_item_without_condition_has_no_controlling_item() -> None:
    """Nothing controls an item that is always asked."""
    assert controlling_items(None) == ()


def test_failing_item_is_the_first_that_fails() -> None:
    """The item named is the one whose answer closed the door, not one that left it open."""
    assert failing_item(Every((A, Either((B, Answered("c"))))), {"a": Given("x")}) == "b"
