"""Staff sessions: in memory, short, and worth nothing without the cookie."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from flask import Flask, session
from flask.testing import FlaskClient

from coprod_survey.domain.staff import Person, Role
from coprod_survey.services.staff import Unlocked
from coprod_survey.web import sessions
from coprod_survey.web.sessions import COOKIE, IDLE_SECONDS, StaffSession, StaffSessions

SEED = b"seed-of-ada-seed-of-ada-seed-ada"
ADA = Unlocked(Person("a1", "Ada", Role.LEAD, b"public"), SEED)


class Watch:
    """Seconds that pass only when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        """Return the seconds on the watch."""
        return self.now


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Replace the clock of sessions."""
    watch = Watch()
    monkeypatch.setattr(sessions, "time", SimpleNamespace(monotonic=watch.monotonic))
    return watch


def make_app(*, secure: bool = True) -> Flask:
    """Make an app with one page per thing that a session can do."""
    app = Flask("sessions")
    app.session_interface = StaffSessions(secure=secure)
    app.testing = True

    @app.post("/in")
    def enter() -> str:
        cast(StaffSession, session).sign_in(ADA)
        return "in"

    @app.post("/out")
    def leave() -> str:
        cast(StaffSession, session).sign_out()
        return "out"

    @app.post("/note")
    def note() -> str:
        session["note"] = "kept"
        return "noted"

    @app.get("/who")
    def who() -> dict[str, Any]:
        unlocked = cast(StaffSession, session).unlocked
        return {
            "name": unlocked.person.name if unlocked else None,
            "seed": unlocked.seed.hex() if unlocked else None,
            "note": session.get("note"),
        }

    return app


@pytest.fixture
def app(watch: Watch) -> Flask:
    """Make an app whose clock stands still."""
    return make_app()


def client_of(app: Flask) -> FlaskClient:
    """Return a browser on the https address."""
    client = app.test_client()
    client.environ_base["wsgi.url_scheme"] = "https"
    return client


def token_of(client: FlaskClient) -> str:
    """Return the token in the cookie; empty when there is none."""
    cookie = client.get_cookie(COOKIE)
    return cookie.value if cookie else ""


def who(client: FlaskClient) -> dict[str, Any]:
    """Return what the session holds."""
    answer: dict[str, Any] = client.get("/who", base_url="https://localhost").get_json()
    return answer


def post(client: FlaskClient, path: str) -> str:
    """Post, and return the Set-Cookie header."""
    return client.post(path, base_url="https://localhost").headers.get("Set-Cookie", "")


@pytest.mark.parametrize("secure", [True, False])
def test_cookie_is_out_of_reach(watch: Watch, secure: bool) -> None:
    """Scripts, other sites and, over https, plain connections never get the cookie; it ends with the browser."""
    set_cookie = post(client_of(make_app(secure=secure)), "/in").split("; ")
    assert set_cookie[0].startswith(f"{COOKIE}=")
    assert set(set_cookie[1:]) == {"HttpOnly", "Path=/", "SameSite=Strict"} | ({"Secure"} if secure else set())


def test_visit_without_a_change_sets_no_cookie(app: Flask) -> None:
    """Looking at a page leaves no trace in the browser or in memory."""
    client = client_of(app)
    assert who(client) == {"name": None, "seed": None, "note": None}
    assert token_of(client) == ""


def test_signed_in_person_comes_back_with_their_seed(app: Flask) -> None:
    """The next request of the same browser has the person and the seed again."""
    client = client_of(app)
    post(client, "/in")
    assert who(client) == {"name": "Ada", "seed": SEED.hex(), "note": None}


def test_seed_in_memory_is_locked(app: Flask) -> None:
    """What the server keeps between requests holds neither the seed nor the token."""
    client = client_of(app)
    post(client, "/in")
    (name,), (kept,) = app.session_interface._signed_in.keys(), app.session_interface._signed_in.values()  # type: ignore[attr-defined]
    stored = repr((name, kept.data, kept.person)).encode() + kept.locked_seed
    assert SEED not in stored
    assert token_of(client).encode() not in stored
    assert repr(kept.locked_seed) not in repr(kept)


def test_token_changes_at_sign_in(app: Flask) -> None:
    """A token that somebody planted before sign-in opens nothing afterwards, and its notes are gone."""
    client, thief = client_of(app), client_of(app)
    post(client, "/note")
    planted = token_of(client)
    post(client, "/in")
    thief.set_cookie(COOKIE, planted)
    assert token_of(client) != planted
    assert who(thief)["name"] is None
    assert who(client)["note"] is None


def test_token_that_the_server_never_made_is_not_taken_over(app: Flask) -> None:
    """A made-up token is replaced as soon as something is kept."""
    client = client_of(app)
    client.set_cookie(COOKIE, "chosen-by-somebody")
    post(client, "/note")
    assert token_of(client) not in ("", "chosen-by-somebody")


def test_tokens_are_long_and_differ(app: Flask) -> None:
    """Each sign-in draws its own token of 256 bits."""
    clients = [client_of(app) for _ in range(3)]
    for client in clients:
        post(client, "/in")
    tokens = {token_of(client) for client in clients}
    assert len(tokens) == 3
    assert {len(token) for token in tokens} == {43}


@pytest.mark.parametrize("cookie", ["", "a", "é\u4e2d", "x" * 4000, "%00", '";'])
def test_odd_cookies_are_only_unknown(app: Flask, cookie: str) -> None:
    """Whatever stands in the cookie, a token nobody was given is a visitor."""
    reply = app.test_client().get("/who", headers={"Cookie": f"{COOKIE}={cookie}".encode().decode("latin-1")})
    assert reply.status_code == 200
    assert reply.get_json()["name"] is None


def test_sign_out_forgets_person_and_seed(app: Flask) -> None:
    """After sign-out the old token is worth nothing, and the browser is told to drop it."""
    client, thief = client_of(app), client_of(app)
    post(client, "/in")
    token = token_of(client)
    assert "Expires=Thu, 01 Jan 1970" in post(client, "/out")
    thief.set_cookie(COOKIE, token)
    assert who(thief)["name"] is None
    assert not app.session_interface._signed_in  # type: ignore[attr-defined]


def test_session_ends_after_fifteen_idle_minutes(app: Flask, watch: Watch) -> None:
    """A second past a quarter of an hour without a request, the person has to sign in again."""
    client = client_of(app)
    post(client, "/in")
    watch.now += IDLE_SECONDS + 1
    assert IDLE_SECONDS == 15 * 60
    assert who(client)["name"] is None
    watch.now -= IDLE_SECONDS
    assert who(client)["name"] is None


def test_each_request_starts_the_quarter_of_an_hour_anew(app: Flask, watch: Watch) -> None:
    """Somebody who keeps working stays signed in."""
    client = client_of(app)
    post(client, "/in")
    for _ in range(4):
        watch.now += IDLE_SECONDS - 1
        assert who(client)["name"] == "Ada"


def test_visitors_cannot_crowd_out_people_who_signed_in(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any number of fresh visitors leaves a signed-in person signed in, and memory bounded."""
    monkeypatch.setattr(sessions, "_MOST_VISITORS", 3)
    ada = client_of(app)
    post(ada, "/in")
    for _ in range(20):
        post(client_of(app), "/note")
    assert who(ada)["name"] == "Ada"
    assert len(app.session_interface._visitors) == 3  # type: ignore[attr-defined]


def test_longest_unseen_session_gives_way(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Past the bound, whoever was away longest has to sign in again."""
    monkeypatch.setattr(sessions, "_MOST_SIGNED_IN", 2)
    first, second, third = (client_of(app) for _ in range(3))
    post(first, "/in")
    post(second, "/in")
    who(first)
    post(third, "/in")
    assert [who(client)["name"] for client in (first, second, third)] == ["Ada", None, "Ada"]
