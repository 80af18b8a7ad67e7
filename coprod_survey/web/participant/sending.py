"""One POST of a questionnaire, checked in the order that docs/interfaces.md gives: the code last of all."""

from flask import current_app, request
from werkzeug.wrappers import Response

from coprod_survey.bootstrap.participant import ParticipantServices
from coprod_survey.domain.answers import Answers, parse_answers, unexpected_fields
from coprod_survey.domain.errors import Failed, Overloaded, TokenRefused
from coprod_survey.domain.invitation import Code, parse_code
from coprod_survey.domain.survey import State, Survey
from coprod_survey.web.i18n import _, spoken
from coprod_survey.web.participant import page, replies
from coprod_survey.web.participant.body import BodyTooLong, BodyUnreadable, most_bytes, parse_form, read_body, salvage

RETRY_AFTER_SECONDS = 5
_PLEASE_READ = {"": False, "no": False, "yes": True}


class Sending:
    """What one participant sent; nothing of it outlives the request unless it is sealed."""

    def __init__(self, services: ParticipantServices, survey: Survey) -> None:
        self._services = services
        self._survey = survey
        self._posted: page.Posted = {}
        self._answers: Answers = {}

    def outcome(self) -> Response:
        """Return the page that answers the POST."""
        survey = self._survey
        try:
            body = read_body(request, most_bytes(survey.instrument))
        except BodyTooLong:
            sentence = _(
                "That was too much to take in at once, so nothing was stored. Please shorten it and send again."
            )
            return replies.message(self._services, sentence, 413, survey=survey)
        except BodyUnreadable:
            return self._again(page.unreadable_problem(), 400)
        if survey.state is not State.OPEN:
            return replies.about(self._services, survey, "closed", 410)
        try:
            self._posted = parse_form(request, body)
        except BodyUnreadable:
            self._posted = salvage(request, body)
            return self._again(page.unreadable_problem(), 400)
        if unexpected_fields(survey.instrument, self._posted, page.OWN_FIELDS):
            return self._again(page.unreadable_problem(), 400)
        return self._checked()

    def _checked(self) -> Response:
        instrument = self._survey.instrument
        self._answers, faults = parse_answers(instrument, self._posted)
        code = parse_code(self._first(page.CODE))
        further = [] if code else [page.code_problem()]
        if self._first(page.PLEASE_READ) not in _PLEASE_READ:
            further.append(page.unreadable_problem())
        if self._first(page.VERSION) != instrument.version:
            further.insert(0, page.old_version_problem())
        if faults or further or code is None:
            view = page.page_view(self._survey, self._posted, faults, further=further, easy=replies.easy())
            return replies.questionnaire(self._services, view, 422)
        return self._store(code)

    def _store(self, code: Code) -> Response:
        try:
            self._services.participate.receive(
                self._survey,
                code,
                self._answers,
                language=_response_language(self._survey),
                asked_to_be_read=_PLEASE_READ[self._first(page.PLEASE_READ)],
            )
        except TokenRefused:
            return self._again(page.refused_problem(), 409)
        except Overloaded:
            response = self._again(page.busy_problem(), 503)
            response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
            return response
        except Failed:
            current_app.logger.error("Error handling request")
            return self._again(page.failed_problem(), 500)
        return replies.about(self._services, self._survey, "received")

    def _again(self, problem: page.Problem, status: int) -> Response:
        view = page.page_view(self._survey, self._posted, further=[problem], easy=replies.easy())
        return replies.questionnaire(self._services, view, status)

    def _first(self, name: str) -> str:
        return next(iter(self._posted.get(name, ())), "")


def _response_language(survey: Survey) -> str:
    return spoken() if spoken() in survey.instrument.languages else survey.instrument.languages[0]
