"""Keep the Back button from showing answers again after somebody left, without JavaScript too.

Browsers keep whole pages in memory for Back, ticked answers included, and `no-store` does not stop Chromium. It drops
such a page when an HttpOnly cookie of the site changes (measured: tests/browser, with that cache on). So the questions
set one public constant and leaving sets another. Both are the same for everybody, and nobody ever reads them.
"""

from werkzeug.wrappers import Response

NAME = "page"
ASKING, LEFT = "1", "2"


def mark(response: Response, value: str, *, secure: bool) -> Response:
    """Set the constant; it goes when the browser is closed."""
    response.set_cookie(NAME, value, httponly=True, samesite="Strict", secure=secure)
    return response
