"""The results page shows every published figure, and no other."""

import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import fields, is_dataclass
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask, get_template_attribute

from coprod_survey.disclosure.plan import Plan, PlanError, Variable, canonical_json
from coprod_survey.disclosure.publication import Label, publication
from coprod_survey.disclosure.rounding import Rounder
from coprod_survey.disclosure.tables import make_release
from coprod_survey.disclosure.tally import Answer, Responses
from coprod_survey.web import assets, i18n
from coprod_survey.web.organiser.charts import PLOT_PERCENT, Block, Question, Results, results_view
from coprod_survey.web.organiser.figures import Figure, together

COUNTRIES = tuple(f"c{number:02}" for number in range(50))
PLAN = Plan(
    (
        Variable("site", ("z", "b", "c")),
        Variable("mood", ("low", "high"), ordered=True, scores={"low": 1, "high": 2}),
        Variable("needs", ("time", "rest"), multiple=True),
        Variable("born", COUNTRIES),
    ),
    ("site",),
    (("mood", "needs"),),
)
LABELS = {
    "site": Label("Where?", {"z": "Ash", "b": "Birch", "c": "Cedar"}),
    "mood": Label("How was your day?", {"low": "<script>Poor</script>", "high": "Good"}),
    "born": Label("Where were you born?", {"c00": "A very long name of a country that no telephone shows on one line"}),
}


def made(people: int, sites: tuple[int, ...] = (80, 12, 2)) -> dict[str, Any]:
    """Return the publication of made-up people as it is read back from its file, which sorts the keys."""
    draw = random.Random(people)  # noqa: S311 - made-up answers, not a secret
    columns: dict[str, list[Answer]] = {
        "site": [(site,) for site in draw.choices(("z", "b", "c"), sites, k=people)],
        "mood": [draw.choice([("low",), ("high",), ("high",), ()]) for _ in range(people)],
        "needs": [draw.choice([(), ("time",), ("time", "rest")]) for _ in range(people)],
        "born": [(draw.choice(COUNTRIES[:9]),) for _ in range(people)],
    }
    release = make_release(PLAN, Responses(range(people), columns), Rounder(bytes(32)))
    published: dict[str, Any] = json.loads(canonical_json(publication(release, LABELS, "Our days")))
    return published


@pytest.fixture(scope="module")
def view() -> Results:
    """Return the page of two hundred people."""
    return results_view(made(200))


def question(view: Results, name: str) -> Question:
    """Return one question or grouping."""
    return next(each for each in view.groupings + view.questions if each.id == f"q-{name}")


def figures(part: object) -> Iterator[Figure]:
    """Yield every figure that a view holds, however deep."""
    if isinstance(part, Figure):
        yield part
    elif isinstance(part, tuple):
        for each in part:
            yield from figures(each)
    elif is_dataclass(part):
        for each in fields(part):
            yield from figures(getattr(part, each.name))


def rendered(shown: Question) -> str:
    """Return the HTML of one question."""
    app = Flask(__name__, template_folder=str(assets.folder("templates")))
    i18n.install(app)
    with app.test_request_context():
        return str(get_template_attribute("organiser/pieces.html", "question_page")(shown, "en"))


@pytest.mark.parametrize("people", [9, 14, 30, 60, 200])
def test_the_page_shows_every_published_figure_and_no_other(people: int) -> None:
    """What the view shows is, figure by figure and as often, what the publication holds."""
    document = made(people)
    cells = [cell for table in document["releases"][0]["tables"] for cell in table["cells"] if cell["v"] is not None]
    shown = [each for each in figures(results_view(document)) if not each.withheld]
    assert Counter((each.shown.removeprefix("about "), each.low, each.high) for each in shown) == Counter(
        (cell["shown"], *cell["range"]) for cell in cells
    )


def test_the_order_is_that_of_the_plan(view: Results) -> None:
    """Questions, groupings and answers stand in the order of the plan although stored JSON sorts its keys."""
    assert [each.id for each in view.groupings + view.questions] == ["q-site", "q-mood", "q-needs", "q-born"]
    assert [row.label for row in question(view, "mood").everyone.groups[0].rows] == ["<script>Poor</script>", "Good"]


def test_questions_are_broken_down_as_declared(view: Results) -> None:
    """Each question is shown by each surviving grouping and by the declared two-way table."""
    assert [block.name for block in question(view, "needs").breakdowns] == ["Where?", "How was your day?"]
    assert [block.name for block in question(view, "born").breakdowns] == ["Where?"]


def test_merged_groups_are_named(view: Results) -> None:
    """A merged group is called by all that it holds, on its bars and in the list of merged groups."""
    name = "Birch, Cedar and no answer together"
    assert [group.name for group in question(view, "mood").breakdowns[0].groups] == ["Ash", name]
    assert [joined[:2] for joined in view.joined] == [("Where?", name)]
    assert view.joined[0][2].startswith("Groups of fewer than 10 people")


