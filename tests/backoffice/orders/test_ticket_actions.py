"""Resend, Copy link, Download, New barcode, Cancel ticket."""

import html
import re

import pytest

from tests import builders
from tests.backoffice.browsing import Browser
from tests.seen import changes, last, rows
from ticketing import cancelling, links
from ticketing.carried import barcodes
from ticketing.models import Order, Shop, Ticket
from ticketing.ordering.orders import Line
from ticketing.storing.transactions import write


@pytest.fixture
def ready(order: Order) -> Ticket:
    return builders.claim(order.tickets[0])


def at(ticket: Ticket, action: str) -> str:
    return f"/backoffice/tickets/{ticket.id}/{action}"


def test_resend_mails_the_holder_again_and_changes_nothing_else(
    olga: Browser, ready: Ticket, order: Order
) -> None:
    before = rows()
    answer = olga.post(at(ready, "resend"), {"csrf_token": olga.token()})
    assert answer.status_code == 303
    assert set(changes(before)) == {"outbox", "history"}
    mail = builders.mails_of(order, "ticket")[-1]
    assert (mail.recipient, mail.ticket_id) == ("anna@example.org", ready.id)
    assert last(ready).action == "ticket_resent"


def test_resend_needs_a_holder(olga: Browser, order: Order) -> None:
    before = rows()
    answer = olga.post(at(order.tickets[1], "resend"), {"csrf_token": olga.token()})
    assert answer.status_code == 409
    assert "no holder yet" in answer.text
    assert changes(before) == {}


def test_a_refusal_to_htmx_fits_the_dialog(olga: Browser, order: Order) -> None:
    answer = olga.post(
        at(order.tickets[1], "resend"),
        {"csrf_token": olga.token()},
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 409
    assert 'id="dialog-title"' in answer.text
    assert "data-close" in answer.text


def _shown_link(text: str) -> str:
    match = re.search(r'id="ticket-link"[^>]* value="([^"]+)"', text)
    assert match, text
    return html.unescape(match[1])


def test_copy_link_shows_the_holders_link(olga: Browser, ready: Ticket) -> None:
    before = rows()
    assert _shown_link(olga.get(at(ready, "link")).text) == links.ticket_url(ready)
    assert changes(before) == {}


def test_copy_link_of_an_open_ticket_is_the_one_that_claims_it(olga: Browser, order: Order) -> None:
    ticket = order.tickets[1]
    shared = builders.share(ticket)
    shown = _shown_link(olga.get(at(ticket, "link")).text)
    assert shown.endswith(shared)
    unshared = _shown_link(olga.get(at(order.tickets[2], "link")).text)
    assert olga.get(unshared[unshared.index("/s/") :]).status_code == 200


def test_download_gives_the_pdf(olga: Browser, ready: Ticket) -> None:
    answer = olga.get(at(ready, "ticket.pdf"))
    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF-")
    assert answer.headers["Content-Disposition"] == 'inline; filename="ticket-1.pdf"'
    assert answer.headers["Cache-Control"] == "no-store"


def test_download_is_the_organisers_even_if_the_shop_switched_it_off(
    olga: Browser, ready: Ticket, shop: Shop
) -> None:
    with write() as session:
        session.get_one(Shop, shop.id).download_enabled = False
    assert olga.get(at(ready, "ticket.pdf")).status_code == 200


def test_download_needs_a_holder(olga: Browser, order: Order) -> None:
    assert olga.get(at(order.tickets[1], "ticket.pdf")).status_code == 409
    cancelling.cancel_ticket(order.tickets[2], builders.ORGANISER)
    assert olga.get(at(order.tickets[2], "ticket.pdf")).status_code == 410


def test_a_new_barcode_refuses_the_old_and_changes_nothing_else(
    olga: Browser, ready: Ticket
) -> None:
    barcode = barcodes.text_of(ready)
    before = rows()
    assert olga.submit(at(ready, "barcode")).status_code == 303
    changed = changes(before)
    assert changed["tickets"] == [ready.id]
    assert set(changed) == {"tickets", "orders", "history", "changes"}
    with pytest.raises(barcodes.BarcodeRefused):
        barcodes.look_up(barcode)
    assert ready.link_generation == 1


def test_a_new_barcode_needs_a_holder(olga: Browser, order: Order) -> None:
    assert olga.get(at(order.tickets[1], "barcode")).status_code == 409
    answer = olga.post(at(order.tickets[1], "barcode"), {"csrf_token": olga.token()})
    assert answer.status_code == 409


def test_a_ticket_is_cancelled_with_its_reason(olga: Browser, ready: Ticket, order: Order) -> None:
    before = rows()
    assert olga.submit(at(ready, "cancel"), reason="  Paid\tback ").status_code == 303
    assert changes(before)["tickets"] == [ready.id]
    assert ready.state == "cancelled"
    assert (last(ready).action, last(ready).reason) == ("ticket_cancelled", "Paid back")
    assert order.state == "placed"


def test_a_ticket_is_cancelled_once(olga: Browser, ready: Ticket) -> None:
    mine, colleagues = (olga.fields(at(ready, "cancel")) for _ in range(2))
    assert olga.send(at(ready, "cancel"), mine).status_code == 303
    before = rows()
    assert olga.send(at(ready, "cancel"), colleagues).status_code == 410
    assert changes(before) == {}


@pytest.mark.parametrize("reason", ["x" * 501, "evil\u202etext", "nul\x00"])
def test_a_reason_is_one_line_of_text(olga: Browser, ready: Ticket, reason: str) -> None:
    before = rows()
    answer = olga.submit(at(ready, "cancel"), reason=reason)
    assert answer.status_code == 422
    assert "aria-invalid" in answer.text
    assert changes(before) == {}


def test_a_ticket_that_asks_for_nothing_goes_to_the_contact(olga: Browser, shop: Shop) -> None:
    order = builders.make_order(shop, lines=[Line("parking", 1)])
    olga.post(at(order.tickets[0], "resend"), {"csrf_token": olga.token()})
    assert builders.mails_of(order, "ticket")[-1].recipient == "bea@example.org"
