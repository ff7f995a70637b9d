"""A shop's program sends the orders that it sold."""

import pytest

from tests import builders, seen
from tests.api.caller import Caller, errors_of, make_key, order_body, with_value
from ticketing import links
from ticketing.extensions import db
from ticketing.models import Order, Shop, now
from ticketing.posting import outbox
from ticketing.storing.transactions import write

pytestmark = pytest.mark.usefixtures("consistent")


def the_order(shop: Shop) -> Order:
    db.session.rollback()
    return db.session.query(Order).filter_by(shop_id=shop.id).one()


def test_it_becomes_an_order_with_tickets(caller: Caller, shop: Shop) -> None:
    response = caller.place(order_body(shop))
    order = the_order(shop)
    assert response.status_code == 201
    assert response.get_json() == {
        "code": order.code,
        "reference": "2026-000123",
        "overview_url": links.order_url(order),
        "tickets": [
            {"id": f"{order.code}-1", "type": "weekend", "state": "open", "external_id": None},
            {"id": f"{order.code}-2", "type": "weekend", "state": "open", "external_id": None},
            {
                "id": f"{order.code}-3",
                "type": "parking",
                "state": "personalised",
                "external_id": None,
            },
        ],
    }
    assert response.location == f"/api/v1/orders/{order.code}"
    assert (order.first_name, order.last_name) == ("Bea", "Booker")
    assert (order.email, order.phone) == ("bea@example.org", "+31687654321")
    (mail,) = builders.mails_of(order)
    assert (mail.kind, mail.recipient) == (outbox.CONFIRMATION, "bea@example.org")


def test_its_overview_opens(caller: Caller, shop: Shop) -> None:
    answer = caller.place(order_body(shop)).get_json()
    path = answer["overview_url"].partition("/o/")[2]
    page = caller.client.get(f"/o/{path}")
    assert page.status_code == 200
    assert answer["code"] in page.text


def test_the_history_names_the_program(caller: Caller, shop: Shop) -> None:
    caller.place(order_body(shop))
    entry = seen.last(the_order(shop))
    assert (entry.action, entry.actor, entry.actor_name) == ("placed", "shop", "Test")


@pytest.mark.parametrize(
    ("first", "last", "stored"),
    [
        ("Zoe\u0308", "O\u2019Brien-\u0141ukasiewicz", ("Zoë", "O’Brien-Łukasiewicz")),
        ("अनन्या", "", ("अनन्या", "")),
        ("  Bea ", " van  den Berg\n", ("Bea", "van den Berg")),
        ("🎟️ Bob", "<script>alert(1)</script>", ("🎟️ Bob", "<script>alert(1)</script>")),
        ("x" * 200, "é" * 200, ("x" * 200, "é" * 200)),
    ],
)
def test_names_in_any_script_are_kept(
    caller: Caller, shop: Shop, first: str, last: str, stored: tuple[str, str]
) -> None:
    body = with_value(order_body(shop), "booker.first_name", first)
    code = caller.place(with_value(body, "booker.last_name", last)).get_json()["code"]
    order = the_order(shop)
    assert (order.first_name, order.last_name) == stored
    booker = caller.look_up(code).get_json()["booker"]
    assert (booker["first_name"], booker["last_name"]) == stored


def test_a_national_phone_number_is_read_as_in_the_events_country(
    caller: Caller, shop: Shop
) -> None:
    caller.place(with_value(order_body(shop), "booker.phone", "06 8765 4321"))
    assert the_order(shop).phone == "+31687654321"


def test_last_name_phone_and_locale_may_be_left_out(caller: Caller, shop: Shop) -> None:
    booker = {"first_name": "Bea", "email": "bea@example.org"}
    response = caller.place(order_body(shop, booker=booker, locale=...))
    assert response.status_code == 201
    order = the_order(shop)
    assert (order.last_name, order.phone, order.locale) == ("", "", "en")


