"""An order completes: in the shop, through the API, by import."""

import pytest
from flask import Flask

from tests import builders, seen
from tests.at_once import at_once
from ticketing import history
from ticketing.models import OPEN, PERSONALISED, Order, Shop
from ticketing.ordering import orders
from ticketing.ordering.orders import BadQuantity, Booker, Line, ReferenceTaken, UnknownTicketType
from ticketing.posting import outbox
from ticketing.refusals import TooManyMails

pytestmark = pytest.mark.usefixtures("consistent")

BEA = Booker("Bea", "Booker", "bea@example.org", "+31687654321")


@pytest.fixture
def shop(app: Flask) -> Shop:
    return builders.make_shop()


def place(
    shop: Shop, *lines: Line, reference: str = "S-1", booker: Booker = BEA, locale: str = "en"
) -> tuple[Order, bool]:
    return orders.place(shop.id, reference, booker, lines or [Line("weekend", 2)], locale=locale)


def test_it_makes_the_order_with_a_ticket_each(shop: Shop) -> None:
    order, new = place(shop, Line("weekend", 2), Line("friday", 1), locale="nl")
    assert new
    assert (order.state, order.version, order.reference, order.locale) == ("placed", 1, "S-1", "nl")
    assert order.organiser_id == shop.organiser_id
    assert [(t.position, t.type.code, t.state, t.locale) for t in order.tickets] == [
        (1, "weekend", OPEN, "nl"),
        (2, "weekend", OPEN, "nl"),
        (3, "friday", OPEN, "nl"),
    ]
    links = {ticket.link_id for ticket in order.tickets} | {t.barcode_id for t in order.tickets}
    assert len(links | {order.link_id}) == 7, "every secret is its own"


def test_its_code_survives_a_bad_line(shop: Shop) -> None:
    order, _new = place(shop)
    assert len(order.code) == 6
    assert not set(order.code) & set("0O1IL2Z5S8BU")
    assert order.tickets[1].code == f"{order.code}-2"


def test_it_mails_the_booker_and_notes_it(shop: Shop) -> None:
    order, _new = place(shop)
    (mail,) = builders.mails_of(order)
    assert (mail.kind, mail.recipient, mail.locale) == (outbox.CONFIRMATION, BEA.email, "en")
    assert (mail.state, mail.attempts) == ("waiting", 0)
    (entry,) = seen.entries(order)
    assert (entry.action, entry.actor, entry.after) == ("placed", "shop", {"tickets": 2})


def test_who_placed_it_is_noted(shop: Shop) -> None:
    by = history.By("organiser", "Import by Olga")
    order, _new = orders.place(shop.id, "S-1", BEA, [Line("weekend", 1)], locale="en", by=by)
    assert (seen.last(order).actor, seen.last(order).actor_name) == ("organiser", "Import by Olga")


def test_a_ticket_that_asks_for_nothing_is_ready_at_once(shop: Shop) -> None:
    order, _new = place(shop, Line("parking", 1), Line("weekend", 1))
    assert [ticket.state for ticket in order.tickets] == [PERSONALISED, OPEN]
    assert order.tickets[0].personalised_at is not None


@pytest.mark.parametrize(
    "lines",
    [
        [Line("weekend", 2), Line("friday", 1)],
        [Line("friday", 1), Line("weekend", 2)],
        [Line("weekend", 1), Line("weekend", 1), Line("friday", 1), Line("parking", 0)],
    ],
)
def test_the_same_once_more_is_the_same_order(shop: Shop, lines: list[Line]) -> None:
    first, _new = place(shop, Line("weekend", 2), Line("friday", 1))
    before = seen.rows()
    again, new = place(shop, *lines, locale="de")
    assert (again.id, new) == (first.id, False)
    assert seen.changes(before) == {}


