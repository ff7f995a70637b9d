"""A visitor opens the PDF, prints it, and it is read at the door."""

from __future__ import annotations

import dataclasses
import io

import pypdf
import pytest
from PIL import ImageColor

from ticketing.pdf import Document, TicketSheet, render

from . import sheets
from .sheets import SHEET, document, ticket


def test_the_code_is_read_from_the_page_at_150_dpi() -> None:
    assert sheets.decoded(render(ticket())) == [sheets.BARCODE]


def test_the_code_is_read_from_a_poor_print_too() -> None:
    assert sheets.decoded(render(ticket()), dpi=90) == [sheets.BARCODE]


def test_the_code_is_larger_than_45_mm() -> None:
    page = sheets.picture(render(ticket()), dpi=254)  # ten pixels a millimetre
    code = sheets.ink(page.crop((1290, 930, 1920, 1600)).crop((20, 20, 610, 610)))
    assert code.width > 450
    assert code.height > 450


def test_everything_is_real_text_in_order() -> None:
    found = sheets.text(render(ticket()))
    for line in (
        SHEET.event_name,
        SHEET.organiser,
        "Ticket",
        "Name",
        "Zoë Łukasiewicz",
        SHEET.when,
        "Old Shipyard",
        "Hafenstraße 12, 20457 Hamburg",
        SHEET.ticket_type,
        SHEET.order_code,
        SHEET.ticket_code,
        *sheets.LABELS.values(),
    ):
        assert line in found
    assert found.index("Summer Night") < found.index("Zoë") < found.index("K7XQ9P-3")


def test_a_ticket_without_a_name_shows_its_type_large() -> None:
    found = sheets.text(render(ticket(holder=None)))
    assert "Name" not in found.splitlines()
    assert found.count("Weekend") == 1


def test_the_file_says_its_title_and_language_and_no_name() -> None:
    pdf = render(Document("Tickets – Fest <1>", "pt-BR", (SHEET,)))
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    assert reader.metadata is not None
    assert reader.metadata.title == "Tickets – Fest <1>"
    assert str(reader.root_object["/Lang"]) == "pt-BR"
    assert "Łukasiewicz" not in str(reader.metadata)


def test_a_page_is_a4() -> None:
    box = pypdf.PdfReader(io.BytesIO(render(ticket()))).pages[0].mediabox
    assert (float(box.width), float(box.height)) == pytest.approx((595.28, 841.89), abs=1)


def test_the_same_ticket_is_the_same_file() -> None:
    first = render(ticket(holder="山田 👩‍🚒"))
    render(ticket(holder="somebody else محمد"))
    assert render(ticket(holder="山田 👩‍🚒")) == first


def test_only_glyphs_in_use_are_embedded() -> None:
    assert len(render(ticket())) < 25_000
    assert len(render(ticket(event_name="夏祭り", holder="山田 太郎"))) < 40_000


def test_all_of_an_order_in_one_file() -> None:
    many = [
        dataclasses.replace(SHEET, holder=f"Holder {n}", barcode=f"{n:03}".replace("0", "A") * 40)
        for n in range(1, 6)
    ]
    pdf = render(document(*many, missing="Not in this file:\nTicket 6 – Weekend"))
    assert sheets.pages(pdf) == 6
    for number, sheet in enumerate(many):
        assert sheets.decoded(pdf, page=number) == [sheet.barcode]
        assert f"Holder {number + 1}" in sheets.text(pdf, number)
    assert "Ticket 6 – Weekend" in sheets.text(pdf, 5)


def test_a_very_large_order_stays_within_the_limits() -> None:
    assert sheets.pages(render(document(*[SHEET] * 250))) == 250


@pytest.mark.parametrize(
    "name",
    ["W" * 200, "x", ("Wolfeschlegelsteinhausenbergerdorff " * 6)[:200], "عبد الرحمن " * 18],
)
def test_a_name_of_any_length_is_printed_whole_on_the_one_page(name: str) -> None:
    pdf = render(ticket(holder=name))
    assert sheets.pages(pdf) == 1
    assert sheets.squeezed(name) in sheets.squeezed(sheets.text(pdf))
    assert sheets.decoded(pdf) == [sheets.BARCODE]


def test_an_event_with_an_endless_name_stays_on_the_one_page() -> None:
    name = "The Quite Exceptionally Long Name of an Event That Goes on and on " * 30
    pdf = render(ticket(event_name=name, place=name, ticket_type=name, organiser=name))
    assert sheets.pages(pdf) == 1
    assert "Zoë Łukasiewicz" in sheets.text(pdf)
    assert sheets.decoded(pdf) == [sheets.BARCODE]


@pytest.mark.parametrize(
    ("colour", "taken", "ink"),
    [
        ("#000000", "#000000", "#ffffff"),
        ("#ffffff", "#ffffff", "#000000"),
        ("#ffd43b", "#ffd43b", "#000000"),
        ("#5b2a86", "#5b2a86", "#ffffff"),
        ("#767676", "#767676", "#ffffff"),
        ("#005fcc", "#005fcc", "#ffffff"),
        ("#ff6600", "#ff9147", "#000000"),  # as on pages
    ],
)
def test_text_on_the_organisers_colour_can_be_read(colour: str, taken: str, ink: str) -> None:
    band = sheets.picture(render(ticket(colour=colour))).crop((0, 0, 1240, 480))
    colours = {pixel for _, pixel in band.getcolors(1 << 20) or []}
    assert ImageColor.getrgb(taken) in colours
    assert ImageColor.getrgb(ink) in colours


@pytest.mark.parametrize("colour", ["red", "#fff", "#12345", "#123456; } @page {", ""])
def test_what_is_no_colour_is_refused(colour: str) -> None:
    with pytest.raises(ValueError, match="colour"):
        ticket(colour=colour)


def test_a_document_needs_tickets_or_a_reason() -> None:
    with pytest.raises(ValueError, match="note"):
        document()


def test_a_document_survives_the_way_to_a_worker() -> None:
    sent = document(SHEET, missing="\ud800 and 👩‍🚒")
    received = Document.from_json(sent.to_json())
    assert received == sent
    assert isinstance(received.sheets[0], TicketSheet)
