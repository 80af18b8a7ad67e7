"""Printed cards: what is on each, that a phone can read it, and that nothing is lost on the way to the file."""

import csv
import io
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from coprod_survey.adapters.cards import (
    CARD_HEIGHT_MM,
    CARD_WIDTH_MM,
    COLUMNS,
    HELP,
    LEFT_MM,
    NEUTRAL,
    ONCE,
    TOP_MM,
    CardSheets,
)
from coprod_survey.adapters.sqlite.invitations import SqliteInvitations
from coprod_survey.bootstrap.operations import wire_operations
from coprod_survey.cli import main
from coprod_survey.domain.errors import Refused
from coprod_survey.domain.invitation import code_from
from coprod_survey.domain.staff import Role
from coprod_survey.domain.survey import DEMONSTRATION
from coprod_survey.ports import Card
from coprod_survey.services.hand_out import MOST_CARDS

ADDRESS = "https://surveys.example.org/s/amber-river-oak"
LONG_ADDRESS = f"https://{'participation.' * 6}example.org/s/amber-river-oak"
DOTS_PER_MM = 8
POINTS_PER_MM = 72 / 25.4
PRINTER = CardSheets()


def cards(count: int, *, title: str = "The garden", notice: str = "", address: str = ADDRESS) -> list[Card]:
    """Return cards with codes that all differ."""
    return [Card(title, notice, address, code_from(bytes([number] * 10))) for number in range(count)]


def words(pdf: bytes) -> str:
    """Return all text of a PDF with single spaces."""
    with pypdfium2.PdfDocument(pdf) as document:
        text = "\n".join(page.get_textpage().get_text_bounded() for page in document)
    return " ".join(text.split())


def pictures(pdf: bytes) -> list[Any]:
    """Return the pages in grey, DOTS_PER_MM fine."""
    with pypdfium2.PdfDocument(pdf) as document:
        scale = DOTS_PER_MM / POINTS_PER_MM
        return [page.render(scale=scale, grayscale=True).to_pil() for page in document]


@pytest.mark.parametrize(("count", "pages"), [(1, 1), (10, 1), (11, 2), (25, 3)])
def test_ten_cards_go_on_a_sheet(count: int, pages: int) -> None:
    """Ten cards fill an A4 sheet; the eleventh starts another."""
    with pypdfium2.PdfDocument(PRINTER.sheet(cards(count))) as document:
        assert len(document) == pages
        assert [round(side / POINTS_PER_MM) for side in document[0].get_size()] == [210, 297]


def test_every_card_says_everything() -> None:
    """Neutral words, title, address, code, promise and help stand on each card; the code is in four groups."""
    sheet = cards(12)
    text = words(PRINTER.sheet(sheet))
    for said in (NEUTRAL, "The garden", ADDRESS, ONCE, HELP):
        assert text.count(said) == 12
    assert [text.count(card.spelled) for card in sheet] == [1] * 12
    assert [len(group) for group in sheet[0].spelled.split("-")] == [4, 4, 4, 4]


@pytest.mark.parametrize("address", [ADDRESS, LONG_ADDRESS, "http://127.0.0.1:8080/s/abc"])
def test_a_phone_reads_the_link_of_each_card(address: str) -> None:
    """Each square is a QR code of that card's own link, with error correction M."""
    sheet = cards(13, address=address)
    read = [found for page in pictures(PRINTER.sheet(sheet)) for found in zxingcpp.read_barcodes(page)]
    assert sorted(found.text for found in read) == sorted(f"{address}#{card.spelled}" for card in sheet)
    assert {str(found.ec_level) for found in read} == {"M"}


