"""`coprod-survey serve`: it says where it is, stops whole, and says in one sentence why it cannot start."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.scratch import HOST, Instance, Server, free_ports, is_serving, new_instance, processes_below, request
from coprod_survey.cli import main

FreshInstance = Callable[[Path], Instance]


def serve(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run `serve` with arguments that keep it from starting."""
    command = [sys.executable, "-m", "coprod_survey", "serve", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def gone(processes: list[int], *, within_seconds: float = 20) -> bool:
    """Tell whether none of these processes serves any more, waiting for them a while."""
    deadline = time.monotonic() + within_seconds
    while any(map(is_serving, processes)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def whole_family(server: Server) -> list[int]:
    """Return two masters, two workers for participants and one for staff, waiting until all of them are there."""
    deadline = time.monotonic() + 20
    while len(family := processes_below(server.process.pid)) < 5:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert len(family) == 5
    return family


def one_line(words: str) -> bool:
    """Tell whether this is one line: a plain sentence, never a traceback."""
    return len(words.splitlines()) == 1 and "Traceback" not in words


@pytest.fixture
def server(fresh_instance: FreshInstance, tmp_path: Path) -> Server:
    """Return a server that is not yet started."""
    return Server(fresh_instance(tmp_path).data)


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGTERM,
        pytest.param(signal.SIGINT, marks=pytest.mark.slow),
        pytest.param(signal.SIGHUP, marks=pytest.mark.slow),
    ],
)
def test_a_signal_stops_every_process(server: Server, number: signal.Signals) -> None:
    """Both faces are healthy; after SIGTERM, Ctrl-C or the terminal's closing the status is 0 and nothing is left."""
    with server:
        assert [request(port, "/healthz").body for port in (server.port, server.staff_port)] == [b"ok", b"ok"]
        addresses = f"Participants: http://127.0.0.1:{server.port}  Staff: http://localhost:{server.staff_port}\n"
        assert server.words[0].read_text("utf-8") == addresses
        family = whole_family(server)
        os.kill(server.process.pid, number)
        assert server.process.wait(timeout=30) == 0
        assert not any(map(is_serving, family))


def test_a_signal_while_it_starts_leaves_nothing_behind(server: Server) -> None:
    """Told to stop as soon as it has said where it will be, it stops as well."""
    process = subprocess.Popen(server.command(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    while not processes_below(process.pid):
        time.sleep(0.005)
    family = processes_below(process.pid)
    process.terminate()
    assert process.wait(timeout=30) == 0
    process.stdout.close()
    assert gone(family)


def test_when_one_master_dies_both_faces_stop(server: Server) -> None:
    """A master that is killed takes the other face with it: exit status 1 and one sentence."""
    with server:
        family = whole_family(server)
        os.kill(family[0], signal.SIGKILL)
        assert server.process.wait(timeout=30) == 1
        assert gone(family)
    sentence = "One of the two servers stopped by itself, so both were stopped. Start them again."
    assert server.words[1].read_text("utf-8").splitlines().count(sentence) == 1


def test_a_worker_that_dies_is_replaced(server: Server) -> None:
    """After both workers for participants were killed, the face answers again and the supervisor has not stopped."""
    with server:
        masters = whole_family(server)[:2]
        for worker in max(map(processes_below, masters), key=len):
            os.kill(worker, signal.SIGKILL)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                if request(server.port, "/healthz").body == b"ok":
                    break
            except OSError:
                time.sleep(0.05)
        assert server.process.poll() is None
        assert request(server.port, "/healthz").status == 200


@pytest.mark.parametrize("taken", ["--port", "--staff-port"])
def test_a_port_in_use_is_said_in_one_line(fresh_instance: FreshInstance, tmp_path: Path, taken: str) -> None:
    """With either port taken nothing is started: exit status 2, one sentence that names the port."""
    data, free = fresh_instance(tmp_path).data, free_ports()[0]
    other = "--staff-port" if taken == "--port" else "--port"
    with socket.socket() as holder:
        holder.bind((HOST, 0))
        holder.listen()
        port = holder.getsockname()[1]
        done = serve("--data", str(data), taken, str(port), other, str(free))
    assert done.returncode == 2
    assert one_line(done.stderr)
    assert str(port) in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("--port", "8090", "--staff-port", "8090"),
        ("--port", "99999"),
        ("--port", "-1"),
        ("--port", "eighty"),
        ("--workers", "0"),
        ("--workers", "65"),
    ],
    ids=" ".join,
)
def test_bad_numbers_are_refused(
    fresh_instance: FreshInstance, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    """One port for both faces, a port that cannot be, and too few or too many processes are each refused at once."""
    try:
        status = main(["serve", "--data", str(fresh_instance(tmp_path).data), *arguments])
    except SystemExit as ended:  # what argparse itself refuses
        status = int(ended.code or 0)
    assert status == 2
    assert one_line(capsys.readouterr().err)


@pytest.mark.parametrize("name", ["nowhere", "."])
def test_a_folder_that_is_none_is_said_in_one_line(tmp_path: Path, name: str) -> None:
    """A data folder that is missing, or is not one, is exit status 1 and one sentence that says how to make one."""
    done = serve("--data", str(tmp_path / name))
    assert done.returncode == 1
    assert one_line(done.stderr)
    assert "coprod-survey init" in done.stderr


@pytest.mark.slow
def test_stalled_phones_do_not_keep_others_out(tmp_path: Path) -> None:
    """While 25 phones stall in the middle of sending, others are still answered, and the stalled are let go."""
    instance = new_instance(tmp_path / "data", invitations=1)
    with Server(instance.data, workers=1) as server:
        begun = f"POST /s/{instance.slug} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        stalled = [socket.create_connection((HOST, server.port), timeout=5) for _ in range(25)]
        for connection in stalled:
            connection.sendall((begun + "Content-Length: 500\r\n\r\nabc").encode())
        assert request(server.port, "/healthz").status == 200
        for connection in stalled:
            connection.settimeout(30)
            assert connection.recv(20).startswith(b"HTTP/1.1 400")
            connection.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tell a child that its parent is gone")
def test_a_killed_supervisor_leaves_nothing_serving(tmp_path: Path) -> None:
    """After kill -9 of the supervisor both servers stop by themselves."""
    instance = new_instance(tmp_path / "data", invitations=1)
    with Server(instance.data, workers=1) as server:
        below = processes_below(server.process.pid)
        os.kill(server.process.pid, signal.SIGKILL)
        assert gone(below)
