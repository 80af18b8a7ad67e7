"""Measure how long a release takes and how much memory: N made-up responses, 15 questions, 3 groupings, 60 tables.

    python bench/tabulate.py [responses, default 20000]

Peak memory is the process's, the responses themselves included, in MB; the release is made in this one process.
"""

import resource
import sys
import time
from random import Random

from coprod_survey.disclosure.plan import Plan, Variable
from coprod_survey.disclosure.publication import publication
from coprod_survey.disclosure.rounding import Rounder
from coprod_survey.disclosure.tables import make_release
from coprod_survey.disclosure.tally import Answer, Responses

GROUPINGS = {"site": 12, "age": 6, "gender": 4}
QUESTIONS = 15
OPTIONS = 5


def declare() -> Plan:
    """Return a plan of 3 groupings and 15 questions, the last one with several answers."""
    groupings = [Variable(name, _values(size), ordered=name == "age") for name, size in GROUPINGS.items()]
    questions = [
        Variable(f"q{number}", _values(OPTIONS), multiple=number == QUESTIONS, scores=_scores(number))
        for number in range(1, QUESTIONS + 1)
    ]
    return Plan((*groupings, *questions), tuple(GROUPINGS))


def _values(size: int) -> tuple[str, ...]:
    return tuple(f"v{number}" for number in range(size))


def _scores(number: int) -> dict[str, float] | None:
    return {value: float(at) for at, value in enumerate(_values(OPTIONS))} if number % 3 == 0 and number < 15 else None


def respond(plan: Plan, people: int) -> Responses:
    """Return made-up responses; about one in twelve answers is missing."""
    random = Random(2026)  # noqa: S311 - made-up answers, not a secret
    keys = [random.getrandbits(64) for _ in range(people)]
    return Responses(keys, {each.name: random.choices(_answers(each), k=people) for each in plan.variables})


def _answers(variable: Variable) -> list[Answer]:
    several: list[Answer] = [variable.values[:2], variable.values[1:4]] if variable.multiple else []
    return [(), *((value,) for value in variable.values), *several, *((value,) for value in variable.values)]


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print one line of figures."""
    people = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    plan = declare()
    responses = respond(plan, people)
    before, started = _megabytes(), time.perf_counter()
    release = make_release(plan, responses, Rounder(bytes(32)))
    seconds = time.perf_counter() - started
    counted = sum(table.planned.stat == "count" and table.planned.about != "missing" for table in release.tables)
    cells = sum(len(table.cells) for table in release.tables)
    address = publication(release)["release_id"]
    print(f"{people:,} responses, {counted} count tables, {len(release.tables)} tables, {cells:,} cells")
    print(f"{seconds:.2f} s; {before:.0f} MB with the responses, {_megabytes():.0f} MB at the peak; release {address}")


if __name__ == "__main__":
    main()
