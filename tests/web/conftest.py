"""Instances that the tests of both faces share."""

from pathlib import Path

import pytest
from instances import CLOSED, DRAFT, OPEN, Instance, document, new_instance


@pytest.fixture(scope="session")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    """Return an instance with four accounts and an open, a closed and a draft survey."""
    made = new_instance(tmp_path_factory.mktemp("instance") / "data")
    made.add_survey(document(OPEN))
    made.add_survey(document(CLOSED))
    made.code(CLOSED)
    made.operations.surveys.close(CLOSED)
    made.operations.surveys.create(document(DRAFT))
    return made


@pytest.fixture
def fresh(tmp_path: Path) -> Instance:
    """Return an instance of a test's own, with one open survey."""
    made = new_instance(tmp_path / "data")
    made.add_survey(document(OPEN))
    return made
