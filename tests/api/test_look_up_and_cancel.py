"""A shop's program asks how an order stands, and cancels it."""

import datetime as dt

import pytest

from tests import builders, seen
from tests.api.caller import Caller, errors_of, make_key, order_body
from ticketing import history, links, sharing
from ticketing.carried import admission
from ticketing.carried.barcodes import text_of
from ticketing.extensions import db
from ticketing.models import Order, Shop
from ticketing.posting import outbox
from ticketing.storing.transactions import write

pytestmark = pytest.mark.usefixtures("consistent")


@pytest.fixture
def order(caller: Caller, shop: Shop) -> Order:
    caller.place(order_body(shop))
    return db.session.query(Order).filter_by(shop_id=shop.id).one()


def test_it_shows_the_order_as_it_was_placed(caller: Caller, shop: Shop, order: Order) -> None:
    answer = caller.look_up(order.code)
    assert answer.status_code == 200
    found = answer.get_json()
    tickets = found.pop("tickets")
    assert dt.datetime.fromisoformat(found.pop("created_at")) == order.created_at
    assert dt.datetime.fromisoformat(found.pop("updated_at")) == order.updated_at
    assert found == {
        "code": order.code,
        "reference": "2026-000123",
        "shop": shop.slug,
        "state": "placed",
        "locale": "en",
        "booker": {
            "first_name": "Bea",
            "last_name": "Booker",
            "email": "bea@example.org",
            "phone": "+31687654321",
        },
        "overview_url": links.order_url(order),
        "cancelled_at": None,
    }
    assert tickets[0] == {
        "id": f"{order.code}-1",
        "type": "weekend",
        "state": "open",
        "external_id": None,
        "status": "open",
        "status_text": "Not assigned",
        "holder": None,
        "downloadable": False,
        "ticket_url": None,
        "personalised_at": None,
        "checked_in_at": None,
    }
    parking = tickets[2]
    assert (parking["state"], parking["holder"], parking["downloadable"]) == (
        "personalised",
        None,
        True,
    )
    assert parking["ticket_url"] == links.ticket_url(order.tickets[2])


def test_a_key_that_may_only_read_gets_no_link(caller: Caller, shop: Shop, order: Order) -> None:
    """Whoever has a link may act: it is more than reading."""
    builders.claim(order.tickets[0])
    reader = Caller(caller.client, make_key(shop.organiser, "orders:read"))
    answer = reader.look_up(order.code)
    found = answer.get_json()
    assert found["overview_url"] is None
    assert [ticket["ticket_url"] for ticket in found["tickets"]] == [None, None, None]
    assert found["tickets"][0]["holder"]["first_name"] == "Anna"
    for link in ("/o/", "/s/", "/t/"):
        assert link not in answer.text


def test_a_key_that_may_only_write_gets_links_of_what_it_cancels(
    caller: Caller, shop: Shop, order: Order
) -> None:
    writer = Caller(caller.client, make_key(shop.organiser, "orders:write"))
    assert writer.cancel(order.code).get_json()["overview_url"] == links.order_url(order)


def test_it_follows_a_ticket_through_its_life(caller: Caller, order: Order) -> None:
    def seen_status() -> tuple[str, str, str]:
        ticket = caller.look_up(order.code).get_json()["tickets"][0]
        return ticket["state"], ticket["status"], ticket["status_text"]

    builders.share(order.tickets[0])
    assert seen_status() == ("open", "shared", "Link shared, waiting")
    ticket = db.session.get_one(Order, order.id).tickets[0]
    sharing.opened(ticket, ticket.share_generation)
    assert seen_status()[:2] == ("open", "opened")
    ticket = builders.claim(db.session.get_one(Order, order.id).tickets[0])
    assert seen_status() == ("personalised", "ready", "Ready – Anna V.")
    admission.check_in(text_of(ticket), history.By("organiser", "Door"))
    assert seen_status()[:2] == ("checked_in", "checked_in")


