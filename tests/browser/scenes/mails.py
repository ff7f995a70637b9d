"""The mails of an event, and the outbox, as the organiser sees them."""

from playwright.sync_api import Page, expect

from tests import builders
from tests.browser.people import sign_in
from tests.browser.scenes import scene
from ticketing.mailing import mail_texts
from ticketing.models import Order, OutboxMail, Shop
from ticketing.storing.transactions import write


def at_the_mails(page: Page, *languages: str) -> Shop:
    shop = builders.make_shop(languages=list(languages or ("en",)))
    sign_in(page, shop.organiser, f"mails-{shop.id}@example.org")
    page.goto(f"/backoffice/events/{shop.event_id}/mails")
    return shop


def open_editor(page: Page, shop: Shop, kind: str = "confirmation", language: str = "en") -> None:
    page.goto(f"/backoffice/events/{shop.event_id}/mails/{kind}/{language}")
    expect(page.frame_locator("iframe.mail-frame").locator("h1")).to_be_visible()


@scene
def desk_mails(page: Page) -> None:
    shop = at_the_mails(page, "nl", "en", "de")
    mail_texts.save(shop.event, "share", "nl", {"subject": "Een kaartje voor jou"}, revision=0)
    page.reload()
    expect(page.get_by_text("your words")).to_be_visible()


@scene
def desk_mail_editor(page: Page) -> None:
    open_editor(page, at_the_mails(page))


@scene
def desk_mail_editor_of_another_language(page: Page) -> None:
    shop = at_the_mails(page, "nl", "en")
    mail_texts.save(
        shop.event,
        "confirmation",
        "nl",
        {"subject": "Je kaartjes voor {event}", "message": "Dag {first_name}!\n\nTot {when}."},
        revision=0,
    )
    open_editor(page, shop, language="nl")
    expect(page.get_by_role("link", name="Reset to the default")).to_be_visible()


@scene
def desk_mail_editor_with_errors(page: Page) -> None:
    open_editor(page, at_the_mails(page))
    page.get_by_label("Subject").fill("Hello {firstname}")
    page.get_by_label("Message").fill("See you at {evnt}!")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert").first).to_contain_text("2 things need your attention")


@scene
def desk_mail_reset(page: Page) -> None:
    shop = at_the_mails(page)
    mail_texts.save(shop.event, "share", "en", {"subject": "A ticket for you"}, revision=0)
    open_editor(page, shop, "share")
    page.get_by_role("link", name="Reset to the default").click()
    expect(page.get_by_role("dialog", name="Reset to the default")).to_be_visible()


def failed(order: Order, error: str) -> None:
    [first, *_rest] = builders.mails_of(order)
    with write() as session:
        mail = session.get_one(OutboxMail, first.id)
        mail.state, mail.attempts, mail.last_error = "failed", 3, error


@scene
def desk_outbox(page: Page) -> None:
    shop = builders.make_shop()
    for address, error in (
        ("bea@exmaple.org", "550 5.1.1 User unknown"),
        ("ben@example.org", "552 5.2.2 Over quota"),
        ("bo@example.org", ""),
    ):
        order = builders.make_order(shop, tickets=2, email=address)
        builders.claim(order.tickets[0])
        if error:
            failed(order, error)
    mail_texts.send_test(shop.event, "ticket", "en", {}, "olga@example.org")
    sign_in(page, shop.organiser, f"outbox-{shop.id}@example.org")
    page.goto("/backoffice/outbox")
    expect(page.get_by_role("button", name="Retry all 2 that failed")).to_be_visible()
