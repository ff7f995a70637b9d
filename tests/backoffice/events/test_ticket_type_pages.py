"""The pages on which ticket types are made, changed, put in order, archived and deleted."""

import re

from tests import builders
from tests.backoffice.browsing import Browser, forms_in, refused_in
from tests.seen import actions, changes, digest, rows
from ticketing import cancelling, links
from ticketing.models import OPEN, PERSONALISED, Order, Shop, TicketType
from ticketing.ordering.orders import Line

HTMX = {"HX-Request": "true", "HX-Target": "dialog"}


def types_page(shop: Shop) -> str:
    return f"/backoffice/events/{shop.event_id}/ticket-types"


def new_page(shop: Shop) -> str:
    return f"{types_page(shop)}/new"


def page(ticket_type: TicketType) -> str:
    return f"/backoffice/ticket-types/{ticket_type.id}"


def listed(olga: Browser, shop: Shop) -> list[str]:
    return re.findall(r"<small>([^<]+)</small></span>", olga.get(types_page(shop)).text)


def post(olga: Browser, path: str, **data: str) -> None:
    answer = olga.post(path, {"csrf_token": olga.token(), **data})
    assert answer.status_code == 303, answer.status


def test_they_are_listed_in_the_shops_order(olga: Browser, shop: Shop) -> None:
    builders.make_order(shop, tickets=3)
    text = olga.get(types_page(shop)).text
    assert listed(olga, shop) == ["weekend", "friday", "parking"]
    assert "€95.00" in text
    assert "Free" in text
    assert "No, ready at once" in text
    assert "Ready to sell?" not in text  # there is a shop


def test_a_type_is_added(olga: Browser, shop: Shop) -> None:
    before = rows()
    answer = olga.submit(new_page(shop), name="Backstage", code="Backstage", price="€ 1.250,50")
    assert (answer.status_code, answer.location) == (303, types_page(shop))
    assert set(changes(before)) == {"ticket_types"}
    made = shop.event.ticket_types[-1]
    assert (made.code, made.price, made.needs_personal_data) == ("backstage", 125_050, True)
    assert "“Backstage” was added." in olga.get(types_page(shop)).text
    olga.submit(new_page(shop), name="Bus", code="bus", price="", needs_personal_data=None)
    made = shop.event.ticket_types[-1]
    assert (made.price, made.needs_personal_data) == (0, False)


def test_wrong_input_is_told_beside_its_field_and_nothing_is_lost(
    olga: Browser, shop: Shop
) -> None:
    before = digest()
    answer = olga.submit(
        new_page(shop), name=" ", code="not a code!", price="much", needs_personal_data=None
    )
    assert answer.status_code == 422
    assert set(refused_in(answer.text)) == {"name", "code", "price"}
    answer = olga.submit(
        new_page(shop), name="Stand", code="weekend", price="9,1234", needs_personal_data=None
    )
    assert set(refused_in(answer.text)) == {"code", "price"}
    known = forms_in(answer.text)[new_page(shop)]
    assert (known["name"], known["code"], known["price"]) == (["Stand"], ["weekend"], ["9,1234"])
    assert "needs_personal_data" not in known
    assert digest() == before


def test_a_type_is_changed(olga: Browser, shop: Shop) -> None:
    weekend = shop.event.ticket_types[0]
    assert olga.fields(page(weekend))["price"] == ["95.00"]
    answer = olga.submit(page(weekend), name="Weekend early", code="early", price="80")
    assert (answer.status_code, answer.location) == (303, types_page(shop))
    assert (weekend.name, weekend.code, weekend.price) == ("Weekend early", "early", 8000)


def test_the_code_of_one_that_is_sold_stays(olga: Browser, order: Order) -> None:
    weekend = order.tickets[0].type
    text = olga.get(page(weekend)).text
    [code] = re.findall(r'<input[^>]*name="code"[^>]*>', text)
    assert "readonly" in code
    answer = olga.submit(page(weekend), code="other")
    assert answer.status_code == 422
    assert "can’t change any more" in refused_in(answer.text)["code"]
    assert olga.submit(page(weekend), name="Other").status_code == 303


def test_nobody_elses_change_is_overwritten(olga: Browser, shop: Shop) -> None:
    weekend = shop.event.ticket_types[0]
    known = olga.fields(page(weekend))
    olga.submit(page(weekend), name="Theirs", needs_personal_data=None)
    before = digest()
    answer = olga.send(page(weekend), known, name="Mine")
    assert answer.status_code == 409
    cells = re.findall(r"<th scope=\"row\">(.*?)</th><td>(.*?)</td><td>(.*?)</td>", answer.text)
    assert cells == [("Name", "Theirs", "Mine"), ("Needs personal data", "No", "Yes")]
    assert digest() == before
    assert olga.send(page(weekend), forms_in(answer.text)[page(weekend)]).status_code == 303
    assert (weekend.name, weekend.needs_personal_data) == ("Mine", True)


