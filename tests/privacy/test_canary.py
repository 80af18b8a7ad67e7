"""Strings that are typed as answers, codes and passphrases are in no byte that the server wrote, in any spelling."""

import base64
import binascii
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from io import BytesIO
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from bench.scratch import LEAD, MEMBER, PASSPHRASES, Instance, Reply, Server, new_instance, request
from coprod_survey.bootstrap.operations import opened_responses, wire_operations
from coprod_survey.domain.answers import Given
from coprod_survey.domain.invitation import CODE_BYTES, parse_crockford

ASCII, UTF8, REPEATED = "kestrel4f1c9a77", "ćma-κολιμπρί-канарейка", "wagtail83be"
ACCEPTED = {"ascii": f"I want to say {ASCII} here", "utf8": UTF8, "long": " ".join([REPEATED] * 41)}
REFUSED = {
    status: f"plover{status}d0e5" for status in ("400", "404", "409", "413", "422", "field", "query", "agent", "cookie")
}
WRONG_PASSPHRASE = "dunnock19c4 wrong passphrase"


def spellings(word: str) -> Iterator[bytes]:
    """Yield the byte strings under which a word may lie somewhere."""
    raw = word.encode()
    yield from (raw, raw.upper(), raw.lower(), word.encode("utf-16-le"), word.encode("utf-16-be"))
    yield from (quote(word).encode(), quote(word).lower().encode(), json.dumps(word)[1:-1].encode())
    yield from (binascii.hexlify(raw), binascii.hexlify(raw).upper())
    for shift in range(3):  # the three ways a word can fall into groups of three bytes; edges depend on neighbours
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(bytes(shift) + raw)[(0, 2, 3)[shift] : len(raw) * 4 // 3 - 3]


def code_spellings(code: str) -> Iterator[bytes]:
    """Yield the spellings of a code, grouped and not, and its ten raw bytes."""
    bare = code.replace("-", "")
    raw = parse_crockford(bare, CODE_BYTES)
    assert raw is not None
    yield from spellings(code)
    yield from spellings(bare)
    yield from (raw, binascii.hexlify(raw), base64.b64encode(raw)[:12])


def found(content: bytes, needles: Mapping[str, Iterable[bytes]]) -> list[str]:
    """Return the names of the needles that are in these bytes or, if they are a zip archive, in what it unpacks to."""
    parts = [content]
    if content.startswith(b"PK"):
        with zipfile.ZipFile(BytesIO(content)) as archive:
            parts += [archive.read(name) for name in archive.namelist()]
    return [name for name, words in needles.items() if any(word in part for word in words for part in parts)]


def found_below(folders: Iterable[Path], needles: Mapping[str, Iterable[bytes]]) -> list[tuple[str, str]]:
    """Return (file, needle) for everything found in the names and bytes of files below these folders."""
    hits = []
    for folder in folders:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                hits += [(file.name, name) for name in found(file.read_bytes(), needles)]
            hits += [(file.name, name) for name in found(file.name.encode(), needles)]
    return hits


@dataclass
class Journey:
    """A survey from the first answer to the release; `hits` maps each stage to what was found in the bytes then."""

    instance: Instance
    home: Path
    out: Path
    needles: dict[str, list[bytes]]
    statuses: dict[str, int] = field(default_factory=dict)
    hits: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    inbox: str = ""

    def look(self, stage: str) -> None:
        """Search every byte that the server has written so far."""
        self.hits[stage] = found_below([self.instance.data.parent, self.home, self.out], self.needles)


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Journey:
    """Answer, be refused, read flags, close, open and release; look for the canaries after every stage."""
    instance = new_instance(tmp_path_factory.mktemp("canary") / "data", invitations=5)
    words = [ASCII, UTF8, REPEATED, WRONG_PASSPHRASE, *REFUSED.values(), *PASSPHRASES.values()]
    needles = {word: sorted(set(spellings(word))) for word in words}
    needles |= {code: sorted(set(code_spellings(code))) for code in instance.codes}
    told = Journey(instance, tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("out"), needles)
    with Server(instance.data, home=told.home) as server:
        for name, text in ACCEPTED.items():
            told.statuses[name] = answer(server, instance, name, text).status
        told.statuses |= {name: reply.status for name, reply in refusals(server, instance).items()}
        told.look("answered")
        told.inbox = read_inbox(server)
        told.look("drained")
    told.look("stopped")
    release(told)
    return told


def answer(server: Server, instance: Instance, name: str, text: str) -> Reply:
    """Send an answer whose free texts are a canary; the first one asks to be read."""
    code = instance.codes[list(ACCEPTED).index(name)]
    asks = {"please.read": "yes"} if name == "ascii" else {}
    return server.send(instance, instance.form(code, safety=text, other=text, place="here", **asks))


def refusals(server: Server, instance: Instance) -> dict[str, Reply]:
    """Send canaries in every way that is refused."""
    path, used, fresh = f"/s/{instance.slug}", instance.codes[0], instance.codes[4]
    form = instance.form(fresh)
    told = {"User-Agent": REFUSED["agent"], "Referer": REFUSED["agent"], "X-Forwarded-For": REFUSED["agent"]}
    return {
        "422": server.send(instance, {**form, "safety": REFUSED["422"], "place": REFUSED["422"]}),
        "409": server.send(instance, {**form, "code": used, "safety": REFUSED["409"]}),
        "413": server.send(instance, {**form, "safety": REFUSED["413"] * 20_000}),
        "field": server.send(instance, {**form, REFUSED["field"]: REFUSED["field"]}),
        "400": server.send(instance, urlencode({"safety": REFUSED["400"]}).encode() + b"&other=%ff\xff"),
        "404": request(server.port, f"/s/{REFUSED['404']}", {"safety": REFUSED["404"]}),
        "query": request(server.port, f"{path}?lang={REFUSED['query']}&{REFUSED['query']}=1"),
        "agent": request(server.port, path, {**form, "code": "wrong"}, told),
        "cookie": request(server.port, path, headers={"Cookie": f"{REFUSED['cookie']}={REFUSED['cookie']}"}),
    }


def read_inbox(server: Server) -> str:
    """Mistype the lead's passphrase, then sign in and return the pages of the inbox; signing in drains the blocks."""
    cookie = ""
    page = request(server.staff_port, "/sign-in")
    for passphrase in (WRONG_PASSPHRASE, PASSPHRASES[LEAD]):
        cookie = cookie_of(page) or cookie
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.body.decode())
        assert token is not None
        form = {"csrf_token": token[1], "name": LEAD, "passphrase": passphrase}
        page = request(server.staff_port, "/sign-in", form, {"Cookie": cookie})
    signed_in = {"Cookie": cookie_of(page)}
    inbox = request(server.staff_port, "/inbox", headers=signed_in).body.decode()
    links = sorted(set(re.findall(r'href="(/inbox/[^"]+)"', inbox)))
    return "".join(request(server.staff_port, link, headers=signed_in).body.decode() for link in links)


