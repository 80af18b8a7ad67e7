"""The command line. Results go to stdout; every error is one plain sentence on stderr, exit status 2 or 1."""

import argparse
import csv
import io
import json
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn, TypeAlias

from coprod_survey.adapters.new_files import new_files
from coprod_survey.bootstrap.operations import Operations, initialise, recovery_holder, wire_operations
from coprod_survey.domain.errors import BadInput, CoprodError, Failed
from coprod_survey.domain.instrument import Instrument
from coprod_survey.domain.instrument_file import parse_instrument_json
from coprod_survey.domain.staff import Role
from coprod_survey.ports import Card
from coprod_survey.services.screening_lines import screened_lines
from coprod_survey.services.staff import Unlocked
from coprod_survey.services.table_plan import checked_plan
from coprod_survey.web.server import serve

Arguments = argparse.Namespace
Commands: TypeAlias = "argparse._SubParsersAction[_Parser]"
PARTICIPANT_PORT, STAFF_PORT = 8080, 8081


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 2 bad input, 1 failed."""
    chosen = _parser().parse_args(arguments)
    run: Callable[[Arguments], int] = chosen.run
    try:
        return run(chosen)
    except CoprodError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    except BrokenPipeError:
        return 1


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one sentence."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the command and where to read more."""
        self.exit(2, f"{message[:1].upper()}{message[1:]}. See: {self.prog} --help\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="coprod-survey", description="Anonymous, safeguarded participation surveys.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    _add_instance_commands(commands)
    _add_survey_commands(commands)
    _add_result_commands(commands)
    return parser


def _add_instance_commands(commands: Commands) -> None:
    init = _command(commands, "init", "make a new instance", _init)
    init.add_argument("--participant-url", default=f"http://127.0.0.1:{PARTICIPANT_PORT}", metavar="U")
    init.add_argument("--staff-url", default=f"http://localhost:{STAFF_PORT}", metavar="U")
    serving = _command(commands, "serve", "serve participants and staff", _serve)
    serving.add_argument("--port", type=int, default=PARTICIPANT_PORT)
    serving.add_argument("--staff-port", type=int, default=STAFF_PORT)
    serving.add_argument("--workers", type=int, default=2, help="processes of the participant face")
    staff = commands.add_parser("staff", help="staff accounts").add_subparsers(
        required=True, metavar="add", parser_class=_Parser
    )
    add = _command(staff, "add", "add an account with its key pair", _staff_add)
    add.add_argument("--role", required=True, choices=[role.value for role in Role])
    add.add_argument("--name", required=True)
    add.add_argument("--passphrase-stdin", required=True, action="store_true", help="read it from standard input")


def _add_survey_commands(commands: Commands) -> None:
    survey = commands.add_parser("survey", help="check, create, open, share and close surveys").add_subparsers(
        required=True, metavar="check|create|open|share|close", parser_class=_Parser
    )
    check = _command(survey, "check", "say everything that is wrong with an instrument file", _survey_check, data=False)
    check.add_argument("file", type=Path, metavar="FILE")
    create = _command(survey, "create", "store an instrument as a draft and print its slug", _survey_create)
    create.add_argument("file", type=Path, metavar="FILE")
    opening = _command(survey, "open", "open a draft", _survey_open)
    opening.add_argument("slug", metavar="SLUG")
    for command in (create, opening):
        command.add_argument(
            "--demonstration-gates",
            action="store_true",
            help="accept the file's gates and mark the survey as a demonstration on every page",
        )
    share = _command(survey, "share", "let another safeguarding lead read the flags of a survey", _survey_share)
    share.add_argument("slug", metavar="SLUG")
    share.add_argument("--with", dest="reader", required=True, metavar="NAME", help="the lead who is to read them too")
    _add_holders(share, "a lead who reads them already; passphrase on stdin")
    close = _command(survey, "close", "close an open survey", _survey_close)
    close.add_argument("slug", metavar="SLUG")
    invite = _command(commands, "invite", "make invitation codes for an open survey", _invite)
    invite.add_argument("slug", metavar="SLUG")
    invite.add_argument("--count", type=int, required=True, metavar="N")
    invite.add_argument("--out", type=Path, required=True, metavar="FILE", help="codes.csv: header code,link")
    invite.add_argument("--cards", type=Path, metavar="FILE", help="cards.pdf: the same codes on A4, ten cards a sheet")


def _add_result_commands(commands: Commands) -> None:
    _command(commands, "screen", "screen JSON lines from standard input", _screen, data=False)
    results = commands.add_parser("results", help="results of a closed survey").add_subparsers(
        required=True, metavar="open", parser_class=_Parser
    )
    opening = _command(results, "open", "open the answers of a closed survey", _results_open)
    releasing = _command(commands, "release", "release the results of a closed survey", _release)
    releasing.add_argument("--out", type=Path, required=True, metavar="DIR2")
    for command in (opening, releasing):
        command.add_argument("slug", metavar="SLUG")
        _add_holders(command, "passphrases: one line each on stdin")


def _add_holders(command: argparse.ArgumentParser, whose: str) -> None:
    who = command.add_mutually_exclusive_group(required=True)
    who.add_argument("--holder", action="append", nargs="+", metavar="NAME", help=whose)
    who.add_argument("--recovery", action="store_true", help="read the recovery key from standard input instead")


def _command(
    commands: Commands,
    name: str,
    does: str,
    run: Callable[[Arguments], int],
    *,
    data: bool = True,
) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=does, description=does)
    command.set_defaults(run=run)
    if data:
        command.add_argument("--data", type=Path, required=True, metavar="DIR")
    return command


