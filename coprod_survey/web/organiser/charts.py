"""Lay out a publication as a page of results: questions, groups side by side, tables, and bars drawn on the server.

A bar is solid up to the lowest percentage that can be true and striped from there to the highest, so that neither
colour nor a false sharpness carries the message. Lengths are rem, widths percent of the plot: no style attribute and
no script is needed, and charts grow with the reader's text size.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

from coprod_survey.disclosure.plan import ALL, MISSING
from coprod_survey.web.i18n import _
from coprod_survey.web.organiser.figures import (
    Crossing,
    Figure,
    Publication,
    crossings,
    declared,
    question_text,
    reasons,
    value_text,
)

LABEL_CHARACTERS = 32  # fits 16 rem at the text size of a chart
LINE_REM = 1.3
BAR_REM = 0.8
GAP_REM = 0.7
PLOT_PERCENT = 60.0  # the rest of the width is for the words after the longest bar


@dataclass(frozen=True)
class Bar:
    """One bar: its label as (baseline in rem, text), its top in rem, and where it changes, in percent of the chart."""

    label: tuple[tuple[float, str], ...]
    top_rem: float
    solid: float
    striped: float
    shown: str


@dataclass(frozen=True)
class Chart:
    """Bars under each other, and the same said in words."""

    title: str
    words: str
    height_rem: float
    bars: tuple[Bar, ...]
    bar_rem: float = BAR_REM
    plot: float = PLOT_PERCENT


@dataclass(frozen=True)
class Row:
    """One answer within one group: how many people, and which share."""

    label: str
    people: Figure
    share: Figure | None


@dataclass(frozen=True)
class Group:
    """One published group (or everybody): its answers, its totals by name, and what is withheld of it."""

    name: str
    rows: tuple[Row, ...]
    totals: tuple[tuple[str, Figure], ...]
    mean: Figure | None
    withheld: tuple[str, ...]
    chart: Chart | None


@dataclass(frozen=True)
class Block:
    """One question by one grouping, or for everybody; `withheld` concerns all of it, and no groups means no figures."""

    name: str
    groups: tuple[Group, ...]
    withheld: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """One question or grouping: everybody, then each grouping; `ends` are the two ends of a scale in words."""

    id: str
    text: str
    several: bool
    ends: tuple[str, str] | None
    everyone: Block
    breakdowns: tuple[Block, ...]


@dataclass(frozen=True)
class Results:
    """A whole release. `withheld` is filled where nothing at all could be shown; `joined` names merged groups."""

    title: str
    groupings: tuple[Question, ...]
    questions: tuple[Question, ...]
    withheld: tuple[str, ...]
    joined: tuple[tuple[str, str, str], ...]
    notes: tuple[str, ...]
    rules: str
    plan_hash: str
    release_id: str


def results_view(publication: dict[str, Any]) -> Results:
    """Return everything that the results page shows, made from the publication alone."""
    found = crossings(publication)
    roles = {name: entry["role"] for name, entry in publication["variables"].items()}
    pages = [(roles[each.name], _question(publication, each.name, found)) for each in declared(publication)]
    empty = not any(crossing.figures for crossing in found)
    return Results(
        title=publication["title"],
        groupings=tuple(page for role, page in pages if role == "subgroup" and not empty),
        questions=tuple(page for role, page in pages if role == "question" and not empty),
        withheld=tuple(dict.fromkeys(entry["sentence"] for entry in publication["withheld"])) if empty else (),
        joined=tuple(_joined(publication, entry) for entry in publication["merged"]),
        notes=tuple(publication["notes"]),
        rules=publication["rules"],
        plan_hash=publication["plan_hash"],
        release_id=publication["release_id"],
    )


def _joined(publication: Publication, entry: Publication) -> tuple[str, str, str]:
    """Return grouping, merged group and the reason for merging, in words."""
    name = entry["variable"]
    return question_text(publication, name), value_text(publication, name, entry["value"]), entry["sentence"]


def _question(publication: Publication, name: str, found: Sequence[Crossing]) -> Question:
    mine = [_block(publication, crossing) for crossing in found if crossing.column == name]
    entry = publication["variables"][name]
    scores = entry.get("scores")
    ends = tuple(value_text(publication, name, end(scores, key=scores.get)) for end in (min, max)) if scores else None
    return Question(
        id=f"q-{name}",
        text=question_text(publication, name),
        several=entry.get("multiple", False),
        ends=(ends[0], ends[1]) if ends else None,
        everyone=mine[0],
        breakdowns=tuple(mine[1:]),
    )


def _block(publication: Publication, crossing: Crossing) -> Block:
    rows = publication["variables"][crossing.row]["values"] if crossing.row else (ALL,)
    groups = tuple(_group(publication, crossing, row) for row in rows) if crossing.figures else ()
    return Block(
        question_text(publication, crossing.row) if crossing.row else "",
        groups,
        reasons(publication, crossing, None),
    )


def _group(publication: Publication, crossing: Crossing, row: str) -> Group:
    name = value_text(publication, crossing.row, row) if crossing.row else _("Everybody")
    rows = tuple(_row(publication, crossing, row, value) for value in crossing.values(row))
    return Group(
        name=name,
        rows=() if all(each.people.withheld for each in rows) else rows,
        totals=tuple(_totals(crossing, row)),
        mean=_shown(crossing.figure("mean", row)),
        withheld=reasons(publication, crossing, row),
        chart=_chart(f"{question_text(publication, crossing.column)} – {name}", rows),
    )


def _row(publication: Publication, crossing: Crossing, row: str, value: str) -> Row:
    people = crossing.figures["count", row, value]
    return Row(value_text(publication, crossing.column, value), people, _shown(crossing.figure("pct", row, value)))


def _shown(figure: Figure | None) -> Figure | None:
    return None if figure is None or figure.withheld else figure


def _totals(crossing: Crossing, row: str) -> list[tuple[str, Figure]]:
    """Return all who answered, those who did not, and everybody; of a grouping everybody alone, as none is missing."""
    counted = crossing.figure("count", row, ALL)
    everybody = crossing.figure("missing", row, ALL)
    named = (
        (_("All who answered") if everybody else _("Everybody"), counted),
        (_("No answer"), crossing.figure("missing", row, MISSING)),
        (_("Everybody"), everybody),
    )
    return [(name, figure) for name, figure in named if figure and not figure.withheld]


def _chart(title: str, rows: Sequence[Row]) -> Chart | None:
    """Return the bars of one group, or None where its percentages are withheld."""
    shares = [row.share for row in rows if row.share]
    if not rows or len(shares) < len(rows):
        return None
    bars: list[Bar] = []
    top = 0.0
    for row, share in zip(rows, shares, strict=True):
        bar = _bar(row.label, share, top)
        bars.append(bar)
        top = bar.top_rem + BAR_REM + GAP_REM
    said = (
        _("%(answer)s: %(people)s people, %(share)s.", answer=row.label, people=row.people.shown, share=share.shown)
        for row, share in zip(rows, shares, strict=True)
    )
    return Chart(title, " ".join(said), round(top, 2), tuple(bars))


def _bar(label: str, share: Figure, top: float) -> Bar:
    lines = wrap(label, LABEL_CHARACTERS) or [label]
    low, high = share.low or 0.0, share.high or 0.0
    return Bar(
        label=tuple((round(top + LINE_REM * number, 2), line) for number, line in enumerate(lines, start=1)),
        top_rem=round(top + LINE_REM * len(lines) + GAP_REM / 2, 2),
        solid=round(low * PLOT_PERCENT / 100, 2),
        striped=round((high - low) * PLOT_PERCENT / 100, 2),
        shown=share.shown,
    )
