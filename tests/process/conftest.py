"""What the process tests share: one instance that is copied, so that passphrases are stretched only once."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bench.scratch import Instance, new_instance

FreshInstance = Callable[[Path], Instance]


@pytest.fixture(scope="session")
def fresh_instance(tmp_path_factory: pytest.TempPathFactory) -> FreshInstance:
    """Return a function that copies an unused instance with sixty invitations into a folder."""
    made = new_instance(tmp_path_factory.mktemp("template") / "data", invitations=60)

    def copy(folder: Path) -> Instance:
        shutil.copytree(made.data, folder / "data")
        return replace(made, data=folder / "data")

    return copy