@pytest.mark.parametrize("address", [ADDRESS, LONG_ADDRESS, "http://127.0.0.1:8080/s/abc"])
def test_the_square_is_large_and_stands_free(address: str) -> None:
    """A square is at least 25 mm wide, and four modules around it are white (ISO/IEC 18004)."""
    (page,) = pictures(PRINTER.sheet(cards(10, address=address)))
    for found in zxingcpp.read_barcodes(page):
        corner, opposite = found.position.top_left, found.position.bottom_right
        side = opposite.x - corner.x
        assert side >= 25 * DOTS_PER_MM
        quiet = 4 * side // 29  # 29 modules are the fewest that any link of ours needs
        dark = page.crop((corner.x - quiet, corner.y - quiet, opposite.x + quiet, opposite.y + quiet)).point(
            lambda grey: 255 * (grey < 128)
        )
        left, top, right, bottom = dark.getbbox()
        assert min(left, top, dark.width - right, dark.height - bottom) >= quiet - 3


def test_a_card_that_is_cut_out_holds_one_code() -> None:
    """Inside the cut marks of a card stands all of its own text and nothing of its neighbours'."""
    sheet = cards(10, title="A title as long as it may be, so that it needs more than a line", notice=DEMONSTRATION)
    with pypdfium2.PdfDocument(PRINTER.sheet(sheet)) as document:
        text = document[0].get_textpage()
        for place, card in enumerate(sheet):
            row, column = divmod(place, COLUMNS)
            left, top = LEFT_MM + column * CARD_WIDTH_MM + 1, 297 - TOP_MM - row * CARD_HEIGHT_MM - 1
            right, bottom = left + CARD_WIDTH_MM - 2, top - CARD_HEIGHT_MM + 2
            edges = [edge * POINTS_PER_MM for edge in (left, bottom, right, top)]
            inside = " ".join(text.get_text_bounded(*edges).split())
            assert [other.spelled for other in sheet if other.spelled in inside] == [card.spelled]
            assert all(said in inside for said in (NEUTRAL, card.title, card.notice, ADDRESS, ONCE, HELP))


def test_a_sheet_does_not_tell_when_it_was_made() -> None:
    """The same cards give the same bytes; the only date is one that is always the same; no maker is named."""
    sheet = cards(11, title="Y gŵyl", notice=DEMONSTRATION)
    first = PRINTER.sheet(sheet)
    assert first == PRINTER.sheet(sheet)
    with pypdfium2.PdfDocument(first) as document:
        said = {name: value for name, value in document.get_metadata_dict().items() if value}
    assert list(said) == ["CreationDate"]
    assert said["CreationDate"].startswith("D:20000101")


@pytest.mark.parametrize(
    ("title", "printed"),
    [
        ("“Quoted” – it’s a café", "“Quoted” – it’s a café"),
        ("Cafe\u0301  and\u00a0more", "Café and more"),
        ("Barn pobl am y gŵyl", "Barn pobl am y gŵyl"),
        ("Jak się czujesz?", "Jak się czujesz?"),
        ("Ваше мнение", "Ваше мнение"),
    ],
)
def test_titles_in_letters_that_need_no_shaping_are_printed(title: str, printed: str) -> None:
    """Latin, Greek and Cyrillic titles stand on the card, however their accents were typed."""
    assert PRINTER.can_print(title)
    assert printed in words(PRINTER.sheet(cards(1, title=title)))


@pytest.mark.parametrize("title", ["رأيك", "आपकी राय", "意见", "A\u202eb", "A\x07b", "very " * 40, "W" * 150])
def test_titles_that_cannot_be_printed_are_known(title: str) -> None:
    """Letters that need shaping, marks that cannot be seen, and too many words are told before anything is printed."""
    assert not PRINTER.can_print(title)


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(max_codepoint=0x24FF), max_size=60))
def test_a_title_that_can_be_printed_never_fails(title: str) -> None:
    """Whatever the title, being told that it can be printed is enough to print it."""
    if PRINTER.can_print(title):
        assert PRINTER.sheet(cards(1, title=title)).startswith(b"%PDF")


