"""S2, RFC 8058: looking stops nothing, a mail program's one click does, and it can be undone."""

import pytest
from flask.testing import FlaskClient

from tests import builders, seen
from tests.security.conftest import World
from tests.security.test_link_forms import token_in
from ticketing import links, reminders
from ticketing.extensions import db
from ticketing.models import Order

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def here(world: World) -> str:
    return f"/u/{world.tokens['u']}"


def is_off(order: Order) -> bool:
    db.session.rollback()
    return order.reminders_off_at is not None


def test_the_page_has_one_button_and_looking_changes_nothing(
    client: FlaskClient, world: World
) -> None:
    before = seen.digest()
    page = client.get(here(world)).text
    assert "Stop the reminders" in page
    assert client.head(here(world)).status_code == 200
    assert client.get(f"{here(world)}?List-Unsubscribe=One-Click").status_code == 200
    assert seen.digest() == before


def test_the_button_stops_them_and_another_one_brings_them_back(
    client: FlaskClient, world: World
) -> None:
    page = client.get(here(world)).text
    done = client.post(here(world), data={"csrf_token": token_in(page)})
    assert (done.status_code, done.location) == (303, here(world))
    assert is_off(world.order)
    assert reminders.send(world.order.shop.event, builders.ORGANISER) == 0
    page = client.get(here(world)).text
    assert "You get no more reminders" in page
    back = client.post(f"{here(world)}/undo", data={"csrf_token": token_in(page)})
    assert back.status_code == 303
    assert not is_off(world.order)
    assert "You get reminders again" in client.get(back.location).text
    assert reminders.send(world.order.shop.event, builders.ORGANISER) == 1


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_mail_programs_one_click(client: FlaskClient, world: World, kind: str) -> None:
    """No cookie, no token, no referrer; and the answer is no redirect."""
    done = client.post(here(world), data=ONE_CLICK, content_type=kind)
    assert done.status_code == 200
    assert "Set-Cookie" not in done.headers
    assert is_off(world.order)
    before = seen.digest()
    assert client.post(here(world), data=ONE_CLICK).status_code == 200
    assert seen.digest() == before, "twice is the same as once"


@pytest.mark.parametrize(
    "data", [{}, {"csrf_token": "1.x"}, {"List-Unsubscribe": "Two-Clicks"}, {"One-Click": "1"}]
)
def test_anything_else_stops_nothing(
    client: FlaskClient, world: World, data: dict[str, str]
) -> None:
    before = seen.digest()
    refused = client.post(here(world), data=data)
    assert refused.status_code == 422
    assert "press the button once more" in refused.text
    assert seen.digest() == before


def test_one_click_brings_nothing_back(client: FlaskClient, world: World) -> None:
    reminders.turn(world.order, off=True)
    assert client.post(f"{here(world)}/undo", data=ONE_CLICK).status_code == 422
    assert is_off(world.order)


def test_no_other_links_token_will_do(client: FlaskClient, world: World) -> None:
    other = builders.make_order(world.order.shop, email="other@example.org")
    page = client.get(links.unsubscribe_url(other).removeprefix("http://127.0.0.1:8000")).text
    assert client.post(here(world), data={"csrf_token": token_in(page)}).status_code == 422
    assert client.post(f"/u/{world.tokens['o']}", data=ONE_CLICK).status_code == 404
    assert not is_off(world.order)


def test_it_tells_nothing_of_the_booker(client: FlaskClient, world: World) -> None:
    """It may be opened by whoever the mail was passed on to."""
    for _ in range(2):
        page = client.get(here(world)).text
        for secret in ("Beatrix", "Bookerson", "beatrix@", "Annabel", world.tokens["o"]):
            assert secret not in page
        reminders.turn(world.order, off=True)
