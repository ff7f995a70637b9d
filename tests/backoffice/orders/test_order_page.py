import pytest
from flask import Flask

from tests import builders
from tests.backoffice.browsing import Browser
from tests.backoffice.orders.test_find_orders import counting
from ticketing import cancelling, personalisation, sending
from ticketing.models import Order, Shop
from ticketing.ordering.orders import Line


def page_of(browser: Browser, order: Order) -> str:
    answer = browser.get(f"/backoffice/orders/{order.id}")
    assert answer.status_code == 200
    return answer.text


def test_it_shows_who_what_and_how_far(olga: Browser, order: Order) -> None:
    builders.claim(order.tickets[0])
    builders.share(order.tickets[1])
    text = page_of(olga, order)
    assert f"Order {order.code}" in text
    for words in (
        "Bea Booker",
        "bea@example.org",
        "+31687654321",
        order.reference,
        "1 of 5 personalised",
        "Ready – Anna V.",
        "Anna Visser",
        "Link shared, waiting",
        "Not assigned",
        f"Actions for order {order.code}",
        "Actions for ticket 5",
    ):
        assert words in text, words


def test_it_adds_up_what_stands(olga: Browser, shop: Shop) -> None:
    order = builders.make_order(
        shop, lines=[Line("weekend", 2), Line("friday", 1), Line("parking", 1)]
    )
    cancelling.cancel_ticket(order.tickets[0], builders.ORGANISER)
    text = page_of(olga, order)
    assert "€95.00" in text
    assert "€45.00" in text
    assert "€140.00" in text
    assert "€190.00" not in text


def test_the_history_tells_who_did_what_when(olga: Browser, order: Order) -> None:
    ticket = builders.claim(order.tickets[2])
    personalisation.edit(
        ticket,
        {**builders.ANNA, "email": "anna.visser@example.org"},
        builders.ORGANISER,
        revision=ticket.revision,
        new_barcode=True,
        mail_holder=True,
    )
    cancelling.cancel_ticket(order.tickets[3], builders.ORGANISER, reason="Paid back <b>")
    text = page_of(olga, order)
    for words in (
        "The order was placed",
        "Personalised ticket 3",
        "Bea Booker (booker)",
        "Edited ticket 3",
        "Olga Organiser (organiser)",
        "<del>anna@example.org</del>",
        "<ins>anna.visser@example.org</ins>",
        "<del>number 1</del>",
        "<ins>number 2</ins>",
        "Cancelled ticket 4",
        "Reason: Paid back &lt;b&gt;",
    ):
        assert words in text, words


def test_it_lists_the_mails_of_the_order(olga: Browser, order: Order) -> None:
    ticket = builders.claim(order.tickets[0])
    sending.mail_ticket(ticket, builders.ORGANISER)
    text = page_of(olga, order)
    assert "Confirmation for the booker" in text
    assert text.count("Ticket 1 for its holder") == 2
    assert "Waiting" in text


@pytest.mark.parametrize(
    ("state", "there", "absent"),
    [
        (
            "open",
            ["Edit", "Copy link", "Cancel ticket"],
            ["Resend", "Download", "New barcode"],
        ),
        (
            "ready",
            ["Edit", "Resend", "Copy link", "Download", "New barcode", "Cancel ticket"],
            [],
        ),
        ("cancelled", [], ["Actions for ticket 1"]),
    ],
)
def test_a_menu_holds_what_can_be_done(
    olga: Browser, order: Order, state: str, there: list[str], absent: list[str]
) -> None:
    if state != "open":
        builders.claim(order.tickets[0])
    if state == "cancelled":
        cancelling.cancel_ticket(order.tickets[0], builders.ORGANISER)
    text = page_of(olga, order)
    card = text[text.index(f'id="ticket-{order.tickets[0].id}"') :]
    card = card[: card.index("</article>")]
    for words in there:
        assert f"</svg>{words}" in card, words
    for words in absent:
        assert words not in card, words


def test_open_personalisation_is_there_only_where_it_can_do_something(
    olga: Browser, shop: Shop, order: Order
) -> None:
    parking = builders.make_order(shop, lines=[Line("parking", 2)])
    assert "Open Personalisation" in page_of(olga, order)
    assert "Open Personalisation" not in page_of(olga, parking)
    assert "Cancel order" in page_of(olga, parking)


def test_a_ticket_that_asks_for_nothing_has_nothing_to_edit(olga: Browser, shop: Shop) -> None:
    parking = builders.make_order(shop, lines=[Line("parking", 1)])
    card = page_of(olga, parking).partition("<article")[2].partition("</article>")[0]
    assert "New barcode" in card
    assert "</svg>Edit" not in card


def test_a_cancelled_order_has_no_actions(olga: Browser, order: Order) -> None:
    cancelling.cancel_order(order, builders.ORGANISER)
    text = page_of(olga, order)
    assert "Actions for" not in text
    assert "Cancelled" in text


def test_more_tickets_take_no_more_queries(app: Flask, olga: Browser, shop: Shop) -> None:
    counts = []
    for tickets in (2, 20):
        order = builders.make_order(shop, tickets=tickets)
        for ticket in order.tickets:
            builders.claim(ticket)
        with counting(app) as statements:
            page_of(olga, order)
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 10  # two of them note in the audit who looked


def test_hostile_text_stays_text(olga: Browser, shop: Shop) -> None:
    nasty = '"><script>alert(1)</script>{{7*7}}'
    order = builders.make_order(shop, first_name=nasty, last_name="'\"")
    builders.claim(order.tickets[0], first_name=nasty, last_name="x")
    for path in (f"/backoffice/orders/{order.id}", "/backoffice/orders"):
        text = olga.get(path).text
        assert "<script>alert" not in text
        assert "{{7*7}}" in text
