"""The safeguarding lead's desk: what to read first, the words in their sentence, and what was done about it."""

import re
import sqlite3

import pytest
from auditing import AuditingClient, texts
from instances import OPEN, SCRIPT, Instance, csrf_token, document, flag_links, new_instance

from coprod_survey.domain.staff import Role

URGENT = "The food was cold. Tonight I am going to kill myself. Nobody knows."
REVIEW = "Last winter I wanted to die."
URGENT_LABEL, REVIEW_LABEL = "Read now", "Read within the stated hours"


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    """Return an instance in whose survey seven people wrote different things."""
    made = new_instance(tmp_path_factory.mktemp("read") / "data")
    made.add_survey(document(OPEN))
    for answers in (
        {"words": "The tea was warm."},
        {"more": "Nothing to add."},
        {"words": REVIEW},
        {"words": "Please read this.", "please.read": "yes"},
        {"please.read": "yes"},
        {"words": URGENT},
        {"words": f"I want to die {SCRIPT}"},
    ):
        assert made.send(**answers).status_code == 200
    return made


@pytest.fixture
def lead(read: Instance) -> AuditingClient:
    """Return the lead's browser."""
    return read.signed_in("Lea")


def link_to(client: AuditingClient, words: str) -> str:
    """Return the address of the first item in the inbox that shows these words."""
    for link in flag_links(client.get("/inbox").text):
        if words in " ".join(texts(client.get(link).text, ".written")):
            return link
    raise AssertionError("no such item")


def mark(client: AuditingClient, link: str, deed: str) -> int:
    """Press a button on an item's page; return the status of the answer."""
    return client.post(link, data={"csrf_token": csrf_token(client.get(link).text), "deed": deed}).status_code


def test_only_what_should_be_read_is_there(lead: AuditingClient) -> None:
    """Six of seven answers are there: words found, asked for, or an item that expects disclosures; the tea is not."""
    page = lead.get("/inbox")
    assert len(flag_links(page.text)) == 6
    assert "tea was warm" not in page.text


def test_the_order_is_how_soon_to_read(lead: AuditingClient) -> None:
    """What is urgent stands first, then what was asked for, then words found, then the rest."""
    page = lead.get("/inbox").text
    labels, reasons = texts(page, "ol.flags .soon"), texts(page, "ol.flags .hint")
    assert labels == [URGENT_LABEL, *[REVIEW_LABEL] * 5]
    assert ["asked for it to be read" in reason for reason in reasons[1:5]] == [True, True, False, False]
    assert "disclosures are expected" in reasons[5]


def test_the_words_stand_in_their_sentence(lead: AuditingClient) -> None:
    """The inbox shows the matched words marked, with what was written around them."""
    first = lead.get("/inbox").text.split('<ol class="flags">')[1].split("</li>")[0]
    assert "kill myself" in " ".join(texts(f"<main>{first}</main>", "mark"))
    assert "The food was cold." in first


def test_an_item_shows_everything_that_was_written(lead: AuditingClient) -> None:
    """An item's page shows the question and the whole text, with each match marked and its rule named."""
    page = lead.get(link_to(lead, "kill myself"))
    assert texts(page.text, ".written h2") == ["What should we know?"]
    assert texts(page.text, ".written p") == [URGENT]
    assert any("kill myself" in marked for marked in texts(page.text, ".written mark"))
    assert texts(page.text, "details code")


def test_an_item_without_words_says_so(lead: AuditingClient) -> None:
    """Somebody who asked to be read and wrote nothing has an item that says that."""
    assert "Nothing was written, but somebody asked to be read." in lead.get("/inbox").text


def test_markup_in_what_was_written_is_text(lead: AuditingClient) -> None:
    """What participants write is never markup, neither in the inbox nor on an item's page."""
    link = link_to(lead, "<script>")
    for page in (lead.get("/inbox"), lead.get(link)):
        assert "<script>" not in page.text
        assert "&lt;script&gt;" in page.text


def test_nothing_is_scored_and_nobody_is_named(lead: AuditingClient) -> None:
    """No page of the desk speaks of risk or a score, or carries the time of day at which something arrived."""
    inbox = lead.get("/inbox")
    assert "No time of arrival is kept." in inbox.text
    for page in (inbox, *(lead.get(link) for link in flag_links(inbox.text))):
        words = " ".join(texts(page.text, "main")).lower()
        assert not {"risk", "score", "probability"} & set(words.split())
        assert not re.search(r"[0-2]?[0-9]:[0-5][0-9]", words)


def test_acknowledging_says_who_and_on_which_day(lead: AuditingClient) -> None:
    """An acknowledged item stays in the list with the lead's name and a day, and only closing is left to do."""
    link = link_to(lead, "Last winter")
    assert mark(lead, link, "acknowledge") == 303
    assert "Acknowledged by Lea on" in lead.get("/inbox").text
    page = lead.get(link)
    assert "Last change: acknowledged by Lea on" in page.text
    assert 'value="acknowledge"' not in page.text
    assert 'value="close"' in page.text
    assert mark(lead, link, "acknowledge") == 303