@pytest.mark.parametrize(
    ("languages", "wanted", "locale"),
    [
        (["en"], "en", "en"),
        (["en"], "en-GB", "en"),
        (["nl", "en"], "en_US.UTF-8", "en"),
        (["nl", "en"], "NL-be", "nl"),
        (["nl", "en"], "tlh", "nl"),
        (["nl", "en"], "not a language!", "nl"),
        (["nl", "en"], None, "nl"),
        (["nl", "en"], "", "nl"),
        ([], "tlh", "en"),
    ],
)
def test_the_bookers_language_is_kept_or_becomes_the_shops(
    caller: Caller, languages: list[str], wanted: str | None, locale: str
) -> None:
    shop = builders.make_shop(languages=languages)
    caller = Caller(caller.client, make_key(shop.organiser))
    assert caller.place(order_body(shop, locale=wanted)).status_code == 201
    assert the_order(shop).locale == locale


@pytest.mark.parametrize("reference", ["1", "x" * 100, "№ 12/3 – ä", "' OR 1=1 --", "../../etc"])
def test_the_reference_is_kept_to_the_letter(caller: Caller, shop: Shop, reference: str) -> None:
    response = caller.place(order_body(shop, reference=reference))
    assert response.status_code == 201
    assert response.get_json()["reference"] == the_order(shop).reference == reference


def test_an_order_can_hold_500_tickets(caller: Caller, shop: Shop) -> None:
    lines = [{"type": "weekend", "quantity": 499}, {"type": "friday", "quantity": 1}]
    assert len(caller.place(order_body(shop, tickets=lines)).get_json()["tickets"]) == 500
    lines[1]["quantity"] = 2
    refused = caller.place(order_body(shop, tickets=lines, reference="another"))
    assert refused.status_code == 422
    assert list(errors_of(refused)) == ["tickets"]


def test_a_number_may_be_written_with_a_fraction_of_nothing(caller: Caller, shop: Shop) -> None:
    body = order_body(shop, tickets=[{"type": "weekend", "quantity": 2.0}])
    assert len(caller.place(body).get_json()["tickets"]) == 2


# The same order again:


def test_the_same_once_more_is_the_same_order(caller: Caller, shop: Shop) -> None:
    first = caller.place(order_body(shop))
    before = seen.rows()
    lines = [{"type": t, "quantity": 1} for t in ("parking", "weekend", "weekend")]
    for body in (order_body(shop), order_body(shop, tickets=lines, locale="de")):
        again = caller.place(body)
        assert (again.status_code, again.get_json()) == (200, first.get_json())
    assert seen.changes(before) == {}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("tickets.0.quantity", 3),
        ("tickets.0.type", "friday"),
        ("booker.email", "other@example.org"),
        ("booker.first_name", "Beatrice"),
        ("booker.phone", ...),
    ],
)
def test_another_content_under_the_same_reference_is_refused(
    caller: Caller, shop: Shop, path: str, value: object
) -> None:
    code = caller.place(order_body(shop)).get_json()["code"]
    before = seen.rows()
    refused = caller.place(with_value(order_body(shop), path, value))
    assert refused.status_code == 409
    assert code in errors_of(refused)["reference"][0]
    assert seen.changes(before) == {}


def test_a_reference_counts_within_its_shop(caller: Caller, shop: Shop) -> None:
    other = builders.make_shop()
    elsewhere = Caller(caller.client, make_key(other.organiser))
    first = caller.place(order_body(shop)).get_json()
    second = elsewhere.place(order_body(other))
    assert second.status_code == 201
    assert second.get_json()["code"] != first["code"]


def test_a_repeat_after_the_cancellation_stays_cancelled(caller: Caller, shop: Shop) -> None:
    code = caller.place(order_body(shop)).get_json()["code"]
    caller.cancel(code)
    again = caller.place(order_body(shop))
    assert (again.status_code, again.get_json()["code"]) == (200, code)
    assert {ticket["state"] for ticket in again.get_json()["tickets"]} == {"cancelled"}


def test_an_archived_shop_sells_nothing_new_but_knows_what_it_sold(
    caller: Caller, shop: Shop
) -> None:
    caller.place(order_body(shop))
    with write():
        shop.archived_at = now()
    assert caller.place(order_body(shop)).status_code == 200
    refused = caller.place(order_body(shop, reference="new"))
    assert refused.status_code == 422
    assert list(errors_of(refused)) == ["shop"]
