"""Print how screening does on the sets beside the checkout: recall, false flags, time.

The labels are one reader's and weak; the rules were developed against these sets, so the figures say what the pack
does with texts it has met, and nothing about anybody it has not. Run: python bench/screening_sets.py
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from safeguarding import Level, screen

SETS = Path(__file__).resolve().parents[2] / "shared" / "data" / "screening"


@dataclass(frozen=True)
class Outcome:
    """What was expected of one text, what was found, and how long it took in milliseconds."""

    expected: Level
    found: Level
    took_ms: float


def outcomes(path: Path) -> Iterator[Outcome]:
    """Screen every text of a set that is in English."""
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        if entry["category"].startswith("lang_"):
            continue
        began = time.perf_counter()
        found = screen(entry["text"])
        yield Outcome(Level.named(entry["level"]), found.level, 1000 * (time.perf_counter() - began))


def summary(name: str, results: list[Outcome]) -> str:
    """Write one line about a set."""
    flags = [r for r in results if r.expected >= Level.REVIEW]
    urgent = [r for r in results if r.expected is Level.URGENT]
    none = [r for r in results if r.expected is Level.NONE]
    wrong = sum(r.found >= Level.REVIEW for r in none)
    alarms = sum(r.found is Level.URGENT for r in results if r.expected < Level.REVIEW)
    times = sorted(r.took_ms for r in results)
    return (
        f"{name:<20} {len(results):>5} texts   review or sooner found {sum(r.found >= Level.REVIEW for r in flags)}"
        f" of {len(flags)}   urgent as urgent {sum(r.found is Level.URGENT for r in urgent)} of {len(urgent)}"
        f"   none flagged {wrong} ({1000 * wrong / max(1, len(none)):.1f} per 1,000)   false urgent {alarms}"
        f"   median {times[len(times) // 2]:.2f} ms, p99 {times[len(times) * 99 // 100]:.2f} ms"
    )


def main() -> int:
    """Print a line per set, or one line that there is none."""
    paths = sorted(SETS.glob("*.jsonl"))
    if not paths:
        sys.stdout.write("No screening sets beside this checkout: nothing to measure.\n")
        return 0
    sys.stdout.write("Development sets with one reader's weak labels; texts in other languages left out.\n")
    for path in paths:
        sys.stdout.write(summary(path.stem, list(outcomes(path))) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
