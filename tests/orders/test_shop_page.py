"""The built-in shop: an order completes there."""

import re
from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from tests import builders
from ticketing import links, sending
from ticketing.extensions import db
from ticketing.members.audit import Actor
from ticketing.models import Order, Shop, now
from ticketing.ordering.orders import WEB_REFERENCE, Booker, Line, place
from ticketing.privacy import asked
from ticketing.privacy.people import Person


def form_of(page: str) -> dict[str, str]:
    """The form as a browser would send it untouched."""
    return dict(re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', page)) | {
        name: value
        for value, name in re.findall(r'<input[^>]* value="([^"]*)"[^>]* name="([^"]+)"', page)
    }


def quantity_of(shop: Shop, code: str) -> str:
    return next(f"quantity_{each.id}" for each in shop.event.ticket_types if each.code == code)


def orders() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Order)) or 0


def test_it_leads_to_the_overview_and_mails_its_link(client: FlaskClient) -> None:
    shop = builders.make_shop()
    url = f"/shop/{shop.slug}"
    form = form_of(client.get(url).text) | {
        quantity_of(shop, "weekend"): "2",
        quantity_of(shop, "friday"): "1",
        "first_name": "Bea",
        "email": "bea@example.org",
    }
    answer = client.post(url, data=form)
    assert answer.status_code == 303
    page = client.get(answer.headers["Location"]).text
    assert page.count("Not assigned") == 3
    assert "on its way to bea@example.org" in page
    order = db.session.scalars(select(Order)).one()
    assert [mail.recipient for mail in builders.mails_of(order, "confirmation")] == [
        "bea@example.org"
    ]


def for_two(client: FlaskClient, shop: Shop) -> dict[str, str]:
    """The form as Bea sends it."""
    return form_of(client.get(f"/shop/{shop.slug}").text) | {
        quantity_of(shop, "weekend"): "2",
        "first_name": "Bea",
        "email": "bea@example.org",
    }


def test_the_button_tapped_twice_makes_one_order(client: FlaskClient) -> None:
    shop = builders.make_shop()
    url = f"/shop/{shop.slug}"
    form = for_two(client, shop)
    assert (
        client.post(url, data=form).headers["Location"]
        == (client.post(url, data=form).headers["Location"])
    )
    assert orders() == 1


def test_going_back_and_changing_it_makes_another_order(client: FlaskClient) -> None:
    shop = builders.make_shop()
    url = f"/shop/{shop.slug}"
    form = form_of(client.get(url).text) | {"first_name": "Bea", "email": "bea@example.org"}
    for quantity in ("1", "2"):
        answer = client.post(url, data=form | {quantity_of(shop, "weekend"): quantity})
        assert answer.status_code == 303
    assert orders() == 2


def placed_twice(client: FlaskClient, meanwhile: Callable[[Order], object]) -> list[TestResponse]:
    """The same form, sent again when something has happened to the order."""
    shop = builders.make_shop()
    url = f"/shop/{shop.slug}"
    form = for_two(client, shop)
    first = client.post(url, data=form)
    meanwhile(db.session.scalars(select(Order)).one())
    return [first, client.post(url, data=form)]


def test_who_handed_the_order_on_is_not_led_to_it_by_the_old_page(client: FlaskClient) -> None:
    def hand_on(order: Order) -> None:
        new = {"first_name": "Carla", "email": "carla@example.org"}
        sending.edit_contact(order, new, builders.ORGANISER, revision=order.revision)

    first, again = placed_twice(client, hand_on)
    assert client.get(first.headers["Location"]).status_code == 410
    assert again.status_code == 410
    assert "Location" not in again.headers
    assert orders() == 1


def test_an_order_that_was_erased_is_nobodys_by_an_old_page(client: FlaskClient) -> None:
    """What was ordered isn't known any more, so no form is known to be the same."""

    def forget(order: Order) -> None:
        bea = Person(email="bea@example.org")
        asked.erase(bea, order.organiser_id, builders.ORGANISER, Actor(), valid_too=True)

    first, again = placed_twice(client, forget)
    assert again.status_code == 303
    assert again.headers["Location"] != first.headers["Location"]
    assert orders() == 2


def test_everything_that_is_wrong_is_said_at_once(client: FlaskClient) -> None:
    shop = builders.make_shop()
    url = f"/shop/{shop.slug}"
    form = form_of(client.get(url).text) | {"first_name": "Zoë", "email": "zoe@", "phone": "12"}
    answer = client.post(url, data=form)
    assert answer.status_code == 422
    assert "Please choose at least one ticket." in answer.text
    assert answer.text.count('aria-invalid="true"') == 3
    assert 'value="Zoë"' in answer.text
    assert 'value="zoe@"' in answer.text
    assert orders() == 0


