"""Print invitations as cards: A4, ten to a sheet with cut marks, each with a QR code and the same words to type.

Helvetica and Courier are in every reader of PDF but hold Western European letters only. A title in other Latin, Greek
or Cyrillic letters brings Noto Sans; scripts that need shaping cannot be printed yet. The same cards always give the
same bytes.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, cast
from unicodedata import normalize

import segno
from fpdf import FPDF
from fpdf.enums import MethodReturnValue, WrapMode
from fpdf.fonts import TTFFont

from coprod_survey.domain.errors import Refused
from coprod_survey.ports import Card

NEUTRAL = "Your views"
HOW = "Scan the square with a phone, or type this address and then the code:"
ONCE = "Lets you answer once. Your code is not kept with your answers."
HELP = "Emergency: 999. Other help is on the first page."

COLUMNS, ROWS = 2, 5
CARD_WIDTH_MM, CARD_HEIGHT_MM = 95.0, 57.0
LEFT_MM, TOP_MM = 10.0, 6.0
QR_MM = 28.0
"""The side of the square itself. The quiet zone of four modules (ISO/IEC 18004) is at most 3.9 mm: MARGIN_MM."""
MARGIN_MM = 4.0
"""Of every card, kept clear."""
_MARK_MM = 3.0
_BLEED_MM = 0.02
"""Rows of modules overlap by this much, because some readers draw a hairline between rectangles that only touch."""
_LINE_HEIGHT = 1.12
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""A file must not tell when it was made."""
_NOTO = "noto"
_WITHOUT_SHAPING = "U+0020-007E, U+00A1-024F, U+0370-052F, U+1E00-1FFE, U+2010-2027, U+20A0-20BF"


class _Box(NamedTuple):
    """Where text goes on a card, in mm from its corner, and how: the first size in points at which it fits."""

    left: float
    top: float
    width: float
    height: float
    style: str = ""
    sizes: Sequence[float] = (8,)
    family: str = "Helvetica"


_BESIDE = 2 * MARGIN_MM + QR_MM + 1
_BESIDE_WIDTH, _FULL_WIDTH = CARD_WIDTH_MM - _BESIDE - MARGIN_MM, CARD_WIDTH_MM - 2 * MARGIN_MM
_NEUTRAL_BOX = _Box(_BESIDE, 4, _BESIDE_WIDTH, 6, "B", (13,))
_TITLE_BOX = _Box(_BESIDE, 9.6, _BESIDE_WIDTH, 9, "", (10, 9, 8, 7))
_NOTICE_BOX = _Box(_BESIDE, 18.8, _BESIDE_WIDTH, 7, "B", (8.5,))
_HOW_BOX = _Box(_BESIDE, 26, _BESIDE_WIDTH, 6.6, "", (8,))
_ADDRESS_BOX = _Box(MARGIN_MM, 36, _FULL_WIDTH, 5.6, "", (10, 9, 8, 7))
_CODE_BOX = _Box(MARGIN_MM, 41.3, _FULL_WIDTH, 7.6, "B", (19,), "Courier")
_ONCE_BOX = _Box(MARGIN_MM, 49, _FULL_WIDTH, 3.2)
_HELP_BOX = _Box(MARGIN_MM, 52.1, _FULL_WIDTH, 3.2, "B")


class CardSheets:
    """Cards as a PDF; see ports.CardPrinter."""

    def can_print(self, title: str) -> bool:
        """See ports.CardPrinter."""
        words = _tidy(title)
        with _paper([words]) as pdf:
            pdf.add_page()
            return words.isprintable() and _has_letters(pdf, words) and _fits(pdf, words, _title_box(words))

    def sheet(self, cards: Sequence[Card]) -> bytes:
        """See ports.CardPrinter."""
        with _paper({_tidy(card.title) for card in cards}) as pdf:
            for number, card in enumerate(cards):
                row, column = divmod(number % (COLUMNS * ROWS), COLUMNS)
                if row == column == 0:
                    pdf.add_page()
                    _draw_cut_marks(pdf)
                _draw_card(pdf, card, (LEFT_MM + column * CARD_WIDTH_MM, TOP_MM + row * CARD_HEIGHT_MM))
            return bytes(pdf.output())


@contextmanager
def _paper(titles: Iterable[str]) -> Iterator[FPDF]:
    """Yield an empty document with the letters that its titles need; put it out before leaving."""
    with TemporaryDirectory() as folder:  # fpdf2 takes fonts only from files
        pdf = FPDF(format="A4")
        pdf.set_auto_page_break(False)
        pdf.set_creation_date(_EPOCH)
        pdf.set_lang("en-GB")
        pdf.core_fonts_encoding = "windows-1252"
        pdf.c_margin = 0
        if not all(map(_is_western, titles)):
            _add_noto(pdf, Path(folder) / "noto.ttf")
        try:
            yield pdf
        finally:
            for font in pdf.fonts.values():
                if isinstance(font, TTFFont):
                    font.close()


