"""Taking one answer: exactly once, sealed at once, and the same from outside whatever was written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from coprod_survey.crypto.redeeming import credential_from
from coprod_survey.crypto.sealing import envelope_bytes
from coprod_survey.domain.errors import DataFolderUnusable, Overloaded, TokenRefused
from coprod_survey.domain.invitation import Code, code_hash
from coprod_survey.ports import Received, Submission
from coprod_survey.services.keyholding import code_key_file

if TYPE_CHECKING:
    from conftest import Running

WORDS = "canary: I want to kill myself"


def stored(running: Running) -> list[bytes]:
    """Return the stored envelopes."""
    return list(running.world.stores.submissions.envelopes(running.survey.slug))


def waiting(running: Running) -> list[bytes]:
    """Return the blocks that wait for a lead."""
    return [block for _, block in running.world.stores.submissions.blocks(running.survey.slug)]


def test_first_answer_is_stored(running: Running) -> None:
    """One Send leaves one envelope and one block."""
    assert running.answer(0, open="yes") is Received.STORED
    assert (len(stored(running)), len(waiting(running))) == (1, 1)


def test_same_answer_again_is_a_repeat(running: Running) -> None:
    """A retry after a lost reply is met kindly and stores nothing."""
    running.answer(0, open="yes", more=WORDS)
    before = stored(running)
    assert running.answer(0, open="yes", more=WORDS) is Received.REPEATED
    assert stored(running) == before


@pytest.mark.parametrize(
    "second", [{"open": "no"}, {"open": "yes", "asked": True}, {}], ids=["other answer", "asks to be read", "nothing"]
)
def test_used_code_takes_no_other_answer(running: Running, second: dict[str, Any]) -> None:
    """The first answer stands, and the refusal says only that the code did not work."""
    running.answer(0, open="yes")
    before = stored(running)
    with pytest.raises(TokenRefused) as caught:
        running.answer(0, **second)
    assert str(caught.value) == str(TokenRefused())
    assert stored(running) == before


def test_unknown_code_is_refused_in_the_same_words(running: Running) -> None:
    """A well-formed code that nobody was given stores nothing."""
    with pytest.raises(TokenRefused) as caught:
        running.world.answer(running.survey, Code("0" * 16), open="yes")
    assert str(caught.value) == str(TokenRefused())
    assert stored(running) == []


def test_code_of_another_survey_is_unknown(running: Running, light_document: dict[str, Any]) -> None:
    """A code opens the survey it was made for and no other."""
    other = running.world.open({**light_document, "slug": "amber-river-elm"}).survey
    with pytest.raises(TokenRefused):
        running.world.answer(other, running.codes[0], open="yes")


def test_every_answer_looks_the_same_from_outside(running: Running) -> None:
    """Empty, long, alarming and asking answers leave envelopes and blocks of one size each."""
    running.answer(0)
    running.answer(1, open="yes", much="10", more="é" * 200, worry="🦆" * 200)
    running.answer(2, more=WORDS)
    running.answer(3, asked=True)
    sealing = running.survey.sealed_with()
    assert {len(envelope) for envelope in stored(running)} == {envelope_bytes(sealing.answer_bucket)}
    assert {len(block) for block in waiting(running)} == {envelope_bytes(sealing.block_bucket)}
    assert (len(stored(running)), len(waiting(running))) == (4, 4)


def test_fullest_disclosure_fits_its_block(running: Running) -> None:
    """The longest texts with very many findings are stored, not refused."""
    text = ("kill myself " * 20)[:200]
    assert running.answer(0, more=text, worry=text, asked=True) is Received.STORED


def test_no_code_hash_or_word_is_written_beside_the_answer(running_on_disk: Running) -> None:
    """The bytes of the submissions hold no code, no hash of a code and none of the words."""
    running_on_disk.answer(0, open="yes", more=WORDS)
    folder = Path(running_on_disk.world.stores.submissions.file.path).parent  # type: ignore[attr-defined]
    raw = b"".join(path.read_bytes() for path in folder.glob("submissions*"))
    code = running_on_disk.codes[0]
    for secret in (code.encode(), code_hash(running_on_disk.survey.slug, code), b"canary", b"kill myself"):
        assert secret not in raw


def test_invitations_are_only_read(running_on_disk: Running) -> None:
    """Answering changes no byte of the file that knows the codes."""
    file = Path(running_on_disk.world.stores.invitations.file.path)  # type: ignore[attr-defined]
    before = file.read_bytes()
    running_on_disk.answer(0, open="yes")
    assert file.read_bytes() == before


def test_stored_turn_is_the_one_of_the_code(running: Running) -> None:
    """Only with the survey's key file can a code's turn be found among the spent ones."""
    running.answer(0, open="yes")
    world, slug = running.world, running.survey.slug
    key = world.stores.secrets.get(code_key_file(slug))
    found = world.stores.submissions.find(slug, credential_from(key, running.codes[0]).spend_id, bytes(32))
    assert found is Received.CONFLICT
    assert world.stores.submissions.find(slug, code_hash(slug, running.codes[0]), bytes(32)) is None


def test_missing_key_file_costs_nobody_a_turn(running: Running) -> None:
    """Without the key that turns codes into turns nothing is stored, and it works again when the key is back."""
    world = running.world
    empty = type(world.stores.secrets)()
    lost = type(world)(replace(world.stores, secrets=empty))
    with pytest.raises(DataFolderUnusable):
        lost.answer(running.survey, running.codes[0], open="yes")
    assert running.answer(0, open="no") is Received.STORED


def test_busy_store_costs_nobody_a_turn(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """After "busy, try again" the same code stores the answer."""
    store = running.world.stores.submissions

    def busy(slug: str, submission: Submission) -> Received:
        raise Overloaded

    with monkeypatch.context() as patched:
        patched.setattr(store, "accept", busy)
        with pytest.raises(Overloaded):
            running.answer(0, open="yes")
    assert running.answer(0, open="yes") is Received.STORED


def test_answer_with_nothing_to_read_carries_an_empty_block(running: Running) -> None:
    """A dummy opens to nothing at all: it is no flag without words."""
    running.answer(0, open="yes", more="The tea was cold")
    assert running.world.flags.drain(running.lead) == 0
    assert running.world.flags.inbox(running.lead) == []


def test_submission_shows_nothing_in_a_traceback() -> None:
    """All four parts of a submission stay out of its repr."""
    assert repr(Submission(b"spend", b"tag", b"envelope", b"block")) == "Submission()"


def test_request_does_not_depend_on_key_order_of_the_form(running: Running) -> None:
    """The same answers posted in another order are the same request."""
    running.answer(0, open="yes", much="3")
    assert running.answer(0, much="3", open="yes") is Received.REPEATED
