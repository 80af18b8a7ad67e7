"""The organiser's desk: which surveys there are, and what was released. It sees no answer, no flag and no count."""

import json
from typing import Any

from flask import Blueprint, Response, render_template
from werkzeug.exceptions import NotFound

from coprod_survey.bootstrap.staff import StaffServices
from coprod_survey.ports import StoredRelease
from coprod_survey.web.guard import EVERYONE_SIGNED_IN, roles
from coprod_survey.web.organiser.charts import results_view

PUBLICATION = "publication.json"
_TYPES = {
    "csv": "text/csv",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def desk(services: StaffServices) -> Blueprint:
    """Make the desk's pages; releases are public by nature, so everybody on the staff may read them."""
    pages = Blueprint("organiser", __name__, url_prefix="/surveys")

    @pages.get("")
    @roles(*EVERYONE_SIGNED_IN)
    def surveys() -> str:
        return render_template(
            "organiser/surveys.html", surveys=services.surveys.all(), at=services.config.participant_url
        )

    @pages.get("/<slug>/results")
    @roles(*EVERYONE_SIGNED_IN)
    def results(slug: str) -> str:
        survey = services.surveys.get(slug)
        release = _latest(services, slug)
        published: dict[str, Any] | None = json.loads(release.files[PUBLICATION]) if release else None
        view = results_view(published) if published else None
        return render_template("organiser/results.html", survey=survey, release=release, view=view)

    @pages.get("/<slug>/results/<name>")
    @roles(*EVERYONE_SIGNED_IN)
    def download(slug: str, name: str) -> Response:
        release = _latest(services, slug)
        if release is None or name not in release.files:
            raise NotFound
        response = Response(release.files[name], mimetype=_TYPES[name.rsplit(".", 1)[1]])
        response.headers["Content-Disposition"] = f'attachment; filename="{slug}-{name}"'
        return response

    return pages


def _latest(services: StaffServices, slug: str) -> StoredRelease | None:
    releases = services.surveys.releases(services.surveys.get(slug).slug)
    return releases[-1] if releases else None
