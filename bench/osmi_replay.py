"""Replay the published OSMI surveys of 2014 and 2016 through the whole product and check what comes out.

From the root of the checkout, with the data folder beside it: `python bench/osmi_replay.py [--year 2014|2016|both]
[--people N] [--keep DIR] [--json FILE] [--tables]`. Every person posts once, with their own code, over plain HTTP.
Afterwards the answers are opened and compared, and the release is checked (`osmi_checks`); any failure is one plain
sentence and exit status 1. Clients share the machine with the server, so people per second is a lower bound.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # runs as a script as well as with -m

from bench import osmi_driver
from bench.osmi_checks import check_release, check_stored, opened_answers
from bench.osmi_instruments import instrument
from bench.osmi_mapping import Person, Table, people, read_table
from bench.osmi_measures import PARTICIPANTS, STAFF, SUPERVISOR, Usage, bytes_on_disk, usage_by_face
from bench.osmi_recount import Truth
from bench.osmi_tables import GENDER_SPELLINGS, YEARS, Year

DATA = osmi_driver.ROOT.parent / "shared" / "data" / "osmi"
Figures = dict[str, float]


@dataclass(frozen=True)
class Instance:
    """A scratch instance of the product with one closed survey."""

    data: Path
    out: Path
    slug: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Replay the chosen years; return 0 when everything passed, 1 when a check failed, 2 without data."""
    options = _parser().parse_args(arguments)
    if options.tables:
        _print_tables()
        return 0
    if not DATA.is_dir():
        print(
            "The OSMI tables are not beside the checkout (../shared/data/osmi), so nothing was replayed.",
            file=sys.stderr,
        )
        return 2
    names = list(YEARS) if options.year == "both" else [options.year]
    results = {name: _replay(YEARS[name], options) for name in names}
    if options.json:
        report = {name: {"figures": figures, "failures": failures} for name, (figures, failures) in results.items()}
        options.json.write_text(json.dumps(report, indent=2) + "\n", "utf-8")
    return 1 if any(failures for _, failures in results.values()) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python bench/osmi_replay.py", description="Replay the OSMI surveys.")
    parser.add_argument("--year", choices=[*YEARS, "both"], default="both")
    parser.add_argument("--people", type=int, metavar="N", help="replay only the first N people of each year")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave the scratch folders in DIR")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write figures and failures as JSON")
    parser.add_argument("--tables", action="store_true", help="print how gender spellings are mapped, and stop")
    return parser


def _print_tables() -> None:
    for value in sorted(set(GENDER_SPELLINGS.values())):
        print(f"{value}: {'; '.join(s for s, mapped in GENDER_SPELLINGS.items() if mapped == value)}")
    print("another: every other spelling")


def _replay(year: Year, options: argparse.Namespace) -> tuple[Figures, list[str]]:
    table = read_table(DATA / f"{year.name}.csv")
    everybody = people(year, Table(table.questions, table.rows[: options.people]))
    with _scratch(options.keep, year) as folder:
        try:
            figures, failures = _replay_in(Path(folder), year, (table, everybody))
        except osmi_driver.ProductError as error:
            figures, failures = {}, [f"The replay could not be finished: {error}"]
    if figures:
        _print_figures(year, figures)
    for sentence in failures:
        print(f"{year.name}: {sentence}", file=sys.stderr)
    if not failures:
        print(f"{year.name}: stored {len(everybody)} of {len(everybody)}; checks a–d passed")
    return figures, failures


def _scratch(keep: Path | None, year: Year) -> "tempfile.TemporaryDirectory[str] | nullcontext[str]":
    if keep is None:
        return tempfile.TemporaryDirectory(prefix="osmi-replay-")
    folder = keep / year.name
    folder.mkdir(parents=True)
    return nullcontext(str(folder))


def _replay_in(folder: Path, year: Year, source: tuple[Table, list[Person]]) -> tuple[Figures, list[str]]:
    table, everybody = source
    document = instrument(year, table.questions, date.today())
    ports = osmi_driver.free_ports()
    data = folder / "data"
    osmi_driver.new_instance(data, ports)
    before = bytes_on_disk(data)
    slug = osmi_driver.open_survey(data, document)
    sent, figures = _send(data, slug, (ports, everybody))
    figures["bytes_per_answer"] = (bytes_on_disk(data) - before) / len(everybody)
    instance = Instance(data, folder / "release", slug)
    figures |= _close_and_release(instance)
    opened = opened_answers(data, slug, osmi_driver.HOLDER, osmi_driver.PASSPHRASE)
    mapped = [person.mapped for person in everybody]
    return figures, [
        *_sending_failures(sent, len(everybody)),
        *check_stored(mapped, opened),
        *check_release(instance.out, Truth(document, mapped, table)),
    ]


def _send(data: Path, slug: str, source: tuple[osmi_driver.Ports, list[Person]]) -> tuple[osmi_driver.Sent, Figures]:
    ports, everybody = source
    with osmi_driver.serving(data, ports) as pid:
        codes = osmi_driver.invite(data, slug, len(everybody))
        bodies = [[*person.fields, ("code", code)] for person, code in zip(everybody, codes, strict=True)]
        start = usage_by_face(pid, ports.participant, ports.staff)
        sent = osmi_driver.send_all(ports.participant, slug, bodies)
        end = usage_by_face(pid, ports.participant, ports.staff)
    return sent, _server_figures(start, end, sent)


def _server_figures(start: dict[str, Usage], end: dict[str, Usage], sent: osmi_driver.Sent) -> Figures:
    count = sent.received + sum(sent.refusals.values())
    figures = {
        "people": count,
        "received": sent.received,
        "people_per_second": count / sent.seconds,
        "retries": sent.retries,
    }
    for face in (PARTICIPANTS, STAFF, SUPERVISOR):
        figures[f"{face}_cpu_seconds_per_person"] = (end[face].cpu_seconds - start[face].cpu_seconds) / count
        figures[f"{face}_peak_mib"] = end[face].peak_mib
    figures["largest_process_peak_mib"] = max(usage.largest_mib for usage in end.values())
    return figures


def _close_and_release(instance: Instance) -> Figures:
    where = ("--data", str(instance.data))
    holder = ("--holder", osmi_driver.HOLDER)
    passphrase = f"{osmi_driver.PASSPHRASE}\n"
    osmi_driver.command("survey", "close", instance.slug, *where)
    started = time.perf_counter()
    osmi_driver.command("results", "open", instance.slug, *where, *holder, stdin=passphrase)
    opened = time.perf_counter()
    osmi_driver.command("release", instance.slug, *where, *holder, "--out", str(instance.out), stdin=passphrase)
    return {"opening_seconds": opened - started, "release_seconds": time.perf_counter() - opened}


def _sending_failures(sent: osmi_driver.Sent, expected: int) -> list[str]:
    if sent.received == expected:
        return []
    statuses = ", ".join(f"{count} × {status}" for status, count in sent.refusals.items())
    return [f"Only {sent.received} of {expected} people got the received page; the others got {statuses}."]


def _print_figures(year: Year, figures: Figures) -> None:
    print(f"\n{year.name}")
    for name, figure in figures.items():
        words = f"{figure:,.0f}" if figure >= 1000 else f"{figure:.4g}"
        print(f"  {name.replace('_', ' '):<40} {words:>12}")


if __name__ == "__main__":
    sys.exit(main())