@pytest.mark.parametrize("address", ["https://bücher.example/s/abc", f"https://{'a' * 240}.example/s/abc"])
def test_an_address_that_cannot_be_printed_is_refused(address: str) -> None:
    """An address that is too long to type, or not in plain letters, is refused in one sentence."""
    with pytest.raises(Refused, match=r"cannot be printed on a card.*\.$"):
        PRINTER.sheet(cards(1, title="Y gŵyl", address=address))


# -- the command --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Desk:
    """A data folder with one open survey, and the folder in which somebody wants the files."""

    data: Path
    out: Path
    slug: str

    def invite(self, *arguments: object, count: int = 3) -> tuple[int, str, str]:
        """Run `invite` and return its status, what it said, and what it complained of."""
        command = ["invite", self.slug, "--data", self.data, "--count", count, *arguments]
        with redirect_stdout(io.StringIO()) as said, redirect_stderr(io.StringIO()) as complained:
            status = main([str(argument) for argument in command])
        return status, said.getvalue(), complained.getvalue()

    def invitations(self) -> int:
        """Return how many codes there are."""
        return SqliteInvitations(self.data).count(self.slug)

    def is_refused(self, *arguments: object, count: int = 3) -> str:
        """Return the sentence of a refusal, having checked that no code was made and no file was left."""
        before = sorted(self.out.iterdir())
        status, said, complained = self.invite(*arguments, count=count)
        assert (status, said, complained.count("\n")) == (2, "", 1)
        assert self.invitations() == 0
        assert sorted(self.out.iterdir()) == before
        return complained


MakeDesk = Callable[..., Desk]


@pytest.fixture
def make_desk(instance: Callable[[], Path], tmp_path: Path) -> MakeDesk:
    """Return a factory of instances with one open survey."""

    def make(document: Mapping[str, Any], *, demonstration: bool = True) -> Desk:
        data = instance()
        operations = wire_operations(data)
        operations.accounts.add("Lea", Role.LEAD, "seven quiet herons wading")
        slug = operations.surveys.create(document, demonstration=demonstration).slug
        operations.surveys.open(slug, operations.config.recovery_public_key, demonstration=demonstration)
        out = tmp_path / "out"
        out.mkdir()
        return Desk(data, out, slug)

    return make


@pytest.fixture
def desk(make_desk: MakeDesk, light_document: dict[str, Any]) -> Desk:
    """Return an instance with an open demonstration."""
    return make_desk(light_document)


def rows(file: Path) -> Sequence[Mapping[str, str]]:
    """Return the lines of codes.csv."""
    return list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))


def test_cards_and_list_hold_the_same_codes(desk: Desk) -> None:
    """Every line of codes.csv is one card, in the same order; only their owner can read either; no code is said."""
    codes, sheet = desk.out / "codes.csv", desk.out / "cards.pdf"
    status, said, complained = desk.invite("--out", codes, "--cards", sheet, count=12)
    assert (status, complained) == (0, "")
    assert str(sheet) in said
    assert "not on the cards" not in said
    text = words(sheet.read_bytes())
    places = [text.index(row["code"]) for row in rows(codes)]
    assert (len(places), sorted(places)) == (12, places)
    read = [found.text for page in pictures(sheet.read_bytes()) for found in zxingcpp.read_barcodes(page)]
    assert sorted(read) == sorted(row["link"] for row in rows(codes))
    assert {file.stat().st_mode & 0o777 for file in desk.out.iterdir()} == {0o600}
    assert sorted(file.name for file in desk.out.iterdir()) == ["cards.pdf", "codes.csv"]
    assert not any(row["code"] in said for row in rows(codes))


def test_cards_of_a_demonstration_say_so(desk: Desk) -> None:
    """Every card of a demonstration says that nobody reads what is written."""
    desk.invite("--out", desk.out / "codes.csv", "--cards", desk.out / "cards.pdf", count=11)
    assert words((desk.out / "cards.pdf").read_bytes()).count(DEMONSTRATION) == 11


