"""The language a ticket's PDF says it is in is the one its words are in."""

from flask import Flask

from tests import builders
from ticketing.carried import tickets_pdf
from ticketing.storing.transactions import write


def test_a_sheet_says_the_language_it_is_made_in(app: Flask) -> None:
    ticket = builders.claim(builders.make_order(locale="en").tickets[0])
    with write():
        ticket.locale = "ja"
    assert tickets_pdf.sheet_of(ticket, ticket.locale).lang == "ja"
    assert tickets_pdf.sheet_of(ticket, ticket.order.locale).lang == "en"
