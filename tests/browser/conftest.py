"""A real server and a real Chromium; skipped with one sentence where Chromium is missing."""

import csv
import io
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from coprod_survey import cli

CHROMIUM = shutil.which("chromium")
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]
PASSPHRASE = "lantern-meadow-kettle-quilt"
SAMPLE = Path(cli.__file__).parent / "samples" / "ward-experience.json"
PHONE = {"width": 360, "height": 740}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything here, and skip it where there is no Chromium."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="Chromium is missing; as root: apt-get install chromium"))


@dataclass
class Site:
    """A served instance with one open survey and one that was closed and released."""

    folder: Path
    participant: str
    staff: str
    slug: str = ""
    closed_slug: str = ""
    codes: list[str] = field(default_factory=list)

    def code(self) -> str:
        """Return a code that nobody has used."""
        return self.codes.pop()

    @property
    def survey(self) -> str:
        """Return the address of the open survey."""
        return f"{self.participant}/s/{self.slug}"


def coprod(*arguments: str, typed: str = "") -> str:
    """Run a command in this process and return what it printed."""
    out, before = io.StringIO(), sys.stdin
    sys.stdin = io.StringIO(typed + "\n")
    try:
        with redirect_stdout(out):
            assert cli.main(arguments) == 0, arguments[0]
    finally:
        sys.stdin = before
    return out.getvalue()


def free_port() -> int:
    """Return a port that is free just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Serve an instance for the whole session."""
    folder = tmp_path_factory.mktemp("site")
    ports = free_port(), free_port()
    made = Site(folder / "data", f"http://127.0.0.1:{ports[0]}", f"http://localhost:{ports[1]}")
    data = str(made.folder)
    coprod("init", "--data", data, "--participant-url", made.participant, "--staff-url", made.staff)
    for role, name in (("organiser", "Olu"), ("lead", "Lea"), ("member", "Mo")):
        coprod("staff", "add", "--data", data, "--role", role, "--name", name, "--passphrase-stdin", typed=PASSPHRASE)
    made.slug, made.codes = open_survey(made, folder, "your-views-spring")
    command = [sys.executable, "-m", "coprod_survey", "serve", "--data", data]
    server = subprocess.Popen([*command, "--port", str(ports[0]), "--staff-port", str(ports[1])])
    try:
        for address in (made.participant, made.staff):
            wait_for(f"{address}/healthz")
        yield made
    finally:
        server.terminate()
        server.wait(20)


def open_survey(made: Site, folder: Path, slug: str) -> tuple[str, list[str]]:
    """Open the sample under a slug and return it with 30 codes."""
    document = SAMPLE.read_text(encoding="utf-8").replace("your-views-spring", slug)
    (folder / f"{slug}.json").write_text(document, encoding="utf-8")
    data = str(made.folder)
    coprod("survey", "create", str(folder / f"{slug}.json"), "--data", data, "--demonstration-gates")
    coprod("survey", "open", slug, "--data", data)
    coprod("invite", slug, "--count", "30", "--data", data, "--out", str(folder / f"{slug}.csv"))
    with (folder / f"{slug}.csv").open(encoding="utf-8") as codes:
        return slug, [row["code"] for row in csv.DictReader(codes)]


def wait_for(address: str) -> None:
    """Wait until an address answers, at most 20 seconds."""
    for _ in range(100):
        try:
            with urllib.request.urlopen(address, timeout=2):  # noqa: S310 - our own loopback address
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"{address} does not answer")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Start Chromium with its back/forward cache on, as people have it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=FLAGS, ignore_default_args=["--disable-back-forward-cache"]
        )
        yield browser
        browser.close()


@pytest.fixture
def phone(chromium: Browser) -> Iterator[Page]:
    """Open a phone-sized page."""
    context = chromium.new_context(viewport=PHONE)  # type: ignore[arg-type]  # a plain dict will do
    yield context.new_page()
    context.close()


@pytest.fixture
def plain_phone(chromium: Browser) -> Iterator[Page]:
    """Open a phone-sized page without JavaScript."""
    context = chromium.new_context(viewport=PHONE, java_script_enabled=False)  # type: ignore[arg-type]  # a plain dict
    yield context.new_page()
    context.close()