@pytest.mark.parametrize(
    ("names", "words"),
    [(["A"], "A"), (["A", "B"], "A and B together"), (["A", "B", "C"], "A, B and C together")],
)
def test_names_are_joined_as_people_say_them(names: list[str], words: str) -> None:
    """One name stands alone; several end with "and" and "together"."""
    assert together(names) == words


def test_a_bar_ends_where_the_published_range_ends(view: Results) -> None:
    """A bar is solid up to the lowest possible percentage and striped up to the highest."""
    group = question(view, "mood").everyone.groups[0]
    assert group.chart
    for row, bar in zip(group.rows, group.chart.bars, strict=True):
        assert row.share
        ends = (row.share.low, row.share.high)
        assert (bar.solid, bar.solid + bar.striped) == pytest.approx(
            [(end or 0) * PLOT_PERCENT / 100 for end in ends], abs=0.02
        )
        assert bar.shown == row.share.shown


def test_a_chart_says_its_figures_in_words(view: Results) -> None:
    """The description of a chart holds the people and the percentage of every answer."""
    group = question(view, "mood").everyone.groups[0]
    assert group.chart
    assert group.chart.title == "How was your day? – Everybody"
    for row in group.rows:
        assert row.share
        assert f"{row.label}: {row.people.shown} people, {row.share.shown}." in group.chart.words


def test_fifty_bars_do_not_touch(view: Results) -> None:
    """However many and long the labels, each bar stands below its label and each label below the bar before it."""
    chart = question(view, "born").everyone.groups[0].chart
    assert chart
    assert len(chart.bars) == 50
    assert len(chart.bars[0].label) == 3
    for before, after in pairwise(chart.bars):
        assert before.label[-1][0] < before.top_rem
        assert before.top_rem + chart.bar_rem < after.label[0][0] - 0.9
    assert chart.bars[-1].top_rem + chart.bar_rem < chart.height_rem


def test_a_scale_has_a_mean_and_two_ends(view: Results) -> None:
    """The mean of a scale comes with its range and the words for both ends; other questions have neither."""
    scale, other = question(view, "mood"), question(view, "needs")
    assert scale.ends == ("<script>Poor</script>", "Good")
    assert scale.everyone.groups[0].mean
    assert (other.ends, other.everyone.groups[0].mean, other.several) == (None, None, True)


def test_a_withheld_group_has_a_reason_and_no_bars() -> None:
    """A group under the floor shows its size and one sentence, while the group beside it keeps its bars."""
    found: list[Block] = [
        question(results_view(made(people, (30, 12, 2))), "mood").breakdowns[0] for people in range(34, 60)
    ]
    groups = [group for block in found for group in block.groups if not group.rows]
    assert groups
    assert {group.chart for group in groups} == {None}
    assert {sentence for group in groups for sentence in group.withheld} == {
        "Fewer than 10 people of this group answered this."
    }
    assert all([name for name, _ in group.totals] == ["No answer", "Everybody"] for group in groups)


def test_a_dropped_grouping_says_why() -> None:
    """A grouping without two large enough groups has no figures anywhere and one sentence in each place."""
    view = results_view(made(14))
    dropped = [question(view, "site").everyone, question(view, "mood").breakdowns[0]]
    assert [block.groups for block in dropped] == [(), ()]
    assert {block.withheld for block in dropped} == {
        ("Two groups of 10 or more people could not be formed, so nothing is shown by this grouping.",)
    }


def test_nothing_released_is_one_sentence() -> None:
    """Where fewer people than the floor answered, the page has one reason, its origin, and no question."""
    view = results_view(made(9))
    assert view.withheld == ("Fewer than 10 people answered, so no figures are shown.",)
    assert (view.groupings, view.questions) == ((), ())
    assert (len(view.plan_hash), len(view.release_id), view.rules) == (64, 32, "coprod-rules-of-release/1")


def test_a_publication_without_labels_is_shown_by_its_names() -> None:
    """Questions and answers without words appear under their ids."""
    view = results_view({**made(60), "labels": {}})
    assert question(view, "mood").text == "mood"
    assert [row.label for row in question(view, "mood").everyone.groups[0].rows] == ["low", "high"]


def test_a_plan_below_the_floor_is_refused() -> None:
    """A publication whose plan allows smaller groups than the rules is not shown at all."""
    document = deepcopy(made(60))
    document["plan"]["floor"] = 5
    with pytest.raises(PlanError):
        results_view(document)


def test_the_page_runs_nothing_and_styles_nothing_inline(view: Results) -> None:
    """Labels are escaped in table and chart, and no tag carries a style, a script or a handler."""
    page = rendered(question(view, "mood"))
    assert "&lt;script&gt;Poor" in page
    assert not [bad for bad in ("<script", "style=", " onclick", "href=") if bad in page]


def test_a_chart_is_an_image_with_a_name_and_a_table_under_it(view: Results) -> None:
    """Each chart is labelled by its own title and words, and the table has a caption and scopes."""
    page = rendered(question(view, "mood"))
    assert page.count('role="img"') == 3
    assert 'aria-labelledby="q-mood-chart-title q-mood-chart-words"' in page
    assert page.index('role="img"') < page.index("<caption>")
    assert page.count("<th ") == page.count('scope="')
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
