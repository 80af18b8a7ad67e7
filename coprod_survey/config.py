"""One frozen configuration, read from DIR/config.json; every fault of it is reported at once."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from coprod_survey.domain.errors import BadInput, DataFolderUnusable

FORMAT = "coprod-config/1"
_PUBLIC_KEY_HEX = 2 * 1216


@dataclass(frozen=True)
class Config:
    """What an instance is: its folder, the two addresses, and the public half of its recovery key."""

    folder: Path
    participant_url: str
    staff_url: str
    recovery_public_key: bytes

    def save(self) -> None:
        """Write DIR/config.json."""
        stored = {**asdict(self), "format": FORMAT, "recovery_public_key": self.recovery_public_key.hex()}
        del stored["folder"]
        (self.folder / "config.json").write_text(json.dumps(stored, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def load_config(folder: Path) -> Config:
    """Read the configuration; raises DataFolderUnusable where there is none, BadInput with every fault."""
    try:
        stored = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise DataFolderUnusable(
            f"{folder} is not a readable data folder. Make one with: coprod-survey init --data {folder}"
        ) from None
    faults = config_faults(stored if isinstance(stored, dict) else {})
    if faults:
        raise BadInput(f"{folder / 'config.json'} cannot be used: " + "; ".join(faults) + ".")
    key = bytes.fromhex(stored["recovery_public_key"])
    return Config(folder, stored["participant_url"], stored["staff_url"], key)


def config_faults(stored: dict[str, Any]) -> list[str]:
    """List what is wrong with a configuration, one phrase each."""
    faults = [] if stored.get("format") == FORMAT else [f'"format" must be "{FORMAT}"']
    for name in ("participant_url", "staff_url"):
        fault = address_fault(stored.get(name))
        if fault:
            faults.append(f'"{name}" {fault}')
    key = stored.get("recovery_public_key")
    if not isinstance(key, str) or len(key) != _PUBLIC_KEY_HEX or set(key) - set("0123456789abcdef"):
        faults.append('"recovery_public_key" must be the 2,432 hex digits that init wrote')
    return faults


def address_fault(url: object) -> str | None:
    """Say what is wrong with a base address such as https://surveys.example.org; None when it is good."""
    if not isinstance(url, str):
        return "must be an address such as https://surveys.example.org"
    try:
        parts = urlsplit(url)
        _ = parts.port  # read here because reading is what checks it
    except ValueError:
        return "must be an address such as https://surveys.example.org"
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query or parts.fragment:
        return "must be an address such as https://surveys.example.org, without a path or a final slash"
    return None
