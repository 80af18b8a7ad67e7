"""Logs that cannot tell on anybody: a fixed list of events, no path, no address, no body, no exception text.

A web server's usual log is the surest way to undo anonymity (address and second, line by line), and a traceback may
carry an answer. So the production servers log through this class, which knows only the events below.
"""

import logging
import sys
from typing import Any

EVENTS = {
    "Starting gunicorn": "server started",
    "Listening at": "server listens",
    "Booting worker": "worker started",
    "Worker exiting": "worker stopped",
    "Handling signal": "server was told to stop",
    "Shutting down": "server stopped",
    "WORKER TIMEOUT": "a worker took too long and was replaced",
    "Worker (pid:": "a worker ended unexpectedly and was replaced",
    "Error handling request": "a request failed inside the server",
    "Invalid request": "a request could not be read",
    "Connection in use": "the port is in use",
    "Retrying in": "the port is still in use",
    "Can't connect to": "the port cannot be used",
}
_OTHER = "another event"


def event_of(message: str) -> str:
    """Return the one permitted sentence for a server's message; its details are dropped."""
    return next((event for start, event in EVENTS.items() if start in message), _OTHER)


class QuietLogger:
    """A logger for gunicorn (`--logger-class`) that prints events from the list and nothing else."""

    def __init__(self, cfg: Any) -> None:
        self.error_log = logging.getLogger("coprod_survey.server")
        self.access_log = logging.getLogger("coprod_survey.access")
        self.access_log.disabled = True

    def _say(self, message: object, *_details: object, **_more: object) -> None:
        event = event_of(str(message))
        if event != _OTHER:
            _print_line(event)

    def _ignore(self, *_details: object, **_more: object) -> None:
        """Drop what is only of interest while developing."""

    critical = error = warning = exception = info = _say
    debug = access = reopen_files = close_on_exec = _ignore

    def log(self, _level: int, message: object, *details: object, **more: object) -> None:
        """Log at a level given as a number."""
        self._say(message, *details, **more)


def silence(app_logger: logging.Logger) -> None:
    """Make a Flask app's logger say only that a request failed: never its path, address or exception."""
    app_logger.handlers = [_OneSentence()]
    app_logger.propagate = False


class _OneSentence(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        _print_line(EVENTS["Error handling request"])


def _print_line(event: str) -> None:
    """Print text and line end in one write, because several processes share the stream."""
    print(f"{event}\n", end="", file=sys.stderr, flush=True)
