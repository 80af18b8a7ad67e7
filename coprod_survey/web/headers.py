"""The response headers that every page carries: nothing is stored, nothing leaves, no page says where one came from."""

from flask import Response

_ALWAYS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), browsing-topics=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}


def content_security_policy(*, style: str = "'self'") -> str:
    """Return a policy that allows our own files and nothing else; `style` is the source of style sheets."""
    return (
        f"default-src 'none'; style-src {style}; script-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )


def protect(response: Response, policy: str) -> Response:
    """Set the headers on a response; static files, named by content, may be kept by the browser."""
    for name, value in _ALWAYS.items():
        response.headers.setdefault(name, value)
    response.headers["Content-Security-Policy"] = policy
    return response
