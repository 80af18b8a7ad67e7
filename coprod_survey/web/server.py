"""Serve both faces: a small supervisor over two gunicorn masters.

Participants get several processes; the staff face gets one process with threads, because unlocked keys live in its
memory. Neither keeps an access log, opens a control socket, or writes a request to disk.
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from flask import Flask

from coprod_survey.bootstrap.participant import wire_participant
from coprod_survey.bootstrap.staff import wire_staff
from coprod_survey.domain.errors import BadInput, Failed
from coprod_survey.web.participant.app import create_participant_app
from coprod_survey.web.staff_app import create_staff_app

DATA_VARIABLE = "COPROD_SURVEY_DATA"
PARTICIPANT_HOST, STAFF_HOST = "127.0.0.1", "127.0.0.1"
_PR_SET_PDEATHSIG = 1
_STOP_SECONDS = 10


@dataclass
class _Wish:
    """Whether somebody wants the server to stop; plain, because a signal handler must not wait for a lock."""

    to_stop: bool = False


def participant_wsgi() -> Flask:
    """Return the participant app of the data folder named in the environment (for gunicorn)."""
    return create_participant_app(wire_participant(Path(os.environ[DATA_VARIABLE])))


def staff_wsgi() -> Flask:
    """Return the staff app of the data folder named in the environment (for gunicorn)."""
    return create_staff_app(wire_staff(Path(os.environ[DATA_VARIABLE])))


def serve(folder: Path, *, port: int, staff_port: int, workers: int) -> int:
    """Serve until told to stop (Ctrl-C or SIGTERM) and return the exit status.

    Raises BadInput when a port is in use: nothing is started then. Failed when one of the two servers ends by itself.
    """
    if port == staff_port:
        raise BadInput("Participants and staff need two different ports. Choose another --staff-port.")
    for wanted in (port, staff_port):
        _must_be_free(wanted)
    wish = _listen_for_stop()  # before anything is started, so that nothing can be left behind
    environment = {**os.environ, DATA_VARIABLE: str(folder.resolve()), "PYTHONDONTWRITEBYTECODE": "1"}
    # Loaded once and then forked, so that a worker that had to be replaced is there again at once.
    participants = ("--workers", str(workers), "--threads", "32", "--preload")
    masters = [
        _master("participant_wsgi", (PARTICIPANT_HOST, port), participants, environment),
        _master("staff_wsgi", (STAFF_HOST, staff_port), ("--workers", "1", "--threads", "32"), environment),
    ]
    return _supervise(masters, wish)


def _master(
    factory: str, address: tuple[str, int], size: Sequence[str], environment: dict[str, str]
) -> subprocess.Popen[bytes]:
    command = [
        *(sys.executable, "-m", "gunicorn", f"coprod_survey.web.server:{factory}()"),
        *("--bind", f"{address[0]}:{address[1]}", "--worker-class", "gthread", *size),
        *("--no-control-socket", "--logger-class", "coprod_survey.web.quietlog.QuietLogger"),
        *("--keep-alive", "0", "--graceful-timeout", "5", "--worker-tmp-dir", _memory_folder()),
    ]
    # A session of its own, so that Ctrl-C reaches only the supervisor, which stops both in good order.
    return subprocess.Popen(  # noqa: S603 - our own arguments
        command, env=environment, start_new_session=True, preexec_fn=_end_with_supervisor
    )


def _listen_for_stop() -> _Wish:
    """Return a wish that Ctrl-C, SIGTERM and the terminal's closing set."""
    wish = _Wish()

    def stop(_number: int, _frame: FrameType | None) -> None:
        wish.to_stop = True

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    return wish


def _end_with_supervisor() -> None:
    """Ask Linux to stop this child when the supervisor dies, however it dies (prctl(2), PR_SET_PDEATHSIG)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _supervise(masters: list[subprocess.Popen[bytes]], wish: _Wish) -> int:
    """Wait; when one master ends or somebody wishes it, stop them all."""
    while not wish.to_stop and all(master.poll() is None for master in masters):
        time.sleep(0.2)
    _stop(masters)
    if not wish.to_stop:
        raise Failed("One of the two servers stopped by itself, so both were stopped. Start them again.")
    return 0


def _stop(masters: list[subprocess.Popen[bytes]]) -> None:
    for master in masters:
        if master.poll() is None:
            master.terminate()
    for master in masters:
        try:
            master.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            master.kill()
            master.wait()


def _must_be_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((PARTICIPANT_HOST, port))
        except (OSError, OverflowError):
            raise BadInput(
                f"Port {port} is in use or not allowed. Stop what uses it, or choose another port."
            ) from None


def _memory_folder() -> str:
    return "/dev/shm" if Path("/dev/shm").is_dir() else "/tmp"  # noqa: S108 - only gunicorn's heartbeat file