@pytest.mark.parametrize(
    ("lines", "booker"),
    [
        ([Line("weekend", 3)], BEA),
        ([Line("friday", 2)], BEA),
        ([Line("weekend", 2)], Booker("Bea", "Booker", "other@example.org", BEA.phone)),
    ],
)
def test_another_order_under_the_same_reference_is_refused(
    shop: Shop, lines: list[Line], booker: Booker
) -> None:
    first, _new = place(shop)
    before = seen.rows()
    with pytest.raises(ReferenceTaken) as refused:
        place(shop, *lines, booker=booker)
    assert refused.value.code == first.code
    assert seen.changes(before) == {}


def test_another_shop_may_use_the_same_reference(shop: Shop) -> None:
    first, _new = place(shop)
    second, new = place(builders.make_shop())
    assert new
    assert second.code != first.code


def test_a_type_of_another_event_is_unknown(shop: Shop) -> None:
    before = seen.rows()
    for code in ("vip", "", "WEEKEND"):
        with pytest.raises(UnknownTicketType, match=f"^{code}$"):
            place(shop, Line("weekend", 1), Line(code, 1))
    assert seen.changes(before) == {}


@pytest.mark.parametrize(
    "quantities", [[0], [], [-1], [3, -1], [501], [500, 1], [10**30], [0, 0], [-(10**9), 10**9]]
)
def test_a_quantity_that_cannot_be_is_refused(shop: Shop, quantities: list[int]) -> None:
    before = seen.rows()
    with pytest.raises(BadQuantity):
        orders.place(shop.id, "S-1", BEA, [Line("weekend", n) for n in quantities], locale="en")
    assert seen.changes(before) == {}


def test_the_largest_order(shop: Shop) -> None:
    order, _new = place(shop, Line("weekend", 500))
    assert [ticket.position for ticket in order.tickets] == list(range(1, 501))


def test_it_is_found_by_whatever_people_know_of_it(shop: Shop) -> None:
    order, _new = place(shop, booker=Booker("Zoë", "Łukasz-Müller", "zoe@example.org", BEA.phone))
    for known in (order.code, "S-1", "zoe", "mull", "lukasz", "zoe@example.org", f"{order.code}-2"):
        assert known.casefold() in builders.found_by(order), known


@pytest.mark.parametrize("address", ["bea@example.org", "BEÄ@example.org"])
def test_strangers_cannot_flood_somebody_with_orders(shop: Shop, address: str) -> None:
    """Where nobody vouches for who places it, twenty confirmations a day go to one address."""
    shop_id = shop.id

    def order(number: int) -> None:
        email = address if number % 2 else address.replace("example", "EXAMPLE")
        booker = Booker("Bea", "Booker", email)
        lines = [Line("weekend", 1)]
        orders.place(
            shop_id, f"W-{number}", booker, lines, locale="en", asked_from=f"place {number}"
        )

    for number in range(20):
        order(number)
    before = seen.rows()
    for number in (20, 21):
        with pytest.raises(TooManyMails):
            order(number)
    assert seen.changes(before) == {}
    order(0)  # the same once more is no new mail
    place(shop, reference="S-2", booker=Booker("Bea", "", address))  # the shop's own word counts


def test_it_leaves_other_orders_alone(shop: Shop) -> None:
    place(shop)
    before = seen.rows()
    order, _new = place(shop, reference="S-2")
    assert seen.changes(before) == {
        "orders": [order.id],
        "search_entries": [order.id],
        "tickets": [ticket.id for ticket in order.tickets],
        "history": [seen.last(order).id],
        "outbox": [builders.mails_of(order)[0].id],
    }


def test_many_at_once_make_one_order(app: Flask, shop: Shop) -> None:
    shop_id = shop.id

    def again() -> tuple[str, bool]:
        order, new = orders.place(shop_id, "S-1", BEA, [Line("weekend", 2)], locale="en")
        return order.code, new

    results = at_once(app, *[again] * 12)
    assert len({code for code, _new in results}) == 1
    assert sum(new for _code, new in results) == 1
