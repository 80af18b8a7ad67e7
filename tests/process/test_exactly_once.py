"""A code is worth one answer, whatever arrives at the same moment at two processes with several threads each."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier

import pytest

from bench.scratch import Instance, Reply, Server
from coprod_survey.adapters.sqlite.submissions import SqliteSubmissions


@dataclass(frozen=True)
class Crowd:
    """A running server and its instance; every test takes codes that no other test takes."""

    server: Server
    instance: Instance

    def stored(self) -> Counter[str]:
        """Return how many turns, answers and blocks are stored."""
        with SqliteSubmissions(self.instance.data).file.reading() as db:
            counts = {
                table: db.execute(f"SELECT count(*) FROM {table} WHERE used = 1").fetchone()[0]  # noqa: S608
                for table in ("turns", "answers", "blocks")
            }
        return Counter(counts)

    def send_at_once(self, forms: Sequence[Mapping[str, str]]) -> list[Reply]:
        """Post every form at the same moment, each from a thread and a connection of its own."""
        start = Barrier(len(forms))

        def send(form: Mapping[str, str]) -> Reply:
            start.wait(timeout=30)
            return self.server.send(self.instance, form)

        with ThreadPoolExecutor(len(forms)) as pool:
            return list(pool.map(send, forms))


@pytest.fixture(scope="module")
def crowd(fresh_instance: Callable[[Path], Instance], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    """Serve a fresh instance with two processes."""
    instance = fresh_instance(tmp_path_factory.mktemp("crowd"))
    with Server(instance.data) as server:
        yield Crowd(server, instance)


def test_twenty_answers_with_one_code_are_one_answer(crowd: Crowd) -> None:
    """Of twenty different answers with the same code at once, one is received; nineteen are told so."""
    before = crowd.stored()
    replies = crowd.send_at_once(
        [crowd.instance.form(crowd.instance.codes[0], other=f"Answer {number}.") for number in range(20)]
    )
    assert Counter(reply.status for reply in replies) == {200: 1, 409: 19}
    assert sum(reply.received for reply in replies) == 1
    assert crowd.stored() - before == {"turns": 1, "answers": 1, "blocks": 1}


def test_twenty_times_the_same_answer_is_received_and_stored_once(crowd: Crowd) -> None:
    """Somebody whose phone sends again and again sees the received page each time; one answer is stored."""
    before = crowd.stored()
    replies = crowd.send_at_once([crowd.instance.form(crowd.instance.codes[1], other="The same.")] * 20)
    assert [reply.received for reply in replies] == [True] * 20
    assert len({reply.body for reply in replies}) == 1
    assert crowd.stored() - before == {"turns": 1, "answers": 1, "blocks": 1}


def test_thirty_people_at_one_address_all_get_through(crowd: Crowd) -> None:
    """Thirty codes at once over one Wi-Fi: every answer is received, because nobody is refused by address."""
    before = crowd.stored()
    replies = crowd.send_at_once(
        [crowd.instance.form(code, other=f"Person {number}.") for number, code in enumerate(crowd.instance.codes[2:32])]
    )
    assert [reply.received for reply in replies] == [True] * 30
    assert crowd.stored() - before == {"turns": 30, "answers": 30, "blocks": 30}


def test_a_used_code_and_an_unknown_one_get_the_same_words(crowd: Crowd) -> None:
    """Nobody can find out whether a code was used: apart from the typed code the two pages are the same bytes."""
    used, unknown = crowd.instance.codes[40], "0000-0000-0000-0000"
    assert crowd.server.send(crowd.instance, crowd.instance.form(used, other="First.")).received
    replies = [
        crowd.server.send(crowd.instance, crowd.instance.form(code, other="Second.")) for code in (used, unknown)
    ]
    assert [reply.status for reply in replies] == [409, 409]
    assert replies[0].body.replace(used.encode(), b"") == replies[1].body.replace(unknown.encode(), b"")


def test_a_refused_answer_costs_no_turn(crowd: Crowd) -> None:
    """After answers that could not be taken, the same code is still good for one that can."""
    form = crowd.instance.form(crowd.instance.codes[41], other="Good.")
    bad = [{**form, "place": "nowhere"}, {**form, "other": "x" * 501}, {**form, "version": "old"}, {**form, "new": "1"}]
    assert [crowd.server.send(crowd.instance, one).status for one in bad] == [422, 422, 422, 400]
    assert crowd.server.send(crowd.instance, form).received
