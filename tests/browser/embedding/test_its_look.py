"""How our pages look in somebody's own, and what that page can wish for."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, Route, expect

from tests.browser.embedding.around import (
    DARK_PAPER,
    PAPER,
    TEAL,
    Around,
    element,
    fits,
    inside,
    looks_like,
    sent_by,
)
from tests.browser.people import fill_in, open_share, overview_of, ticket
from tests.browser.test_look import SMALL_TARGETS, objections
from ticketing.models import Order, Shop


def test_wishes_outlive_forms_and_links(
    visiting: Callable[..., Page], around: Around, shop: Shop
) -> None:
    wishes = "<style>passalong-frame { --passalong-radius: 4px; --passalong-accent: teal }</style>"
    page = visiting(color_scheme="light")
    page.goto(around.embedding(f"/shop/{shop.slug}", 'lang="en" theme="dark"', head=wishes))
    frame = inside(page)
    frame.get_by_role("button", name="Complete order").tap()  # says what is missing
    expect(frame.get_by_label("First name")).to_have_attribute("aria-invalid", "true")
    looks_like(page, DARK_PAPER, TEAL)
    frame.get_by_role("spinbutton", name="Weekend").fill("1")
    fill_in(frame, "Bea", "Bakker", "bea@example.org")
    frame.get_by_role("button", name="Complete order").tap()
    expect(ticket(frame, 1)).to_be_visible()
    looks_like(page, DARK_PAPER, TEAL)
    ticket(frame, 1).get_by_role("button", name="Claim").tap()
    frame.get_by_role("dialog").get_by_role("button", name="Save").tap()
    expect(ticket(frame, 1)).to_contain_text("Ready")
    with page.expect_event("framenavigated"):
        page.frames[1].evaluate("location.reload()")
    expect(ticket(frame, 1)).to_contain_text("Ready")
    looks_like(page, DARK_PAPER, TEAL)
    assert "lang=en" in page.frames[1].url


def test_a_page_that_changes_its_theme(
    visiting: Callable[..., Page], around: Around, order: Order
) -> None:
    page = visiting(color_scheme="light")
    page.goto(around.embedding(overview_of(order)))
    expect(ticket(inside(page), 1)).to_be_visible()
    fits(page)
    for theme, paper in (("dark", DARK_PAPER), ("light", PAPER), ("auto", PAPER)):
        element(page).evaluate("(e, theme) => e.setAttribute('theme', theme)", theme)
        looks_like(page, paper)
    element(page).evaluate("e => e.setAttribute('theme', 'dark')")
    looks_like(page, DARK_PAPER)
    link = inside(page).get_by_role("link", name="Add to calendar")
    assert "theme=dark" in sent_by(link, page, "/event.ics").url


def test_wishes_in_a_stylesheet_that_comes_late(
    visiting: Callable[..., Page], around: Around, shop: Shop
) -> None:
    page = visiting(color_scheme="light")
    script = page.request.get(f"{around.ours}/embed.js").text()  # quicker than any stylesheet
    page.route("**/embed.js", lambda route: route.fulfill(body=script))

    def late(route: Route) -> None:
        page.wait_for_timeout(300)
        route.fulfill(body="passalong-frame { --passalong-accent: teal }", content_type="text/css")

    page.route("**/late.css", late)
    sheet = '<link rel="stylesheet" href="/late.css">'
    page.goto(around.embedding(f"/shop/{shop.slug}", head=sheet))
    looks_like(page, PAPER, TEAL)


def test_an_element_that_is_moved(
    visiting: Callable[..., Page], around: Around, order: Order
) -> None:
    page = visiting()
    page.goto(around.embedding(overview_of(order)))
    expect(ticket(inside(page), 1)).to_be_visible()
    element(page).evaluate("e => document.body.prepend(e)")
    expect(ticket(inside(page), 1)).to_be_visible()
    fits(page)
    element(page).evaluate("e => e.remove()")
    expect(page.locator("iframe")).to_have_count(0)


def test_styles_of_the_page_around_stay_outside(
    visiting: Callable[..., Page], around: Around, shop: Shop
) -> None:
    hostile = (
        "<style>* { display: none !important }"
        "html, body, passalong-frame { display: block !important }</style>"
    )
    page = visiting()
    page.goto(around.embedding(f"/shop/{shop.slug}", head=hostile))
    expect(inside(page).get_by_role("button", name="Complete order")).to_be_visible()


def test_what_the_element_says_of_the_frame(
    visiting: Callable[..., Page], around: Around, shop: Shop
) -> None:
    page = visiting(viewport={"width": 900, "height": 700})
    page.goto(around.embedding(f"/shop/{shop.slug}", 'lang="fr" max-width="480"'))
    iframe = page.locator("passalong-frame iframe")
    expect(iframe).to_have_attribute("allow", "clipboard-write; web-share")
    expect(iframe).to_have_attribute("title", "Billets")
    expect(iframe).to_have_attribute("referrerpolicy", "no-referrer")
    expect(iframe).not_to_have_attribute("sandbox", re.compile(""))
    expect(iframe).to_have_css("width", "480px")
    expect(page.get_by_role("link", name="Tickets")).to_be_hidden()


def test_nothing_to_object_to(visiting: Callable[..., Page], around: Around, order: Order) -> None:
    page = visiting()
    page.goto(around.embedding(overview_of(order), 'theme="dark" accent="#ffcc00" radius="0"'))
    fits(page)
    frame: Any = page.frames[1]
    assert objections(frame) == []
    assert frame.evaluate(SMALL_TARGETS) == []
    open_share(inside(page), 1)
    assert objections(frame) == []
    page.keyboard.press("Escape")
    element(page).evaluate("e => e.setAttribute('theme', 'light')")
    looks_like(page, PAPER)
    assert objections(frame) == []
    assert objections(page) == []
