"""The participant face as a Flask app: every request is answered from here."""

import base64

from flask import Flask, Response, jsonify, redirect, render_template, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.wrappers import Response as AnyResponse

from coprod_survey.bootstrap.participant import ParticipantServices
from coprod_survey.domain.errors import Overloaded, UnknownSurvey
from coprod_survey.domain.survey import State, Survey
from coprod_survey.web import assets, i18n, quietlog
from coprod_survey.web.headers import content_security_policy, protect
from coprod_survey.web.i18n import _
from coprod_survey.web.participant import back_button, page, replies
from coprod_survey.web.participant.sending import RETRY_AFTER_SECONDS, Sending

NEUTRAL_SITE = "https://www.bbc.co.uk/weather"
_STYLE = "participant.css"


def create_participant_app(services: ParticipantServices) -> Flask:
    """Make the app. It has no secret key, because it has no session; its one cookie is a public constant."""
    app = Flask(
        "coprod_survey.participant",
        template_folder=str(assets.folder("templates")),
        static_folder=str(assets.folder("static")),
    )
    quietlog.silence(app.logger)
    app.url_map.merge_slashes = False  # such an address gets our own page, not a redirect
    i18n.install(app)
    app.jinja_env.globals.update(style=lambda: assets.content(_STYLE), fingerprint=assets.fingerprint)
    app.add_template_filter(i18n.day, "day")
    app.add_template_filter(i18n.number, "number")
    app.add_template_filter(page.shown, "shown")
    _add_pages(app, services)
    _add_survey_pages(app, services)
    _add_errors(app, services)
    policy = content_security_policy(style=assets.csp_hash(_STYLE))
    app.after_request(lambda response: protect(response, policy))
    return app


def _add_pages(app: Flask, services: ParticipantServices) -> None:
    secure = services.config.participant_url.startswith("https:")

    @app.before_request
    def choose_language() -> None:
        i18n.speak(i18n.SOURCE)

    @app.get("/healthz")
    def healthz() -> Response:
        return Response("ok", mimetype="text/plain")

    @app.get("/exit")
    def leave() -> AnyResponse:
        return back_button.mark(redirect(NEUTRAL_SITE, 303), back_button.LEFT, secure=secure)

    @app.get("/")
    def landing() -> str:
        return render_template("participant/landing.html", aftercare=replies.aftercare(services))


def _add_survey_pages(app: Flask, services: ParticipantServices) -> None:
    secure = services.config.participant_url.startswith("https:")

    @app.get("/s/<slug>")
    def questionnaire(slug: str) -> AnyResponse:
        survey = _survey(services, slug)
        if survey.state is not State.OPEN:
            return replies.about(services, survey, "closed", 410)
        response = replies.questionnaire(services, page.page_view(survey, {}, easy=replies.easy()))
        return back_button.mark(response, back_button.ASKING, secure=secure)

    @app.post("/s/<slug>")
    def send(slug: str) -> AnyResponse:
        return Sending(services, _survey(services, slug)).outcome()

    @app.get("/s/<slug>/help")
    def survey_help(slug: str) -> AnyResponse:
        return replies.about(services, _survey(services, slug), "help")

    @app.get("/s/<slug>/how")
    def how(slug: str) -> AnyResponse:
        return replies.about(services, _survey(services, slug), "how")

    @app.get("/s/<slug>/descriptor")
    def descriptor(slug: str) -> Response:
        return jsonify(_descriptor(_survey(services, slug)))


def _add_errors(app: Flask, services: ParticipantServices) -> None:
    @app.errorhandler(UnknownSurvey)
    def unknown(_error: UnknownSurvey) -> AnyResponse:
        return replies.message(services, _("This address does not lead to a survey. Check the link or the card."), 404)

    @app.errorhandler(Overloaded)
    def overloaded(_error: Overloaded) -> AnyResponse:
        response = replies.message(
            services, _("This is busy just now, so nothing was stored. Please send again in a moment."), 503
        )
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> AnyResponse:
        if error.code == 404:
            return replies.message(services, _("There is no page at this address. Check the link or the card."), 404)
        if isinstance(error, MethodNotAllowed):
            sentence = _("This page cannot be used in that way. Go back to the survey.")
            response = replies.message(services, sentence, 405)
            response.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))  # RFC 9110 section 15.5.6
            return response
        return replies.message(services, _("That request could not be read. Go back and try again."), error.code or 400)

    @app.errorhandler(Exception)
    def failed(error: Exception) -> AnyResponse:
        app.logger.error("Error handling request")
        return replies.message(
            services, _("Something went wrong here, not with you. Nothing was stored; please try again."), 500
        )


def _survey(services: ParticipantServices, slug: str) -> Survey:
    """Return a survey that participants may see, and speak the language asked for where the survey offers it."""
    survey = services.surveys.get(slug)
    if survey.state is State.DRAFT:
        raise UnknownSurvey
    offers = [language.tag for language in i18n.offered(survey.instrument.languages)]
    wanted = request.args.get("lang", "")
    i18n.speak(wanted if wanted in offers else offers[0])
    return survey


def _descriptor(survey: Survey) -> dict[str, object]:
    """Return what is fixed at opening and the same for everybody; keys as base64url."""
    sealing = survey.sealed_with()
    return {
        "format": "coprod-descriptor/1",
        "slug": survey.slug,
        "instrument_version": survey.instrument.version,
        "anonymity_level": "A0",
        "sealing": "on-arrival",
        "suite": "HPKE base, X-Wing (0x647a), HKDF-SHA256, AES-256-GCM",
        "answer_key": base64.urlsafe_b64encode(sealing.answer_key).decode().rstrip("="),
        "answer_bucket_bytes": sealing.answer_bucket,
        "block_key": base64.urlsafe_b64encode(sealing.block_key).decode().rstrip("="),
        "block_bucket_bytes": sealing.block_bucket,
        "table_plan_hash": survey.plan_hash,
        "demonstration": survey.demonstration,
    }
