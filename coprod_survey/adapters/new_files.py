"""Files that hold secrets: readable by their owner alone, written whole or not at all, never over another file."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import mkstemp

from coprod_survey.domain.errors import BadInput, Failed, Refused

Write = Callable[..., None]


@contextmanager
def new_files(*targets: Path) -> Iterator[Write]:
    """Prove that every target can be written, then yield what writes them: it takes the bytes of each, in order.

    Raises BadInput for a path that cannot be used, Refused for a file that is there and not empty.
    """
    if len({os.path.realpath(target) for target in targets}) < len(targets):
        raise BadInput("Two files cannot have the same name. Choose another for one of them.")
    with ExitStack() as stack:
        drafts = [stack.enter_context(_draft(target)) for target in targets]

        def write(*contents: bytes) -> None:
            _write(targets, drafts, contents)

        yield write


@contextmanager
def _draft(target: Path) -> Iterator[Path]:
    """Yield an empty file beside the target, readable by its owner alone; it is gone afterwards."""
    try:
        if target.exists() and not (target.is_file() and target.stat().st_size == 0):
            raise Refused(f"{target} is already there, and codes are never overwritten. Choose another name.")
        handle, name = mkstemp(dir=target.parent, prefix=".", suffix=".new")
    except OSError:
        raise BadInput(f"{target} cannot be written. Check the folder and who owns it.") from None
    os.close(handle)
    draft = Path(name)
    try:
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _write(targets: tuple[Path, ...], drafts: list[Path], contents: tuple[bytes, ...]) -> None:
    """Fill every draft before the first takes its place."""
    try:
        for draft, content in zip(drafts, contents, strict=True):
            with draft.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        for draft, target in zip(drafts, targets, strict=True):
            draft.replace(target)
    except OSError:
        names = " and ".join(map(str, targets))
        raise Failed(f"{names} could not be written, so the new codes are lost. Free some space and repeat.") from None
