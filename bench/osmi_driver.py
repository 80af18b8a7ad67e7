"""Drive the product from outside: its command line in subprocesses, its participant face over plain HTTP."""

import contextlib
import csv
import http.client
import itertools
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
HOLDER, PASSPHRASE = "Made-up Member", "seven quiet otters cross the river"  # of a scratch instance that nobody uses
_STAFF = {"organiser": "Made-up Organiser", "lead": "Made-up Lead", "member": HOLDER}
_RECEIVED = b'data-outcome="received"'
_ATTEMPTS = 12
_CLIENT_THREADS = 8
_WORKERS = 2


class ProductError(RuntimeError):
    """The product refused or broke a step; the message names the step and never an answer or a code."""


@dataclass(frozen=True)
class Ports:
    """The two loopback ports of a scratch instance."""

    participant: int
    staff: int


@dataclass(frozen=True)
class Sent:
    """How a round of sending went; `refusals` counts final statuses that were not the received page."""

    received: int
    seconds: float
    retries: int
    refusals: dict[int, int]


def command(*arguments: str, stdin: str = "") -> str:
    """Run one `coprod-survey` command and return its output; raises ProductError with the product's own sentence."""
    done = subprocess.run(
        [sys.executable, "-m", "coprod_survey", *arguments], cwd=ROOT, input=stdin, capture_output=True, text=True
    )
    if done.returncode != 0:
        step = " ".join(itertools.takewhile(lambda word: not word.startswith("--"), arguments[:2]))
        words = (done.stderr.strip().splitlines() or ["no words"])[-1]
        raise ProductError(f"`{step}` ended with status {done.returncode}: {words}")
    return done.stdout


def free_ports() -> Ports:
    """Return two ports that were free a moment ago."""
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        return Ports(first.getsockname()[1], second.getsockname()[1])


def new_instance(data: Path, ports: Ports) -> None:
    """Make an instance with one made-up person per role."""
    urls = (
        *("--participant-url", f"http://127.0.0.1:{ports.participant}"),
        *("--staff-url", f"http://localhost:{ports.staff}"),
    )
    command("init", "--data", str(data), *urls)
    for role, name in _STAFF.items():
        staff = ("--role", role, "--name", name, "--passphrase-stdin")
        command("staff", "add", "--data", str(data), *staff, stdin=f"{PASSPHRASE}\n")


def open_survey(data: Path, document: dict[str, object]) -> str:
    """Create and open a demonstration survey from an instrument document; return its slug."""
    file = data.parent / "instrument.json"
    file.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    slug = command("survey", "create", str(file), "--data", str(data), "--demonstration-gates").strip()
    command("survey", "open", slug, "--data", str(data), "--demonstration-gates")
    return slug


def invite(data: Path, slug: str, count: int) -> list[str]:
    """Make `count` invitations and return their codes."""
    out = data.parent / "codes.csv"
    command("invite", slug, "--count", str(count), "--data", str(data), "--out", str(out))
    with out.open(encoding="utf-8", newline="") as file:
        return [row["code"] for row in csv.DictReader(file)]


@contextlib.contextmanager
def serving(data: Path, ports: Ports) -> Iterator[int]:
    """Serve both faces until the block ends; yields the supervisor's process id once both are healthy."""
    with (data.parent / "serve.log").open("wb") as log:
        faces = ("--port", str(ports.participant), "--staff-port", str(ports.staff), "--workers", str(_WORKERS))
        arguments = [sys.executable, "-m", "coprod_survey", "serve", "--data", str(data), *faces]
        server = subprocess.Popen(arguments, cwd=ROOT, stdout=log, stderr=log)
        try:
            for port in (ports.participant, ports.staff):
                _wait_until_healthy(server, port)
            yield server.pid
        finally:
            server.terminate()
            _wait_for_end(server)


def send_all(port: int, slug: str, bodies: Sequence[Sequence[tuple[str, str]]]) -> Sent:
    """Post every body from a small pool of clients and count the received pages."""
    version = _form_version(port, slug)
    started = time.perf_counter()
    with ThreadPoolExecutor(_CLIENT_THREADS) as pool:
        ends = list(pool.map(lambda fields: _send(port, slug, [*fields, ("version", version)]), bodies))
    refusals = [status for status, _ in ends if status != 0]
    return Sent(
        received=len(ends) - len(refusals),
        seconds=time.perf_counter() - started,
        retries=sum(retries for _, retries in ends),
        refusals={status: refusals.count(status) for status in sorted(set(refusals))},
    )


def _send(port: int, slug: str, fields: Sequence[tuple[str, str]]) -> tuple[int, int]:
    """Post once and again on overload (a repeated post is stored once); return (0 or final status, retries)."""
    status = -1
    for attempt in range(_ATTEMPTS):
        try:
            status, page = _request(port, f"/s/{slug}", urlencode(fields))
        except (OSError, http.client.HTTPException):
            status, page = -1, b""
        if status == 200 and _RECEIVED in page:
            return 0, attempt
        if status not in (-1, 503):
            return status, attempt
        time.sleep(min(3.0, 0.05 * 2**attempt))
    return status, _ATTEMPTS


def _request(port: int, path: str, body: str | None = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Connection": "close"} | ({"Content-Type": "application/x-www-form-urlencoded"} if body else {})
    try:
        connection.request("POST" if body else "GET", path, body, headers)
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


class _VersionField(HTMLParser):
    """Find the hidden field that carries the instrument's version."""

    version = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember the value of the input named `version`."""
        if tag == "input" and dict(attrs).get("name") == "version":
            self.version = dict(attrs).get("value") or ""


def _form_version(port: int, slug: str) -> str:
    status, page = _request(port, f"/s/{slug}")
    field = _VersionField()
    field.feed(page.decode("utf-8"))
    if status != 200 or not field.version:
        raise ProductError(f"the form answered {status} and carried {'a' if field.version else 'no'} version")
    return field.version


def _wait_until_healthy(server: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise ProductError(f"`serve` ended with status {server.returncode}; its words are in serve.log")
        with contextlib.suppress(OSError, http.client.HTTPException):
            if _request(port, "/healthz")[0] == 200:
                return
        time.sleep(0.1)
    raise ProductError("`serve` was not healthy within 60 seconds")


def _wait_for_end(server: "subprocess.Popen[bytes]") -> None:
    try:
        server.wait(30)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
