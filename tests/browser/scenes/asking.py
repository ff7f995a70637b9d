"""What is asked: the organiser's pages about it, and the ticket that lacks something by now."""

from playwright.sync_api import Page, expect

from tests import builders
from tests.browser.people import sign_in
from tests.browser.scenes import scene
from ticketing import links
from ticketing.asking import questions
from ticketing.models import Ticket


def lacking_ticket() -> Ticket:
    """Complete when it got its name; since then the event asks for a size, and for a phone."""
    shop = builders.make_shop(languages=["en", "nl"])
    mine = builders.claim(builders.make_order(shop, tickets=2).tickets[0], phone="")
    event = shop.event
    builders.ask(event, "T-shirt size?", "choice", "S", "M", "L", need="required", help="Unisex.")
    builders.ask(event, "Which days do you come?", "choices", "Friday", "Saturday", "Sunday")
    builders.ask(event, "Anything that we should know about how you get around?", "long_text")
    questions.archive(builders.ask(event, "Your team?"))
    builders.require(event, phone="required", country="optional")
    return mine


def setting_up(page: Page, address: str) -> Ticket:
    mine = lacking_ticket()
    event = mine.order.shop.event
    sign_in(page, mine.order.organiser, f"asking-{event.id}@example.org")
    page.goto(f"/backoffice/events/{event.id}/{address}")
    return mine


@scene
def desk_asking(page: Page) -> None:
    setting_up(page, "fields")


@scene
def desk_asking_of_a_type(page: Page) -> None:
    mine = setting_up(page, "fields")
    page.goto(f"{page.url}/{mine.ticket_type_id}")


@scene
def desk_new_question(page: Page) -> None:
    setting_up(page, "questions/new")
    page.get_by_label("Answer", exact=True).select_option("One choice")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Please write the question.").first).to_be_visible()


@scene
def desk_question(page: Page) -> None:
    setting_up(page, "fields")
    page.get_by_role("link", name="T-shirt size?").click()
    expect(page.get_by_label("Choice 3 – English")).to_have_value("L")


@scene
def desk_ask_for_details(page: Page) -> None:
    setting_up(page, "fields")
    page.get_by_role("link", name="Ask for missing details").click()
    expect(page.get_by_role("dialog", name="Ask for missing details")).to_be_visible()


@scene
def desk_order_that_lacks_details(page: Page) -> None:
    mine = setting_up(page, "fields")
    page.goto(f"/backoffice/orders/{mine.order_id}")


@scene
def ticket_page_that_lacks_details(page: Page) -> None:
    page.goto(f"/t/{links.ticket_token(lacking_ticket())}")
