"""The editor of an event's mails in a real browser: the preview follows what is typed."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import FrameLocator, Locator, Page, Route, expect

from tests import builders
from tests.browser.people import Company, scripts_ran
from tests.browser.scenes.mails import at_the_mails, open_editor
from tests.browser.test_look import AXE
from ticketing.extensions import db
from ticketing.mailing import mail_texts, mails
from ticketing.models import OutboxMail
from ticketing.posting import outbox


def frame_of(page: Page) -> FrameLocator:
    return page.frame_locator("iframe.mail-frame").last


def mail_in(page: Page) -> Locator:
    """The mail, without the line of it that mail programs show in their lists."""
    return frame_of(page).locator(".card")


def head_of(page: Page) -> Locator:
    return page.locator("#mail-preview")


def test_the_preview_follows_what_is_typed(app: Flask, organiser: Page) -> None:
    page = organiser
    shop = at_the_mails(page)
    open_editor(page, shop)
    expect(head_of(page)).to_contain_text("Your tickets for Riverside Festival")
    before = page.evaluate("history.length")
    page.get_by_label("Subject").fill("Hi {first_name}!")
    expect(head_of(page)).to_contain_text("Hi Alice!")
    message = page.get_by_label("Message")
    message.fill("Bring a <b>raincoat</b> to {event}.")
    expect(
        mail_in(page).get_by_text("Bring a <b>raincoat</b> to Riverside Festival.")
    ).to_be_visible()
    expect(page.locator("iframe.mail-frame")).to_have_count(1)
    # Half a placeholder: told, while the frame keeps what it shows.
    message.press_sequentially(" {eve")
    expect(head_of(page)).to_contain_text("There is a single {")
    expect(mail_in(page).get_by_text("Bring a <b>raincoat</b>")).to_be_visible()
    message.press_sequentially("nt}")
    expect(mail_in(page).get_by_text("Riverside Festival. Riverside Festival")).to_be_visible()
    expect(head_of(page)).not_to_contain_text("single")
    expect(message).to_be_focused()
    page.get_by_text("The same as plain text").click()
    expect(page.locator("#mail-text")).to_contain_text("Bring a <b>raincoat</b>")
    # Back leads out of the editor, not through its previews.
    assert page.evaluate("history.length") == before
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The mail was saved.")).to_be_visible()
    expect(mail_in(page).get_by_text("Bring a <b>raincoat</b>")).to_be_visible()
    db.session.rollback()
    assert mail_texts.of_event(shop.event)["confirmation", "en"].subject == "Hi {first_name}!"
    order = builders.make_order(shop)
    assert mails.compose(builders.mails_of(order)[0]).subject == "Hi Bea!"


def test_a_tap_inserts_a_placeholder_where_the_caret_is(app: Flask, organiser: Page) -> None:
    page = organiser
    open_editor(page, at_the_mails(page))
    subject = page.get_by_label("Subject")
    subject.fill("Tickets  now")
    subject.evaluate("e => e.setSelectionRange(8, 8)")
    page.get_by_role("button", name="Insert {order}").click()
    expect(subject).to_have_value("Tickets {order} now")
    expect(subject).to_be_focused()
    assert subject.evaluate("e => e.selectionStart") == len("Tickets {order}")
    expect(head_of(page)).to_contain_text("Tickets SAMPLE now")


def test_what_was_refused_stays_and_its_preview_too(app: Flask, organiser: Page) -> None:
    page = organiser
    open_editor(page, at_the_mails(page))
    page.get_by_label("Message").fill("Typed, {evnt}")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#message-error")).to_contain_text("Did you mean {event}?")
    expect(page.get_by_label("Message")).to_be_focused()
    page.get_by_label("Message").fill("Typed, {event}")
    expect(mail_in(page).get_by_text("Typed, Riverside Festival")).to_be_visible()


def test_what_was_typed_before_the_scripts_came_is_shown_too(app: Flask, organiser: Page) -> None:
    page = organiser
    shop = at_the_mails(page)
    held: list[Route] = []
    page.route("**/vendor/htmx*", lambda route: held.append(route))
    page.goto(f"/backoffice/events/{shop.event_id}/mails/confirmation/en", wait_until="commit")
    page.get_by_label("Message").fill("Typed early, {event}")
    assert held
    for request in held:
        request.continue_()
    expect(mail_in(page).get_by_text("Typed early, Riverside Festival")).to_be_visible()


def test_the_preview_button_and_then_save(app: Flask, organiser: Page) -> None:
    """A form that was sent into the frame can be sent again."""
    page = organiser
    open_editor(page, at_the_mails(page))
    page.get_by_label("Button").fill("Go on")
    page.get_by_role("button", name="Preview").click()
    expect(mail_in(page).get_by_role("link", name="Go on")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The mail was saved.")).to_be_visible()


def test_a_test_mail_and_the_way_back_to_ours(app: Flask, organiser: Page) -> None:
    page = organiser
    shop = at_the_mails(page)
    page.get_by_role("link", name="Share invitation: English").click()
    page.get_by_label("Subject").fill("For you, from {booker}")
    page.get_by_role("button", name="Send a test mail to me").click()
    expect(page.get_by_text("A test mail goes to mails-")).to_be_visible()
    expect(page.get_by_label("Subject")).to_have_value("For you, from {booker}")
    expect(
        mail_in(page).get_by_role("heading", name="Alice shares a ticket with you")
    ).to_be_visible()
    db.session.rollback()
    sent = db.session.query(OutboxMail).filter_by(kind=outbox.TEST, organiser_id=shop.organiser_id)
    assert mails.compose(sent.one()).subject == "Test: For you, from Alice"
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The mail was saved.")).to_be_visible()
    scripts_ran(page)
    page.get_by_role("link", name="Reset to the default").click()
    page.get_by_role("dialog").get_by_role("button", name="Reset").click()
    expect(page.get_by_text("The mail says our words again.")).to_be_visible()
    expect(page.get_by_label("Subject")).to_have_value(re.compile("shares a ticket"))
    expect(page.get_by_role("link", name="Reset to the default")).to_have_count(0)


def test_without_javascript_a_button_shows_it(app: Flask, company: Company) -> None:
    page = company.desk(java_script_enabled=False)
    open_editor(page, at_the_mails(page))
    expect(page.get_by_role("button", name="Insert {event}")).to_have_count(0)
    expect(page.locator("code", has_text="{next_step}")).to_be_visible()
    page.get_by_label("Message").fill("Bring a raincoat to {event}.")
    page.get_by_role("button", name="Preview").click()
    expect(mail_in(page).get_by_text("Bring a raincoat to Riverside Festival.")).to_be_visible()
    expect(page.get_by_label("Message")).to_have_value("Bring a raincoat to {event}.")
    page.get_by_role("button", name="As plain text").click()
    expect(frame_of(page).get_by_text("Subject: Your tickets for")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The mail was saved.")).to_be_visible()


def test_hostile_words_do_nothing(app: Flask, organiser: Page) -> None:
    """Neither in the page nor in its frame; whatever a script would do fails the test."""
    page = organiser
    open_editor(page, at_the_mails(page))
    words = '<img src=x onerror=alert(1)><script>alert(1)</script>"></textarea>'
    page.get_by_label("Message").fill(words)
    expect(mail_in(page).get_by_text(words)).to_be_visible()
    page.get_by_label("Subject").fill(words)
    expect(head_of(page)).to_contain_text(words)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The mail was saved.")).to_be_visible()
    expect(page.get_by_label("Message")).to_have_value(words)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_it(app: Flask, organiser: Page, scheme: str) -> None:
    page = organiser
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    open_editor(page, at_the_mails(page, "en", "nl"))
    page.get_by_label("Subject").fill("{x}")
    expect(head_of(page)).to_contain_text("isn’t a placeholder")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        results = Axe().run(page, options=AXE)
        assert results.violations_count == 0, results.generate_report()
