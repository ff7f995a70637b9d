"""The connection breaks when the server has done what it was asked for: the answer is lost."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests import builders, seen
from tests.browser.people import Company, fill_in, overview_of, ticket
from ticketing.models import Order
from ticketing.posting.outbox import TICKET


def lose_the_answer(page: Page, path: str) -> None:
    """To the next form that is sent there; the server has it, and has answered."""
    lost: list[int] = []

    def lose(route: Route) -> None:
        if route.request.method != "POST" or lost:
            route.fallback()
            return
        lost.append(route.fetch(max_redirects=0).status)
        route.abort("connectionreset")

    page.route(re.compile(re.escape(path) + "($|[?])"), lose)


@pytest.mark.parametrize("helped", [True, False], ids=["htmx", "no htmx"])
def test_a_visitor_tries_again_and_has_their_ticket(
    visitor: Page, order_of_five: Order, helped: bool
) -> None:
    if not helped:
        visitor.route("**/htmx-*.js*", lambda route: route.abort())
    mine = order_of_five.tickets[0]
    link = builders.share(mine)
    visitor.goto(link)
    fill_in(visitor, "Anna", "Visser", "anna.lost@example.org", "06 12345678")
    lose_the_answer(visitor, link)
    visitor.get_by_role("button", name="Save").tap()
    if helped:
        visitor.get_by_role("button", name="Try again").tap()
    else:
        expect(visitor).to_have_url(re.compile("^chrome-error:"))
        visitor.reload()
    expect(visitor.get_by_role("heading", name="Anna Visser")).to_be_visible()
    assert seen.actions(mine).count("claimed") == 1
    assert len(builders.mails_of(order_of_five, TICKET)) == 1


def test_another_visitor_of_the_same_link_is_told_that_it_was_claimed(
    company: Company, order_of_five: Order
) -> None:
    anna, bob = company.phone(), company.phone()
    link = builders.share(order_of_five.tickets[0])
    for visitor, name in ((anna, "Anna"), (bob, "Bob")):
        visitor.goto(link)
        fill_in(visitor, name, "Visser", f"{name}.first@example.org", "06 12345678")
    lose_the_answer(anna, link)
    anna.get_by_role("button", name="Save").tap()
    expect(anna.get_by_role("button", name="Try again")).to_be_visible()
    bob.get_by_role("button", name="Save").tap()
    expect(bob.get_by_role("heading", name="already been claimed")).to_be_visible()
    anna.get_by_role("button", name="Try again").tap()
    expect(anna.get_by_role("heading", name="Anna Visser")).to_be_visible()


def test_a_booker_tries_again_and_their_ticket_is_ready(booker: Page, order_of_five: Order) -> None:
    booker.goto(overview_of(order_of_five))
    ticket(booker, 1).get_by_role("button", name=re.compile("^Claim")).tap()
    dialog = booker.get_by_role("dialog")
    lose_the_answer(booker, "/tickets/1/claim")
    dialog.get_by_role("button", name="Save").tap()
    dialog.get_by_role("button", name="Try again").tap()
    expect(dialog).to_be_hidden()
    expect(ticket(booker, 1)).to_contain_text("Ready – Bea B.")
    assert seen.actions(order_of_five.tickets[0]) == ["claimed"]
