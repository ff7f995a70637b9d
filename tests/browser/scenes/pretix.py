"""A shop whose orders come from pretix: before it is connected, connected, and in trouble."""

import datetime as dt

from playwright.sync_api import Page, expect

from tests import builders
from tests.browser.people import sign_in
from tests.browser.scenes import scene
from ticketing.calls import enqueue
from ticketing.models import CallTry, PretixConnection, Shop, now
from ticketing.pretix import catalogue, queue, sealed
from ticketing.pretix.problems import Problem, stored
from ticketing.storing.transactions import write

PRODUCTS = [
    ("1:1", "Weekend – Adult", True),
    ("1:2", "Weekend – Child, up to eleven years, together with an adult", True),
    ("2", "Friday", True),
    ("4", "Sunday afternoon", True),
    ("3", "T-shirt", False),
]


def at_a_shop(page: Page) -> Shop:
    shop = builders.make_shop()
    sign_in(page, shop.organiser, f"pretix-{shop.id}@example.org")
    return shop


def connected(shop: Shop, **state: object) -> None:
    """Nothing waits to be done: it would be tried in the midst of the picture."""
    at = now() - dt.timedelta(hours=3)
    with write() as session:
        connection = PretixConnection(
            **{
                "link_id": shop.id,
                "shop_id": shop.id,
                "base_url": "https://pretix.eu",
                "organizer": "riverside-collective",
                "event": "festival-2027",
                "token": sealed.seal("a token", shop.id),
                "catalogue": [
                    {"key": key, "name": name, "admission": admission}
                    for key, name, admission in PRODUCTS
                ],
                "items": {"1:1": "weekend", "1:2": "weekend", "3": catalogue.NOT_OURS},
                **state,
            }
        )
        session.add(connection)
        session.flush()
        for code, settled, error in (
            ("*", "done", ""),
            ("QX7PL", "done", ""),
            ("M9TRA", "done", stored(Problem.UNMAPPED, "Friday")),
            ("K3WWZ", "failed", stored(Problem.NO_EMAIL, "K3WWZ")),
        ):
            call = enqueue(
                session, queue.FETCH, shop.organiser_id, connection_id=connection.id, event=code
            )
            call.state, call.done_at, call.attempts = settled, at, 1
            session.flush()
            session.add(
                CallTry(
                    call_id=call.id, at=at, milliseconds=120, status=200, error=error, answer=""
                )
            )


def open_page(page: Page, shop: Shop) -> None:
    page.goto(f"/backoffice/shops/{shop.id}/pretix")


@scene
def desk_pretix_connect(page: Page) -> None:
    open_page(page, at_a_shop(page))


@scene
def desk_pretix_slips(page: Page) -> None:
    open_page(page, at_a_shop(page))
    page.get_by_label("Address of your pretix").fill("http://pretix.local")
    page.get_by_role("button", name="Connect").click()
    expect(page.get_by_text("need your attention")).to_be_visible()


@scene
def desk_pretix(page: Page) -> None:
    shop = at_a_shop(page)
    connected(shop, last_heard_at=now() - dt.timedelta(minutes=12), write_back=True)
    open_page(page, shop)


@scene
def desk_pretix_new(page: Page) -> None:
    shop = at_a_shop(page)
    connected(shop, items={})
    open_page(page, shop)


@scene
def desk_pretix_trouble(page: Page) -> None:
    shop = at_a_shop(page)
    connected(shop, last_error=stored(Problem.TOKEN))
    open_page(page, shop)


@scene
def desk_pretix_disconnect(page: Page) -> None:
    shop = at_a_shop(page)
    connected(shop)
    open_page(page, shop)
    page.get_by_role("link", name="Disconnect").click()
    expect(page.get_by_role("dialog", name="Disconnect from pretix")).to_be_visible()
