"""Guessing passphrases gets slower, name by name."""

import pytest

from coprod_survey.web import attempts
from coprod_survey.web.attempts import FREE_TRIES, Attempts


class Watch:
    """Seconds that pass only when told to."""

    def __init__(self) -> None:
        self.now = 50.0

    def read(self) -> float:
        """Return the seconds on the watch."""
        return self.now


@pytest.fixture
def watch() -> Watch:
    """Return a clock that stands still."""
    return Watch()


@pytest.fixture
def tries(watch: Watch) -> Attempts:
    """Return the counter on that clock."""
    return Attempts(watch.read)


def guess(tries: Attempts, name: str, times: int) -> None:
    """Be wrong so many times."""
    for _ in range(times):
        tries.was_wrong(name)


def test_a_few_slips_cost_nothing(tries: Attempts) -> None:
    """Before the fifth wrong try nobody waits."""
    guess(tries, "Ada", FREE_TRIES - 1)
    assert tries.wait_seconds("Ada") == 0
    assert FREE_TRIES == 5


@pytest.mark.parametrize(("wrong", "wait"), [(5, 30), (6, 60), (7, 120), (9, 480), (10, 900), (500, 900)])
def test_wait_doubles_up_to_a_quarter_of_an_hour(tries: Attempts, wrong: int, wait: int) -> None:
    """From half a minute each further wrong try doubles the wait, within a bound."""
    guess(tries, "Ada", wrong)
    assert tries.wait_seconds("Ada") == wait


def test_wait_passes(tries: Attempts, watch: Watch) -> None:
    """When the time is over the name may try again, and the next slip waits longer."""
    guess(tries, "Ada", 5)
    watch.now += 29
    assert tries.wait_seconds("Ada") == 1
    watch.now += 1
    assert tries.wait_seconds("Ada") == 0
    guess(tries, "Ada", 1)
    assert tries.wait_seconds("Ada") == 60


def test_right_passphrase_clears_the_count(tries: Attempts) -> None:
    """Signing in forgets the slips before."""
    guess(tries, "Ada", 4)
    tries.was_right("Ada")
    guess(tries, "Ada", 4)
    assert tries.wait_seconds("Ada") == 0


def test_names_wait_each_for_themselves(tries: Attempts) -> None:
    """Guessing at one account locks nobody else out."""
    guess(tries, "Ada", 20)
    assert tries.wait_seconds("Bea") == 0


@pytest.mark.parametrize("spelled", ["ada", "ADA", " Ada", "Ada \t", "\u00a0aDa\n"])
def test_spellings_of_one_account_share_one_count(tries: Attempts, spelled: str) -> None:
    """Letter case and outer white space, which the staff store forgives, buy no further tries."""
    guess(tries, "Ada", 5)
    assert tries.wait_seconds(spelled) == 30


def test_memory_is_bounded(tries: Attempts, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of very many guessed names only the latest are kept."""
    monkeypatch.setattr(attempts, "_MOST_NAMES", 10)
    for number in range(50):
        tries.was_wrong(f"name {number}")
    assert len(tries._names) == 10