def _init(chosen: Arguments) -> int:
    key = initialise(chosen.data, participant_url=chosen.participant_url, staff_url=chosen.staff_url)
    try:
        print(f"A new instance is in {chosen.data}.")
        print("Recovery key, shown only this once. Write it on paper and keep it away from this machine:")
        print(key, flush=True)
    except OSError:
        shutil.rmtree(chosen.data)
        raise Failed(
            "The recovery key could not be shown, so no instance was made. Repeat where you can read it."
        ) from None
    return 0


def _serve(chosen: Arguments) -> int:
    if not 1 <= chosen.workers <= 64:
        raise BadInput("--workers must be a whole number from 1 to 64.")
    wire_operations(chosen.data).surveys.destroy_spent_keys()
    print(f"Participants: http://127.0.0.1:{chosen.port}  Staff: http://localhost:{chosen.staff_port}", flush=True)
    return serve(chosen.data, port=chosen.port, staff_port=chosen.staff_port, workers=chosen.workers)


def _staff_add(chosen: Arguments) -> int:
    person = wire_operations(chosen.data).accounts.add(chosen.name, Role(chosen.role), _line("the passphrase"))
    print(f"Added {person.name} as {person.role.value}.")
    return 0


def _survey_check(chosen: Arguments) -> int:
    instrument = _instrument(_read(chosen.file))
    print(
        f"{chosen.file} is a good instrument: {len(list(instrument.items()))} questions, version {instrument.version}."
    )
    return 0


def _survey_create(chosen: Arguments) -> int:
    raw = _read(chosen.file)
    _instrument(raw)
    surveys = wire_operations(chosen.data).surveys
    print(surveys.create(json.loads(raw), demonstration=chosen.demonstration_gates).slug)
    return 0


def _survey_open(chosen: Arguments) -> int:
    operations = wire_operations(chosen.data)
    opened = operations.surveys.open(
        chosen.slug, operations.config.recovery_public_key, demonstration=chosen.demonstration_gates
    )
    print(f"{chosen.slug} is open at {operations.config.participant_url}/s/{chosen.slug}")
    print(f"Results can be opened by: {', '.join(opened.holders) or 'only the recovery key'}.")
    print(f"Flags are read by: {', '.join(opened.readers)}.")
    return 0


def _survey_share(chosen: Arguments) -> int:
    operations = wire_operations(chosen.data)
    giver, *more = _holders(operations, chosen)
    if more:
        raise BadInput("Name one --holder only: somebody who reads the flags of this survey already.")
    reader = operations.share_desk.share(chosen.slug, giver, chosen.reader)
    print(f"{reader.name} can read the flags of {chosen.slug} from the next sign-in on.")
    return 0


def _survey_close(chosen: Arguments) -> int:
    wire_operations(chosen.data).surveys.close(chosen.slug)
    print(f"{chosen.slug} is closed.")
    return 0


def _invite(chosen: Arguments) -> int:
    operations = wire_operations(chosen.data)
    wanted = [chosen.out, *([chosen.cards] if chosen.cards else [])]
    with new_files(*wanted) as write:
        made = operations.hand_out.make(chosen.slug, chosen.count, printed=bool(chosen.cards))
        write(*[_codes_csv(made.cards), made.sheet][: len(wanted)])
    print(f"{len(made.cards)} codes are in {chosen.out}. They are kept nowhere else; give each to one person.")
    if chosen.cards:
        print(f"The same codes as cards to cut out are in {chosen.cards}.")
        if not made.titled:
            print("The survey's title is not on the cards: it is too long, or in letters that cannot be printed yet.")
    return 0


def _codes_csv(cards: Sequence[Card]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([("code", "link"), *((card.spelled, card.link) for card in cards)])
    return out.getvalue().encode()


def _screen(_chosen: Arguments) -> int:
    for line in screened_lines(sys.stdin.buffer):
        print(line)
    return 0


def _results_open(chosen: Arguments) -> int:
    operations = wire_operations(chosen.data)
    operations.results.open(chosen.slug, _holders(operations, chosen))
    print(f"The answers of {chosen.slug} are opened and ready for release.")
    return 0


def _release(chosen: Arguments) -> int:
    operations = wire_operations(chosen.data)
    release = operations.release.make(chosen.slug, _holders(operations, chosen))
    try:
        chosen.out.mkdir(parents=True, exist_ok=True)
        for name, content in release.files.items():
            (chosen.out / name).write_bytes(content)
    except OSError:
        raise Failed(f"{chosen.out} cannot be written. The release is kept; repeat with another --out.") from None
    print(f"Release {release.id} is in {chosen.out}: {', '.join(sorted(release.files))}.")
    return 0


def _holders(operations: Operations, chosen: Arguments) -> list[Unlocked]:
    if chosen.recovery:
        return [recovery_holder(_line("the recovery key"))]
    names = [name for names in chosen.holder for name in names]
    return [operations.accounts.unlock(name, _line(f"the passphrase of {name}")) for name in names]


def _line(what: str) -> str:
    """Read one line from standard input; a passphrase never stands in the process list or the shell's history."""
    try:
        line = sys.stdin.readline().rstrip("\r\n")
        line.encode()  # in some locales bytes that are no UTF-8 get as far as this
    except UnicodeError:
        line = ""
    if not line:
        raise BadInput(f"Give {what} as one line of UTF-8 on standard input.")
    return line


def _instrument(raw: bytes) -> Instrument:
    instrument = parse_instrument_json(raw)
    checked_plan(instrument)
    return instrument


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        raise BadInput(f"{file} cannot be read. Check the path and who may read it.") from None
