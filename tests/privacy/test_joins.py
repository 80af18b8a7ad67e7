"""Invitations and answers share nothing that joins them, not even for somebody who kept every code and both files."""

import hashlib
import hmac
import re
import sqlite3
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pytest

from bench.scratch import LEAD, MEMBER, PASSPHRASES, Instance, new_instance
from coprod_survey.bootstrap.operations import wire_operations
from coprod_survey.bootstrap.staff import wire_staff
from coprod_survey.crypto.redeeming import credential_from
from coprod_survey.domain.flag import Status
from coprod_survey.domain.invitation import CODE_BYTES, Code, parse_crockford
from coprod_survey.ports import Received
from coprod_survey.services.keyholding import code_key_file

Receive = Callable[..., Received]
ANSWERED = 8
FILES = ("desk.db", "invitations.db", "staff.db", "submissions.db", "surveys.db")
FINE_TIME = re.compile(r"\d[T ]?\d\d:\d\d|\d{4}-\d\d-\d\dT")
TELLING_NAME = re.compile(
    r"(^|_)(ip|addr|address|agent|browser|referrer|referer|device|session|cookie|time|timestamp|created|updated|at|when|"
    r"seq|order|email|phone|user|invitation|invite|code)(_|$)"
)
Values = dict[tuple[str, str], set[object]]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory, receive: Receive) -> Instance:
    """Return an instance after a whole life: answers, a retry, flags read and closed, results released."""
    instance = new_instance(tmp_path_factory.mktemp("joins") / "data", invitations=20)
    for number, code in enumerate(instance.codes[:ANSWERED]):
        receive(instance, code, safety=f"Number {number} wants to die.", place="here", please_read=number % 2 == 0)
    receive(instance, instance.codes[0], safety="Number 0 wants to die.", place="here", please_read=True)
    services = wire_staff(instance.data)
    lead = services.accounts.unlock(LEAD, PASSPHRASES[LEAD])
    services.flags.drain(lead)
    for entry in services.flags.inbox(lead)[:3]:
        services.flags.mark(lead, instance.slug, entry.flag.id, Status.CLOSED)
    receive(instance, instance.codes[ANSWERED], other="After the lead has looked.")
    operations = wire_operations(instance.data)
    operations.surveys.close(instance.slug)
    operations.release.make(instance.slug, [operations.accounts.unlock(MEMBER, PASSPHRASES[MEMBER])])
    return instance


def columns(file: Path) -> Iterator[tuple[str, str]]:
    """Yield (table, column) of a database."""
    with sqlite3.connect(file) as db:
        for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in db.execute(f"PRAGMA table_info({table})").fetchall():
                yield table, row[1]
    db.close()


def dump(file: Path) -> Values:
    """Return every value of a database by (table, column); row ids count as a column."""
    with sqlite3.connect(file) as db:
        values = {
            (table, column): {value for (value,) in db.execute(f'SELECT "{column}" FROM "{table}"')}  # noqa: S608
            for table, column in columns(file)
        }
    db.close()
    return values


def flat(values: Values) -> set[bytes]:
    """Return all values of a dump that are long enough to name somebody, as bytes."""
    whole = {value.encode() if isinstance(value, str) else value for found in values.values() for value in found}
    return {value for value in whole if isinstance(value, bytes) and len(value) >= 8}


def code_forms(code: str) -> set[bytes]:
    """Return the ways to write a code as bytes."""
    bare = code.replace("-", "")
    return {bare.encode(), code.encode(), bare.lower().encode(), parse_crockford(bare, CODE_BYTES) or b""}


def derived(inputs: set[bytes], keys: set[bytes]) -> set[bytes]:
    """Return what somebody would try: plain, hashed, joined and hashed, and keyed with anything they hold."""
    digests = {hashlib.new(name, word).digest() for name in ("sha256", "sha1", "md5", "sha3_256") for word in inputs}
    joined = {
        hashlib.sha256(b"".join(pair)).digest()
        for one, key in product(inputs, keys)
        for pair in ((one, key), (key, one))
    }
    keyed = {hmac.digest(a, b, "sha256") for one, key in product(inputs, keys) for a, b in ((one, key), (key, one))}
    return inputs | digests | joined | keyed


def test_redeeming_writes_nothing_into_the_invitations(tmp_path: Path, receive: Receive) -> None:
    """The file of invitations is the same bytes before and after answers, a retry included."""
    instance = new_instance(tmp_path / "data", invitations=3)
    before = (instance.data / "invitations.db").read_bytes()
    for code in (*instance.codes, instance.codes[0]):
        receive(instance, code, other="Hello.")
    assert (instance.data / "invitations.db").read_bytes() == before


def test_nothing_kept_of_an_invitation_is_kept_of_an_answer(lived: Instance) -> None:
    """No value of invitations.db, whole or as part of a longer one, is in submissions.db, but for the survey's name."""
    invitations, answers = dump(lived.data / "invitations.db"), (lived.data / "submissions.db").read_bytes()
    hashes = invitations["codes", "code_hash"]
    assert len(hashes) == 20
    assert [value for value in hashes if isinstance(value, bytes) and (value in answers or value[:8] in answers)] == []
    assert flat(invitations) & flat(dump(lived.data / "submissions.db")) <= {lived.slug.encode(), b"001_slots"}