def test_tickets_that_wait_become_ready_after_a_yes(olga: Browser, order: Order) -> None:
    weekend = order.tickets[0].type
    builders.claim(order.tickets[0])
    before = digest()
    answer = olga.submit(page(weekend), name="No names", needs_personal_data=None)
    assert answer.status_code == 422
    assert "4 tickets of this type still wait" in refused_in(answer.text)["needs_personal_data"]
    drawn = forms_in(answer.text)[page(weekend)]
    assert drawn["name"] == ["No names"]
    assert "confirmed" in answer.text
    assert "confirmed" not in drawn  # nobody has ticked it yet
    assert digest() == before
    assert olga.send(page(weekend), drawn).status_code == 422
    assert olga.send(page(weekend), drawn, confirmed="y").status_code == 303
    assert {ticket.state for ticket in order.tickets} == {PERSONALISED}
    assert actions(order).count("made_ready") == 4
    history = olga.get(f"/backoffice/orders/{order.id}").text
    assert "Ticket 2 is ready: its type needs no name any more" in history
    assert "made_ready" not in history


def test_names_can_t_be_asked_of_tickets_that_are_out_without(olga: Browser, shop: Shop) -> None:
    builders.make_order(shop, lines=[Line("parking", 1)])
    parking = shop.event.ticket_types[2]
    answer = olga.submit(page(parking), needs_personal_data="y")
    assert answer.status_code == 422
    assert "already out without a name" in refused_in(answer.text)["needs_personal_data"]
    assert 'name="confirmed"' not in answer.text


def test_types_are_moved(olga: Browser, shop: Shop) -> None:
    weekend, _friday, parking = shop.event.ticket_types
    text = olga.get(types_page(shop)).text
    assert "Move Weekend up" not in text  # the first
    assert "Move Parking down" not in text
    post(olga, f"{page(weekend)}/move", to="down")
    assert listed(olga, shop) == ["friday", "weekend", "parking"]
    post(olga, f"{page(parking)}/move", to="up")
    assert listed(olga, shop) == ["friday", "parking", "weekend"]


def test_a_type_is_archived_and_sold_again(olga: Browser, shop: Shop) -> None:
    weekend = shop.event.ticket_types[0]
    post(olga, f"{page(weekend)}/archive")
    text = olga.get(types_page(shop)).text
    assert "“Weekend” is no longer sold." in text
    assert text.index("No longer sold") < text.index(">weekend<")
    assert "Weekend" not in olga.get(f"/shop/{shop.slug}").text
    post(olga, f"{page(weekend)}/unarchive")
    assert "Weekend" in olga.get(f"/shop/{shop.slug}").text


def test_one_that_nobody_has_is_deleted_after_a_question(olga: Browser, shop: Shop) -> None:
    friday = shop.event.ticket_types[1]
    delete = f"{page(friday)}/delete"
    before = digest()
    for headers in ({}, HTMX):
        assert "Nobody has a ticket of this type" in olga.get(delete, headers=headers).text
    assert digest() == before
    answer = olga.submit(delete)
    assert (answer.status_code, answer.location) == (303, types_page(shop))
    assert listed(olga, shop) == ["weekend", "parking"]
    assert olga.get(delete).status_code == 404


def test_one_that_was_sold_isn_t_even_asked_about(olga: Browser, order: Order) -> None:
    weekend = order.tickets[0].type
    cancelling.cancel_order(order, builders.ORGANISER)
    assert f"{page(weekend)}/delete" not in olga.get(types_page(order.shop)).text
    before = digest()
    answer = olga.get(f"{page(weekend)}/delete")
    assert answer.status_code == 409
    assert "There are tickets of this type" in answer.text
    answer = olga.post(f"{page(weekend)}/delete", {"csrf_token": olga.token()})
    assert answer.status_code == 409
    assert digest() == before


def test_what_needs_no_personal_data_has_no_claim_button(olga: Browser, shop: Shop) -> None:
    order = builders.make_order(shop, lines=[Line("parking", 1), Line("friday", 1)])
    assert [ticket.state for ticket in order.tickets] == [PERSONALISED, OPEN]
    text = olga.get(f"/o/{links.order_token(order)}").text
    parking, friday = text.split("<article")[1:]
    assert "Ready" in parking
    assert "Claim" not in parking
    assert "Share" in friday
    assert "Claim" in friday
