"""A process that dies at any step leaves a turn either unused or done, never half, and never loses a flag."""

import os
import random
import signal
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path

import pytest

from bench.scratch import LEAD, PASSPHRASES, Instance, Server, processes_below
from coprod_survey.adapters.sqlite.desk import SqliteDesk
from coprod_survey.adapters.sqlite.submissions import SqliteSubmissions
from coprod_survey.bootstrap.participant import wire_participant
from coprod_survey.bootstrap.staff import wire_staff
from coprod_survey.domain.answers import parse_answers
from coprod_survey.domain.invitation import parse_code
from coprod_survey.ports import Received

DIED = 77


def receive(instance: Instance, code: str, text: str = "I want to die.") -> Received:
    """Take an answer as the participant face does."""
    services, typed = wire_participant(instance.data), parse_code(code)
    survey = services.surveys.get(instance.slug)
    answers, faults = parse_answers(survey.instrument, {"safety": [text]})
    assert typed is not None
    assert not faults
    return services.participate.receive(survey, typed, answers, language="en", asked_to_be_read=False)


def in_a_process_that_dies(deed: Callable[[], object], *, arm: Callable[[], None]) -> bool:
    """Run a deed in a forked process and tell whether it died on the way; `arm` sets the trap in that process."""
    child = os.fork()
    if child == 0:  # no clean-up of any kind: this stands for a power cut
        try:
            arm()
            deed()
        except BaseException:
            os._exit(1)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, DIED)
    return status == DIED


def die_before(starting: str = "", *, number: int = 1) -> Callable[[], None]:
    """Return a trap: the process ends just before the nth statement on submissions.db that starts with these words."""

    def arm() -> None:
        connected, seen = sqlite3.connect, 0

        def trace(statement: str) -> None:
            nonlocal seen
            seen += statement.startswith(starting)
            if seen == number:
                os._exit(DIED)

        def connect(*arguments: object, **options: object) -> sqlite3.Connection:
            connection: sqlite3.Connection = connected(*arguments, **options)  # type: ignore[call-overload]
            if "submissions.db" in str(arguments[0]):
                connection.set_trace_callback(trace)
            return connection

        sqlite3.connect = connect  # type: ignore[assignment]

    return arm


def die_instead_of(owner: type, method: str) -> Callable[[], None]:
    """Return a trap: the process ends where the method would be called."""
    return lambda: setattr(owner, method, lambda *_arguments: os._exit(DIED))


def die_after(owner: type, method: str) -> Callable[[], None]:
    """Return a trap: the process ends when the method has done its work, before anybody hears of it."""

    def arm() -> None:
        original = getattr(owner, method)

        def then_die(*arguments: object, **options: object) -> None:
            original(*arguments, **options)
            os._exit(DIED)

        setattr(owner, method, then_die)

    return arm


def stored(instance: Instance) -> tuple[int, int, int]:
    """Return how many turns, answers and blocks are stored, after checking that the file is whole."""
    with SqliteSubmissions(instance.data).file.reading() as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        turns, answers, blocks = (
            db.execute(f"SELECT count(*) FROM {table} WHERE used = 1").fetchone()[0]  # noqa: S608
            for table in ("turns", "answers", "blocks")
        )
    return turns, answers, blocks


@pytest.fixture
def instance(fresh_instance: Callable[[Path], Instance], tmp_path: Path) -> Instance:
    """Return a fresh instance; whatever is read once per process is read now, before any process is forked."""
    fresh = fresh_instance(tmp_path)
    wire_participant(fresh.data)
    return fresh


@pytest.mark.parametrize("step", ["BEGIN", "UPDATE turns", "UPDATE answers", "UPDATE blocks", "COMMIT"])
def test_dying_before_a_step_of_the_transaction_leaves_the_turn_unused(instance: Instance, step: str) -> None:
    """Before it, between its three writes and before its commit: nothing is stored, and the retry is stored once."""
    code = instance.codes[0]
    assert in_a_process_that_dies(lambda: receive(instance, code), arm=die_before(step))
    assert stored(instance) == (0, 0, 0)
    assert receive(instance, code) is Received.STORED
    assert stored(instance) == (1, 1, 1)


def test_dying_before_any_statement_at_all_costs_nothing(instance: Instance) -> None:
    """One process after another dies, each one statement later; then one gets through and everything is stored once."""
    code, deaths = instance.codes[0], 0
    while in_a_process_that_dies(lambda: receive(instance, code), arm=die_before(number=deaths + 1)):
        deaths += 1
        assert stored(instance) == (0, 0, 0), f"after dying before statement {deaths}"
    assert deaths > 10
    assert stored(instance) == (1, 1, 1)
    assert receive(instance, code) is Received.REPEATED


