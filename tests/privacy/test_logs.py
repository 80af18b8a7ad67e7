"""The server's words are a short fixed list, and pages that report a problem carry nothing of the request."""

import os
import re
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.scratch import Instance, Reply, Server, new_instance, request
from coprod_survey.web.quietlog import EVENTS

AGENT, REFERRER, ADDRESS, SLUG, WORD = (
    "Agent-7f3d",
    "https://ref-51ce.example",
    "203.0.113.77",
    "slug-9a0b",
    "word-c44d",
)
TELLING = {"User-Agent": AGENT, "Referer": REFERRER, "X-Forwarded-For": ADDRESS, "X-Real-IP": ADDRESS}
START = re.compile(r"Participants: http://127\.0\.0\.1:\d+  Staff: http://localhost:\d+")


def post(server: Server, instance: Instance, form: dict[str, str] | bytes, path: str = "") -> Reply:
    """Post with everything in the headers that usually ends up in a log."""
    return request(server.port, path or f"/s/{instance.slug}", form, TELLING)


@pytest.fixture(scope="module")
def replies(scratch: Instance, server: Server) -> dict[str, Reply]:
    """Return one reply of every kind that a healthy server gives."""
    code, used, form = scratch.codes[20], scratch.codes[21], scratch.form(scratch.codes[22])
    return {
        "200": post(server, scratch, scratch.form(used, other=WORD)),
        "400 field": post(server, scratch, {**form, WORD: WORD}),
        "400 bytes": post(server, scratch, b"other=%ff&code=" + code.encode()),
        "400 type": request(server.port, f"/s/{scratch.slug}", b"{}", {**TELLING, "Content-Type": "application/json"}),
        "404": post(server, scratch, form, f"/s/{SLUG}?code={code}"),
        "404 page": request(server.port, f"/{SLUG}/{code}", headers=TELLING),
        "405": post(server, scratch, form, "/healthz"),
        "409": post(server, scratch, {**form, "code": used, "other": "another answer"}),
        "413": post(server, scratch, {**form, "other": WORD * 50_000}),
        "422": post(server, scratch, {**form, "place": WORD}),
    }


@pytest.fixture
def broken(tmp_path: Path) -> Iterator[tuple[Instance, Server]]:
    """Serve an instance whose submissions file is damaged after the start."""
    instance = new_instance(tmp_path / "data", invitations=2)
    with Server(instance.data, workers=1) as server:
        (instance.data / "submissions.db").write_bytes(os.urandom(8192))
        yield instance, server


def said(server: Server) -> list[str]:
    """Return every line that the server has printed, to either stream."""
    return [line for file in server.words for line in file.read_text("utf-8").splitlines()]


def unexpected(lines: list[str]) -> list[str]:
    """Return the lines that are neither the start line nor an event of the list."""
    return [line for line in lines if line not in EVENTS.values() and not START.fullmatch(line)]


def test_each_request_is_answered_as_named(replies: dict[str, Reply]) -> None:
    """The requests of these tests do reach the places that they are meant for."""
    assert {name: reply.status for name, reply in replies.items()} == {name: int(name[:3]) for name in replies}


def test_the_server_says_only_events_of_the_list(replies: dict[str, Reply], server: Server) -> None:
    """After good and bad requests, stdout and stderr hold the start line and permitted sentences, nothing else."""
    lines = said(server)
    assert any(START.fullmatch(line) for line in lines)
    assert "server listens" in lines
    assert unexpected(lines) == []


def test_a_broken_request_is_logged_without_its_content(server: Server) -> None:
    """Bytes that are no HTTP at all are refused by the server itself and add at most one permitted sentence."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(f"{AGENT} {SLUG} {ADDRESS}\r\n\r\n".encode())
        reply = connection.recv(65536)
    assert b" 400 " in reply.splitlines()[0]
    assert unexpected(said(server)) == []


@pytest.mark.parametrize("told", [AGENT, REFERRER, ADDRESS])
def test_no_page_repeats_where_somebody_came_from(replies: dict[str, Reply], told: str) -> None:
    """No reply carries the browser, the referring page or the address that came with the request."""
    assert [name for name, reply in replies.items() if told in everything(reply)] == []


def test_messages_repeat_nothing_of_the_request(replies: dict[str, Reply], scratch: Instance) -> None:
    """Pages that are no form carry neither the address asked for, nor a code, nor a word that was typed."""
    messages = [name for name, reply in replies.items() if b"<form" not in reply.body and reply.status != 200]
    assert messages == ["404", "404 page", "405", "413"]
    for name in messages:
        for told in (SLUG, WORD, *scratch.codes, *(code.replace("-", "") for code in scratch.codes)):
            assert told not in everything(replies[name])


def test_the_received_page_repeats_nothing_of_the_request(replies: dict[str, Reply], scratch: Instance) -> None:
    """The page after Send shows neither the code nor an answer, so nobody reads them over a shoulder."""
    assert WORD not in everything(replies["200"])
    assert scratch.codes[21] not in everything(replies["200"])


def test_a_damaged_file_is_an_apology_and_one_sentence_in_the_log(broken: tuple[Instance, Server]) -> None:
    """When the submissions file cannot be read, page and log say only that, and the page keeps what was written."""
    instance, server = broken
    reply = post(server, instance, instance.form(instance.codes[0], other=WORD))
    assert reply.status == 500
    assert WORD in everything(reply)
    for told in (AGENT, ADDRESS, "submissions", "Traceback", str(instance.data)):
        assert told not in everything(reply)
    assert said(server).count("a request failed inside the server") == 1
    assert unexpected(said(server)) == []


@pytest.mark.slow
def test_a_busy_file_is_overload_with_a_time_to_come_back(tmp_path: Path) -> None:
    """While another process holds the file for longer than the server waits, the reply is 503, and nothing is lost."""
    instance = new_instance(tmp_path / "data", invitations=2)
    form = instance.form(instance.codes[0], other=WORD)
    with Server(instance.data, workers=1) as server:
        holder = sqlite3.connect(instance.data / "submissions.db", isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")
        reply = post(server, instance, form)
        holder.execute("ROLLBACK")
        holder.close()
        assert (reply.status, reply.header("Retry-After")) == (503, "5")
        assert WORD in everything(reply)
        for told in (AGENT, ADDRESS, "database is locked"):
            assert told not in everything(reply)
        assert unexpected(said(server)) == []
        assert post(server, instance, form).received


def everything(reply: Reply) -> str:
    """Return headers and body as one text."""
    return "\n".join(f"{name}: {value}" for name, value in reply.headers) + "\n\n" + reply.body.decode()
