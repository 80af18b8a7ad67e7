"""Make the release: tables from the working set, under the plan that was declared before opening, and nothing else."""

from collections.abc import Mapping, Sequence

from coprod_survey.disclosure.plan import Plan, plan_hash
from coprod_survey.disclosure.publication import Label, publication
from coprod_survey.disclosure.rounding import Rounder
from coprod_survey.disclosure.tables import make_release
from coprod_survey.disclosure.tally import Responses
from coprod_survey.domain.errors import Failed
from coprod_survey.domain.instrument import Choice, Instrument, Item, Multiple, Number, Scale
from coprod_survey.domain.survey import DEMONSTRATION, State, Survey
from coprod_survey.ports import Clock, Exporter, StoredRelease, SurveyStore
from coprod_survey.services.open_results import OpenResults
from coprod_survey.services.staff import Unlocked
from coprod_survey.services.table_plan import plan_of


class MakeRelease:
    """Release the results of a closed survey, once; a second time gives the same files."""

    def __init__(self, surveys: SurveyStore, results: OpenResults, exporter: Exporter, *, clock: Clock) -> None:
        self._surveys = surveys
        self._results = results
        self._exporter = exporter
        self._clock = clock

    def make(self, slug: str, holders: Sequence[Unlocked]) -> StoredRelease:
        """Return the release; raises Refused before closing or without a holder, Failed when the plan has changed."""
        survey = self._surveys.get(slug)
        working_set = self._results.working_set(slug, holders)
        earlier = self._surveys.releases(slug)
        if earlier:
            return earlier[-1]
        plan = plan_of(survey.instrument)
        if plan_hash(plan) != survey.plan_hash:
            raise Failed("The table plan is not the one that participants were shown, so nothing was released.")
        tables = make_release(plan, Responses(working_set.keys, working_set.columns), Rounder(working_set.rounding_key))
        published = publication(tables, labels_of(survey.instrument, plan), title=_title(survey))
        release = StoredRelease(published["release_id"], slug, self._clock.today(), self._exporter.files(published))
        self._surveys.add_release(release)
        if survey.state is State.CLOSED:
            self._surveys.change(survey, survey.released())
        return release


def labels_of(instrument: Instrument, plan: Plan) -> dict[str, Label]:
    """Return the words of every tabulated item, in the instrument's first language."""
    tabulated = [instrument.item(variable.name) for variable in plan.variables]
    return {item.id: Label(_words(item, instrument), _value_labels(item, instrument)) for item in tabulated}


def _title(survey: Survey) -> str:
    title = survey.instrument.title.in_language(survey.instrument.languages[0])
    return f"{title} ({DEMONSTRATION})" if survey.demonstration else title


def _words(item: Item, instrument: Instrument) -> str:
    return item.text.in_language(instrument.languages[0])


def _value_labels(item: Item, instrument: Instrument) -> Mapping[str, str]:
    language = instrument.languages[0]
    match item:
        case Choice() | Multiple():
            return {option.value: option.text.in_language(language) for option in item.options}
        case Scale():
            return {
                str(point): f"{point} ({item.labels[point].in_language(language)})"
                if point in item.labels
                else str(point)
                for point in range(item.minimum, item.maximum + 1)
            }
        case Number():
            return {f"{low}-{high}": f"{low} to {high}" for low, high in item.bins}
    return {}
