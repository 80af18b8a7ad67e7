"""A test client that checks every page it fetches, so that no test can look at a page that breaks a promise."""

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from justhtml import Element, JustHTML, StrictModeError
from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse

FORM = "application/x-www-form-urlencoded"
_CODE = re.compile(r"(?<![0-9A-Za-z])[0-9A-HJKMNP-TV-Z]{4}(?:-?[0-9A-HJKMNP-TV-Z]{4}){3}(?![0-9A-Za-z])", re.IGNORECASE)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_ADDRESSES = ("src", "href", "action", "formaction", "srcset", "poster", "data", "xlink:href")
_REFERENCES = ("aria-labelledby", "aria-describedby", "for")
_SCHEMES = ("tel:", "sms:", "mailto:")
_FIELDS = ("input", "textarea", "select")


class AuditingClient(FlaskClient):
    """A client of one face; `audited_face` is "participant" or "staff"."""

    audited_face = "participant"
    audited_home = ""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Fetch, and refuse to hand over a response that breaks a promise."""
        response = super().open(*args, **{"buffered": True, **kwargs})
        found = [*header_faults(response.headers, self.audited_face), *self._page_faults(response)]
        assert not found, f"{response.request.method} {response.request.path} {response.status}: {found}"
        return response

    def _page_faults(self, response: TestResponse) -> list[str]:
        if response.mimetype != "text/html" or 300 <= response.status_code < 400 or not response.data:
            return []
        faults = page_faults(response.text, response.headers["Content-Security-Policy"], home=self.audited_home)
        return [*faults, *participant_faults(response.text)] if self.audited_face == "participant" else faults


PUBLIC_CONSTANTS = ("page=1", "page=2")
"""The only cookies of the participant face: the same for everybody, and without meaning (decision 8)."""


def client_of(app: Flask, *, home: str = "") -> AuditingClient:
    """Return a client of an app; `home` is the one address outside this face that its pages may name."""
    face = "participant" if app.name.endswith("participant") else "staff"
    app.test_client_class = type("Client", (AuditingClient,), {"audited_face": face, "audited_home": home})
    return app.test_client()  # type: ignore[return-value]  # Flask types it as its own class


def header_faults(headers: Headers, face: str) -> Iterator[str]:
    """Yield what is wrong with the headers of any response."""
    policy = headers.get("Content-Security-Policy", "")
    cookies = [cookie.partition(";")[0] for cookie in headers.getlist("Set-Cookie")]
    static = headers.get("Content-Disposition", "").startswith("inline")
    if headers.get("Referrer-Policy") != "no-referrer":
        yield "Referrer-Policy is not no-referrer"
    if "no-store" not in headers.get("Cache-Control", "") and not static:
        yield "Cache-Control is not no-store"
    if "default-src 'none'" not in policy or "unsafe" in policy or "http" in policy or "*" in policy:
        yield "the Content-Security-Policy is missing or loose"
    permitted = PUBLIC_CONSTANTS if face == "participant" else ("staff=", "known=")
    if any(not cookie.startswith(permitted) for cookie in cookies):
        yield "a cookie is set that is not permitted"
    if any(
        not ("HttpOnly" in cookie and "SameSite=Strict" in cookie and "Path=/" in cookie)
        for cookie in headers.getlist("Set-Cookie")
    ):
        yield "a cookie is not HttpOnly and SameSite=Strict"


def page_faults(html: str, policy: str = "", *, home: str = "") -> list[str]:
    """Return everything that is wrong with a page of either face."""
    try:
        page = JustHTML(html, strict=True, sanitize=False)
    except StrictModeError as error:
        return [f"not valid HTML: {error}"]
    checks = (_frame, _names, _labels, _foreign, _codes)
    faults = [fault for check in checks for fault in check(page)]
    faults += ["a control character stands in the page"] if _CONTROL.search(html) else []
    faults += [f"absolute address: {address}" for address in _absolute(page) if not (home and address.startswith(home))]
    return [*faults, *_inline(page, policy)]


def participant_faults(html: str) -> list[str]:
    """Return what a participant's page lacks: help inside the document, and a way out of it."""
    page = JustHTML(html, sanitize=False)
    wanted = {
        "no help block inside main": "main section#help h2",
        "the help block names no service": "main section#help li strong",
        "no link to the help block": 'nav a[href="#help"]',
        "no exit link": 'nav a.exit[href="/exit"]',
        "no second exit link beside the skip link": 'a.skip.exit[href="/exit"]',
    }
    return [fault for fault, selector in wanted.items() if not page.query(selector)]


