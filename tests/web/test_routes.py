"""Every address of both faces with who may use it, and that looking changes nothing."""

from collections.abc import Iterator

import pytest
from flask import Flask
from instances import CLOSED, DRAFT, OPEN, PEOPLE, URGENT, Instance, csrf_token, flag_links

from coprod_survey.domain.staff import Role

EVERYBODY: tuple[Role, ...] = ()
SIGNED_IN = tuple(Role)
LEAD = (Role.LEAD,)
STAFF_ROUTES = {
    ("GET", "/"): SIGNED_IN,
    ("GET", "/healthz"): EVERYBODY,
    ("GET", "/sign-in"): EVERYBODY,
    ("POST", "/sign-in"): EVERYBODY,
    ("POST", "/sign-out"): SIGNED_IN,
    ("GET", "/inbox"): LEAD,
    ("POST", "/inbox/look"): LEAD,
    ("GET", "/inbox/<slug>/<flag_id>"): LEAD,
    ("POST", "/inbox/<slug>/<flag_id>"): LEAD,
    ("GET", "/surveys"): SIGNED_IN,
    ("GET", "/surveys/<slug>/results"): SIGNED_IN,
    ("GET", "/surveys/<slug>/results/<name>"): SIGNED_IN,
    ("GET", "/static/<path:filename>"): None,
}
PARTICIPANT_ROUTES = {
    ("GET", "/"),
    ("GET", "/exit"),
    ("GET", "/healthz"),
    ("GET", "/s/<slug>"),
    ("POST", "/s/<slug>"),
    ("GET", "/s/<slug>/descriptor"),
    ("GET", "/s/<slug>/help"),
    ("GET", "/s/<slug>/how"),
    ("GET", "/static/<path:filename>"),
}


def routes(app: Flask) -> Iterator[tuple[str, str, str]]:
    """Yield (method, address, endpoint) of every route."""
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            yield method, rule.rule, rule.endpoint


def filled(address: str, slug: str) -> str:
    """Return an address with its parts filled in."""
    parts = {"<slug>": slug, "<flag_id>": "0" * 32, "<name>": "results.csv", "<path:filename>": "icon.svg"}
    for part, value in parts.items():
        address = address.replace(part, value)
    return address


def test_every_staff_route_has_its_guard(instance: Instance) -> None:
    """The staff face has exactly these routes, and each lets in exactly these roles."""
    app = instance.staff_app()
    guards = {
        (method, address): getattr(app.view_functions[endpoint], "guard_roles", None)
        for method, address, endpoint in routes(app)
    }
    assert guards == STAFF_ROUTES


def test_the_participant_face_has_no_other_route(instance: Instance) -> None:
    """The participant face has exactly these routes; none of them leads to results, flags or staff."""
    assert {(method, address) for method, address, _ in routes(instance.participant_app)} == PARTICIPANT_ROUTES


@pytest.mark.parametrize(("method", "address"), [route for route, guard in STAFF_ROUTES.items() if guard])
def test_strangers_are_sent_to_sign_in(instance: Instance, method: str, address: str) -> None:
    """Whoever has not signed in sees no guarded page: reading leads to the sign-in page, doing is refused."""
    client = instance.staff()
    token = csrf_token(client.get("/sign-in").text)
    response = client.open(
        filled(address, OPEN), method=method, data={"csrf_token": token} if method == "POST" else None
    )
    assert (response.status_code, response.headers["Location"]) == (303, "/sign-in")


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize(("method", "address"), [route for route, guard in STAFF_ROUTES.items() if guard == LEAD])
def test_only_the_lead_reaches_the_inbox(instance: Instance, name: str, method: str, address: str) -> None:
    """Organisers, lived-experience members and administrators get 403 for every address of the lead's desk."""
    client = instance.signed_in(name)
    token = csrf_token(client.get("/surveys").text)
    form = {"csrf_token": token, "deed": "close"} if method == "POST" else None
    response = client.open(filled(address, OPEN), method=method, data=form)
    if PEOPLE[name] is Role.LEAD:
        assert response.status_code in (200, 303, 404)
    else:
        assert response.status_code == 403
        assert "This page is for another role" in response.text


@pytest.mark.parametrize("name", PEOPLE)
def test_the_inbox_is_linked_for_its_reader_alone(instance: Instance, name: str) -> None:
    """Only the lead's pages carry a link to the inbox."""
    page = instance.signed_in(name).get("/surveys")
    assert ('href="/inbox"' in page.text) is (PEOPLE[name] is Role.LEAD)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_looking_changes_nothing_for_participants(instance: Instance, method: str) -> None:
    """No reading request of the participant face changes a byte of the data folder, whatever the survey's state."""
    client, before = instance.participant(), instance.fingerprint()
    for slug in (OPEN, CLOSED, DRAFT, "no-such-views"):
        for _, address in PARTICIPANT_ROUTES:
            client.open(filled(address, slug), method=method)
    assert instance.fingerprint() == before


@pytest.mark.parametrize("name", PEOPLE)
def test_looking_changes_nothing_for_staff(instance: Instance, name: str) -> None:
    """No reading request of the staff face changes a byte of the data folder, with flags waiting and flags there."""
    instance.send(words=URGENT)
    client = instance.signed_in(name)
    instance.send(words=URGENT)
    before = instance.fingerprint()
    links = flag_links(client.get("/inbox").text)
    assert bool(links) is (PEOPLE[name] is Role.LEAD)
    for slug in (OPEN, CLOSED, DRAFT, "no-such-views"):
        for method, address in STAFF_ROUTES:
            if method == "GET":
                client.get(filled(address, slug))
    for link in links:
        assert client.get(link).status_code == 200
    assert instance.fingerprint() == before


def test_staff_pages_hold_no_word_of_participants_but_the_inbox(instance: Instance) -> None:
    """What somebody wrote stands on no page of an organiser, a member or an administrator."""
    instance.send(words="The blue bicycle. I want to kill myself tonight.")
    for name in ("Olu", "Mo", "Ada"):
        client = instance.signed_in(name)
        for address in ("/surveys", f"/surveys/{OPEN}/results"):
            assert "bicycle" not in client.get(address).text
