"""The pages that answer requests; every one of them carries the help block."""

from flask import make_response, render_template, request
from werkzeug.wrappers import Response

from coprod_survey.bootstrap.participant import ParticipantServices
from coprod_survey.domain.survey import Survey
from coprod_survey.services.aftercare import Aftercare, help_for
from coprod_survey.web.participant.page import PageView


def easy() -> bool:
    """Tell whether the reader asked for the easy-read version."""
    return request.args.get("read") == "easy"


def aftercare(services: ParticipantServices, survey: Survey | None = None) -> Aftercare:
    """Return the help to show, matched to a survey's topics."""
    return help_for(survey.instrument if survey else None, today=services.clock.today())


def questionnaire(services: ParticipantServices, view: PageView, status: int = 200) -> Response:
    """Answer with the questions."""
    help_block = aftercare(services, view.survey)
    page = render_template("participant/questionnaire.html", view=view, survey=view.survey, aftercare=help_block)
    return make_response(page, status)


def about(services: ParticipantServices, survey: Survey, name: str, status: int = 200) -> Response:
    """Answer with one of a survey's other pages: "received", "closed", "help" or "how"."""
    help_block = aftercare(services, survey)
    return make_response(render_template(f"participant/{name}.html", survey=survey, aftercare=help_block), status)


def message(services: ParticipantServices, sentence: str, status: int, *, survey: Survey | None = None) -> Response:
    """Answer with one plain sentence and the help."""
    help_block = aftercare(services, survey)
    page = render_template("participant/message.html", sentence=sentence, survey=survey, aftercare=help_block)
    return make_response(page, status)
