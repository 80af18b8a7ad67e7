"""Which items are asked, given the answers so far: one pass in order, alike here and in the browser.

What was *chosen* at an item is a set: empty while it is unanswered, declined, skipped or not asked. So an item that
is not asked counts as unanswered for every later condition, and an answer that slipped in there opens nothing.
"""

from typing import assert_never

from coprod_survey.domain.answer_states import SKIPPED, Answer, Answers, Given
from coprod_survey.domain.instrument import Answered, Between, Chosen, Condition, Either, Every, Instrument, Item


def asked(instrument: Instrument, answers: Answers) -> tuple[str, ...]:
    """Return the ids of the items that are asked, in order; answers to items that are not asked are not heard."""
    heard: dict[str, Answer] = {}
    for item in instrument.items():
        if is_asked(item, heard):
            heard[item.id] = answers.get(item.id, SKIPPED)
    return tuple(heard)


def is_asked(item: Item, heard: Answers) -> bool:
    """Tell whether an item is asked after the answers `heard` at the items before it."""
    return item.show_if is None or holds(item.show_if, heard)


def holds(condition: Condition, heard: Answers) -> bool:
    """Tell whether a condition holds for the answers heard so far."""
    match condition:
        case Every():
            return all(holds(part, heard) for part in condition.parts)
        case Either():
            return any(holds(part, heard) for part in condition.parts)
        case Chosen():
            return _compares(condition, _chosen(heard.get(condition.item)))
        case Between():
            return _lies_between(condition, heard.get(condition.item))
        case Answered():
            return isinstance(heard.get(condition.item), Given)
        case _:
            assert_never(condition)


def controlling_items(condition: Condition | None) -> tuple[str, ...]:
    """Return the ids of the items that a condition looks at, each once, in the order of the condition."""
    if condition is None:
        return ()
    if not isinstance(condition, Every | Either):
        return (condition.item,)
    return tuple(dict.fromkeys(item for part in condition.parts for item in controlling_items(part)))


def failing_item(condition: Condition, heard: Answers) -> str:
    """Return the id of the item whose answer first made a condition fail."""
    while isinstance(condition, Every | Either):
        condition = next(part for part in condition.parts if not holds(part, heard))
    return condition.item


def _chosen(answer: Answer | None) -> frozenset[str]:
    """Return what was chosen at a choice, multiple or scale, as posted values."""
    if not isinstance(answer, Given):
        return frozenset()
    values = answer.value if isinstance(answer.value, tuple) else (answer.value,)
    return frozenset(str(value) for value in values)


def _compares(condition: Chosen, chosen: frozenset[str]) -> bool:
    listed = frozenset(condition.values)
    if condition.how == "all":
        return listed <= chosen
    return chosen.isdisjoint(listed) == (condition.how == "none")


def _lies_between(condition: Between, answer: Answer | None) -> bool:
    """Compare a scale's value, or both ends of a number's band, with the bounds."""
    if not isinstance(answer, Given):
        return False
    band = answer.value if isinstance(answer.value, tuple) else (answer.value, answer.value)
    low, high = int(band[0]), int(band[1])
    above = condition.minimum is None or low >= condition.minimum
    return above and (condition.maximum is None or high <= condition.maximum)
