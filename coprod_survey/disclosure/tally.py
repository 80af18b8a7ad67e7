"""Count people into exact cells, one pass over the responses per question however many groupings there are."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from coprod_survey.disclosure.plan import ALL, MISSING, Plan, PlanError, Variable
from coprod_survey.disclosure.rounding import KEY_BITS, WRAP, People

Answer = tuple[str, ...]
EVERYONE = ""
"""The internal column that counts all people of a row, whether or not they answered."""
_UNIT = 1 << 96  # above the sum of 2^32 record keys, so that one addition adds both the person and the key


@dataclass(frozen=True)
class Responses:
    """All responses, column by column; no person's row is ever put together.

    `keys`: one 64-bit record key per response. `columns`: per variable one tuple of values per response, () = missing.
    """

    keys: Sequence[int]
    columns: Mapping[str, Sequence[Answer]]

    def check(self, plan: Plan) -> None:
        """Raise PlanError where a column is missing or too short, or holds a value that the plan does not list."""
        if any(not 0 <= key < WRAP for key in self.keys):
            raise PlanError(f"A record key does not fit {KEY_BITS} bits.")
        for variable in plan.variables:
            if len(self.columns.get(variable.name, ())) != len(self.keys):
                raise PlanError(f"The column {variable.name} does not have one entry per response.")
            if not all(_fits(answer, variable) for answer in set(self.columns[variable.name])):
                raise PlanError(f"The column {variable.name} holds an answer that the plan does not list.")


def _fits(answer: Answer, variable: Variable) -> bool:
    at_most = len(variable.values) if variable.multiple else 1
    return len(answer) <= at_most and len(set(answer)) == len(answer) and set(answer) <= set(variable.values)


class Rows:
    """Who stands in which row: one code per response, and what the code stands for."""

    def __init__(self, profiles: Iterable[Answer]) -> None:
        codes: dict[Answer, int] = {}
        self.codes = [codes.setdefault(profile, len(codes)) for profile in profiles]
        self.profiles: tuple[Answer, ...] = tuple(codes)


class Tally:
    """People per profile and answer: the finest cells, from which coarser ones are summed without the responses."""

    def __init__(self, rows: Rows, answers: Iterable[Answer], weights: Iterable[int]) -> None:
        self._profiles = rows.profiles
        self._sums: list[dict[Answer, int]] = [defaultdict(int) for _ in rows.profiles]
        sums = self._sums
        for code, answer, weight in zip(rows.codes, answers, weights, strict=True):
            sums[code][answer] += weight

    def cells(
        self, rows_of: Callable[[Answer], Iterable[str]], columns_of: Callable[[Answer], Iterable[str]]
    ) -> dict[tuple[str, str], People]:
        """Return the exact cells, (row, column) → people; a person may stand in several rows and columns."""
        totals: dict[tuple[str, str], int] = defaultdict(int)
        for profile, by_answer in zip(self._profiles, self._sums, strict=True):
            rows = tuple(rows_of(profile))
            for answer, packed in by_answer.items():
                columns = tuple(columns_of(answer))
                for row in rows:
                    for column in columns:
                        totals[row, column] += packed
        return {at: People(packed // _UNIT, packed % WRAP) for at, packed in totals.items()}


def weights(keys: Iterable[int]) -> list[int]:
    """Return each record key packed with one person, ready to be summed."""
    return [_UNIT + key for key in keys]


def answer_columns(answer: Answer) -> tuple[str, ...]:
    """Return the columns of a question in which an answer counts."""
    return (*answer, ALL, EVERYONE) if answer else (MISSING, EVERYONE)


def group_columns(answer: Answer) -> tuple[str, ...]:
    """Return the columns of a grouping in which its one published group counts."""
    return (*answer, EVERYONE)
