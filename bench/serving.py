"""Measure the real server: people per second, its processor time per person, its memory, bytes per answer.

Every person loads the form and sends one answer with two free texts, each request on a connection of its own. Run
from the checkout on an otherwise idle machine; with the defaults it takes about ten seconds:

    .venv/bin/python bench/serving.py --people 300 --clients 8 --workers 2
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # runs as a script as well as with -m

from bench.scratch import Instance, Server, new_instance, processes_below, request

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_TEXT = "The food was cold and nobody listened when I said so. On some nights I did not feel safe at all. "
_MORE_TEXT = "Somebody to talk to in the evening would help, and a door that I can lock. "


@dataclass(frozen=True)
class Measured:
    """What one run showed; times in seconds, sizes in bytes."""

    people: int
    received: int
    seconds: float
    waits: Sequence[float]
    cpu_seconds: float
    peak_rss: int
    stored: int


def main() -> int:
    """Measure and print; the status is 1 when not everybody was received."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=300)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        instance = new_instance(Path(folder) / "data", invitations=chosen.people)
        with Server(instance.data, workers=chosen.workers) as server:
            measured = measure(server, instance, clients=chosen.clients)
    show(measured, chosen.workers, chosen.clients)
    return 0 if measured.received == measured.people else 1


def measure(server: Server, instance: Instance, *, clients: int) -> Measured:
    """Let everybody answer from a number of clients at once."""
    cpu_before, started = cpu_seconds(server), time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        waits = list(pool.map(lambda code: wait_of(server, instance, code), instance.codes))
    seconds = time.perf_counter() - started
    return Measured(
        people=len(waits),
        received=sum(wait is not None for wait in waits),
        seconds=seconds,
        waits=sorted(wait for wait in waits if wait is not None),
        cpu_seconds=cpu_seconds(server) - cpu_before,
        peak_rss=sum(peak_rss(process) for process in family(server)),
        stored=(instance.data / "submissions.db").stat().st_size,
    )


def wait_of(server: Server, instance: Instance, code: str) -> float | None:
    """Return how long one person waited for the received page after pressing Send; None when it did not come."""
    request(server.port, f"/s/{instance.slug}")
    started = time.perf_counter()
    reply = server.send(instance, instance.form(code, place="here", listened="7", safety=_TEXT * 3, other=_MORE_TEXT))
    return time.perf_counter() - started if reply.received else None


def family(server: Server) -> list[int]:
    """Return the supervisor, both masters and all workers."""
    return [server.process.pid, *processes_below(server.process.pid)]


def cpu_seconds(server: Server) -> float:
    """Return the processor time, user and system, that the server's processes have used so far (/proc/PID/stat)."""
    ticks = 0
    for process in family(server):
        after_name = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()
        ticks += int(after_name[11]) + int(after_name[12])
    return ticks / _TICKS_PER_SECOND


def peak_rss(process: int) -> int:
    """Return the most memory, in bytes, that a process ever held; pages shared with others count in each."""
    for line in Path(f"/proc/{process}/status").read_text("utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def show(measured: Measured, workers: int, clients: int) -> None:
    """Print a Markdown table for docs/measurements.md."""
    waits = measured.waits or [0.0]
    rows = {
        "people received": f"{measured.received} of {measured.people}",
        "people per second (form and Send)": f"{measured.people / measured.seconds:.0f}",
        "wait after Send, median": f"{waits[len(waits) // 2] * 1000:.0f} ms",
        "wait after Send, 95 in 100": f"{waits[len(waits) * 95 // 100] * 1000:.0f} ms",
        "server processor time per person": f"{measured.cpu_seconds / measured.people * 1000:.1f} ms",
        "peak memory, all processes": f"{measured.peak_rss / 2**20:.0f} MiB",
        "submissions file per invited person": f"{measured.stored / measured.people:.0f} bytes",
    }
    print(f"| {workers} workers, {clients} clients | |\n|---|---|")
    for name, value in rows.items():
        print(f"| {name} | {value} |")


if __name__ == "__main__":
    raise SystemExit(main())
