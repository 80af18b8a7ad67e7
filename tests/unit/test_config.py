"""The configuration of a data folder: written once, read strictly, every fault at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coprod_survey.bootstrap.operations import initialise, read_recovery_key, recovery_holder
from coprod_survey.config import Config, address_fault, config_faults, load_config
from coprod_survey.crypto.sealing import public_key_of
from coprod_survey.domain.errors import BadInput, DataFolderUnusable, Refused

GOOD: dict[str, Any] = {
    "format": "coprod-config/1",
    "participant_url": "https://surveys.example.org",
    "staff_url": "http://localhost:8081",
    "recovery_public_key": "ab" * 1216,
}


def written(folder: Path, content: object) -> Path:
    """Write a configuration file."""
    text = content if isinstance(content, str) else json.dumps(content)
    (folder / "config.json").write_text(text, encoding="utf-8")
    return folder


def test_saved_configuration_is_read_back(tmp_path: Path) -> None:
    """What is saved is what is loaded."""
    config = Config(tmp_path, "https://surveys.example.org", "https://staff.example.org:8443", b"k" * 1216)
    config.save()
    assert load_config(tmp_path) == config


@pytest.mark.parametrize("content", ["", "{", "\ud83d", "[" * 3], ids=["empty", "cut", "half a character", "nested"])
def test_unreadable_file_names_the_way_out(tmp_path: Path, content: str) -> None:
    """A file that is no JSON is no data folder, and the message says how to make one."""
    (tmp_path / "config.json").write_bytes(content.encode("utf-8", "surrogatepass"))
    with pytest.raises(DataFolderUnusable, match="coprod-survey init"):
        load_config(tmp_path)


def test_missing_folder_names_the_way_out(tmp_path: Path) -> None:
    """A folder that is not there is met with the same sentence."""
    with pytest.raises(DataFolderUnusable, match="coprod-survey init"):
        load_config(tmp_path / "nowhere")


@pytest.mark.parametrize("content", [[], "null", 5, {}])
def test_every_fault_is_reported_at_once(tmp_path: Path, content: object) -> None:
    """JSON of the wrong shape lists all four things that are needed."""
    with pytest.raises(BadInput) as caught:
        load_config(written(tmp_path, content))
    for name in GOOD:
        assert f'"{name}"' in str(caught.value)


@pytest.mark.parametrize("name", list(GOOD))
@pytest.mark.parametrize("value", [None, 5, "", "x", ["https://a.example"]])
def test_each_wrong_value_is_named(name: str, value: object) -> None:
    """One wrong value gives one phrase, which names it."""
    faults = config_faults({**GOOD, name: value})
    assert len(faults) == 1
    assert f'"{name}"' in faults[0]


@pytest.mark.parametrize("key", ["AB" * 1216, "ab" * 1215, "ab" * 1217, " a" * 1216])
def test_recovery_key_has_one_form(key: str) -> None:
    """The public recovery key is exactly 2,432 lower-case hex digits."""
    assert config_faults({**GOOD, "recovery_public_key": key})


@pytest.mark.parametrize("url", ["https://surveys.example.org", "http://127.0.0.1:8080", "http://[::1]:8080"])
def test_good_addresses(url: str) -> None:
    """A scheme, a host and perhaps a port make an address."""
    assert address_fault(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "surveys.example.org",
        "ftp://surveys.example.org",
        "https://",
        "https://surveys.example.org/",
        "https://surveys.example.org/path",
        "https://surveys.example.org?x=1",
        "https://surveys.example.org#x",
        "http://[broken",
        "http://host:port",
        "http://host:99999",
    ],
)
def test_bad_addresses(url: str) -> None:
    """What a code could not be appended to, or nobody could visit, is refused in words."""
    assert "https://surveys.example.org" in (address_fault(url) or "")


def test_new_instance_keeps_everything_to_its_owner(instance: Callable[[], Path]) -> None:
    """Folders, databases and keys of a new instance are readable by their owner alone."""
    folder = instance()
    assert {path.stat().st_mode & 0o077 for path in [folder, *folder.glob("keys/*"), *folder.glob("*.db")]} == {0}
    assert len(list(folder.glob("*.db"))) == 5


def test_new_instance_never_overwrites(tmp_path: Path) -> None:
    """A folder that holds anything is left alone."""
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(Refused, match="not empty"):
        initialise(tmp_path, participant_url="http://a.example", staff_url="http://b.example")
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_instance_under_a_file_is_refused(tmp_path: Path) -> None:
    """A path that cannot be made is one plain sentence."""
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(DataFolderUnusable, match="cannot be created"):
        initialise(tmp_path / "letter.txt" / "data", participant_url="http://a.example", staff_url="http://b.example")


def test_printed_recovery_key_fits_the_stored_half(tmp_path: Path) -> None:
    """The words on paper are the secret of the public key in the configuration, and are kept nowhere."""
    printed = initialise(tmp_path / "new", participant_url="http://a.example", staff_url="http://b.example")
    seed = read_recovery_key(printed.lower().replace("-", " "))
    assert public_key_of(seed) == load_config(tmp_path / "new").recovery_public_key
    kept = b"".join(path.read_bytes() for path in (tmp_path / "new").rglob("*") if path.is_file())
    assert seed not in kept
    assert seed.hex().encode() not in kept
    assert printed.encode() not in kept


def test_mistyped_recovery_key_is_noticed(tmp_path: Path) -> None:
    """One wrong character, or one too few, is refused by the checksum."""
    printed = initialise(tmp_path / "new", participant_url="http://a.example", staff_url="http://b.example")
    wrong = ("1" if printed[0] != "1" else "2") + printed[1:]
    for typed in (wrong, printed[:-1], ""):
        with pytest.raises(BadInput, match="not a recovery key"):
            recovery_holder(typed)