def test_a_personalised_ticket_shows_its_holder(caller: Caller, shop: Shop, order: Order) -> None:
    with write():
        shop.event.fields = {"city": "optional", "date_of_birth": "required"}
    ticket = builders.claim(order.tickets[0], city="Zürich", date_of_birth="1990-12-31")
    found = caller.look_up(order.code).get_json()["tickets"][0]
    assert found["holder"] == {
        "first_name": "Anna",
        "last_name": "Visser",
        "email": "anna@example.org",
        "phone": "+31612345678",
        "details": {"city": "Zürich", "date_of_birth": "1990-12-31"},
    }
    assert found["ticket_url"] == links.ticket_url(ticket)
    assert found["downloadable"] is True
    assert dt.datetime.fromisoformat(found["personalised_at"]) == ticket.personalised_at


def test_a_ticket_that_is_not_handed_out_here_is_not_downloadable(
    caller: Caller, shop: Shop, order: Order
) -> None:
    builders.claim(order.tickets[0])
    with write():
        shop.download_enabled = False
    assert caller.look_up(order.code).get_json()["tickets"][0]["downloadable"] is False


def test_looking_changes_nothing(caller: Caller, order: Order) -> None:
    before = seen.digest()
    for _time in range(3):
        caller.look_up(order.code)
        caller.client.head(f"/api/v1/orders/{order.code}", headers=caller.headers)
    assert seen.digest() == before


@pytest.mark.parametrize(
    "code", ["K7XQ9P", "k7xq9p", "K7XQ9P-1", "%00", "%C3%A9", "..", "x" * 3000, "1%20OR%201=1"]
)
def test_an_unknown_code_is_not_there(caller: Caller, code: str) -> None:
    for refused in (caller.look_up(code), caller.cancel(code)):
        assert refused.status_code == 404
        errors_of(refused)


# Cancelling:


def test_it_cancels_the_order_and_all_its_tickets(caller: Caller, order: Order) -> None:
    builders.claim(order.tickets[0])
    answer = caller.cancel(order.code, {"reason": "Payment bounced"})
    assert answer.status_code == 200
    found = answer.get_json()
    assert found["state"] == "cancelled"
    assert found["cancelled_at"] is not None
    for ticket in found["tickets"]:
        assert (ticket["state"], ticket["status"]) == ("cancelled", "cancelled")
        assert (ticket["downloadable"], ticket["ticket_url"]) == (False, None)
    assert found == caller.look_up(order.code).get_json()
    entry = seen.last(order)
    assert (entry.action, entry.actor, entry.reason) == (
        "order_cancelled",
        "shop",
        "Payment bounced",
    )
    assert len(builders.mails_of(order, outbox.CANCELLED)) == 1


def test_cancelling_twice_is_the_same_as_once(caller: Caller, order: Order) -> None:
    first = caller.cancel(order.code)
    before = seen.digest()
    again = caller.cancel(order.code, {"reason": "once more"})
    assert (again.status_code, again.get_json()) == (200, first.get_json())
    assert seen.digest() == before


def test_no_body_is_needed(caller: Caller, order: Order) -> None:
    assert caller.cancel(order.code).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"why": "x"}, "why"),
        ({"reason": 1}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"reason": "x\0"}, "reason"),
        ([], "request"),
    ],
)
def test_a_bad_reason_cancels_nothing(
    caller: Caller, order: Order, body: object, field: str
) -> None:
    before = seen.digest()
    refused = caller.cancel(order.code, body)
    assert refused.status_code == 422
    assert list(errors_of(refused)) == [field]
    assert seen.digest() == before


def test_a_recalled_share_counts_no_more(caller: Caller, order: Order) -> None:
    builders.share(order.tickets[0])
    ticket = db.session.get_one(Order, order.id).tickets[0]
    sharing.recall(ticket, history.booker(order), generation=ticket.share_generation)
    assert caller.look_up(order.code).get_json()["tickets"][0]["status"] == "open"
