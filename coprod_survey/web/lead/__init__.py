"""The safeguarding lead's desk: a short inbox in reading order."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from coprod_survey.bootstrap.staff import StaffServices
from coprod_survey.domain.flag import Reason, Status
from coprod_survey.domain.staff import Role
from coprod_survey.services.read_flags import InboxEntry, concerns
from coprod_survey.web.guard import roles, somebody
from coprod_survey.web.i18n import _

_MARKS = {"acknowledge": Status.ACKNOWLEDGED, "close": Status.CLOSED}
_AROUND = 90


@dataclass(frozen=True)
class Piece:
    """A run of the participant's words; `rule` names what matched, or is None for the words around it."""

    text: str
    rule: str | None
    category: str | None


@dataclass(frozen=True)
class WrittenText:
    """One free text as the lead reads it: the question, and the words with matches marked where they stand."""

    question: str
    pieces: tuple[Piece, ...]


def desk(services: StaffServices) -> Blueprint:
    """Make the desk's pages."""
    pages = Blueprint("lead", __name__, url_prefix="/inbox")

    @pages.get("")
    @roles(Role.LEAD)
    def inbox() -> str:
        entries = services.flags.inbox(somebody())
        waiting = [(entry, _glimpse(entry)) for entry in entries if entry.status is not Status.CLOSED]
        closed = [entry for entry in entries if entry.status is Status.CLOSED]
        out_of_reach = services.flags.out_of_reach(somebody())
        return render_template("lead/inbox.html", waiting=waiting, closed=closed, why=why, out_of_reach=out_of_reach)

    @pages.post("/look")
    @roles(Role.LEAD)
    def look() -> Response:
        broken = services.flags.drain(somebody())
        if broken:
            flash(_("%(count)s sealed items do not open and were left in place. Tell the administrator.", count=broken))
        flash(_("The inbox is up to date."))
        return redirect(url_for("lead.inbox"), 303)

    @pages.get("/<slug>/<flag_id>")
    @roles(Role.LEAD)
    def read(slug: str, flag_id: str) -> str:
        entry = services.flags.entry(somebody(), slug, flag_id)
        return render_template(
            "lead/flag.html", entry=entry, texts=written(entry), concerns=concerns(entry.flag), why=why
        )

    @pages.post("/<slug>/<flag_id>")
    @roles(Role.LEAD)
    def mark(slug: str, flag_id: str) -> Response:
        status = _MARKS.get(request.form.get("deed", ""))
        if status is None:
            raise BadRequest
        services.flags.mark(somebody(), slug, flag_id, status)
        flash(_("Marked as acknowledged.") if status is Status.ACKNOWLEDGED else _("Closed."))
        return redirect(url_for("lead.inbox"), 303)

    return pages


def why(entry: InboxEntry) -> str:
    """Say in one sentence why this is in the inbox."""
    said = {
        Reason.ASKED: _("asked for it to be read"),
        Reason.WORDS: _("words that somebody should read"),
        Reason.EXPECTED: _("an answer to a question where disclosures are expected"),
        Reason.NOT_SCREENED: _("a language that is not screened"),
    }
    return "; ".join(said[reason] for reason in entry.flag.reasons)


def written(entry: InboxEntry) -> tuple[WrittenText, ...]:
    """Return each free text with its question, cut into marked and unmarked pieces."""
    instrument = entry.survey.instrument
    language = instrument.languages[0]
    texts = []
    for excerpt in entry.flag.excerpts:
        spans = sorted((s.start, s.end, s.rule, s.category) for s in entry.flag.spans if s.item == excerpt.item)
        question = instrument.item(excerpt.item).text.in_language(language)
        texts.append(WrittenText(question, tuple(_pieces(excerpt.text, spans))))
    return tuple(texts)


def _pieces(text: str, spans: Sequence[tuple[int, int, str, str]]) -> list[Piece]:
    """Cut a text at its spans; where spans overlap, the later one keeps only what the earlier left."""
    pieces, at = [], 0
    for start, end, rule, category in spans:
        start = max(start, at)
        if start >= end:
            continue
        pieces += [Piece(text[at:start], None, None), Piece(text[start:end], rule, category)]
        at = end
    return [piece for piece in [*pieces, Piece(text[at:], None, None)] if piece.text]


def _glimpse(entry: InboxEntry) -> tuple[Piece, ...]:
    """Return the first marked words with a little around them, or the beginning of the first text."""
    for text in written(entry):
        for place, piece in enumerate(text.pieces):
            if piece.rule:
                before = text.pieces[place - 1].text[-_AROUND:] if place else ""
                after = text.pieces[place + 1].text[:_AROUND] if place + 1 < len(text.pieces) else ""
                return (Piece("…" + before, None, None), piece, Piece(after + "…", None, None))
    first = (
        entry.flag.excerpts[0].text if entry.flag.excerpts else _("Nothing was written, but somebody asked to be read.")
    )
    return (Piece(first[: 2 * _AROUND], None, None),)
