"""One instance for many tests: accounts, surveys in every state, and codes, made by the same commands as anywhere."""

import hashlib
import json
import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from auditing import AuditingClient, client_of, field_values
from flask import Flask
from werkzeug.test import TestResponse

from coprod_survey.bootstrap.operations import Operations, initialise, wire_operations
from coprod_survey.bootstrap.participant import wire_participant
from coprod_survey.bootstrap.staff import wire_staff
from coprod_survey.crypto.wraps import Hardness
from coprod_survey.domain.answers import Answers
from coprod_survey.domain.invitation import in_groups
from coprod_survey.domain.staff import Role
from coprod_survey.web.participant.app import create_participant_app
from coprod_survey.web.staff_app import create_staff_app

PARTICIPANT_URL, STAFF_URL = "http://127.0.0.1:8080", "http://localhost:8081"
PASSPHRASE = "seven quiet otters"
PEOPLE = {"Olu": Role.ORGANISER, "Lea": Role.LEAD, "Mo": Role.MEMBER, "Ada": Role.ADMIN}
OPEN, CLOSED, DRAFT = "open-views", "closed-views", "draft-views"
URGENT = "The food was cold. Tonight I am going to kill myself."

SCRIPT = "<script>alert(1)</script>"


def document(slug: str, *, title: Any = "Your views", **further: Any) -> dict[str, Any]:
    """Return an instrument file with every kind of item, routing, pns and free text."""
    yes_no = [{"value": "yes", "text": "Yes"}, {"value": "no", "text": "No"}]
    items = [
        {"id": "came", "kind": "choice", "text": "Did you come?", "easy_read": "Did you come?", "options": yes_no},
        {
            "id": "liked",
            "kind": "multiple",
            "text": "What did you like?",
            "options": [{"value": "tea", "text": "Tea"}, {"value": "talk", "text": "Talk"}],
            "show_if": {"item": "came", "any": ["yes"]},
        },
        {"id": "rate", "kind": "scale", "text": "How good was it?", "min": 0, "max": 4, "labels": ["Bad", "Good"]},
        {"id": "age", "kind": "number", "text": "How old are you?", "bins": [[18, 39], [40, 110]]},
        {"id": "month", "kind": "month", "text": "When?", "min": "2025-01", "max": "2027-06"},
        {"id": "words", "kind": "text", "text": "What should we know?", "max_chars": 120},
        {"id": "more", "kind": "text", "text": "Anything else?", "max_chars": 40, "expect_disclosure": True},
    ]
    return {
        "format": "coprod-instrument/1",
        "slug": slug,
        "title": title,
        "languages": ["en"],
        "sections": [{"id": "all", "title": "All", "items": items}],
        "table_plan": {"groupings": ["came"]},
        "gates": {"answer_by": "2027-03-01", "retention_until": "2027-09-01"},
        **further,
    }


@dataclass
class Instance:
    """A data folder with its two faces."""

    folder: Path
    recovery_key: str = field(repr=False)
    _waiting: dict[str, list[str]] = field(default_factory=dict, repr=False)

    @cached_property
    def operations(self) -> Operations:
        """Return what the command line uses."""
        return wire_operations(self.folder)

    @cached_property
    def participant_app(self) -> Flask:
        """Return the participant face."""
        return create_participant_app(wire_participant(self.folder))

    def participant(self) -> AuditingClient:
        """Return a fresh browser on the participant face."""
        return client_of(self.participant_app)

    def staff_app(self) -> Flask:
        """Return the staff face as after a restart: nobody signed in, no wrong tries."""
        return create_staff_app(wire_staff(self.folder))

    def staff(self, app: Flask | None = None) -> AuditingClient:
        """Return a fresh browser on the staff face."""
        return client_of(app or self.staff_app(), home=PARTICIPANT_URL)

    def signed_in(self, name: str, app: Flask | None = None) -> AuditingClient:
        """Return a browser in which somebody has signed in."""
        client = self.staff(app)
        assert sign_in(client, name).status_code == 303
        return client

    def add_survey(self, document: Mapping[str, Any], *, demonstration: bool = True) -> str:
        """Create and open a survey; return its slug."""
        slug = self.operations.surveys.create(document).slug
        key = self.operations.config.recovery_public_key
        self.operations.surveys.open(slug, key, demonstration=demonstration)
        return slug

    def code(self, slug: str = OPEN) -> str:
        """Return a code that nobody has used, as printed on a card."""
        if not self._waiting.get(slug):
            self._waiting[slug] = [in_groups(code) for code in self.operations.invite.make_codes(slug, 120)]
        return self._waiting[slug].pop()

    def version(self, slug: str = OPEN) -> str:
        """Return the version of a survey's questions."""
        return self.operations.surveys.get(slug).instrument.version

    def form(self, slug: str = OPEN, **answers: Any) -> dict[str, Any]:
        """Return the fields of an honest form with a fresh code."""
        return {"version": self.version(slug), "code": self.code(slug), **answers}

    def send(self, slug: str = OPEN, **answers: Any) -> TestResponse:
        """Send one honest form."""
        return self.participant().post(f"/s/{slug}", data=self.form(slug, **answers))

    def turns_used(self) -> int:
        """Return how many turns of all surveys are used."""
        with sqlite3.connect(self.folder / "submissions.db") as db:
            return int(db.execute("SELECT count(*) FROM turns WHERE used = 1").fetchone()[0])

    def fingerprint(self) -> dict[str, str]:
        """Return the SHA-256 of every file in the data folder."""
        files = [path for path in sorted(self.folder.rglob("*")) if path.is_file()]
        return {str(path.relative_to(self.folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    def opened(self, slug: str, *names: str) -> list[Answers]:
        """Return every stored answer of a closed survey."""
        holders = [self.operations.accounts.unlock(name, PASSPHRASE) for name in names or ("Mo",)]
        return self.operations.results.responses(slug, holders)


def new_instance(folder: Path, people: Sequence[str] = tuple(PEOPLE)) -> Instance:
    """Make an instance with accounts, whose passphrases are quick to check also where a whole module shares it."""
    instance = Instance(folder, initialise(folder, participant_url=PARTICIPANT_URL, staff_url=STAFF_URL))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Hardness.__init__, "__defaults__", (32, 1, 4))
        for name in people:
            instance.operations.accounts.add(name, PEOPLE[name], PASSPHRASE)
    return instance


def csrf_token(html: str) -> str:
    """Return the token of a staff page's form."""
    return field_values(html, "csrf_token")[0]


def sign_in(client: AuditingClient, name: str, passphrase: str = PASSPHRASE) -> TestResponse:
    """Fill in the sign-in page."""
    token = csrf_token(client.get("/sign-in").text)
    return client.post("/sign-in", data={"csrf_token": token, "name": name, "passphrase": passphrase})


def flag_links(html: str) -> list[str]:
    """Return the addresses of all items in an inbox, in their order."""
    return re.findall(r'href="(/inbox/[^"/]+/[0-9a-f]+)"', html)


def as_json(value: object) -> bytes:
    """Return UTF-8 JSON."""
    return json.dumps(value, ensure_ascii=False).encode()