def test_closing_moves_an_item_out_of_the_way(lead: AuditingClient) -> None:
    """A closed item leaves the reading list, stays readable under the closed ones, and has no buttons left."""
    link = link_to(lead, "Please read this.")
    assert mark(lead, link, "close") == 303
    page = lead.get("/inbox")
    waiting, closed = page.text.split("<details>")
    assert link not in waiting
    assert link in closed
    assert "Closed by Lea on" in closed
    assert "<button" not in lead.get(link).text.split("<main")[1]


@pytest.mark.parametrize("deed", ["", "open", "CLOSE", "delete"])
def test_an_unknown_deed_is_refused(read: Instance, lead: AuditingClient, deed: str) -> None:
    """A form with another deed is refused with 400 and changes nothing."""
    link = link_to(lead, "kill myself")
    token, before = csrf_token(lead.get(link).text), read.fingerprint()
    assert lead.post(link, data={"csrf_token": token, "deed": deed}).status_code == 400
    assert read.fingerprint() == before


@pytest.mark.parametrize(
    "path",
    [
        f"/inbox/{OPEN}/{'0' * 32}",
        f"/inbox/{OPEN}/x",
        "/inbox/no-such-views/00",
        f"/inbox/{OPEN}/%00",
        f"/inbox/{OPEN}/é",
    ],
)
def test_an_unknown_item_is_said_plainly(read: Instance, lead: AuditingClient, path: str) -> None:
    """An address that names no item gives one sentence with 404, for reading and for marking alike."""
    token = csrf_token(lead.get("/inbox").text)
    before = read.fingerprint()
    for page in (lead.get(path), lead.post(path, data={"csrf_token": token, "deed": "close"})):
        assert page.status_code == 404
        assert "That item is not in the inbox. Go back to the inbox and look again." in page.text
    assert read.fingerprint() == before


def test_an_item_is_found_under_its_own_survey_only(read: Instance, lead: AuditingClient) -> None:
    """The id of an item under another survey's address is unknown."""
    other = read.add_survey(document("second-views"))
    link = link_to(lead, "kill myself")
    assert lead.get(link.replace(OPEN, other)).status_code == 404


def test_new_items_wait_until_the_lead_looks(fresh: Instance) -> None:
    """An answer sent after signing in appears when the lead presses the button, and pressing twice shows it once."""
    lead = fresh.signed_in("Lea")
    fresh.send(words=URGENT)
    assert "Nothing to read." in lead.get("/inbox").text
    for _ in range(2):
        token = csrf_token(lead.get("/inbox").text)
        page = lead.post("/inbox/look", data={"csrf_token": token}, follow_redirects=True)
        assert "The inbox is up to date." in page.text
        assert len(flag_links(page.text)) == 1


def test_a_drained_item_is_no_longer_beside_the_answers(fresh: Instance) -> None:
    """Once the lead has looked, no block of the submissions is used any more; the item lives in the desk's archive."""
    fresh.send(words=URGENT)
    fresh.signed_in("Lea")
    with sqlite3.connect(fresh.folder / "submissions.db") as db:
        assert db.execute("SELECT count(*) FROM blocks WHERE used = 1").fetchone() == (0,)
    assert len(flag_links(fresh.signed_in("Lea").get("/inbox").text)) == 1


def test_a_broken_block_is_left_and_reported(fresh: Instance) -> None:
    """A block that does not open stays where it is and is reported to the lead; the rest can be read."""
    fresh.send(words=URGENT)
    fresh.send(words=REVIEW)
    with sqlite3.connect(fresh.folder / "submissions.db") as db:
        db.execute(
            "UPDATE blocks SET content = randomblob(length(content))"
            " WHERE rowid = (SELECT min(rowid) FROM blocks WHERE used = 1)"
        )
    page = fresh.signed_in("Lea").get("/inbox")
    assert "1 sealed items do not open and were left in place. Tell the administrator." in page.text
    assert len(flag_links(page.text)) == 1


def test_a_lead_added_after_opening_reads_nothing(fresh: Instance) -> None:
    """Flags are sealed to the leads there were at opening; a later one has an empty inbox, and no error."""
    fresh.send(words=URGENT)
    fresh.operations.accounts.add("Lou", Role.LEAD, "seven quiet otters")
    assert "Nothing to read." in fresh.signed_in("Lou").get("/inbox").text


def test_overlapping_matches_are_marked_once(fresh: Instance) -> None:
    """Where several rules match the same words, the text is shown once and whole."""
    text = "I want to kill myself and I want to die tonight, kill myself."
    fresh.send(words=text)
    lead = fresh.signed_in("Lea")
    page = lead.get(flag_links(lead.get("/inbox").text)[0])
    assert texts(page.text, ".written p") == [text]


def test_the_inbox_of_many_words_keeps_them_whole(fresh: Instance) -> None:
    """Line ends, right-to-left words and emoji are shown as they were written, with the marks in the right place."""
    text = "مرحبا 🫶🏽\n\nI want to die\n🦦"
    fresh.send(words=text)
    lead = fresh.signed_in("Lea")
    page = lead.get(flag_links(lead.get("/inbox").text)[0])
    assert texts(page.text, ".written p") == [text]
    assert "want to die" in texts(page.text, ".written mark")[0]
