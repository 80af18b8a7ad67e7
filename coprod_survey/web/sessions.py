"""Staff sessions: kept in the memory of the one staff process, worth nothing without the cookie.

The cookie holds a random token. The server keeps only its hash, and a signed-in person's seed encrypted under a key
derived from the token, so a dump of the server's memory or disk between two requests opens nothing.
"""

import hashlib
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from flask import Flask, Request, Response
from flask.sessions import SessionInterface, SessionMixin
from werkzeug.datastructures import CallbackDict

from coprod_survey.crypto.derive import derive
from coprod_survey.crypto.keyring import NONCE_BYTES, lock, unlock
from coprod_survey.domain.staff import Person
from coprod_survey.services.staff import Unlocked

COOKIE = "staff"
IDLE_SECONDS = 15 * 60
_MOST_SIGNED_IN = 500
_MOST_VISITORS = 20_000


@dataclass
class _Kept:
    data: dict[str, Any]
    last_seen: float
    person: Person | None = None
    locked_seed: bytes = field(default=b"", repr=False)


class StaffSession(CallbackDict[str, Any], SessionMixin):
    """One browser's session; `unlocked` is the signed-in person with their seed, or None."""

    def __init__(self, token: str, data: dict[str, Any], unlocked: Unlocked | None) -> None:
        def changed(_: Any) -> None:
            self.modified = True

        super().__init__(data, changed)
        self.modified = False
        self.token = token
        self.unlocked = unlocked
        self.fresh = False
        self.ended = False

    def sign_in(self, unlocked: Unlocked) -> None:
        """Start afresh with a new token, so that a token somebody planted before is worth nothing."""
        self.clear()
        self.token, self.unlocked = secrets.token_urlsafe(32), unlocked
        self.fresh = self.modified = True

    def sign_out(self) -> None:
        """Forget the person and the seed."""
        self.clear()
        self.unlocked, self.ended, self.modified = None, True, True


class StaffSessions(SessionInterface):
    """Keep sessions, bounded in number; visitors who have not signed in cannot crowd out those who have."""

    def __init__(self, *, secure: bool) -> None:
        self._secure = secure
        self._signed_in: OrderedDict[bytes, _Kept] = OrderedDict()
        self._visitors: OrderedDict[bytes, _Kept] = OrderedDict()
        self._lock = Lock()

    def open_session(self, app: Flask, request: Request) -> StaffSession:
        """Return the session that the cookie's token names, or a fresh one."""
        token = request.cookies.get(COOKIE, "")
        with self._lock:
            kept = self._find(_name(token))
        if kept is None:
            return StaffSession(secrets.token_urlsafe(32), {}, None)
        unlocked = Unlocked(kept.person, unlock(kept.locked_seed, _key(token))) if kept.person else None
        return StaffSession(token, dict(kept.data), unlocked)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Keep a session that changed, and let a signed-in one live on for another 15 minutes."""
        assert isinstance(session, StaffSession)  # noqa: S101 - open_session makes no other kind
        if session.ended:
            with self._lock:
                self._signed_in.pop(_name(session.token), None)
            response.delete_cookie(COOKIE, secure=self._secure, httponly=True, samesite="Strict")
            return
        if not session.modified:
            return
        self._keep(session)
        response.set_cookie(COOKIE, session.token, secure=self._secure, httponly=True, samesite="Strict")

    def _find(self, name: bytes) -> _Kept | None:
        for pool in (self._signed_in, self._visitors):
            kept = pool.get(name)
            if kept is None:
                continue
            if time.monotonic() - kept.last_seen > IDLE_SECONDS:
                del pool[name]
                continue
            kept.last_seen = time.monotonic()
            pool.move_to_end(name)
            return kept
        return None

    def _keep(self, session: StaffSession) -> None:
        kept = _Kept(dict(session), time.monotonic())
        if session.unlocked:
            kept.person = session.unlocked.person
            kept.locked_seed = lock(session.unlocked.seed, _key(session.token), nonce=secrets.token_bytes(NONCE_BYTES))
        pool, most = (self._signed_in, _MOST_SIGNED_IN) if session.unlocked else (self._visitors, _MOST_VISITORS)
        with self._lock:
            if session.unlocked and not session.fresh and _name(session.token) not in pool:
                return  # signed out while this request was under way: it must not bring the session back
            pool[_name(session.token)] = kept
            while len(pool) > most:
                pool.popitem(last=False)


def _name(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _key(token: str) -> bytes:
    return derive(token.encode(), "staff-session")
