"""What a visitor and a holder see: the form, refusals, the ticket."""

from playwright.sync_api import Page, expect

from tests import builders
from tests.browser.people import fill_in
from tests.browser.scenes import scene
from ticketing import cancelling, links


@scene
def visitor_form(page: Page) -> None:
    page.goto(builders.share(builders.make_order().tickets[0]))


@scene
def visitor_form_with_slips(page: Page) -> None:
    visitor_form(page)
    fill_in(page, "Anna", "", "anna@@example", "12")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("need your attention")).to_be_visible()


@scene
def visitor_form_with_suggestion(page: Page) -> None:
    visitor_form(page)
    fill_in(page, "Anna", "Visser", "anna@gmial.con")
    expect(page.get_by_role("button", name="anna@gmail.com")).to_be_visible()


@scene
def too_late_by_a_second(page: Page) -> None:
    mine = builders.make_order().tickets[0]
    page.goto(builders.share(mine))
    fill_in(page, "Bob", "de Boer", "bob@example.org", "06 12345678")
    builders.claim(mine)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="already been claimed")).to_be_visible()


@scene
def link_spent(page: Page) -> None:
    mine = builders.make_order().tickets[0]
    link = builders.share(mine)
    builders.claim(mine)
    page.goto(link)


@scene
def link_withdrawn(page: Page) -> None:
    mine = builders.make_order().tickets[0]
    link = builders.share(mine)
    builders.share(mine)
    page.goto(link)


@scene
def link_unknown(page: Page) -> None:
    page.goto("/s/nonsense")


@scene
def ticket_page(page: Page) -> None:
    mine = builders.claim(builders.make_order().tickets[0], first_name="Zoë 🎟️")
    page.goto(f"/t/{links.ticket_token(mine)}?mailed=1")


@scene
def ticket_page_without_download(page: Page) -> None:
    order = builders.make_order(builders.make_shop(download_enabled=False))
    page.goto(f"/t/{links.ticket_token(builders.claim(order.tickets[0]))}")


@scene
def ticket_page_cancelled(page: Page) -> None:
    mine = builders.claim(builders.make_order().tickets[0])
    cancelling.cancel_ticket(mine, builders.ORGANISER)
    page.goto(f"/t/{links.ticket_token(mine)}")
