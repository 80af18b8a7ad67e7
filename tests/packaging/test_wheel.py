"""What is installed is what is in the repository, at the right place, and it serves from there."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLACES = {
    "coprod_survey/": "coprod_survey/",
    "safeguarding/": "safeguarding/",
    "static/": "coprod_survey/static/",
    "templates/": "coprod_survey/templates/",
}
SERVES = """
import sys
from pathlib import Path
import coprod_survey
from coprod_survey.bootstrap.operations import initialise
from coprod_survey.bootstrap.participant import wire_participant
from coprod_survey.bootstrap.staff import wire_staff
from coprod_survey.web import assets
from coprod_survey.web.participant.app import create_participant_app
from coprod_survey.web.staff_app import create_staff_app

data = Path("data")
initialise(data, participant_url="http://127.0.0.1:8080", staff_url="http://localhost:8081")
participant = create_participant_app(wire_participant(data)).test_client()
staff = create_staff_app(wire_staff(data)).test_client()
for client, path in ((participant, "/"), (staff, "/sign-in")):
    assert client.get(path).status_code == 200, path
for client, path in ((participant, "/static/participant.js"), (staff, "/static/staff.css")):
    with client.get(path) as reply:
        assert reply.status_code == 200, path
print(Path(coprod_survey.__file__).parent)
print(assets.folder("templates"))
print(assets.folder("static"))
"""


def listed() -> list[str]:
    """Return the files that git lists, and new ones that it does not ignore."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in done.stdout.splitlines() if (ROOT / name).is_file()]


def expected() -> dict[str, bytes]:
    """Return what a wheel must hold: file in the wheel → bytes."""
    return {
        place + name.removeprefix(prefix): (ROOT / name).read_bytes()
        for name in listed()
        for prefix, place in PLACES.items()
        if name.startswith(prefix)
    }


def content(wheel: Path) -> dict[str, bytes]:
    """Return the files of a wheel, its metadata aside."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if ".dist-info/" not in name}


def run(*command: str, cwd: Path, environment: Mapping[str, str] | None = None) -> str:
    """Run a command and return its output; a failure shows its last words."""
    done = subprocess.run(
        command, cwd=cwd, env={**os.environ, **(environment or {})}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a clean copy of what git lists."""
    copy = tmp_path_factory.mktemp("source") / "coprod-survey"
    for name in listed():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, copy / name)
    return copy


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a wheel built from the clean copy, in a build environment of its own."""
    out = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--outdir", str(out), str(source), cwd=out)
    return next(out.glob("*.whl"))


@pytest.mark.slow
def test_the_wheel_holds_every_listed_file_and_nothing_else(wheel: Path) -> None:
    """Packages, templates, static files, rules and translations: each is there, byte for byte, and no other file."""
    held, wanted = content(wheel), expected()
    assert sorted(set(wanted) - set(held)) == []
    assert sorted(set(held) - set(wanted)) == []
    assert [name for name, data in wanted.items() if held[name] != data] == []


@pytest.mark.slow
def test_the_source_distribution_builds_the_same_wheel(
    source: Path, wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The wheel that is built from the unpacked source distribution holds the same files."""
    out = tmp_path_factory.mktemp("sdist")
    run(sys.executable, "-m", "build", "--sdist", "--outdir", str(out), str(source), cwd=out)
    with tarfile.open(next(out.glob("*.tar.gz"))) as archive:
        archive.extractall(out / "unpacked", filter="data")
    (unpacked,) = (out / "unpacked").iterdir()
    run(sys.executable, "-m", "build", "--wheel", "--outdir", str(out), str(unpacked), cwd=out)
    assert content(next(out.glob("*.whl"))) == content(wheel)


@pytest.mark.slow
def test_an_installed_wheel_serves_from_where_it_is_installed(wheel: Path, tmp_path: Path) -> None:
    """Installed elsewhere and run from elsewhere, both faces find their pages and files inside the package."""
    target, elsewhere = tmp_path / "installed", tmp_path / "elsewhere"
    elsewhere.mkdir()
    run(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(target), str(wheel), cwd=elsewhere)
    said = run(sys.executable, "-c", SERVES, cwd=elsewhere, environment={"PYTHONPATH": str(target)}).splitlines()
    package = target / "coprod_survey"
    assert said == [str(package), str(package / "templates"), str(package / "static")]
    helped = run(
        str(target / "bin" / "coprod-survey"), "--help", cwd=elsewhere, environment={"PYTHONPATH": str(target)}
    )
    assert "Anonymous, safeguarded participation surveys" in helped


def test_the_editable_install_serves_from_the_checkout(tmp_path: Path) -> None:
    """In a developer's environment the same pages come from the checkout, whatever the working folder is."""
    said = run(sys.executable, "-c", SERVES, cwd=tmp_path, environment={"PYTHONPATH": ""}).splitlines()
    assert said == [str(ROOT / "coprod_survey"), str(ROOT / "templates"), str(ROOT / "static")]
