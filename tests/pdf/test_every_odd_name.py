"""S16, S17: whatever odd text somebody is called, it is printed and can be read to the letter."""

import dataclasses
import io
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence

import pypdf
import pypdfium2
import pytest

from tests import hostile
from ticketing.pdf import TicketSheet, render

from . import sheets
from .sheets import SHEET, document

# They say in which direction what stands beside them is read, and aren't seen. Readers of a PDF
# have the characters in the sequence in which they are drawn, and these where their words are.
MARKS = frozenset("\u061c\u200e\u200f")
LEGAL = hostile.legal()
TOGETHER = 100  # tickets of one document


def read(texts: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Each text with the page that it is printed on in every place, by two readers."""
    pdf = render(document(*map(sheet_of, texts)))
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    with pypdfium2.PdfDocument(pdf) as opened:
        assert len(pages) == len(opened) == len(texts), "a page for each, however long it is"
        for text, page, other in zip(texts, pages, opened, strict=True):
            yield text, page.extract_text(), other.get_textpage().get_text_range()


def sheet_of(text: str) -> TicketSheet:
    return dataclasses.replace(
        SHEET, holder=text, event_name=text, place=text, ticket_type=text, organiser=text
    )


@pytest.mark.parametrize("first", range(0, len(LEGAL), TOGETHER))
def test_what_somebody_is_called_stands_in_the_pdf(first: int) -> None:
    for text, found, elsewhere in read(LEGAL[first : first + TOGETHER]):
        wanted, printed = sheets.squeezed(text), sheets.squeezed(found)
        if MARKS.isdisjoint(text):
            assert printed.count(wanted) >= 5, ascii(text)
        else:
            assert not Counter(5 * wanted) - Counter(printed), ascii(text)
            assert bare(wanted) in bare(printed)
        # Chrome's reader takes ligatures apart, and leaves out what looks like a shadow.
        assert set(plainly(wanted)) <= set(plainly(elsewhere)), ascii(text)


def bare(text: str) -> str:
    return "".join(character for character in text if character not in MARKS)


def plainly(text: str) -> str:
    return unicodedata.normalize("NFKD", text)
