"""What is stored of a person's key: the seed locked by a passphrase, and how hard that lock is to guess.

Plain data, apart from the keyring that opens it, so that a contract can speak of it without being able to open it.
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Hardness:
    """Argon2id parameters, stored with each wrap so that they can be raised later."""

    memory_kib: int = 65536
    passes: int = 3
    lanes: int = 4


@dataclass(frozen=True)
class Wrap:
    """A person's seed, locked by a passphrase. `salt` 16 bytes, `nonce` 12, `locked` seed + 16-byte tag."""

    salt: bytes = field(repr=False)
    nonce: bytes = field(repr=False)
    locked: bytes = field(repr=False)
    hardness: Hardness
    version: int = 1

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-able form; bytes as lower-case hex."""
        hardness = [self.hardness.memory_kib, self.hardness.passes, self.hardness.lanes]
        parts = {"salt": self.salt.hex(), "nonce": self.nonce.hex(), "locked": self.locked.hex()}
        return {**parts, "argon2id": hardness, "version": self.version}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Wrap":
        """Read what `to_json` wrote."""
        salt, nonce, locked = (bytes.fromhex(stored[name]) for name in ("salt", "nonce", "locked"))
        return cls(salt, nonce, locked, hardness=Hardness(*stored["argon2id"]), version=stored["version"])
