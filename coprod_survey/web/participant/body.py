"""Read a form's raw bytes strictly, because a form nobody honest sends must not be guessed at."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from flask import Request

from coprod_survey.domain.instrument import FreeText, Instrument

_BASE_BYTES = 64 * 1024
_BYTES_PER_CHARACTER = 12  # a code point of four bytes, each percent-encoded as three
_DRAINED_BYTES = 8 * 1024 * 1024
_MOST_FIELDS = 5000
_STALLED_SECONDS = 10
_FORM = "application/x-www-form-urlencoded"


class BodyTooLong(Exception):
    """The body is longer than this survey's longest honest form (HTTP 413)."""


class BodyUnreadable(Exception):
    """The body is not a form in UTF-8 (HTTP 400)."""


def most_bytes(instrument: Instrument) -> int:
    """Return the longest body in bytes that is read: 64 KiB + 12 for each character of text that is allowed."""
    characters = sum(item.max_chars for item in instrument.items() if isinstance(item, FreeText))
    return _BASE_BYTES + _BYTES_PER_CHARACTER * characters


def read_body(request: Request, limit_bytes: int) -> bytes:
    """Return the body; raises BodyUnreadable, or BodyTooLong after reading on so that a browser sees the answer."""
    _do_not_wait_for_ever(request)
    try:
        body = request.stream.read(limit_bytes + 1)
        drained = len(body)
        while limit_bytes < drained < _DRAINED_BYTES and (more := request.stream.read(65536)):
            drained += len(more)
    except OSError:  # cut off, stalled, or chunks of a size that is none
        raise BodyUnreadable from None
    if drained > limit_bytes:
        raise BodyTooLong
    return body


def _do_not_wait_for_ever(request: Request) -> None:
    """Give up on a body when nothing of it arrives for a while: a phone without signal must not hold a thread."""
    connection = request.environ.get("gunicorn.socket")
    if connection is not None:
        connection.settimeout(_STALLED_SECONDS)


def parse_form(request: Request, body: bytes) -> Mapping[str, list[str]]:
    """Return field name → values in the order posted; raises BodyUnreadable."""
    if request.mimetype != _FORM:
        raise BodyUnreadable
    try:
        return _fields(body, errors="strict")
    except ValueError:  # UnicodeDecodeError, too many fields
        raise BodyUnreadable from None


def salvage(request: Request, body: bytes) -> Mapping[str, list[str]]:
    """Return what can be read of a body that `parse_form` refused, so that nobody has to write it again."""
    try:
        return _fields(body, errors="replace") if request.mimetype == _FORM else {}
    except ValueError:
        return {}


def _fields(body: bytes, *, errors: str) -> dict[str, list[str]]:
    text = body.decode("utf-8", errors)
    fields: dict[str, list[str]] = {}
    for name, value in parse_qsl(text, keep_blank_values=True, errors=errors, max_num_fields=_MOST_FIELDS):
        fields.setdefault(name, []).append(value)
    return fields