def test_a_quantity_must_be_a_small_number(client: FlaskClient) -> None:
    shop = builders.make_shop()
    url = f"/shop/{shop.slug}"
    form = form_of(client.get(url).text) | {"first_name": "Bea", "email": "bea@example.org"}
    for typed in ("-1", "21", "1.5", "many", "9" * 400):
        answer = client.post(url, data=form | {quantity_of(shop, "weekend"): typed})
        assert answer.status_code == 422, typed
        assert f'value="{typed}"' in answer.text
    assert orders() == 0


def total(client: FlaskClient, shop: Shop, **quantities: str) -> str:
    """What stands beneath the ticket types of who has chosen so many."""
    given = {quantity_of(shop, code): number for code, number in quantities.items()}
    answer = client.get(f"/shop/{shop.slug}/total", query_string=given)
    assert answer.status_code == 200
    return " ".join(re.sub(r"<.*?>|{#.*?#}", " ", answer.text).split())


def test_the_total_is_written_as_people_write_it(client: FlaskClient) -> None:
    shop = builders.make_shop()
    assert total(client, shop) == "0 tickets €0.00"
    assert total(client, shop, weekend="2", friday="1", parking="3") == "6 tickets €235.00"
    assert total(client, shop, parking="1") == "1 ticket Free"


def test_the_total_is_in_the_language_of_the_page(client: FlaskClient) -> None:
    shop = builders.make_shop()
    page = client.get(f"/shop/{shop.slug}?lang=nl").text
    [url] = re.findall(r'data-hx-get="([^"]+)"', page)
    answer = client.get(f"{url}&{quantity_of(shop, 'weekend')}=1")
    assert "€\u00a095,00" in answer.text


def test_there_is_no_total_of_what_cant_be_ordered(client: FlaskClient) -> None:
    shop = builders.make_shop()
    for typed in ("-1", "21", "1.5", "many", "", "9" * 5000):
        assert total(client, shop, weekend=typed, friday="1") == "–", typed
    assert client.get("/shop/nowhere/total").status_code == 404


def test_what_was_wrong_elsewhere_costs_no_total(client: FlaskClient) -> None:
    """Also for who has no scripts: the page that comes back has it."""
    shop = builders.make_shop()
    url = f"/shop/{shop.slug}"
    answer = client.post(
        url, data=form_of(client.get(url).text) | {quantity_of(shop, "weekend"): "2"}
    )
    assert answer.status_code == 422
    assert "<strong>€190.00</strong>" in answer.text


def test_an_archived_shop_is_closed(client: FlaskClient) -> None:
    shop = builders.make_shop(archived_at=now())
    answer = client.get(f"/shop/{shop.slug}")
    assert answer.status_code == 410
    assert "closed" in answer.text
    assert 'href="https://wa.me/31201234567"' in answer.text, "there is no order to speak of"
    assert client.get("/shop/nowhere").status_code == 404


def test_one_address_is_not_flooded_with_confirmations(client: FlaskClient) -> None:
    shop = builders.make_shop()
    url = f"/shop/{shop.slug}"
    answers = []
    for _ in range(21):
        form = form_of(client.get(url).text) | {
            quantity_of(shop, "weekend"): "1",
            "first_name": "Bea",
            "email": "bea@example.org",
        }
        answer = client.post(url, data=form)
        answers.append(answer.status_code)
    assert answers == [303] * 20 + [429]
    assert "The order was not placed" in answer.text
    assert 'value="bea@example.org"' in answer.text, "nothing typed is lost"


def test_nobody_reaches_an_order_of_the_api_through_the_shop(client: FlaskClient) -> None:
    shop = builders.make_shop()
    theirs, _new = place(
        shop.id,
        "2027-00042",
        Booker("Bea", "", "bea@example.org"),
        [Line("weekend", 2)],
        locale="en",
    )
    url = f"/shop/{shop.slug}"
    untouched = form_of(client.get(url).text)
    form = untouched | {
        quantity_of(shop, "weekend"): "2",
        "first_name": "Bea",
        "email": "bea@example.org",
    }
    signature = untouched["reference"].rpartition(".")[2]
    forged = ("2027-00042", f"2027-00042.{signature}", "web:x", "", "x\0\u202ey", "é" * 200)
    for reference in forged:
        answer = client.post(url, data=form | {"reference": reference})
        assert answer.status_code == 303
        assert links.order_token(theirs) not in answer.headers["Location"]
    assert orders() == 7, "each is an order of its own"
    kept = db.session.scalars(select(Order.reference).where(Order.id != theirs.id)).all()
    assert all(reference.startswith(WEB_REFERENCE) for reference in kept)
