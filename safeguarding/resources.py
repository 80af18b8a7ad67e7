"""Read the JSON files that ship inside this package."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any


def load(folder: str, name: str) -> Any:
    """Parse one shipped file; `folder` is "" for the package itself."""
    place = files("safeguarding").joinpath(folder, name) if folder else files("safeguarding").joinpath(name)
    return json.loads(place.read_text(encoding="utf-8"))


def names(folder: str) -> tuple[str, ...]:
    """List the JSON files of a folder by name, in alphabetical order."""
    return tuple(sorted(e.name for e in files("safeguarding").joinpath(folder).iterdir() if e.name.endswith(".json")))
