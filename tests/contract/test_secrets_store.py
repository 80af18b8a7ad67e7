"""What every ports.Secrets promises."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from coprod_survey.adapters.system import KeyFiles
from coprod_survey.domain.errors import DataFolderUnusable, Refused
from coprod_survey.ports import Secrets

if TYPE_CHECKING:
    from conftest import Stores


@pytest.fixture
def store(stores: Stores) -> Secrets:
    """Return a store of secrets."""
    return stores.secrets


def test_secret_comes_back(store: Secrets) -> None:
    """Bytes of any value are returned as they were."""
    store.create("codes-amber", b"\0secret\r\n\xff")
    assert store.get("codes-amber") == b"\0secret\r\n\xff"


def test_taken_name_is_refused(store: Secrets) -> None:
    """A secret is never overwritten, and the message does not show it."""
    store.create("codes-amber", b"first-secret")
    with pytest.raises(Refused, match="never overwritten") as caught:
        store.create("codes-amber", b"second-secret")
    assert store.get("codes-amber") == b"first-secret"
    assert "secret" not in str(caught.value).replace("codes-amber", "")


def test_ensuring_keeps_the_first(store: Secrets) -> None:
    """Of two who make a secret under one name, both get the one that was there first."""
    assert store.ensure("codes-amber", b"first") == b"first"
    assert store.ensure("codes-amber", b"second") == b"first"


def test_destroyed_secret_is_gone(store: Secrets) -> None:
    """A destroyed secret cannot be had again, and destroying it twice is no fault."""
    store.create("codes-amber", b"first")
    store.destroy("codes-amber")
    store.destroy("codes-amber")
    with pytest.raises(DataFolderUnusable, match="missing"):
        store.get("codes-amber")


def test_empty_key_file_is_no_key(tmp_path: Path) -> None:
    """A file that a power cut left empty is not taken for a secret."""
    (tmp_path / "codes-amber").touch()
    with pytest.raises(DataFolderUnusable, match="missing"):
        KeyFiles(tmp_path).get("codes-amber")


def test_missing_secret_raises(store: Secrets) -> None:
    """A name that is not there is an unusable folder, not an empty secret."""
    store.create("codes-amber", b"first")
    with pytest.raises(DataFolderUnusable, match="missing"):
        store.get("codes-elm")


def test_key_file_is_its_owners_alone(instance: Callable[[], Path]) -> None:
    """Only the owner may read a key file, whatever the umask."""
    folder = instance() / "keys"
    earlier = os.umask(0)
    try:
        KeyFiles(folder).create("codes-amber", b"secret")
    finally:
        os.umask(earlier)
    assert (folder / "codes-amber").stat().st_mode & 0o777 == 0o600


def test_missing_folder_is_said_in_words(tmp_path: Path) -> None:
    """Without the folder of keys neither reading nor writing shows a path or an errno."""
    keys = KeyFiles(tmp_path / "nowhere")
    for deed in (lambda: keys.create("codes-amber", b"secret"), lambda: keys.get("codes-amber")):
        with pytest.raises(DataFolderUnusable, match="key file is missing") as caught:
            deed()
        assert str(tmp_path) not in str(caught.value)
