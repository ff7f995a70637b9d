"""S16 in a real browser: people are called like scripts, and no page runs, loads or loses one."""

import pytest
from flask import Flask
from playwright.sync_api import Page, Route

from tests import builders, hostile
from tests.backoffice.conftest import PASSWORD
from tests.live_server import LiveServer
from tests.security import hostile_orders
from ticketing import links
from ticketing.asking import names
from ticketing.models import Order, Shop
from ticketing.storing.transactions import write

LEGAL = hostile.legal()
# Whatever one of them would do if it ran, and whatever the policy had to stop.
WATCH = """
  window.ran = []
  for (const name of ['alert', 'confirm', 'prompt', 'print', 'open']) {
    window[name] = () => window.ran.push(name)
  }
  document.addEventListener('securitypolicyviolation', event => {
    window.ran.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`)
  })
"""


@pytest.fixture
def shop(app: Flask) -> Shop:
    return hostile_orders.make_shop()


@pytest.fixture
def orders(shop: Shop) -> list[Order]:
    """All that are legal, two hundred an order."""
    return [
        hostile_orders.place(shop, LEGAL[start : start + 200], f"H-{start}")
        for start in range(0, len(LEGAL), 200)
    ]


def watched(page: Page, server: LiveServer) -> list[str]:
    """What the page asks others for, from now on: nothing, so nobody answers."""
    elsewhere: list[str] = []

    def answer(route: Route) -> None:
        if route.request.url.startswith((server.url, "data:")):
            route.continue_()
        else:
            elsewhere.append(route.request.url)
            route.abort()

    page.route("**/*", answer)
    page.add_init_script(WATCH)
    return elsewhere


def test_nothing_runs_where_they_are_shown(
    server: LiveServer, booker: Page, organiser: Page, shop: Shop, orders: list[Order]
) -> None:
    assert sum(len(order.tickets) for order in orders) == len(LEGAL) >= 500
    builders.make_user(shop.organiser, email="hostile@example.org", password=PASSWORD)
    organiser.goto(f"{server.url}/backoffice/sign-in")
    organiser.get_by_label("Email").fill("hostile@example.org")
    organiser.get_by_label("Password", exact=True).fill(PASSWORD)
    organiser.get_by_role("button", name="Sign in").click()
    organiser.wait_for_url("**/backoffice/**")
    asked = [watched(booker, server), watched(organiser, server)]
    for order in orders:
        for page, path in (
            (booker, f"/o/{links.order_token(order)}"),
            (organiser, f"/backoffice/orders/{order.id}"),
        ):
            page.goto(f"{server.url}{path}")
            words = page.evaluate("document.body.textContent")
            for ticket in order.tickets:
                name = names.short if page is booker else names.full
                assert name(ticket.first_name, ticket.last_name) in words
            assert page.evaluate("window.ran") == [], path
    assert asked == [[], []]


def test_nothing_runs_in_a_form_that_gives_them_back(
    server: LiveServer, booker: Page, shop: Shop
) -> None:
    """Each field holds twenty of them; the address is none, so the form comes back as it was."""
    order = builders.make_order(shop, tickets=1)
    asked = watched(booker, server)
    booker.goto(f"{server.url}/o/{links.order_token(order)}/tickets/1/claim")
    typed = " ".join([*hostile.MARKUP, *hostile.SNEAKY])
    booker.evaluate(
        """typed => {
          const form = document.querySelector('form[action*="/claim"]')
          for (const field of form.querySelectorAll('input, textarea')) {
            if (!['hidden', 'checkbox', 'radio', 'date'].includes(field.type)) field.value = typed
          }
          form.noValidate = true
          form.submit()
        }""",
        typed,
    )
    booker.wait_for_selector("[aria-invalid=true]")
    values = booker.eval_on_selector_all(
        "form[action*='/claim'] input:not([type=hidden]):not([type=checkbox]):not([type=radio])"
        ":not([type=date]), form[action*='/claim'] textarea",
        "fields => fields.map(field => field.value)",
    )
    assert len(values) > 10
    assert set(values) == {typed}
    assert booker.evaluate("window.ran") == []
    assert asked == []


def test_nothing_runs_where_an_organiser_is_called_so(
    server: LiveServer, booker: Page, shop: Shop
) -> None:
    """Event, place, shop and organiser: in the page, its head, its title and its links."""
    order = builders.make_order(shop, tickets=1)
    asked = watched(booker, server)
    evil = [*hostile.MARKUP[::4], *hostile.SNEAKY[::3]]
    for text in evil:
        with write() as session:
            fresh = session.get_one(Shop, shop.id)
            fresh.event.name = fresh.event.place = fresh.name = fresh.organiser.name = text
        for path in (f"/o/{links.order_token(order)}", f"/shop/{shop.slug}"):
            booker.goto(f"{server.url}{path}")
            assert text in booker.evaluate("document.body.textContent"), path
            assert booker.evaluate("window.ran") == [], (path, text)
    assert asked == []
