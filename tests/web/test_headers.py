"""Headers that every response carries, whatever it is and whoever asked."""

import pytest
from auditing import client_of
from instances import OPEN, Instance

from coprod_survey.web import assets
from coprod_survey.web.participant import app as participant_module

PARTICIPANT_PATHS = [
    ("GET", "/"),
    ("GET", f"/s/{OPEN}"),
    ("POST", f"/s/{OPEN}"),
    ("GET", f"/s/{OPEN}/descriptor"),
    ("GET", "/s/no-such-views"),
    ("GET", "/nothing-here"),
    ("DELETE", f"/s/{OPEN}"),
    ("OPTIONS", f"/s/{OPEN}"),
    ("GET", "/exit"),
    ("GET", "/healthz"),
    ("GET", "//exit"),
    ("GET", "/static/nothing.js"),
]
STAFF_PATHS = [
    ("GET", "/"),
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("GET", "/inbox"),
    ("GET", "/nothing-here"),
    ("PUT", "/sign-in"),
    ("GET", "/healthz"),
]
EXPECTED = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}
VISITOR = {
    "Cookie": "staff=planted; session=planted",
    "Referer": "https://search.example.org/?q=help",
    "X-Forwarded-For": "192.0.2.7",
    "User-Agent": "Somebody/1.0",
    "Accept-Language": "cy, en;q=0.5",
}


@pytest.mark.parametrize(("method", "path"), PARTICIPANT_PATHS)
def test_every_participant_response_is_protected(instance: Instance, method: str, path: str) -> None:
    """Pages, errors, redirects and plain answers carry the protecting headers and no cookie but a public constant."""
    response = instance.participant().open(path, method=method, headers=VISITOR)
    assert {name: response.headers.get(name) for name in EXPECTED} == EXPECTED
    set_here = [cookie.partition(";")[0] for cookie in response.headers.getlist("Set-Cookie")]
    asking = (method, path) == ("GET", f"/s/{OPEN}")
    assert set_here == (["page=1"] if asking else ["page=2"] if path == "/exit" else [])
    assert "ETag" not in response.headers


@pytest.mark.parametrize(("method", "path"), STAFF_PATHS)
def test_every_staff_response_is_protected(instance: Instance, method: str, path: str) -> None:
    """The staff face protects its responses in the same way."""
    response = instance.staff().open(path, method=method)
    assert {name: response.headers.get(name) for name in EXPECTED} == EXPECTED


@pytest.mark.parametrize("path", ["/", f"/s/{OPEN}", f"/s/{OPEN}/how", "/s/none"])
def test_a_page_is_the_same_for_every_visitor(instance: Instance, path: str) -> None:
    """Cookies, referrer, forwarded address, browser name and preferred language change no byte of a page."""
    client = instance.participant()
    plain, known = client.get(path), client.get(path, headers=VISITOR)
    assert (plain.data, sorted(plain.headers)) == (known.data, sorted(known.headers))


def test_the_participant_policy_allows_one_inline_style(instance: Instance) -> None:
    """The policy names the page's own style sheet by its hash, scripts only from this host, and nothing else."""
    policy = instance.participant().get("/").headers["Content-Security-Policy"]
    assert policy == (
        f"default-src 'none'; style-src {assets.csp_hash('participant.css')}; script-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


@pytest.mark.parametrize("name", ["participant.js", "icon.svg", "staff.css"])
def test_static_files_are_ours(instance: Instance, name: str) -> None:
    """Static files come from this host, without a cookie, and fetch nothing from elsewhere."""
    for app in (instance.participant_app, instance.staff_app()):
        response = client_of(app).get(f"/static/{name}")
        assert response.status_code == 200
        assert b"https://" not in response.data
        assert response.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("path", ["/static/../coprod_survey/cli.py", "/static/%2e%2e/setup.cfg", "/static//etc/passwd"])
def test_static_files_end_at_their_folder(instance: Instance, path: str) -> None:
    """No address leads out of the static folder."""
    assert instance.participant().get(path, follow_redirects=True).status_code == 404


def test_the_neutral_site_is_a_constant() -> None:
    """Where the exit leads is fixed in the code, so no request can bend it."""
    assert participant_module.NEUTRAL_SITE.startswith("https://www.bbc.co.uk/")


def test_the_exit_cannot_be_bent(instance: Instance) -> None:
    """No parameter or header changes where the exit leads."""
    response = instance.participant().get("/exit?next=https://example.org", headers={"Host": "example.org"})
    assert response.headers["Location"] == participant_module.NEUTRAL_SITE
