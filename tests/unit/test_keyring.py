"""Keys that people hold: passphrases, wraps and shred keys."""

import json
from dataclasses import astuple, replace
from typing import Any

import pytest

from coprod_survey.crypto import keyring
from coprod_survey.crypto.keyring import lock, seal_seed, unlock, unseal_seed, unwrap_seed, wrap_seed
from coprod_survey.crypto.sealing import Purpose, SealBroken, envelope_bytes, public_key_of
from coprod_survey.crypto.wraps import Hardness, Wrap

REAL = Hardness()  # read while this file is imported, before tests make passphrases quick
SEED, SHRED, FRESH = b"S" * 32, b"K" * 32, bytes(range(28))
PASSPHRASE = "seven quiet herons wading"
HOLDER = bytes(range(32))
PURPOSE = Purpose("survey-seed/answers", "amber-river-oak/ada")


def wrapped() -> Wrap:
    """Lock the seed for one person."""
    return wrap_seed(SEED, PASSPHRASE, "ada", shred_key=SHRED, fresh=FRESH)


def sealed() -> bytes:
    """Seal the seed to one holder."""
    return seal_seed(SEED, public_key_of(HOLDER), PURPOSE, shred_key=SHRED, nonce=bytes(12))


def test_real_parameters_are_those_of_the_design(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id really takes 64 MiB, three passes and four lanes, and a wrap made so opens."""
    monkeypatch.setattr(Hardness.__init__, "__defaults__", astuple(REAL))
    wrap = wrapped()
    assert astuple(wrap.hardness) == (64 * 1024, 3, 4)
    assert unwrap_seed(wrap, PASSPHRASE, "ada", shred_key=SHRED) == SEED


def test_no_more_than_two_argon2_runs_at_once() -> None:
    """Parallel sign-ins are bounded: a third run waits for its turn."""
    taken = [keyring._ARGON2_RUNS.acquire(blocking=False) for _ in range(3)]
    for _ in range(sum(taken)):
        keyring._ARGON2_RUNS.release()
    assert taken == [True, True, False]


def test_right_passphrase_opens() -> None:
    """The same passphrase, person and shred key give the seed back."""
    assert unwrap_seed(wrapped(), PASSPHRASE, "ada", shred_key=SHRED) == SEED


@pytest.mark.parametrize(
    ("passphrase", "person", "shred_key"),
    [
        ("seven quiet herons wadinG", "ada", SHRED),
        ("", "ada", SHRED),
        (PASSPHRASE, "bea", SHRED),
        (PASSPHRASE, "ada", b"k" * 32),
        (PASSPHRASE, "ada", b""),
    ],
    ids=["passphrase", "empty passphrase", "person", "shred key", "no shred key"],
)
def test_wrong_part_opens_nothing(passphrase: str, person: str, shred_key: bytes) -> None:
    """A wrong passphrase, person or shred key all look alike."""
    with pytest.raises(SealBroken):
        unwrap_seed(wrapped(), passphrase, person, shred_key=shred_key)


@pytest.mark.parametrize(
    "changes",
    [
        {"salt": bytes(16)},
        {"nonce": b"n" * 12},
        {"locked": bytes(48)},
        {"locked": b""},
        {"version": 2},
        {"hardness": Hardness(64, 1, 4)},
    ],
    ids=["salt", "nonce", "locked", "nothing locked", "version", "hardness"],
)
def test_changed_wrap_opens_nothing(changes: dict[str, Any]) -> None:
    """Every stored part of a wrap is needed as it was."""
    with pytest.raises(SealBroken):
        unwrap_seed(replace(wrapped(), **changes), PASSPHRASE, "ada", shred_key=SHRED)


def test_wrap_survives_json() -> None:
    """A wrap written as JSON text and read back is equal and opens."""
    read = Wrap.from_json(json.loads(json.dumps(wrapped().to_json())))
    assert read == wrapped()
    assert unwrap_seed(read, PASSPHRASE, "ada", shred_key=SHRED) == SEED


def test_wrap_keeps_the_hardness_it_was_made_with(monkeypatch: pytest.MonkeyPatch) -> None:
    """An old wrap opens after the parameters were raised for new ones."""
    old = wrapped()
    monkeypatch.setattr(Hardness.__init__, "__defaults__", (64, 2, 4))
    assert unwrap_seed(old, PASSPHRASE, "ada", shred_key=SHRED) == SEED
    assert wrapped().hardness == Hardness(64, 2, 4)


def test_wrap_shows_nothing_that_helps_guessing() -> None:
    """The repr of a wrap holds neither the salt nor what is locked."""
    shown = repr(wrapped())
    assert repr(wrapped().locked) not in shown
    assert repr(wrapped().salt) not in shown


def test_wrap_holds_no_seed_and_no_passphrase() -> None:
    """What is stored of an account contains neither secret."""
    stored = json.dumps(wrapped().to_json())
    assert SEED.hex() not in stored
    assert PASSPHRASE not in stored


def test_holder_opens_a_sealed_seed() -> None:
    """The holder's seed, the purpose and the survey's shred key together open a survey's seed."""
    assert unseal_seed(sealed(), HOLDER, PURPOSE, shred_key=SHRED) == SEED


def test_sealed_seeds_have_one_size() -> None:
    """All sealed seeds fill the same bucket."""
    assert len(sealed()) == envelope_bytes(keyring.SEALED_SEED_BUCKET)


@pytest.mark.parametrize(
    ("holder", "purpose", "shred_key"),
    [
        (bytes(32), PURPOSE, SHRED),
        (HOLDER, Purpose("survey-seed/desk", "amber-river-oak/ada"), SHRED),
        (HOLDER, Purpose("survey-seed/answers", "amber-river-oak/bea"), SHRED),
        (HOLDER, PURPOSE, b"k" * 32),
    ],
    ids=["another holder", "another slot", "sealed to somebody else", "shred key destroyed and made anew"],
)
def test_seed_stays_shut_without_every_part(holder: bytes, purpose: Purpose, shred_key: bytes) -> None:
    """Another holder, purpose or shred key opens no survey's seed."""
    with pytest.raises(SealBroken):
        unseal_seed(sealed(), holder, purpose, shred_key=shred_key)


def test_locked_bytes_open_with_their_key() -> None:
    """What was locked under a key unlocks under the same key."""
    assert unlock(lock(b"table", SHRED, nonce=b"n" * 12), SHRED) == b"table"


@pytest.mark.parametrize(
    "locked",
    [
        b"",
        b"short",
        bytes(12),
        bytes(28),
        lock(b"table", b"k" * 32, nonce=bytes(12)),
        lock(b"t", SHRED, nonce=bytes(12))[:-1],
    ],
    ids=["empty", "short", "nonce alone", "zeros", "another key", "cut"],
)
def test_damaged_lock_stays_shut(locked: bytes) -> None:
    """Bytes that were not locked under this key raise SealBroken and nothing else."""
    with pytest.raises(SealBroken):
        unlock(locked, SHRED)