def field_values(html: str, name: str) -> list[str]:
    """Return what the page's form would send for one field if it were sent unchanged."""
    values = []
    for element in JustHTML(html, sanitize=False).query("form input, form textarea"):
        attributes = _attributes(element)
        ticked = attributes.get("type") not in ("radio", "checkbox") or "checked" in attributes
        if attributes.get("name") == name and ticked:
            values.append(
                element.to_text(separator="", strip=False)
                if element.name == "textarea"
                else attributes.get("value") or ""
            )
    return values


def texts(html: str, selector: str) -> list[str]:
    """Return the words of every element that a CSS selector finds."""
    found = JustHTML(html, sanitize=False).query(selector)
    return [element.to_text(separator="", strip=False).strip() for element in found]


def _attributes(element: Any) -> dict[str, str]:
    """Return an element's attributes; one without a value has an empty one."""
    return {name: value or "" for name, value in (element.attrs or {}).items()}


def _elements(page: JustHTML) -> Iterator[Element]:
    return (element for element in page.query("*") if isinstance(element, Element))


def _frame(page: JustHTML) -> Iterator[str]:
    root = _attributes(page.query("html")[0])
    if not root.get("lang") or root.get("dir") not in ("ltr", "rtl"):
        yield "the page does not say its language and direction"
    if len(page.query("h1")) != 1:
        yield f"{len(page.query('h1'))} h1 instead of one"
    if not page.query("title") or not page.query("title")[0].to_text().strip():
        yield "no title"
    if len(page.query("main")) != 1:
        yield "not exactly one main"


def _names(page: JustHTML) -> Iterator[str]:
    ids = Counter(_attributes(element)["id"] for element in _elements(page) if "id" in _attributes(element))
    yield from (f"id {name} is not unique" for name, count in ids.items() if count > 1)
    for element in _elements(page):
        targets = [target for name in _REFERENCES for target in (_attributes(element).get(name) or "").split()]
        address = _attributes(element).get("href") or ""
        targets += [address[1:]] if address.startswith("#") else []
        yield from (f"{element.name} points at {target}, which is not there" for target in targets if target not in ids)


def _labels(page: JustHTML) -> Iterator[str]:
    labelled = {_attributes(label).get("for") for label in page.query("label")} - {None}
    for field in (element for element in _elements(page) if element.name in _FIELDS):
        hidden = _attributes(field).get("type") == "hidden"
        named = _attributes(field).get("id") in labelled or _attributes(field).get("aria-label") or _wrapped(field)
        if not hidden and not named:
            yield f"field {_attributes(field).get('name')} has no label"


def _wrapped(field: Element) -> bool:
    above = field.parent
    while isinstance(above, Element):
        if above.name == "label" and above.to_text().strip():
            return True
        above = above.parent
    return False


def _foreign(page: JustHTML) -> Iterator[str]:
    for element in _elements(page):
        handlers = [name for name in _attributes(element) if name.startswith("on") or name == "style"]
        yield from (f"{element.name} has {name}, which the policy forbids" for name in handlers)
        if element.name == "form" and (_attributes(element).get("method") or "").lower() != "post":
            yield "a form does not post, so its fields would stand in the address"
        if element.name in ("iframe", "object", "embed", "base", "frame"):
            yield f"{element.name} is on the page"


def _absolute(page: JustHTML) -> Iterator[str]:
    """Yield addresses that leave this face, but for links to help services that pass on no referrer."""
    services = {id(link) for link in page.query('.signposts a[rel~="noreferrer"]')}
    for element in _elements(page):
        for address in (_attributes(element).get(name) for name in _ADDRESSES):
            own = not address or (address.startswith(("/", "#", "?")) and not address.startswith("//"))
            if not own and not str(address).startswith(_SCHEMES) and id(element) not in services:
                yield str(address)


def _codes(page: JustHTML) -> Iterator[str]:
    for element in _elements(page):
        if any(_CODE.search(_attributes(element).get(name) or "") for name in _ADDRESSES):
            yield f"{element.name} carries something like a code in its address"


def _inline(page: JustHTML, policy: str) -> Iterator[str]:
    for style in page.query("style"):
        digest = base64.b64encode(hashlib.sha256(style.to_text(strip=False).encode()).digest()).decode()
        if f"'sha256-{digest}'" not in policy:
            yield "an inline style sheet is not the one that the policy names"
        if "url(" in style.to_text() or "@import" in style.to_text():
            yield "a style sheet fetches something"
    if any(not _attributes(script).get("src") for script in page.query("script")):
        yield "a script stands in the page"