def cookie_of(reply: Reply) -> str:
    """Return the cookies that a reply sets, as a request sends them back."""
    set_here = [SimpleCookie(value) for name, value in reply.headers if name == "Set-Cookie"]
    return "; ".join(f"{name}={morsel.value}" for cookie in set_here for name, morsel in cookie.items())


def release(told: Journey) -> None:
    """Close the survey, open its results and release them."""
    slug, operations = told.instance.slug, wire_operations(told.instance.data)
    operations.surveys.close(slug)
    told.look("closed")
    holders = [operations.accounts.unlock(MEMBER, PASSPHRASES[MEMBER])]
    operations.results.open(slug, holders)
    told.look("results opened")
    for name, content in operations.release.make(slug, holders).files.items():
        (told.out / name).write_bytes(content)
    told.look("released")


def test_the_journey_went_as_meant(journey: Journey) -> None:
    """Every canary was sent: accepted ones were received, each refusal was the one that it should be."""
    expected = {"ascii": 200, "utf8": 200, "long": 200, "query": 200, "agent": 422, "cookie": 200, "field": 400}
    assert journey.statuses == expected | {status: int(status) for status in ("400", "404", "409", "413", "422")}
    assert {file.name for file in journey.out.iterdir()} == {
        "publication.json",
        "results.csv",
        "results.json",
        "results.xlsx",
    }


@pytest.mark.parametrize("stage", ["answered", "drained", "stopped", "closed", "results opened", "released"])
def test_no_byte_written_holds_an_answer_a_code_or_a_passphrase(journey: Journey, stage: str) -> None:
    """Databases, journals, working files, keys, words of the server, results: nothing at any stage."""
    assert journey.hits[stage] == []


def test_the_server_leaves_nothing_in_its_temporary_folder(journey: Journey) -> None:
    """The folder that was its home, its working folder and TMPDIR is as empty as before."""
    assert list(journey.home.rglob("*")) == []


def test_the_search_finds_each_canary_in_every_spelling(journey: Journey, tmp_path: Path) -> None:
    """The control: a file that does hold a canary, however it is spelled, is found."""
    for number, (name, needles) in enumerate(journey.needles.items()):
        for place, needle in enumerate(needles):
            (tmp_path / f"{number}-{place}").write_bytes(b"before" + needle + b"after")
            assert (f"{number}-{place}", name) in found_below([tmp_path], {name: needles})
            (tmp_path / f"{number}-{place}").unlink()


def test_the_search_finds_a_canary_inside_other_base64(journey: Journey) -> None:
    """The control for base64, where a word looks different at each of three offsets."""
    for word in (ASCII, UTF8, REPEATED):
        for before in (b"", b"x", b"xy", b"xyz"):
            hidden = base64.b64encode(before + word.encode() + b" and so on")
            assert found(hidden, {word: journey.needles[word]}) == [word]


def test_the_search_looks_into_archives(journey: Journey) -> None:
    """The control for spreadsheets, which are zip archives: compressed bytes are searched unpacked."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sheet.xml", f"<c>{ASCII * 3}</c>")
    assert ASCII.encode() not in packed.getvalue()
    assert found(packed.getvalue(), {ASCII: journey.needles[ASCII]}) == [ASCII]


def test_the_lead_reads_what_was_written(journey: Journey) -> None:
    """The control at the desk: the same bytes in which nothing was found open to the lead's passphrase."""
    assert ASCII in journey.inbox
    assert UTF8 in journey.inbox
    assert REPEATED in journey.inbox


def test_the_holder_can_open_every_answer(journey: Journey) -> None:
    """The control for answers: opened with the holder's passphrase, they are what was typed."""
    opened = opened_responses(journey.instance.data, journey.instance.slug, {MEMBER: PASSPHRASES[MEMBER]})
    texts = {answers["safety"].value for answers in opened if isinstance(answers["safety"], Given)}
    assert texts == set(ACCEPTED.values())
