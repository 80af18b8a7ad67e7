"""A scratch instance and its real server, for tests and benchmarks: made-up people, loopback only."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlencode

from coprod_survey.bootstrap.operations import initialise, wire_operations
from coprod_survey.domain.invitation import in_groups
from coprod_survey.domain.staff import Role

HOST = "127.0.0.1"
FORM = "application/x-www-form-urlencoded"
LEAD, MEMBER = "Made-up Lead", "Made-up Member"
PASSPHRASES = {LEAD: "nine brown hens in the barley", MEMBER: "six blue boats under the bridge"}
SURVEY: Mapping[str, Any] = {
    "format": "coprod-instrument/1",
    "title": "A scratch survey",
    "languages": ["en"],
    "sections": [
        {
            "id": "all",
            "title": "All of it",
            "items": [
                {
                    "id": "place",
                    "kind": "choice",
                    "text": "Where were you?",
                    "options": [{"value": "here", "text": "Here"}, {"value": "there", "text": "There"}],
                },
                {"id": "listened", "kind": "scale", "text": "Were you listened to?", "min": 0, "max": 10},
                {"id": "safety", "kind": "text", "text": "What about safety?", "expect_disclosure": True},
                {"id": "other", "kind": "text", "text": "What else?", "max_chars": 500},
            ],
        }
    ],
    "table_plan": {"groupings": ["place"]},
}
_ROLES = {LEAD: Role.LEAD, MEMBER: Role.MEMBER}
_PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Instance:
    """A data folder with one open survey; `codes` are spelled as on cards."""

    data: Path
    slug: str
    version: str
    codes: Sequence[str] = field(repr=False)

    def form(self, code: str, **fields: str) -> dict[str, str]:
        """Return a form as the page would post it."""
        return {"version": self.version, "code": code, **fields}


def new_instance(data: Path, *, invitations: int, document: Mapping[str, Any] = SURVEY) -> Instance:
    """Make an instance with a lead and a member, open a demonstration survey and invite people to it."""
    initialise(data, participant_url="http://127.0.0.1:8080", staff_url="http://localhost:8081")
    operations = wire_operations(data)
    for name, passphrase in PASSPHRASES.items():
        operations.accounts.add(name, _ROLES[name], passphrase)
    survey = operations.surveys.create(document)
    operations.surveys.open(survey.slug, operations.config.recovery_public_key, demonstration=True)
    codes = operations.invite.make_codes(survey.slug, invitations)
    return Instance(data, survey.slug, survey.instrument.version, [in_groups(code) for code in codes])


@dataclass(frozen=True)
class Reply:
    """What came back: status, headers in their order, body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)

    def header(self, name: str) -> str | None:
        """Return the first header of this name, whatever its letter case."""
        return next((value for known, value in self.headers if known.lower() == name.lower()), None)

    @property
    def received(self) -> bool:
        """Tell whether this is the page that says an answer has arrived."""
        return self.status == 200 and b'data-outcome="received"' in self.body


def request(
    port: int,
    path: str,
    form: Mapping[str, str] | bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """GET a page, or POST a form (as fields or as raw bytes), on a connection of its own."""
    body = form if form is None or isinstance(form, bytes) else urlencode(form).encode()
    sent = {} if body is None else {"Content-Type": FORM}
    connection = http.client.HTTPConnection(HOST, port, timeout=_PATIENCE_SECONDS)
    try:
        connection.request("GET" if body is None else "POST", path, body, {**sent, **(headers or {})})
        reply = connection.getresponse()
        return Reply(reply.status, tuple(reply.getheaders()), reply.read())
    finally:
        connection.close()


def free_ports() -> tuple[int, int]:
    """Return two ports that were free a moment ago."""
    with socket.socket() as first, socket.socket() as second:
        for probe in (first, second):
            probe.bind((HOST, 0))
        return first.getsockname()[1], second.getsockname()[1]


class Server:
    """`coprod-survey serve` as an administrator starts it; its words go to two files beside the data folder."""

    def __init__(self, data: Path, *, workers: int = 2, home: Path | None = None) -> None:
        """`home` is the working, home and temporary folder of the server, so that one can look what it leaves."""
        self.data = data
        self.workers = workers
        self.port, self.staff_port = free_ports()
        self.words = (data.parent / "serve.out", data.parent / "serve.err")
        self._home = home or data.parent
        self._environment = {**os.environ, "TMPDIR": str(self._home), "HOME": str(self._home)}

    def command(self) -> list[str]:
        """Return the command that serves."""
        ports = ("--port", str(self.port), "--staff-port", str(self.staff_port))
        return [
            *(sys.executable, "-m", "coprod_survey", "serve", "--data", str(self.data)),
            *ports,
            *("--workers", str(self.workers)),
        ]

    def __enter__(self) -> "Server":
        with self.words[0].open("wb") as out, self.words[1].open("wb") as err:
            self.process = subprocess.Popen(
                self.command(), stdout=out, stderr=err, cwd=self._home, env=self._environment
            )
        try:
            for port in (self.port, self.staff_port):
                self._wait_until_healthy(port)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def send(self, instance: Instance, form: Mapping[str, str] | bytes) -> Reply:
        """Post a form to the survey."""
        return request(self.port, f"/s/{instance.slug}", form)

    def stop(self) -> int:
        """Tell the server to stop and return its exit status; whatever is left of it is killed, by process id."""
        family = processes_below(self.process.pid)
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
        finally:
            for process in filter(is_serving, family):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)

    def _wait_until_healthy(self, port: int) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(OSError, http.client.HTTPException):
                if request(port, "/healthz").status == 200:
                    return
            time.sleep(0.05)
        raise RuntimeError(f"the server did not come up: {self.words[1].read_text('utf-8')}")


def is_serving(process: int) -> bool:
    """Tell whether this process id is alive and one of our server's processes."""
    with contextlib.suppress(OSError):
        return b"coprod_survey.web.server" in Path(f"/proc/{process}/cmdline").read_bytes()
    return False


def processes_below(process: int) -> list[int]:
    """Return the ids of all children and their children, masters before workers (Linux, /proc)."""
    children = list(_children(process))
    return children + [grandchild for child in children for grandchild in processes_below(child)]


def _children(process: int) -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            after_name = (entry / "stat").read_text("utf-8").rpartition(")")[2].split()
            if int(after_name[1]) == process:
                yield int(entry.name)
