"""Who may see which staff page: one decorator, so that a test can list every route with its guard."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import redirect, session, url_for
from werkzeug.exceptions import Forbidden

from coprod_survey.domain.staff import Role
from coprod_survey.services.staff import Unlocked
from coprod_survey.web.sessions import StaffSession

View = TypeVar("View", bound=Callable[..., Any])
EVERYONE_SIGNED_IN = tuple(Role)


def roles(*allowed: Role) -> Callable[[View], View]:
    """Let only people of these roles in; others are sent to the sign-in page, or told that it is not theirs."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            person = signed_in()
            if person is None:
                return redirect(url_for("sign_in.ask"), 303)
            if person.person.role not in allowed:
                raise Forbidden
            return view(*args, **kwargs)

        guarded.guard_roles = allowed  # type: ignore[attr-defined]  # read by the test that lists all routes
        return cast(View, guarded)

    return guard


def open_to_all(view: View) -> View:
    """Mark a route as meant for people who have not signed in."""
    view.guard_roles = ()  # type: ignore[attr-defined]  # read by the test that lists all routes
    return view


def signed_in() -> Unlocked | None:
    """Return who is signed in on this request."""
    return cast(StaffSession, session).unlocked


def somebody() -> Unlocked:
    """Return who is signed in, behind a guard that has let them in."""
    person = signed_in()
    if person is None:
        raise Forbidden
    return person
