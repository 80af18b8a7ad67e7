"""Recognise a browser on which somebody has signed in before, so that strangers' wrong guesses do not lock them out.

Its cookie is an HMAC of the name under the staff face's secret: worth nothing without the passphrase, and only a
separate allowance of tries with it.
"""

import secrets

from flask import Request
from werkzeug.wrappers import Response

from coprod_survey.crypto.derive import derive, tag

COOKIE = "known"
_KEPT_SECONDS = 90 * 24 * 60 * 60


class KnownBrowsers:
    """Mark browsers after a sign-in, and tell them apart by name."""

    def __init__(self, secret: bytes, *, secure: bool) -> None:
        self._key = derive(secret, "known-browser")
        self._secure = secure

    def allowance(self, request: Request, name: str) -> str:
        """Return whose tries are counted: the name's, or those of this browser for that name."""
        known = secrets.compare_digest(request.cookies.get(COOKIE, "").encode(), self._mark(name).encode())
        return f"{name} (known browser)" if known else name

    def remember(self, response: Response, name: str) -> Response:
        """Mark the browser as one on which this person has signed in."""
        response.set_cookie(
            COOKIE, self._mark(name), max_age=_KEPT_SECONDS, secure=self._secure, httponly=True, samesite="Strict"
        )
        return response

    def _mark(self, name: str) -> str:
        return tag(self._key, " ".join(name.split()).casefold().encode()).hex()
