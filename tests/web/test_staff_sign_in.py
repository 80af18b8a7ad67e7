"""Signing in and out of the staff face: one refusal for all, waits after wrong tries, sessions that end."""

import pytest
from auditing import AuditingClient
from instances import PASSPHRASE, Instance, csrf_token, sign_in

from coprod_survey.web import attempts, sessions

REFUSAL = "That name and passphrase do not go together. Check both and try again."


def cookie_of(client: AuditingClient) -> str:
    """Return the value of the staff cookie in a browser, or nothing."""
    cookie = client.get_cookie("staff")
    return cookie.value if cookie else ""


@pytest.mark.parametrize(
    ("name", "start"), [("Lea", "/inbox"), ("Olu", "/surveys"), ("Mo", "/surveys"), ("ada", "/surveys")]
)
def test_everybody_starts_at_their_desk(instance: Instance, name: str, start: str) -> None:
    """After signing in, the lead comes to the inbox and everybody else to the surveys; letter case does not matter."""
    client = instance.signed_in(name)
    assert client.get("/").headers["Location"] == start
    assert client.get(start).status_code == 200
    assert client.get("/sign-in").headers["Location"] == "/"


@pytest.mark.parametrize(
    ("name", "passphrase"),
    [
        ("Lea", "wrong"),
        ("Lea", PASSPHRASE.upper()),
        ("Lea", PASSPHRASE + " "),
        ("Nobody", PASSPHRASE),
        ("Lea'; --", "x"),
        ("Lea", "\x00"),
        ("Lea", "🦦" * 5000),
        ("🦦", "\u202e"),
    ],
)
def test_one_refusal_for_all(instance: Instance, name: str, passphrase: str) -> None:
    """A wrong passphrase, an unknown name and odd input get the same sentence and status, and nobody is signed in."""
    client = instance.staff()
    page = sign_in(client, name, passphrase)
    assert page.status_code == 422
    assert REFUSAL in page.text
    assert passphrase not in page.text or passphrase == "x"
    assert client.get("/surveys").status_code == 303


def test_unknown_and_known_names_read_alike(instance: Instance) -> None:
    """The refusal's page differs between a known and an unknown name in nothing but the name that was typed."""
    client = instance.staff()
    pages = [sign_in(client, name, "wrong").text for name in ("Lea", "Zoe")]
    assert pages[0].replace("Lea", "Zoe") == pages[1]


@pytest.mark.parametrize("fields", [{}, {"name": "Lea"}, {"passphrase": PASSPHRASE}, {"name": "", "passphrase": ""}])
def test_both_fields_are_needed(instance: Instance, fields: dict[str, str]) -> None:
    """A form without name or passphrase is answered with 422 and says what is missing."""
    client = instance.staff()
    page = client.post("/sign-in", data={"csrf_token": csrf_token(client.get("/sign-in").text), **fields})
    assert page.status_code == 422
    assert "Give both your name and your passphrase." in page.text


def test_markup_in_a_name_is_text(instance: Instance) -> None:
    """A name comes back as text."""
    assert '"><script>' not in sign_in(instance.staff(), '"><script>alert(1)</script>', "wrong").text


