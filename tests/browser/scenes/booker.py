"""What a booker sees: the shop, the overview, its dialogs."""

import datetime as dt
import re

from playwright.sync_api import Page, expect

from tests import builders
from tests.browser.people import open_share, overview_of, ticket
from tests.browser.scenes import scene
from tests.browser.scenes.orders import order_in_every_state
from ticketing import cancelling
from ticketing.models import now
from ticketing.storing.transactions import write


@scene
def shop(page: Page) -> None:
    page.goto(f"/shop/{builders.make_shop().slug}")


@scene
def shop_with_slips(page: Page) -> None:
    shop(page)
    page.get_by_label("Email").fill("zoe@")
    page.get_by_role("button", name="Complete order").click()
    expect(page.get_by_text("need your attention")).to_be_visible()


@scene
def shop_with_nothing(page: Page) -> None:
    shop = builders.make_shop()
    with write() as session:
        for each in list(shop.event.ticket_types):
            session.delete(each)
    page.goto(f"/shop/{shop.slug}")


@scene
def overview_new(page: Page) -> None:
    page.goto(f"{overview_of(builders.make_order())}?placed=1")


@scene
def overview_in_every_state(page: Page) -> None:
    page.goto(overview_of(order_in_every_state()))


@scene
def overview_after_news(page: Page) -> None:
    order = builders.make_order(tickets=2)
    with page.expect_response(re.compile("/stream")):
        page.goto(overview_of(order))
    builders.claim(order.tickets[0])
    expect(ticket(page, 1)).to_contain_text("Ready – Anna V.")


@scene
def overview_all_ready(page: Page) -> None:
    order = builders.make_order(tickets=2)
    builders.claim(order.tickets[0])
    builders.claim(order.tickets[1], **builders.BOB)
    page.goto(overview_of(order))


@scene
def overview_all_set(page: Page) -> None:
    order = builders.make_order(builders.make_shop(download_enabled=False), tickets=1)
    builders.claim(order.tickets[0])
    page.goto(overview_of(order))


@scene
def overview_late(page: Page) -> None:
    shop = builders.make_shop(personalisation_deadline=now() - dt.timedelta(days=1))
    page.goto(overview_of(builders.make_order(shop, tickets=2)))


@scene
def overview_cancelled(page: Page) -> None:
    order = builders.make_order(tickets=2)
    cancelling.cancel_order(order, builders.ORGANISER)
    page.goto(overview_of(order))


@scene
def claim_dialog(page: Page) -> None:
    overview_new(page)
    ticket(page, 1).get_by_role("button", name="Claim").click()
    expect(page.get_by_role("dialog", name="Claim ticket 1")).to_be_visible()


@scene
def claim_dialog_with_slips(page: Page) -> None:
    claim_dialog(page)
    page.get_by_label("First name").fill("")
    page.get_by_label("Email", exact=True).fill("bea@")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog").get_by_text("need your attention")).to_be_visible()


@scene
def share_dialog(page: Page) -> None:
    overview_new(page)
    open_share(page, 2)


@scene
def share_dialog_after_whatsapp(page: Page) -> None:
    overview_new(page)
    dialog = open_share(page, 2)
    with page.expect_popup() as opened:
        dialog.get_by_role("link", name="WhatsApp").click()
    opened.value.close()
    # Back from WhatsApp one sees at once what the server knows.
    expect(dialog.get_by_text("Ticket 2: Link shared, waiting")).to_be_in_viewport()


@scene
def share_dialog_with_qr(page: Page) -> None:
    overview_in_every_state(page)
    dialog = open_share(page, 2)
    dialog.get_by_text("QR code to scan from this screen").click()
    dialog.get_by_role("figure").scroll_into_view_if_needed()


@scene
def claim_page(page: Page) -> None:
    page.goto(f"{overview_of(builders.make_order())}/tickets/1/claim?for=other")


@scene
def share_page(page: Page) -> None:
    page.goto(f"{overview_of(builders.make_order())}/tickets/1/share")
