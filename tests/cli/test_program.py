"""The program as a process: serving, locales, pipes."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from commands import SLUG, World


def free_port() -> int:
    """Return a port that nothing uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("taken", ["--port", "--staff-port"])
def test_a_port_in_use_is_said_before_anything_starts(world: World, taken: str) -> None:
    """Where something listens already, `serve` exits with 2 and starts neither server."""
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        other = "--staff-port" if taken == "--port" else "--port"
        result = world.run("serve", taken, port, other, free_port())
    assert result.status == 2
    assert result.err == f"Port {port} is in use or not allowed. Stop what uses it, or choose another port.\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--port", "99999"],
        ["--port", "-5"],
        ["--workers", "0"],
        ["--workers", "65"],
        ["--port", "7", "--staff-port", "7"],
    ],
)
def test_serve_refuses_numbers_that_cannot_be(world: World, arguments: list[str]) -> None:
    """Ports outside their range or twice the same, and no or too many workers, are refused with status 2."""
    result = world.run("serve", *arguments)
    assert result.status == 2
    assert len(result.err.splitlines()) == 1


def test_both_faces_are_served_until_told_to_stop(world: World, tmp_path: Path) -> None:
    """`serve` answers on both ports, logs only events from its list, and ends with 0 on SIGTERM."""
    copy, ports = world.copy(tmp_path / "data"), (free_port(), free_port())
    command = [sys.executable, "-m", "coprod_survey", "serve", "--data", str(copy.folder), "--workers", "1"]
    command += ["--port", str(ports[0]), "--staff-port", str(ports[1])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert [fetched(port, "/healthz") for port in ports] == [b"ok", b"ok"]
            assert b"Your views, spring" in fetched(ports[0], f"/s/{SLUG}")
        finally:
            server.send_signal(signal.SIGTERM)
            out, err = server.communicate(timeout=30)
    assert server.returncode == 0
    assert out.startswith("Participants: http://127.0.0.1:")
    assert set(err.splitlines()) <= {
        "server started",
        "server listens",
        "worker started",
        "worker stopped",
        "server was told to stop",
        "server stopped",
    }


def fetched(port: int, path: str) -> bytes:
    """Return a page of the started server, waiting until it listens."""
    for _ in range(200):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as response:
                return bytes(response.read())
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server did not start")


@pytest.mark.parametrize("locale", ["C", "C.UTF-8", "POSIX"])
def test_the_program_works_in_any_locale(tmp_path: Path, locale: str) -> None:
    """As a process of its own, in any locale, errors are one sentence on stderr with the right status."""
    command = [sys.executable, "-m", "coprod_survey", "survey", "check", str(tmp_path / "ünknown.json")]
    done = subprocess.run(command, capture_output=True, env={**os.environ, "LC_ALL": locale}, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.count(b"\n") == 1
    assert b"cannot be read" in done.stderr


def test_a_reader_that_stops_early_gets_no_traceback() -> None:
    """`screen | head -1` ends quietly."""
    lines = b'{"id": 1, "text": "hello"}\n' * 5000
    command = f"{sys.executable} -m coprod_survey screen | head -1"
    done = subprocess.run(command, input=lines, capture_output=True, shell=True, check=False)  # noqa: S602 - our own words
    assert json.loads(done.stdout)["id"] == 1
    assert b"Traceback" not in done.stderr
