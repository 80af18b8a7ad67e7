"""What a server costs, read from /proc: processor seconds and peak memory per face, bytes on disk."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_LISTENING = "0A"  # the state TCP_LISTEN in /proc/net/tcp (proc(5))
PARTICIPANTS, STAFF, SUPERVISOR = "participants", "staff", "supervisor"


@dataclass(frozen=True)
class Usage:
    """What the processes of one face have used so far; `peak_mib` is summed over processes, in MiB."""

    cpu_seconds: float = 0.0
    peak_mib: float = 0.0
    largest_mib: float = 0.0


def usage_by_face(pid: int, participant_port: int, staff_port: int) -> dict[str, Usage]:
    """Return the usage of a supervisor's whole process tree, told apart by the port a process holds open."""
    inodes = {PARTICIPANTS: set(_listening(participant_port)), STAFF: set(_listening(staff_port))}
    pids: dict[str, list[int]] = {PARTICIPANTS: [], STAFF: [], SUPERVISOR: []}
    for process in _tree(pid):
        held = _sockets(process)
        faces = [face for face, wanted in inodes.items() if held & wanted]
        pids[faces[0] if len(faces) == 1 else SUPERVISOR].append(process)
    return {face: _usage(members) for face, members in pids.items()}


def bytes_on_disk(folder: Path) -> int:
    """Return the bytes that a folder's files take up, in whole blocks."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


def _usage(pids: Iterable[int]) -> Usage:
    pids = list(pids)
    peaks = [_peak_mib(pid) for pid in pids]
    return Usage(sum(map(_cpu_seconds, pids)), sum(peaks), max(peaks, default=0.0))


def _stat_fields(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat after the name, which may hold spaces (proc(5): the first is field 3)."""
    return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()


def _cpu_seconds(pid: int) -> float:
    return sum(map(int, _stat_fields(pid)[11:15])) / _TICKS_PER_SECOND  # own and of children already waited for


def _peak_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text("utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _tree(pid: int) -> list[int]:
    parents = dict(_parents())
    found = [pid]
    for parent in found:
        found += [child for child, its_parent in parents.items() if its_parent == parent]
    return found


def _parents() -> Iterator[tuple[int, int]]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                yield int(folder.name), int(_stat_fields(int(folder.name))[1])
            except OSError:  # it ended while we looked
                continue


def _listening(port: int) -> Iterator[str]:
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if not Path(table).exists():
            continue
        for line in Path(table).read_text("ascii").splitlines()[1:]:
            fields = line.split()
            if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                yield f"socket:[{fields[9]}]"


def _sockets(pid: int) -> set[str]:
    try:
        return {str(os.readlink(entry)) for entry in Path(f"/proc/{pid}/fd").iterdir()}
    except OSError:  # it ended while we looked
        return set()
