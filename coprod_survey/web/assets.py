"""Find templates and static files, in an installed package as well as in a checkout, and name them by content."""

import base64
import hashlib
from functools import lru_cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def folder(name: str) -> Path:
    """Return the folder "templates" or "static": inside the installed package, else beside it (editable install)."""
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


@lru_cache
def content(name: str) -> str:
    """Return a static text file."""
    return (folder("static") / name).read_text(encoding="utf-8")


@lru_cache
def fingerprint(name: str) -> str:
    """Return 12 hex digits of SHA-256 of a static file, so that its address changes with its content."""
    return hashlib.sha256(content(name).encode()).hexdigest()[:12]


@lru_cache
def csp_hash(name: str) -> str:
    """Return the Content-Security-Policy source expression for a static file's text used inline."""
    digest = hashlib.sha256(content(name).encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
