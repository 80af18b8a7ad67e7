"""The staff face as a Flask app: sign-in, the lead's desk, the organiser's desk. It runs as one process."""

from flask import Flask, Response, render_template
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException

from coprod_survey.bootstrap.staff import STAFF_SECRET, StaffServices
from coprod_survey.domain.errors import BadInput, CoprodError, Overloaded
from coprod_survey.web import assets, i18n, lead, organiser, quietlog
from coprod_survey.web.attempts import Attempts
from coprod_survey.web.guard import open_to_all, signed_in
from coprod_survey.web.headers import content_security_policy, protect
from coprod_survey.web.i18n import _
from coprod_survey.web.known_browser import KnownBrowsers
from coprod_survey.web.sessions import StaffSessions
from coprod_survey.web.sign_in import sign_in_pages

_MOST_BYTES = 64 * 1024
_HTTP = {
    403: "This page is for another role. Sign in as somebody who has it.",
    404: "There is no page at this address. Go back to the start.",
    413: "That was too much to take in at once. Please shorten it.",
}


def create_staff_app(services: StaffServices) -> Flask:
    """Make the app; its secret comes from the data folder, never from this process."""
    app = Flask(
        "coprod_survey.staff",
        template_folder=str(assets.folder("templates")),
        static_folder=str(assets.folder("static")),
    )
    app.secret_key = services.secrets.get(STAFF_SECRET)
    app.config["MAX_CONTENT_LENGTH"] = _MOST_BYTES
    app.config["WTF_CSRF_SSL_STRICT"] = False  # pages send no referrer, on purpose
    secure = services.config.staff_url.startswith("https:")
    app.session_interface = StaffSessions(secure=secure)
    quietlog.silence(app.logger)
    i18n.install(app)
    CSRFProtect(app)
    app.jinja_env.globals.update(fingerprint=assets.fingerprint, signed_in=signed_in)
    app.add_template_filter(i18n.day, "day")
    app.register_blueprint(sign_in_pages(services, Attempts(), KnownBrowsers(app.secret_key, secure=secure)))
    app.register_blueprint(lead.desk(services))
    app.register_blueprint(organiser.desk(services))
    _add_errors(app)

    @app.get("/healthz")
    @open_to_all
    def healthz() -> Response:
        return Response("ok", mimetype="text/plain")

    app.after_request(lambda response: protect(response, content_security_policy()))
    return app


def _add_errors(app: Flask) -> None:
    @app.errorhandler(CSRFError)
    def stale(_error: CSRFError) -> tuple[str, int]:
        return _page(
            _("This page was open for too long, so nothing was changed. Go back to the start and do it again.")
        ), 400

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> tuple[str, int]:
        code = error.code or 500
        return _page(_(_HTTP.get(code, "That did not work. Go back to the start and try again."))), code

    @app.errorhandler(CoprodError)
    def refused(error: CoprodError) -> tuple[str, int]:
        status = 503 if isinstance(error, Overloaded) else 404 if isinstance(error, BadInput) else 500
        return _page(str(error)), status

    @app.errorhandler(Exception)
    def failed(_error: Exception) -> tuple[str, int]:
        app.logger.error("Error handling request")
        return _page(_("Something went wrong here, not with you. Nothing was changed; please try again.")), 500


def _page(sentence: str) -> str:
    return render_template("staff/message.html", sentence=sentence)
