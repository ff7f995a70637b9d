"""What the organiser asks: settings with the form beside them, and people who answer all of it."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Locator, Page, expect

from tests import builders
from tests.browser.people import Company, at_the_door, choose, fill_in, read_qr, sign_in, ticket
from tests.browser.test_look import AXE
from ticketing import links
from ticketing.asking import needs
from ticketing.extensions import db
from ticketing.models import Event, Question, Shop

with_and_without = pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
PAGE_OF_ALL = {
    "date_of_birth": "1990-12-31",
    "street": "Oudegracht",
    "house_number": "1bis",
    "zipcode": "3511 AB",
    "city": "Utrecht",
    "country": "Nederland",
    "organisation": "Vereniging “Ons Huis”",
    "position": "Voorzitter",
}


@pytest.fixture
def shop(app: Flask) -> Shop:
    return builders.make_shop()


@pytest.fixture
def event(shop: Shop) -> Event:
    return shop.event


def of_all_kinds(event: Event) -> dict[str, Question]:
    """A question of each kind, and a choice of so many that it is a list."""
    sizes = ("XS", "S", "M", "L", "XL", "XXL")
    return {
        "text": builders.ask(event, "Your team?", need="required"),
        "long_text": builders.ask(event, "Anything else?", "long_text", help="Take your time."),
        "choice": builders.ask(event, "Diet?", "choice", "Meat", "Fish", need="required"),
        "size": builders.ask(event, "T-shirt size?", "choice", *sizes, need="required"),
        "choices": builders.ask(event, "Which days?", "choices", "Fri", "Sat", "Sun"),
        "yes_no": builders.ask(event, "Do you come by car?", "yes_no", need="required"),
        "date": builders.ask(event, "When do you arrive?", "date", need="required"),
    }


def objections(page: Page) -> list[str]:
    """What axe finds wrong, in light and dark."""
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        violations = Axe().run(page, options=AXE).response["violations"]
        found += [f"{scheme} {each['id']}: {each['nodes'][0]['html']}" for each in violations]
    page.emulate_media(color_scheme="light")
    return found


@with_and_without
def test_a_visitor_answers_everything(
    shop: Shop, event: Event, company: Company, script: bool
) -> None:
    asked = of_all_kinds(event)
    builders.require(event, **{key: "required" for key in needs.SETTINGS if key != "email_check"})
    builders.require(event, email_check="required")
    order = builders.make_order(shop, tickets=1)
    visitor = company.phone(java_script_enabled=script)
    visitor.goto(builders.share(order.tickets[0]))
    if script:
        assert objections(visitor) == []
    fill_in(visitor, "Zoë", "de Wit", "zoe@example.org", "06 12345678")
    visitor.get_by_label("Anything else?").fill("First line\nsecond <line>")
    visitor.get_by_label("Sat", exact=True).check()

    # What is left out is said beside each field; what was typed stays.
    visitor.get_by_role("button", name="Save").tap()
    expect(visitor.get_by_role("alert").first).to_contain_text("need your attention")
    expect(visitor.get_by_label("Anything else?")).to_have_value("First line\nsecond <line>")
    expect(visitor.get_by_label("Sat", exact=True)).to_be_checked()
    for key in ("text", "choice", "yes_no", "date"):
        expect(visitor.locator(f"#{asked[key].key}-error")).to_be_visible()
    if script:
        assert objections(visitor) == []

    visitor.get_by_label("Email, once more").fill("zoe@example.org")
    for key, value in PAGE_OF_ALL.items():
        visitor.locator(f"#{key}").fill(value)
    visitor.get_by_label("Gender").select_option("I’d rather not say")
    visitor.get_by_label("Your team?").fill("Blue 🟦")
    visitor.get_by_role("radiogroup", name="Diet?").get_by_label("Fish").check()
    visitor.get_by_label("T-shirt size?").select_option("XL")
    visitor.get_by_label("Sun", exact=True).check()
    visitor.get_by_role("radiogroup", name="Do you come by car?").get_by_label("No").check()
    visitor.get_by_label("When do you arrive?").fill("2027-05-22")
    visitor.get_by_role("button", name="Save").tap()
    expect(visitor.get_by_role("heading", name="Zoë de Wit")).to_be_visible()

    db.session.rollback()
    mine = order.tickets[0]
    assert mine.details == {
        **PAGE_OF_ALL,
        "gender": "unsaid",
        asked["text"].key: "Blue 🟦",
        asked["long_text"].key: "First line\nsecond <line>",
        asked["choice"].key: "c2",
        asked["size"].key: "c5",
        asked["choices"].key: ["c2", "c3"],
        asked["yes_no"].key: "no",
        asked["date"].key: "2027-05-22",
    }


@with_and_without
def test_a_holder_completes_a_ticket(
    shop: Shop, event: Event, company: Company, script: bool
) -> None:
    mine = builders.claim(builders.make_order(shop, tickets=1).tickets[0], phone="")
    asked = of_all_kinds(event)
    builders.require(event, phone="required")
    holder = company.phone(java_script_enabled=script)
    holder.goto(f"/t/{links.ticket_token(mine)}")
    code = read_qr(holder.locator(".qr"))
    if script:
        assert objections(holder) == []
    holder.get_by_role("link", name="Fill it in").tap()
    form = holder.get_by_role("form", name="Still to fill in")
    expect(form).to_be_in_viewport()
    expect(form.get_by_label("Anything else?")).to_have_count(0)
    form.get_by_label("Your team?").fill("Blue")
    form.get_by_role("button", name="Save").tap()
    expect(form.get_by_role("alert")).to_contain_text("need your attention")
    expect(form.get_by_label("Your team?")).to_have_value("Blue")
    expect(form.get_by_label("Phone")).to_be_focused()

    form.get_by_label("Phone").fill("06 12345678")
    form.get_by_role("radiogroup", name="Diet?").get_by_label("Meat").check()
    form.get_by_label("T-shirt size?").select_option("M")
    form.get_by_role("radiogroup", name="Do you come by car?").get_by_label("Yes").check()
    form.get_by_label("When do you arrive?").fill("2027-05-22")
    form.get_by_role("button", name="Save").tap()
    expect(holder.get_by_role("status").first).to_contain_text("Your ticket is complete")
    expect(form).to_have_count(0)
    assert read_qr(holder.locator(".qr")) == code
    assert at_the_door(code) == 1
    assert mine.details[asked["choice"].key] == "c1"
    assert mine.phone == "+31612345678"


def preview(page: Page) -> Locator:
    return page.locator("#asking-preview")


def need(page: Page, detail: str, wanted: str) -> None:
    row = page.get_by_role("group", name=detail, exact=True)
    row.get_by_role("radio", name=wanted, exact=True).check()


def test_the_form_changes_as_it_is_set_up(shop: Shop, event: Event, organiser: Page) -> None:
    sign_in(organiser, shop.organiser, f"asks-{shop.id}@example.org")
    organiser.goto(f"/backoffice/events/{event.id}/fields")
    expect(preview(organiser).get_by_text("City", exact=True)).to_have_count(0)
    need(organiser, "City", "Required")
    expect(preview(organiser).locator("#preview-city")).to_be_visible()
    need(organiser, "Phone", "Not in use")
    expect(preview(organiser).locator("#preview-phone")).to_have_count(0)
    # By the keyboard as well: one stop a row, arrows choose.
    organiser.get_by_role("group", name="Country").get_by_role("radio", checked=True).focus()
    organiser.keyboard.press("ArrowLeft")
    expect(preview(organiser).locator("#preview-country")).to_be_visible()
    db.session.rollback()
    assert event.fields == {}  # nothing is saved yet
    organiser.get_by_role("button", name="Save").click()
    expect(organiser.get_by_role("status").first).to_contain_text("saved")
    db.session.rollback()
    assert (event.fields["city"], event.fields["phone"], event.fields["country"]) == (
        "required",
        "off",
        "optional",
    )
    assert objections(organiser) == []


@with_and_without
def test_an_organiser_adds_a_question(
    shop: Shop, event: Event, company: Company, script: bool
) -> None:
    organiser = company.desk(java_script_enabled=script)
    builders.ask(event, "Your team?")
    sign_in(organiser, shop.organiser, f"adds-{shop.id}@example.org")
    organiser.goto(f"/backoffice/events/{event.id}/fields")
    organiser.get_by_role("link", name="New question").click()
    expect(organiser.get_by_role("heading", name="Choices")).to_be_hidden()
    organiser.get_by_label("Answer", exact=True).select_option("Several choices")
    expect(organiser.get_by_role("heading", name="Choices")).to_be_visible()
    organiser.get_by_role("button", name="Save").click()
    expect(organiser.get_by_role("alert").first).to_contain_text("Please write the question.")
    organiser.get_by_label("Question", exact=True).fill("What do you eat?")
    organiser.get_by_label("Explanation").fill("We cook for all.")
    for n, words in enumerate(("Meat", "Fish", "Vegetarian", "Vegan", "Halal"), start=1):
        organiser.get_by_label(f"Choice {n}", exact=True).fill(words)
    if script:
        expect(preview(organiser).locator("legend")).to_contain_text("What do you eat?")
        expect(preview(organiser).get_by_text("Halal")).to_be_visible()
        assert objections(organiser) == []

    # Five lines are there: more of them, and nothing typed is lost.
    organiser.get_by_role("button", name="More choices").click()
    expect(organiser.get_by_label("Choice 6", exact=True)).to_be_visible()
    expect(organiser.get_by_label("Choice 5", exact=True)).to_have_value("Halal")
    organiser.get_by_label("Choice 6", exact=True).fill("Kosher")
    organiser.get_by_label("Choice 6", exact=True).press("Enter")  # saves

    # It is in the list and in the form, and moves up.
    expect(organiser).to_have_url(re.compile("#questions$"))
    mine = organiser.get_by_role("listitem").filter(has_text="What do you eat?")
    expect(mine).to_contain_text("Several choices · Optional · Meat, Fish, Vegetarian")
    expect(preview(organiser).get_by_text("We cook for all.")).to_be_visible()
    expect(preview(organiser).get_by_text("Kosher")).to_be_visible()
    organiser.get_by_role("button", name="Move “What do you eat?” up").click()
    expect(organiser.get_by_role("button", name="Move “What do you eat?” down")).to_be_visible()
    db.session.rollback()
    assert [each.label["en"] for each in event.questions] == ["What do you eat?", "Your team?"]

    # Not asked any more, and asked again.
    choose(organiser, "Actions for “What do you eat?”", "Ask no more")
    expect(preview(organiser).get_by_text("Kosher")).to_have_count(0)
    organiser.get_by_text("Not asked any more").last.click()
    organiser.get_by_role("button", name="Ask “What do you eat?” again").click()
    expect(preview(organiser).get_by_text("Kosher")).to_be_visible()


def test_a_type_asks_otherwise(shop: Shop, event: Event, organiser: Page) -> None:
    sign_in(organiser, shop.organiser, f"types-{shop.id}@example.org")
    organiser.goto(f"/backoffice/events/{event.id}/fields")
    organiser.get_by_role("link", name="Weekend").click()
    expect(organiser.get_by_role("heading", level=1)).to_have_text("What “Weekend” asks")
    need(organiser, "Phone", "Required")
    expect(preview(organiser).locator("#preview-phone")).to_have_attribute("required", "")
    assert objections(organiser) == []
    organiser.get_by_role("button", name="Save").click()
    expect(organiser.get_by_role("listitem").filter(has_text="Weekend")).to_contain_text(
        "Phone: Required"
    )


def test_what_is_missing_is_asked_for_and_comes_back(
    shop: Shop, event: Event, company: Company, organiser: Page
) -> None:
    order = builders.make_order(shop, tickets=2)
    mine = builders.claim(order.tickets[0], phone="")
    builders.claim(order.tickets[1], phone="", email="bob@example.org")
    sign_in(organiser, shop.organiser, f"lacks-{shop.id}@example.org")
    organiser.goto(f"/backoffice/events/{event.id}/fields")
    need(organiser, "Phone", "Required")
    organiser.get_by_role("button", name="Save").click()
    expect(organiser.get_by_text("2 tickets lack a detail")).to_be_visible()

    organiser.goto(f"/backoffice/orders/{order.id}")
    expect(ticket(organiser, 1)).to_contain_text("Details missing: Phone")
    choose(organiser, "Actions for ticket 1", "Send back to holder")
    expect(
        organiser.locator("#announcer, #notice").get_by_text("anna@example.org")
    ).to_be_attached()
    expect(organiser.get_by_text("Asked the holder of ticket 1")).to_be_visible()

    holder = company.phone()
    holder.goto(f"/t/{links.ticket_token(mine)}#details")
    holder.get_by_label("Phone").fill("06 12345678")
    holder.get_by_role("button", name="Save", exact=True).tap()
    expect(holder.get_by_role("status").first).to_contain_text("Your ticket is complete")

    # The other one with all at once, from the dialog.
    organiser.goto(f"/backoffice/events/{event.id}/fields")
    expect(organiser.get_by_text("One ticket lacks a detail")).to_be_visible()
    organiser.get_by_role("link", name="Ask for missing details").click()
    dialog = organiser.get_by_role("dialog", name="Ask for missing details")
    assert objections(organiser) == []
    dialog.get_by_role("button", name="Send back one ticket").click()
    expect(organiser.get_by_text("One ticket was sent back.")).to_be_visible()