def test_dying_after_the_commit_is_done_and_a_retry_says_so(instance: Instance) -> None:
    """When the process dies with the answer stored but nobody told, the retry is recognised and stores nothing."""
    code = instance.codes[0]
    assert in_a_process_that_dies(lambda: receive(instance, code), arm=die_after(SqliteSubmissions, "accept"))
    assert stored(instance) == (1, 1, 1)
    assert receive(instance, code) is Received.REPEATED
    assert stored(instance) == (1, 1, 1)


def test_a_dead_process_leaves_no_lock(instance: Instance) -> None:
    """After a process died inside its transaction, the next person is served at once."""
    assert in_a_process_that_dies(lambda: receive(instance, instance.codes[0]), arm=die_before("COMMIT"))
    started = time.monotonic()
    assert receive(instance, instance.codes[1]) is Received.STORED
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "trap",
    [
        die_instead_of(SqliteDesk, "add"),
        die_after(SqliteDesk, "add"),
        die_instead_of(SqliteSubmissions, "forget_blocks"),
        die_after(SqliteSubmissions, "forget_blocks"),
    ],
    ids=["before the archive", "after the archive", "before forgetting", "after forgetting"],
)
def test_dying_while_draining_neither_loses_nor_doubles_a_flag(instance: Instance, trap: Callable[[], None]) -> None:
    """Whenever a drain dies, the next one ends with every flag in the archive once and no block left."""
    for number, code in enumerate(instance.codes[:3]):
        receive(instance, code, f"I want to die, {number}.")
    services = wire_staff(instance.data)
    lead = services.accounts.unlock(LEAD, PASSPHRASES[LEAD])
    assert in_a_process_that_dies(lambda: services.flags.drain(lead), arm=trap)
    assert services.flags.drain(lead) == 0
    texts = sorted(excerpt.text for entry in services.flags.inbox(lead) for excerpt in entry.flag.excerpts)
    assert texts == [f"I want to die, {number}." for number in range(3)]
    assert stored(instance) == (3, 3, 0)


def test_dying_while_more_people_are_invited_keeps_every_answer(instance: Instance) -> None:
    """Making more room moves answers about; dying before any of its statements leaves all of them in place."""
    for code in instance.codes[:3]:
        receive(instance, code)
    store = SqliteSubmissions(instance.data)
    envelopes, blocks = sorted(store.envelopes(instance.slug)), store.blocks(instance.slug)
    sizes = {"envelope_bytes": len(envelopes[0]), "block_bytes": len(blocks[0][1])}
    for number in (2, 10, 40, 200, 300):
        assert in_a_process_that_dies(
            lambda: store.make_room(instance.slug, 90, **sizes), arm=die_before(number=number)
        )
        assert sorted(store.envelopes(instance.slug)) == envelopes
        assert store.blocks(instance.slug) == blocks
    store.make_room(instance.slug, 90, **sizes)
    assert sorted(store.envelopes(instance.slug)) == envelopes
    assert sorted(content for _, content in store.blocks(instance.slug)) == sorted(content for _, content in blocks)
    assert [receive(instance, code) for code in instance.codes[:4]] == [Received.REPEATED] * 3 + [Received.STORED]


@pytest.mark.slow
def test_killing_workers_at_random_loses_and_doubles_nothing(instance: Instance) -> None:
    """Sixty people send, and send again when the line breaks, while workers are killed: sixty answers, once each."""
    rng = random.Random(20261123)  # noqa: S311 - only the moments of the kills

    def send(server: Server, code: str) -> bool:
        for _attempt in range(60):
            try:
                reply = server.send(instance, instance.form(code, safety="I want to die.", other=code[:4]))
            except (OSError, HTTPException):
                time.sleep(0.2)
                continue
            if reply.status != 503:
                return reply.received
        return False

    with Server(instance.data) as server, ThreadPoolExecutor(8) as pool:
        sent: list[Future[bool]] = [pool.submit(send, server, code) for code in instance.codes]
        kills = 0
        while not all(one.done() for one in sent):
            time.sleep(rng.uniform(0.02, 0.1))
            kills += kill_a_participant_worker(server, rng)
        assert all(one.result() for one in sent)
        assert kills > 5
    assert stored(instance) == (60, 60, 60)


def kill_a_participant_worker(server: Server, rng: random.Random) -> bool:
    """Kill one process that serves participants, at once and without warning; False where none is up just now."""
    masters = [child for child in processes_below(server.process.pid) if b"participant_wsgi" in command_of(child)]
    workers = [child for master in masters for child in processes_below(master)]
    if not workers:
        return False
    os.kill(rng.choice(workers), signal.SIGKILL)
    return True


def command_of(process: int) -> bytes:
    """Return the command line of a process; empty when it has ended."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""
