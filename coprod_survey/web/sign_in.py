"""Sign in and out of the staff face."""

from typing import cast

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired

from coprod_survey.bootstrap.staff import StaffServices
from coprod_survey.domain.errors import SignInRefused
from coprod_survey.domain.staff import Role
from coprod_survey.web.attempts import Attempts
from coprod_survey.web.guard import EVERYONE_SIGNED_IN, open_to_all, roles, signed_in
from coprod_survey.web.i18n import _
from coprod_survey.web.known_browser import KnownBrowsers
from coprod_survey.web.sessions import StaffSession


class SignInForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """Name and passphrase."""

    name = StringField(validators=[InputRequired()])
    passphrase = PasswordField(validators=[InputRequired()])


def sign_in_pages(services: StaffServices, attempts: Attempts, browsers: KnownBrowsers) -> Blueprint:
    """Make the pages."""
    pages = Blueprint("sign_in", __name__)

    @pages.get("/sign-in")
    @open_to_all
    def ask() -> str | Response:
        return redirect(url_for("sign_in.start"), 303) if signed_in() else _page(SignInForm(), None)

    @pages.post("/sign-in")
    @open_to_all
    def enter() -> str | Response | tuple[str, int]:
        form = SignInForm()
        if not form.validate_on_submit():
            return _page(form, _("Give both your name and your passphrase.")), 422
        name = str(form.name.data)
        counted = browsers.allowance(request, name)
        wait = attempts.wait_seconds(counted)
        if wait:
            return _page(form, _("Too many wrong tries for this name. Wait %(seconds)s seconds.", seconds=wait)), 429
        attempts.was_wrong(counted)  # until proven right, so that guesses sent at the same time all count
        try:
            unlocked = services.accounts.unlock(name, str(form.passphrase.data))
        except SignInRefused as refused:
            return _page(form, str(refused)), 422
        attempts.was_right(counted)
        cast(StaffSession, session).sign_in(unlocked)
        broken = services.flags.drain(unlocked) if unlocked.person.role is Role.LEAD else 0
        if broken:
            flash(_("%(count)s sealed items do not open and were left in place. Tell the administrator.", count=broken))
        return browsers.remember(redirect(url_for("sign_in.start"), 303), name)

    _add_start_and_end(pages)
    return pages


def _add_start_and_end(pages: Blueprint) -> None:
    @pages.post("/sign-out")
    @roles(*EVERYONE_SIGNED_IN)
    def leave() -> Response:
        cast(StaffSession, session).sign_out()
        return redirect(url_for("sign_in.ask"), 303)

    @pages.get("/")
    @roles(*EVERYONE_SIGNED_IN)
    def start() -> Response:
        person = signed_in()
        lead = person is not None and person.person.role is Role.LEAD
        return redirect(url_for("lead.inbox" if lead else "organiser.surveys"), 303)


def _page(form: SignInForm, problem: str | None) -> str:
    return render_template("staff/sign_in.html", form=form, problem=problem)