def test_cards_of_a_real_survey_do_not_call_it_a_demonstration(
    make_desk: MakeDesk, light_document: dict[str, Any]
) -> None:
    """A survey that passed its gates is not marked on its cards."""
    desk = make_desk(light_document, demonstration=False)
    assert desk.invite("--out", desk.out / "codes.csv", "--cards", desk.out / "cards.pdf")[0] == 0
    assert "Demonstration" not in words((desk.out / "cards.pdf").read_bytes())


def test_a_title_that_cannot_be_printed_is_left_out_aloud(make_desk: MakeDesk, light_document: dict[str, Any]) -> None:
    """Cards then carry the neutral words alone, and the command says that the title is missing."""
    desk = make_desk(light_document | {"title": "رأيك"})
    status, said, _ = desk.invite("--out", desk.out / "codes.csv", "--cards", desk.out / "cards.pdf")
    assert status == 0
    assert "title is not on the cards" in said
    assert words((desk.out / "cards.pdf").read_bytes()).count(NEUTRAL) == 3


@pytest.mark.parametrize("taken", ["codes.csv", "cards.pdf"])
def test_neither_file_is_ever_overwritten(desk: Desk, taken: str) -> None:
    """Where one of the two is there already it stays as it is, and no code is made."""
    (desk.out / taken).write_text("precious")
    sentence = desk.is_refused("--out", desk.out / "codes.csv", "--cards", desk.out / "cards.pdf")
    assert "never overwritten" in sentence
    assert (desk.out / taken).read_text() == "precious"


def test_an_empty_file_may_be_filled(desk: Desk) -> None:
    """A file of no bytes holds nothing to lose; afterwards only its owner can read it."""
    for name in ("codes.csv", "cards.pdf"):
        (desk.out / name).touch(mode=0o644)
    assert desk.invite("--out", desk.out / "codes.csv", "--cards", desk.out / "cards.pdf")[0] == 0
    assert {file.stat().st_mode & 0o777 for file in desk.out.iterdir()} == {0o600}


@pytest.mark.parametrize("bad", ["no/cards.pdf", "codes.csv", "../out/codes.csv", ".", "pipe", "x" * 300])
def test_a_bad_path_is_refused_before_codes_are_made(desk: Desk, bad: str) -> None:
    """No folder, the same file twice, a folder, a pipe, a name too long: one sentence, no code, no file."""
    os.mkfifo(desk.out / "pipe")
    desk.is_refused("--out", desk.out / "codes.csv", "--cards", desk.out / bad)


def test_too_many_cards_are_refused_before_codes_are_made(desk: Desk) -> None:
    """More cards than anybody cuts up are refused; the sentence says how many can be printed."""
    sentence = desk.is_refused("--out", desk.out / "codes.csv", "--cards", desk.out / "cards.pdf", count=MOST_CARDS + 1)
    assert str(MOST_CARDS) in sentence


def test_an_address_too_long_for_a_card_is_refused_before_codes_are_made(desk: Desk) -> None:
    """A code that could not be printed is never made."""
    file = desk.data / "config.json"
    file.write_text(file.read_text().replace("http://127.0.0.1:8080", f"https://{'a' * 240}.example"))
    assert "too long" in desk.is_refused("--out", desk.out / "codes.csv", "--cards", desk.out / "cards.pdf")


def test_a_full_disk_leaves_no_half_file(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the bytes cannot be kept, the command fails in one sentence, and neither file is there in part."""

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("coprod_survey.adapters.new_files.os.fsync", full)
    status, said, complained = desk.invite("--out", desk.out / "codes.csv", "--cards", desk.out / "cards.pdf")
    assert (status, said, complained.count("\n")) == (1, "", 1)
    assert "lost" in complained
    assert list(desk.out.iterdir()) == []
