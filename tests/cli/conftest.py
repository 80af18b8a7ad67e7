"""The instance that the tests of the command line share."""

import json

import pytest
from commands import PASSPHRASE, SHORT, SLUG, WARD, World, answer, ran, rows_of

from coprod_survey.crypto.wraps import Hardness


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Make the instance with the commands themselves."""
    folder = tmp_path_factory.mktemp("cli") / "data"
    made = World(folder, ran("init", "--data", folder).out.splitlines()[-1])
    for role, name in (("organiser", "Olu"), ("lead", "Lea"), ("member", "Mo"), ("member", "Mia")):
        typed = f"{PASSPHRASE} of {name}\n"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Hardness.__init__, "__defaults__", (32, 1, 4))
            made.run("staff", "add", "--role", role, "--name", name, "--passphrase-stdin", typed=typed)
    assert made.run("survey", "create", WARD).out == f"{SLUG}\n"
    assert made.run("survey", "open", SLUG, "--demonstration-gates").status == 0
    closed = json.loads(SHORT.read_bytes()) | {"slug": "closed-views"}
    file = folder.parent / "closed.json"
    file.write_text(json.dumps(closed))
    made.run("survey", "create", file)
    made.run("survey", "open", "closed-views")
    codes = folder.parent / "closed.csv"
    made.run("invite", "closed-views", "--count", 20, "--out", codes)
    answer(folder, "closed-views", [row["code"] for row in rows_of(codes)])
    assert made.run("survey", "close", "closed-views").status == 0
    file.write_text(json.dumps(closed | {"slug": "draft-views"}))
    made.run("survey", "create", file)
    return made
