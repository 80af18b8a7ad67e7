"""Logs that cannot tell on anybody."""

import logging
from collections.abc import Callable

import pytest
from flask import Flask

from coprod_survey.web.quietlog import EVENTS, QuietLogger, event_of, silence

SECRETS = ("/s/amber-river-oak", "203.0.113.7", "K7QX", "canary answer", "ValueError", "Traceback")


def shown(capsys: pytest.CaptureFixture[str]) -> str:
    """Return everything that was printed."""
    out, err = capsys.readouterr()
    return out + err


@pytest.mark.parametrize("start", list(EVENTS))
def test_known_message_becomes_its_event(start: str) -> None:
    """A server's message is reduced to the one sentence from the list."""
    assert event_of(f"[12] {start} http://203.0.113.7:8080/s/amber-river-oak (pid: 9)") == EVENTS[start]


@pytest.mark.parametrize("level", ["critical", "error", "warning", "exception", "info"])
def test_details_are_dropped(capsys: pytest.CaptureFixture[str], level: str) -> None:
    """Path, address, code and exception in a message leave only the event."""
    say: Callable[..., None] = getattr(QuietLogger(None), level)
    say(f"Error handling request {' '.join(SECRETS)}", *SECRETS, exc_info=ValueError("canary answer"))
    assert shown(capsys) == "a request failed inside the server\n"


def test_details_given_apart_are_dropped(capsys: pytest.CaptureFixture[str]) -> None:
    """Values that a logger would format into the message never reach the log."""
    QuietLogger(None).log(logging.ERROR, "Invalid request from ip=%s: %s", *SECRETS, extra={"path": SECRETS[0]})
    assert shown(capsys) == "a request could not be read\n"


@pytest.mark.parametrize("message", [*SECRETS, "", ValueError("canary answer"), None, 7, "GET /s/amber HTTP/1.1"])
def test_unknown_message_prints_nothing(capsys: pytest.CaptureFixture[str], message: object) -> None:
    """What is not on the list is not logged at all."""
    logger = QuietLogger(None)
    logger.error(message)
    logger.exception(message, exc_info=True)
    assert shown(capsys) == ""


def test_accesses_are_never_logged(capsys: pytest.CaptureFixture[str]) -> None:
    """Access lines and debug lines go nowhere, even when they resemble an event."""
    logger = QuietLogger(None)
    logger.access("Error handling request", {"h": SECRETS[1]}, "now")
    logger.debug("Error handling request %s", SECRETS[0])
    logger.access_log.error("Error handling request")
    assert shown(capsys) == ""


def test_events_hold_no_place_for_details() -> None:
    """No permitted sentence is a template."""
    assert not any("%" in event or "{" in event for event in EVENTS.values())


def test_failing_page_prints_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """An exception inside a Flask page logs that something failed: not where, for whom or why."""
    app = Flask("quiet")
    silence(app.logger)

    @app.get("/s/amber-river-oak")
    def page() -> str:
        raise ValueError("canary answer")

    assert app.test_client().get("/s/amber-river-oak?K7QX").status_code == 500
    assert shown(capsys) == "a request failed inside the server\n"


def test_silenced_logger_does_not_pass_on(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    """Nothing travels up to a handler that somebody put on the root logger."""
    logger = logging.getLogger("coprod_survey.test-silence")
    silence(logger)
    logger.error("canary answer %s", SECRETS[0], exc_info=ValueError(SECRETS[1]))
    assert caplog.records == []
    assert shown(capsys) == "a request failed inside the server\n"