def _add_noto(pdf: FPDF, file: Path) -> None:
    from pymupdf_fonts.NotoSans_Regular import fontbuffer  # takes a moment to unpack, and is rarely needed

    # It warns of tables that it leaves out, which nobody who prints a title can change.
    logging.getLogger("fontTools.subset").setLevel(logging.ERROR)
    file.write_bytes(fontbuffer)
    pdf.add_font(_NOTO, fname=file, unicode_range=_WITHOUT_SHAPING)


def _tidy(title: str) -> str:
    return " ".join(normalize("NFC", title).split())


def _is_western(words: str) -> bool:
    return words.encode("cp1252", "ignore").decode("cp1252") == words


def _has_letters(pdf: FPDF, words: str) -> bool:
    noto = pdf.fonts.get(_NOTO)
    return _is_western(words) or (isinstance(noto, TTFFont) and set(map(ord, words)) <= noto.cmap.keys())


def _title_box(words: str) -> _Box:
    return _TITLE_BOX if _is_western(words) else _TITLE_BOX._replace(family=_NOTO)


def _fits(pdf: FPDF, text: str, box: _Box) -> bool:
    """Set the first size at which the text fits into its box, or else the last; tell whether it fits."""
    for size in box.sizes:
        pdf.set_font(box.family, box.style, size)
        if cast(float, _lines(pdf, text, box, dry_run=True)) <= box.height:
            return True
    return False


def _write(pdf: FPDF, text: str, box: _Box, corner: tuple[float, float]) -> bool:
    """Write text into its box on the card with this corner, and tell whether it fitted."""
    fitted = _fits(pdf, text, box)
    pdf.set_xy(corner[0] + box.left, corner[1] + box.top)
    _lines(pdf, text, box, dry_run=False)
    return fitted


def _lines(pdf: FPDF, text: str, box: _Box, *, dry_run: bool) -> object:
    """Set text in lines, or only return how high it would be, in mm.

    An address breaks anywhere, and without a hyphen that somebody would type.
    """
    return pdf.multi_cell(
        box.width,
        pdf.font_size * _LINE_HEIGHT,
        text,
        align="L",
        wrapmode=WrapMode.WORD if " " in text else WrapMode.CHAR,
        dry_run=dry_run,
        output=MethodReturnValue.HEIGHT,
    )


def _draw_card(pdf: FPDF, card: Card, corner: tuple[float, float]) -> None:
    if not card.address.isascii() or not _write(pdf, card.address, _ADDRESS_BOX, corner):
        raise Refused(
            "The address for participants cannot be printed on a card: it is too long or not in plain letters."
        )
    _draw_square(pdf, card.link, corner[0] + MARGIN_MM, corner[1] + MARGIN_MM)
    title = _tidy(card.title)
    for text, box in (
        (NEUTRAL, _NEUTRAL_BOX),
        (title, _title_box(title)),
        (card.notice, _NOTICE_BOX),
        (HOW, _HOW_BOX),
        (card.spelled, _CODE_BOX),
        (ONCE, _ONCE_BOX),
        (HELP, _HELP_BOX),
    ):
        _write(pdf, text, box, corner)


def _draw_square(pdf: FPDF, link: str, left: float, top: float) -> None:
    """Draw the QR code of a link (error correction M) as rectangles, one for each run of dark modules."""
    rows = segno.make(link, error="m", micro=False, boost_error=False).matrix
    module = QR_MM / len(rows)
    for row, modules in enumerate(rows):
        column = 0
        for dark, run in groupby(modules):
            length = len(list(run))
            if dark:
                x, y = left + column * module, top + row * module
                pdf.rect(x, y, length * module, module + _BLEED_MM, style="F")
            column += length


def _draw_cut_marks(pdf: FPDF) -> None:
    """Draw a hairline cross wherever cards meet."""
    pdf.set_line_width(0.1)
    pdf.set_draw_color(140)
    for column in range(COLUMNS + 1):
        for row in range(ROWS + 1):
            x, y = LEFT_MM + column * CARD_WIDTH_MM, TOP_MM + row * CARD_HEIGHT_MM
            pdf.line(x - _MARK_MM, y, x + _MARK_MM, y)
            pdf.line(x, y - _MARK_MM, x, y + _MARK_MM)
