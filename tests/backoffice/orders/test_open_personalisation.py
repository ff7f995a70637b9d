import pytest

from tests import builders
from tests.backoffice.browsing import Browser
from tests.seen import changes, entries, rows
from ticketing import cancelling, links
from ticketing.carried import admission, barcodes
from ticketing.models import Order, Shop, now
from ticketing.ordering.orders import Line
from ticketing.storing.transactions import write


@pytest.fixture
def named(order: Order) -> Order:
    """Tickets 1 and 2 have a holder, ticket 3 is shared."""
    builders.claim(order.tickets[0])
    builders.claim(order.tickets[1], **builders.BOB)
    builders.share(order.tickets[2])
    return order


def dialog(order: Order) -> str:
    return f"/backoffice/orders/{order.id}/open-personalisation"


def choice(order: Order, position: int) -> str:
    ticket = order.tickets[position - 1]
    return f"{ticket.id}:{ticket.revision}"


def test_it_lists_the_names_that_will_be_cleared(olga: Browser, named: Order) -> None:
    text = olga.get(dialog(named)).text
    assert "Anna Visser" in text
    assert "Bob de Boer" in text
    assert olga.fields(dialog(named))["chosen"] == [choice(named, n) for n in range(1, 6)]


def test_it_opens_all_tickets_anew(olga: Browser, named: Order) -> None:
    old_barcode = barcodes.text_of(named.tickets[0])
    old_page = links.ticket_url(named.tickets[0]).removeprefix("http://127.0.0.1:8000")
    old_share = links.share_url(named.tickets[2], 1).removeprefix("http://127.0.0.1:8000")
    assert olga.get(old_page).status_code == olga.get(old_share).status_code == 200

    answer = olga.submit(dialog(named), reason="Wrong names on the list")
    assert answer.status_code == 303
    assert {ticket.state for ticket in named.tickets} == {"open"}
    assert not any(ticket.first_name or ticket.email for ticket in named.tickets)
    with pytest.raises(barcodes.BarcodeRefused):
        barcodes.look_up(old_barcode)
    assert olga.get(old_page).status_code == olga.get(old_share).status_code == 410
    assert [mail.recipient for mail in builders.mails_of(named, "reopened")] == ["bea@example.org"]
    kept = [entry for entry in entries(named.tickets[1]) if entry.action == "reopened"]
    assert kept[0].before["first_name"] == "Bob"
    assert kept[0].reason == "Wrong names on the list"


def test_it_can_be_limited_to_some(olga: Browser, named: Order) -> None:
    before = rows()
    olga.submit(dialog(named), chosen=[choice(named, 2)])
    assert changes(before)["tickets"] == [named.tickets[1].id]
    assert [ticket.state for ticket in named.tickets][:2] == ["personalised", "open"]


@pytest.mark.parametrize("chosen", [[], ["x"], ["1"], ["-1:2"], ["1:2:3"], ["٣:١"]])
def test_it_asks_for_at_least_one(olga: Browser, named: Order, chosen: list[str]) -> None:
    before = rows()
    answer = olga.submit(dialog(named), chosen=chosen, reason="Kept as typed")
    assert answer.status_code == 422
    assert "Please choose at least one ticket." in answer.text
    assert "Kept as typed" in answer.text
    assert changes(before) == {}


def test_another_orders_tickets_are_left_alone(olga: Browser, named: Order, shop: Shop) -> None:
    other = builders.make_order(shop, tickets=1)
    builders.claim(other.tickets[0])
    before = rows()
    answer = olga.submit(dialog(named), chosen=[choice(named, 1), choice(other, 1)])
    assert answer.status_code == 409
    assert changes(before) == {}


def test_what_changed_meanwhile_is_shown_before_it_is_cleared(olga: Browser, named: Order) -> None:
    known = olga.fields(dialog(named))
    del known["chosen"][1]  # ticket 2 was unticked
    builders.claim(named.tickets[3], first_name="Dora", last_name="Meanwhile")
    before = rows()
    answer = olga.send(dialog(named), known, reason="Typed before")
    assert answer.status_code == 409
    assert changes(before) == {}
    assert "Dora Meanwhile" in answer.text
    assert answer.text.count("changed meanwhile") == 1
    assert "Typed before" in answer.text
    assert f'value="{choice(named, 2)}">' in answer.text  # still unticked
    assert f'value="{choice(named, 4)}" checked' in answer.text


def test_who_is_inside_stays_who_they_are(olga: Browser, named: Order) -> None:
    admission.check_in(barcodes.text_of(named.tickets[0]), builders.ORGANISER)
    assert "Anna Visser" not in olga.get(dialog(named)).text


def test_an_order_that_asks_for_nothing_has_nothing_to_open(olga: Browser, shop: Shop) -> None:
    parking = builders.make_order(shop, lines=[Line("parking", 1)])
    assert olga.get(dialog(parking)).status_code == 409
    assert olga.post(dialog(parking), {"csrf_token": olga.token()}).status_code == 409


def test_a_cancelled_order_stays_closed(olga: Browser, named: Order) -> None:
    known = olga.fields(dialog(named))
    cancelling.cancel_order(named, builders.ORGANISER)
    before = rows()
    assert olga.send(dialog(named), known).status_code == 410
    assert changes(before) == {}


def test_twice_at_once_opens_once(olga: Browser, named: Order) -> None:
    mine, colleagues = (olga.fields(dialog(named)) for _ in range(2))
    assert olga.send(dialog(named), mine).status_code == 303
    assert olga.send(dialog(named), colleagues).status_code == 409
    assert {ticket.round for ticket in named.tickets} == {2}


def test_it_says_that_the_deadline_has_passed(olga: Browser, named: Order, shop: Shop) -> None:
    assert "deadline" not in olga.get(dialog(named)).text
    with write() as session:
        session.get_one(Shop, shop.id).personalisation_deadline = now()
    assert "deadline" in olga.get(dialog(named)).text
