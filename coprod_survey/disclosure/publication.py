"""Write a release as `sdcpub/1`, the neutral file that a verifier attacks; docs/sdcpub.md describes it.

The file contains everything that any page or export shows, and those are made from it, so none can show more.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from coprod_survey.disclosure.lines import shown_values
from coprod_survey.disclosure.plan import Plan, Variable, canonical_json, plan_document, plan_hash
from coprod_survey.disclosure.tables import RULES, Cell, Release, Table

FORMAT = "sdcpub/1"
NOTES = (
    "Counts are rounded at random, up or down, to a multiple of {base}; a shown count stands for up to {reach} more or "
    "fewer.",
    "A shown 0 means 0 to {reach}, or as far as the words beside it say.",
    "Rows and columns need not add up to their totals, because each figure is rounded by itself.",
    "Groups of fewer than {floor} people are shown together with others; where fewer than {floor} people of a group "
    "answered a question, their answers are not shown.",
    "How many did not answer is worked out from the rounded counts, so its range is wider.",
    "Percentages, bands and means are worked out from the rounded counts; the range beside each is what is certain.",
)
MERGED_SENTENCE = "Groups of fewer than {floor} people are shown together, if need be with the next smallest group."


@dataclass(frozen=True)
class Label:
    """The words for one variable: the question, and the text of each value."""

    text: str
    values: Mapping[str, str] = field(default_factory=dict)


def publication(release: Release, labels: Mapping[str, Label] | None = None, title: str = "") -> dict[str, Any]:
    """Return the publication as plain JSON, its content address included."""
    plan = release.plan
    numbers = {"base": plan.base, "reach": plan.base - 1, "floor": plan.floor}
    document: dict[str, Any] = {
        "format": FORMAT,
        "rules": RULES,
        "plan_hash": plan_hash(plan),
        "plan": plan_document(plan),
        "title": title,
        "labels": {name: {"text": label.text, "values": dict(label.values)} for name, label in (labels or {}).items()},
        "variables": {variable.name: _variable(release, variable) for variable in plan.variables},
        "suppressed_range": [0, plan.floor - 1],
        "cumulative": False,
        "releases": [{"tables": [_table(plan, table) for table in release.tables]}],
        "withheld": [
            {"rule": entry.rule, "tables": list(entry.tables), "row": entry.row, "sentence": entry.sentence}
            for entry in release.withheld
        ],
        "merged": [
            {
                "variable": merging.variable,
                "value": group.value,
                "members": list(group.members),
                "rule": "floor",
                "sentence": MERGED_SENTENCE.format(**numbers),
            }
            for merging in release.mergings
            for group in merging.joined
        ],
        "notes": [note.format(**numbers) for note in NOTES],
    }
    return _addressed(document)


def release_id(document: Mapping[str, Any]) -> str:
    """Return the content address of a publication: the first 32 hex digits of its SHA-256 without its ids."""
    bare = {key: value for key, value in document.items() if key != "release_id"}
    bare["releases"] = [{"tables": release["tables"]} for release in document["releases"]]
    return hashlib.sha256(canonical_json(bare)).hexdigest()[:32]


def _addressed(document: dict[str, Any]) -> dict[str, Any]:
    address = release_id(document)
    releases = [{"id": address, **release} for release in document["releases"]]
    return {**document, "release_id": address, "releases": releases}


def _variable(release: Release, variable: Variable) -> dict[str, Any]:
    plan = release.plan
    mergings = {merging.variable: merging for merging in release.mergings}
    entry: dict[str, Any] = {
        "role": "subgroup" if variable.name in plan.groupings else "question",
        "values": list(shown_values(plan, mergings, variable.name)),
    }
    if variable.scores:
        entry["scores"] = {value: float(score) for value, score in variable.scores.items()}
    if variable.multiple:
        entry["multiple"] = True
    if variable.name in mergings:
        entry["merged"] = {group.value: list(group.members) for group in mergings[variable.name].joined}
    return entry


def _table(plan: Plan, table: Table) -> dict[str, Any]:
    planned = table.planned
    entry: dict[str, Any] = {"id": planned.id, "dims": list(table.dims), "stat": planned.stat, "about": planned.about}
    if planned.about == "answers":
        entry["answered"] = [planned.column]
    if planned.stat == "pct":
        entry |= {"pct_of": planned.column, "dp": 0, "rounding": {"mode": "noise", "base": 100}}
    elif planned.stat == "mean":
        scores = (plan.variable(planned.column).scores or {}).values()
        span = float(max(scores) - min(scores))
        entry |= {"of": planned.column, "dp": 1, "rounding": {"mode": "noise", "base": span}}
    else:
        reach = plan.base - 1 + (plan.floor - 1 if planned.about == "missing" else 0)
        entry["rounding"] = {"mode": "noise", "base": reach}
    entry["cells"] = [_cell(table.dims, cell) for cell in table.cells]
    return entry


def _cell(dims: tuple[str, ...], cell: Cell) -> dict[str, Any]:
    entry: dict[str, Any] = {"k": dict(zip(dims, cell.at, strict=True)), "v": cell.value}
    if cell.value is not None:
        entry["range"] = [cell.low, cell.high]
    if cell.base is not None:
        entry["n"] = cell.base
    return {**entry, "shown": cell.shown}
