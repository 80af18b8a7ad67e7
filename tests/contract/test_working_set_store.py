"""What every ports.WorkingSets promises."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from coprod_survey.adapters.system import WorkingSetFiles
from coprod_survey.domain.errors import DataFolderUnusable
from coprod_survey.ports import WorkingSets

if TYPE_CHECKING:
    from conftest import Stores

SLUG, OTHER = "amber-river-oak", "amber-river-elm"


@pytest.fixture
def store(stores: Stores) -> WorkingSets:
    """Return an empty store."""
    return stores.working_sets


def test_nothing_was_opened_yet(store: WorkingSets) -> None:
    """Before results are opened there is no working set."""
    assert store.read(SLUG) is None


def test_working_set_comes_back(store: WorkingSets) -> None:
    """What was written is read, byte for byte, for this survey only."""
    store.write(SLUG, b"\0locked\r\n\xff")
    assert store.read(SLUG) == b"\0locked\r\n\xff"
    assert store.read(OTHER) is None


def test_later_one_takes_the_place_of_the_earlier(store: WorkingSets) -> None:
    """A shorter working set leaves nothing of a longer one before it."""
    store.write(SLUG, b"a long one")
    store.write(SLUG, b"short")
    assert store.read(SLUG) == b"short"


def test_writing_is_one_step(instance: Callable[[], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """When writing fails half way the earlier working set is still whole."""
    store = WorkingSetFiles(instance() / "working")
    store.write(SLUG, b"earlier")

    def no_space(self: Path, target: Path) -> Path:
        raise OSError("no space")

    monkeypatch.setattr(Path, "replace", no_space)
    with pytest.raises(DataFolderUnusable, match="free space"):
        store.write(SLUG, b"later")
    assert store.read(SLUG) == b"earlier"


def test_no_half_written_file_is_left(instance: Callable[[], Path]) -> None:
    """After writing the folder holds the one file of the survey."""
    folder = instance() / "working"
    WorkingSetFiles(folder).write(SLUG, b"locked")
    assert [path.name for path in folder.iterdir()] == [f"{SLUG}.locked"]


def test_missing_folder_is_said_in_words(tmp_path: Path) -> None:
    """Writing where no folder is ends in one sentence."""
    with pytest.raises(DataFolderUnusable, match="could not be written"):
        WorkingSetFiles(tmp_path / "nowhere").write(SLUG, b"locked")
