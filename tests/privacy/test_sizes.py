"""What is stored and what is replied has one size, whatever somebody wrote and whether anything was noticed."""

import re
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from bench.scratch import FORM, HOST, LEAD, PASSPHRASES, Instance, Server, request
from coprod_survey.adapters.sqlite.desk import SqliteDesk
from coprod_survey.adapters.sqlite.submissions import SqliteSubmissions
from coprod_survey.bootstrap.staff import wire_staff
from coprod_survey.crypto.sealing import OVERHEAD

ANSWERS: dict[str, dict[str, str]] = {
    "nothing": {},
    "short": {"other": "Good."},
    "longest": {"safety": "\U0001f99a" * 1000, "other": "\U0001f99a" * 500, "place": "here", "listened": "10"},
    "a finding": {"safety": "I want to kill myself tonight."},
    "many findings": {"safety": "I want to kill myself tonight. " * 30, "other": "He hits me. " * 40},
    "asked to be read": {"other": "Please.", "please.read": "yes"},
}


def raw_post(server: Server, instance: Instance, form: dict[str, str]) -> bytes:
    """Post and return the reply as it came over the wire, without its Date line."""
    body = urlencode(form).encode()
    head = (
        f"POST /s/{instance.slug} HTTP/1.1\r\nHost: {HOST}:{server.port}\r\nContent-Type: {FORM}\r\n"
        f"Accept-Encoding: gzip, br, deflate\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((HOST, server.port), timeout=60) as connection:
        connection.sendall(head.encode() + body)
        reply = b"".join(iter(lambda: connection.recv(65536), b""))
    return re.sub(rb"(?m)^Date: .*\r\n", b"", reply, count=1)


@pytest.fixture(scope="module")
def replies(scratch: Instance, server: Server) -> dict[str, bytes]:
    """Return the replies to very different answers; the first one is sent twice, the second time as a retry."""
    codes = dict(zip(ANSWERS, scratch.codes, strict=False))
    sent = {name: raw_post(server, scratch, scratch.form(codes[name], **answers)) for name, answers in ANSWERS.items()}
    again = {"sent again": raw_post(server, scratch, scratch.form(codes["nothing"]))}
    return sent | again


@pytest.fixture(scope="module")
def rows(scratch: Instance, replies: dict[str, bytes]) -> Iterator[Any]:
    """Return a connection to what was stored."""
    with SqliteSubmissions(scratch.data).file.reading() as db:
        yield db.conn


def test_every_answer_is_received(replies: dict[str, bytes]) -> None:
    """All of them end on the received page."""
    assert [name for name, reply in replies.items() if b'data-outcome="received"' not in reply] == []


def test_the_received_page_is_the_same_bytes_for_everybody(replies: dict[str, bytes]) -> None:
    """Status line, headers (the date aside) and body do not depend on what was written, or on a retry."""
    assert len(set(replies.values())) == 1


def test_the_reply_closes_the_connection_and_is_not_compressed(replies: dict[str, bytes]) -> None:
    """`Connection: close` is there, a cookie and a content encoding are not, though the client offers to unpack."""
    head = replies["short"].partition(b"\r\n\r\n")[0].lower()
    assert b"\r\nconnection: close" in head
    assert b"set-cookie" not in head
    assert b"content-encoding" not in head


@pytest.mark.parametrize(
    "path", ["/s/{slug}", "/s/{slug}/help", "/s/{slug}/how", "/s/{slug}/descriptor", "/", "/healthz"]
)
def test_no_page_sets_a_mark(scratch: Instance, server: Server, path: str) -> None:
    """Nothing that could single out a participant's browser comes with any page; the questions set one constant."""
    reply = request(server.port, path.format(slug=scratch.slug))
    assert reply.status == 200
    cookies = [value.partition(";")[0] for name, value in reply.headers if name == "Set-Cookie"]
    assert cookies == (["page=1"] if path == "/s/{slug}" else [])
    assert {name for name, _ in reply.headers} & {"ETag", "Last-Modified"} == set()


def test_pages_are_the_same_for_everybody(scratch: Instance, server: Server) -> None:
    """The form is the same bytes twice: no number, token or time in it singles anybody out."""
    first, second = (request(server.port, f"/s/{scratch.slug}").body for _ in range(2))
    assert first == second


@pytest.mark.parametrize("table", ["answers", "blocks"])
def test_stored_contents_have_one_size(rows: Any, scratch: Instance, table: str) -> None:
    """Empty or longest, noticed or not: envelopes have one size, and so have blocks; free slots have it too."""
    sizes = rows.execute(f"SELECT used, length(content), count(*) FROM {table} GROUP BY 1, 2 ORDER BY 1").fetchall()  # noqa: S608
    assert [used for used, _, _ in sizes] == [0, 1]
    assert sizes[1][2] == len(ANSWERS)
    assert sizes[0][1] == sizes[1][1]
    assert (sizes[0][1] - OVERHEAD) % 2048 == 0


def test_stored_contents_cannot_be_told_from_fillers_by_their_entropy(rows: Any) -> None:
    """A used slot differs from a free one in its flag alone: no zero padding is left in clear."""
    for table in ("answers", "blocks"):
        for (content,) in rows.execute(f"SELECT content FROM {table} WHERE used = 1"):  # noqa: S608
            assert len(set(content)) > 240
            assert max(map(content.count, (bytes([value]) for value in range(256)))) < len(content) // 100


def test_turns_have_one_size(rows: Any) -> None:
    """Spend id and request tag are 32 bytes each in used and in free rows."""
    sizes = rows.execute("SELECT DISTINCT length(spend_id), length(request_tag) FROM turns").fetchall()
    assert sizes == [(32, 32)]


def test_real_and_dummy_blocks_are_equally_many_and_equally_long_until_the_lead_looks(rows: Any) -> None:
    """Every answer came with one block, whether anything was in it or not."""
    query = "SELECT (SELECT count(*) FROM answers WHERE used = 1), (SELECT count(*) FROM blocks WHERE used = 1)"
    assert rows.execute(query).fetchone() == (len(ANSWERS), len(ANSWERS))


def test_flags_in_the_archive_have_one_size(scratch: Instance, replies: dict[str, bytes]) -> None:
    """A flag with one finding is as long as one with as many as fit."""
    services = wire_staff(scratch.data)
    lead = services.accounts.unlock(LEAD, PASSPHRASES[LEAD])
    assert services.flags.drain(lead) == 0
    sizes = [len(flag.sealed) for flag in SqliteDesk(scratch.data).flags(scratch.slug)]
    assert len(sizes) == len(ANSWERS) - 2
    assert len(set(sizes)) == 1
