"""The operating system's clock and entropy, and small files with owner-only rights."""

import os
import secrets
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

from coprod_survey.domain.errors import DataFolderUnusable, Refused


class SystemClock:
    """The day in UTC; see ports.Clock."""

    def today(self) -> date:
        """See ports.Clock."""
        return datetime.now(UTC).date()


class SystemEntropy:
    """The operating system's random source; see ports.Entropy."""

    def token(self, length: int) -> bytes:
        """See ports.Entropy."""
        return secrets.token_bytes(length)


class KeyFiles:
    """Secrets as files in DIR/keys, one each, readable by their owner alone; see ports.Secrets."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create(self, name: str, secret: bytes) -> None:
        """See ports.Secrets. Written aside and then linked, so that a crash leaves the whole secret or none."""
        aside = self._folder / f".{name}.{secrets.token_hex(4)}"
        try:
            with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(secret)
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(aside, self._folder / name)
            finally:
                aside.unlink()
        except FileExistsError:
            raise Refused(f"There is already a key file named {name}. It is never overwritten.") from None
        except OSError:
            raise self._unusable() from None

    def ensure(self, name: str, secret: bytes) -> bytes:
        """See ports.Secrets."""
        with suppress(Refused):
            self.create(name, secret)
        return self.get(name)

    def get(self, name: str) -> bytes:
        """See ports.Secrets."""
        try:
            secret = (self._folder / name).read_bytes()
        except OSError:
            raise self._unusable() from None
        if not secret:
            raise self._unusable()
        return secret

    def destroy(self, name: str) -> None:
        """See ports.Secrets. Flash storage may keep an old copy of a block; disk encryption is the answer to that."""
        file = self._folder / name
        try:
            with file.open("r+b") as old:
                old.write(secrets.token_bytes(file.stat().st_size))
                os.fsync(old.fileno())
            file.unlink()
        except FileNotFoundError:
            return
        except OSError:
            raise self._unusable() from None

    def _unusable(self) -> DataFolderUnusable:
        return DataFolderUnusable(
            "A key file is missing from the data folder or unreadable. Check the folder's owner, or restore its keys."
        )


class WorkingSetFiles:
    """Locked working sets as files in DIR/working; see ports.WorkingSets."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, slug: str, locked: bytes) -> None:
        """See ports.WorkingSets."""
        target = self._folder / f"{slug}.locked"
        fresh = target.with_suffix(".new")
        try:
            fresh.write_bytes(locked)
            fresh.replace(target)
        except OSError:
            raise DataFolderUnusable(
                "The working set could not be written. Check free space in the data folder."
            ) from None

    def read(self, slug: str) -> bytes | None:
        """See ports.WorkingSets."""
        target = self._folder / f"{slug}.locked"
        return target.read_bytes() if target.exists() else None