def test_codes_and_both_files_join_nothing(lived: Instance) -> None:
    """Hashes and keyed hashes of codes and of what is kept of them, under any value of both files, hit no answer."""
    submissions = dump(lived.data / "submissions.db")
    short = {value for value in flat(submissions) if len(value) <= 64}
    hashes = flat(dump(lived.data / "invitations.db"))
    known = {form for code in lived.codes for form in code_forms(code)} | hashes
    reached = derived(known, short | hashes | {lived.slug.encode()}) - {lived.slug.encode()}
    assert len(reached) > 50_000
    assert reached & (flat(submissions) - {lived.slug.encode()} - hashes) == set()


def test_only_the_key_file_leads_from_a_code_to_its_turn(tmp_path: Path, receive: Receive) -> None:
    """The control: with the key file, which is in no database, a turn is found from its code; closing destroys it."""
    instance = new_instance(tmp_path / "data", invitations=4)
    key_file = instance.data / "keys" / code_key_file(instance.slug)
    for code in instance.codes:
        receive(instance, code, other="Hello.")
    spent = {credential_from(key_file.read_bytes(), Code(code.replace("-", ""))).spend_id for code in instance.codes}
    assert spent <= dump(instance.data / "submissions.db")["turns", "spend_id"]
    assert not any(key_file.read_bytes() in (instance.data / name).read_bytes() for name in FILES)
    wire_operations(instance.data).surveys.close(instance.slug)
    assert not key_file.exists()


def test_turns_answers_and_blocks_share_no_value(lived: Instance) -> None:
    """Apart from survey, slot number and used bit, no value of one table is in another, nor inside its contents."""
    values = dump(lived.data / "submissions.db")
    turns = values["turns", "spend_id"] | values["turns", "request_tag"]
    answers, blocks = values["answers", "content"], values["blocks", "content"]
    assert turns & answers == turns & blocks == answers & blocks == set()
    contents = [content for content in answers | blocks if isinstance(content, bytes)]
    marks = [turn[:8] for turn in turns if isinstance(turn, bytes)]
    assert [mark for mark in marks if any(mark in content for content in contents)] == []
    heads = [content[2:34] for content in contents]  # behind the suite id stands the encapsulated key
    assert len(set(heads)) == len(heads)


def test_flags_in_the_archive_share_no_value_with_what_arrived(lived: Instance) -> None:
    """Flags are sealed afresh and named by ids that stand nowhere else in clear."""
    desk = dump(lived.data / "desk.db")
    ids = {value for value in desk["flags", "id"] if isinstance(value, str)}
    assert len(ids) == ANSWERED
    assert flat(desk) & flat(dump(lived.data / "submissions.db")) <= {lived.slug.encode()}
    for name in set(FILES) - {"desk.db"}:
        content = (lived.data / name).read_bytes()
        assert [flag for flag in ids if flag.encode() in content or bytes.fromhex(flag) in content] == []


def test_invitations_and_answers_have_only_the_survey_in_common(lived: Instance) -> None:
    """The tables of invitations and those of answers meet in one column, the survey's name."""
    ours = [
        {column for table, column in columns(lived.data / name) if table != "_sqlite_migrations"}
        for name in ("invitations.db", "submissions.db")
    ]
    assert ours[0] & ours[1] == {"slug"}


@pytest.mark.parametrize("name", FILES)
def test_no_table_refers_to_another_or_counts_its_rows(lived: Instance, name: str) -> None:
    """There is no foreign key, no autoincrement counter, no trigger and no view in any file."""
    with sqlite3.connect(lived.data / name) as db:
        tables = [table for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        assert [db.execute(f"PRAGMA foreign_key_list({table})").fetchall() for table in tables] == [[] for _ in tables]
        assert "sqlite_sequence" not in tables
        assert db.execute("SELECT name FROM sqlite_master WHERE type IN ('trigger', 'view')").fetchall() == []
    db.close()


@pytest.mark.parametrize("name", FILES)
def test_no_column_is_named_for_a_person_a_device_or_a_time(lived: Instance, name: str) -> None:
    """Column names hold none of the words for addresses, devices, order or time; only migrations know when they ran."""
    allowed = {("_sqlite_migrations", "applied_at"), ("codes", "code_hash")}
    assert [pair for pair in columns(lived.data / name) if TELLING_NAME.search(pair[1]) and pair not in allowed] == []


@pytest.mark.parametrize("name", FILES)
def test_no_value_is_a_time_finer_than_a_day(lived: Instance, name: str) -> None:
    """No text holds an hour and no number could be seconds or milliseconds since 1970; migrations aside."""
    for (table, column), values in dump(lived.data / name).items():
        if (table, column) == ("_sqlite_migrations", "applied_at"):
            continue
        texts = [value for value in values if isinstance(value, str)]
        numbers = [value for value in values if isinstance(value, (int, float))]
        assert [text for text in texts if FINE_TIME.search(text)] == [], (table, column)
        assert [number for number in numbers if number > 1e8 or number != int(number)] == [], (table, column)