@pytest.mark.parametrize("name", ["Lea", "Nobody"])
def test_guessing_slows_down(instance: Instance, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """After five wrong tries a name waits, known or not, even with the right passphrase; then it may try again."""
    now = [1000.0]
    monkeypatch.setattr(attempts.Attempts.__init__, "__defaults__", (lambda: now[0],))
    app = instance.staff_app()
    client = instance.staff(app)
    for _ in range(attempts.FREE_TRIES):
        assert sign_in(client, name, "wrong").status_code == 422
    for spelling in (name, name.upper(), f" {name} "):
        page = sign_in(client, spelling, PASSPHRASE)
        assert page.status_code == 429
        assert "Too many wrong tries for this name. Wait 30 seconds." in page.text
    assert sign_in(instance.staff(app), name).status_code == 429
    assert sign_in(client, "Olu").status_code == 303
    now[0] += 31
    assert sign_in(instance.staff(app), name).status_code == (303 if name == "Lea" else 422)


def test_waits_grow_and_end_at_a_quarter_of_an_hour() -> None:
    """Each further wrong try doubles the wait up to 15 minutes; a right one forgets them all."""
    now = [0.0]
    tries, waits = attempts.Attempts(lambda: now[0]), []
    for _ in range(12):
        tries.was_wrong("Lea")
        waits.append(tries.wait_seconds("LEA"))
        now[0] += waits[-1]
    assert waits == [0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900, 900]
    tries.was_right("lea")
    tries.was_wrong("Lea")
    assert tries.wait_seconds("Lea") == 0


def test_strangers_cannot_lock_out_a_known_browser(instance: Instance) -> None:
    """After a sign-in this browser has tries of its own, whatever strangers do to the name."""
    app = instance.staff_app()
    mine, stranger = instance.signed_in("Mo", app), instance.staff(app)
    mine.post("/sign-out", data={"csrf_token": csrf_token(mine.get("/surveys").text)})
    for _ in range(attempts.FREE_TRIES):
        sign_in(stranger, "Mo", "wrong passphrase")
    assert sign_in(stranger, "Mo", "wrong passphrase").status_code == 429
    assert sign_in(mine, "Mo").status_code == 303


def test_the_memory_of_wrong_tries_is_bounded() -> None:
    """Thousands of made-up names do not fill the memory: the oldest are forgotten."""
    tries = attempts.Attempts(lambda: 0.0)
    for number in range(11_000):
        for _ in range(attempts.FREE_TRIES):
            tries.was_wrong(f"name {number}")
    assert tries.wait_seconds("name 0") == 0
    assert tries.wait_seconds("name 10999") == 30


@pytest.mark.parametrize("token", [None, "", "made-up"])
@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/inbox/look", "/inbox/open-views/00"])
def test_a_form_from_elsewhere_is_refused(instance: Instance, path: str, token: str | None) -> None:
    """Without this browser's own token every form is refused with 400, and nothing changes."""
    client = instance.signed_in("Lea")
    form = {"name": "Lea", "passphrase": PASSPHRASE, "deed": "close"} | ({} if token is None else {"csrf_token": token})
    before = instance.fingerprint()
    page = client.post(path, data=form)
    assert page.status_code == 400
    assert "nothing was changed" in page.text
    assert instance.fingerprint() == before
    assert client.get("/inbox").status_code == 200


def test_another_browsers_token_is_refused(instance: Instance) -> None:
    """A token taken from one browser's page opens no form in another."""
    app = instance.staff_app()
    stolen = csrf_token(instance.staff(app).get("/sign-in").text)
    client = instance.staff(app)
    client.get("/sign-in")
    page = client.post("/sign-in", data={"csrf_token": stolen, "name": "Lea", "passphrase": PASSPHRASE})
    assert page.status_code == 400


def test_signing_in_changes_the_cookie(instance: Instance) -> None:
    """A cookie that was there before signing in is worth nothing afterwards."""
    app = instance.staff_app()
    client = instance.staff(app)
    client.get("/sign-in")
    planted = cookie_of(client)
    assert planted
    assert sign_in(client, "Lea").status_code == 303
    assert cookie_of(client) != planted
    thief = instance.staff(app)
    thief.set_cookie("staff", planted)
    assert thief.get("/inbox").status_code == 303


def test_signing_out_ends_the_session_on_the_server(instance: Instance) -> None:
    """After signing out the cookie is gone, and the same cookie sent again opens nothing."""
    app = instance.staff_app()
    client = instance.signed_in("Lea", app)
    kept = cookie_of(client)
    token = csrf_token(client.get("/inbox").text)
    assert client.post("/sign-out", data={"csrf_token": token}).headers["Location"] == "/sign-in"
    assert cookie_of(client) == ""
    thief = instance.staff(app)
    thief.set_cookie("staff", kept)
    assert thief.get("/inbox").status_code == 303


@pytest.mark.parametrize(("minutes", "status"), [(14, 200), (16, 303)])
def test_an_idle_session_ends(instance: Instance, monkeypatch: pytest.MonkeyPatch, minutes: int, status: int) -> None:
    """After 15 minutes without a click the session has ended; before that it goes on."""
    now = [5000.0]
    monkeypatch.setattr("coprod_survey.web.sessions.time.monotonic", lambda: now[0])
    client = instance.signed_in("Lea")
    for _ in range(2):
        now[0] += minutes * 60
        answer = client.get("/inbox")
    assert answer.status_code == status


def test_a_restart_signs_everybody_out(instance: Instance) -> None:
    """Sessions live in the memory of one process, so the cookie of an earlier one opens nothing."""
    earlier = cookie_of(instance.signed_in("Lea"))
    client = instance.staff(instance.staff_app())
    client.set_cookie("staff", earlier)
    assert client.get("/inbox").status_code == 303


@pytest.mark.parametrize("value", ["", "x", "\x01", "é" * 100, "a" * 3000])
def test_a_made_up_cookie_opens_nothing(instance: Instance, value: str) -> None:
    """Any other cookie value is a stranger's."""
    client = instance.staff()
    client.set_cookie("staff", value)
    assert client.get("/inbox").status_code == 303


def test_visitors_cannot_crowd_out_the_signed_in(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any number of visits to the sign-in page leaves those who have signed in where they are."""
    monkeypatch.setattr(sessions, "_MOST_VISITORS", 3)
    app = instance.staff_app()
    client = instance.signed_in("Lea", app)
    for _ in range(10):
        instance.staff(app).get("/sign-in")
    assert client.get("/inbox").status_code == 200


def test_the_cookie_is_secure_where_the_address_is(instance: Instance) -> None:
    """On an https address the cookie travels over https only."""
    response_of = {secure: sessions.StaffSessions(secure=secure) for secure in (True, False)}
    for secure, interface in response_of.items():
        app = instance.staff_app()
        app.session_interface = interface
        header = instance.staff(app).get("/sign-in").headers["Set-Cookie"]
        assert ("Secure" in header) is secure


def test_a_long_form_is_refused(instance: Instance) -> None:
    """A staff form of more than 64 KiB is refused with 413."""
    assert sign_in(instance.staff(), "Lea", "a" * 70_000).status_code == 413


def test_a_failure_inside_tells_nothing(
    instance: Instance, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An unexpected error gives one plain page; neither the page nor the log holds path, name or exception."""

    def explode(*_: object) -> None:
        raise RuntimeError("private words")

    client = instance.signed_in("Lea")
    monkeypatch.setattr("coprod_survey.services.read_flags._reading_order", explode)
    monkeypatch.setattr("coprod_survey.services.read_flags._entry", explode)
    monkeypatch.setattr("coprod_survey.web.lead._glimpse", explode)
    monkeypatch.setattr("coprod_survey.services.read_flags.ReadFlags.inbox", explode)
    page = client.get("/inbox")
    logged = "".join(capsys.readouterr())
    assert page.status_code == 500
    assert "private" not in page.text + logged
    assert logged == "a request failed inside the server\n"
