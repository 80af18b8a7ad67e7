"""Slow down guessing: after five wrong passphrases for one name, that name waits, longer each time."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

FREE_TRIES = 5
_FIRST_WAIT_SECONDS = 30
_LONGEST_WAIT_SECONDS = 15 * 60
_MOST_NAMES = 10_000


@dataclass
class _Tries:
    wrong: int = 0
    wait_until: float = 0.0


class Attempts:
    """Count wrong sign-ins per name, in memory; `clock` returns seconds that never run backwards."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._names: OrderedDict[str, _Tries] = OrderedDict()
        self._lock = Lock()

    def wait_seconds(self, name: str) -> int:
        """Return for how many seconds this name may not try."""
        with self._lock:
            tries = self._names.get(_same(name))
        return max(0, round(tries.wait_until - self._clock())) if tries else 0

    def was_wrong(self, name: str) -> None:
        """Count a wrong try."""
        with self._lock:
            tries = self._names.setdefault(_same(name), _Tries())
            self._names.move_to_end(_same(name))
            tries.wrong += 1
            if tries.wrong >= FREE_TRIES:
                wait = _FIRST_WAIT_SECONDS * 2 ** (tries.wrong - FREE_TRIES)
                tries.wait_until = self._clock() + min(wait, _LONGEST_WAIT_SECONDS)
            while len(self._names) > _MOST_NAMES:
                self._names.popitem(last=False)

    def was_right(self, name: str) -> None:
        """Forget the wrong tries of a name."""
        with self._lock:
            self._names.pop(_same(name), None)


def _same(name: str) -> str:
    """Return one spelling for all that the staff store takes for the same name; else each would have its own tries."""
    return " ".join(name.split()).casefold()
