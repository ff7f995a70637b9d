"""How an organiser sets things up: events, ticket types, shops and their pictures."""

import datetime as dt
import io
import re

from PIL import Image, ImageDraw
from playwright.sync_api import FilePayload, Page, expect

from tests import builders
from tests.browser.people import choose, read_qr, sign_in
from tests.browser.scenes import scene
from ticketing.extensions import db
from ticketing.models import Event, Organiser, Shop, now
from ticketing.ordering.orders import Line
from ticketing.organising import events, shop_lifecycle, shops, ticket_types
from ticketing.organising.images import event_picture, logo
from ticketing.storing.transactions import write


def at_the_shop(page: Page, where: str = "") -> Shop:
    """An event with a picture and tickets sold, and two shops of it, one archived."""
    shop = builders.make_shop()
    events.set_picture(shop.event, event_picture(drawing((1200, 630))), seen=0)
    shops.set_logo(shop, logo(drawing((300, 300))), seen=0)
    builders.make_order(shop, lines=[Line("weekend", 3), Line("parking", 1)])
    old = shop_lifecycle.create(shop.event, {"name": "Early birds", "slug": f"early-{shop.id}"})
    shop_lifecycle.archive(old)
    ticket_types.archive(shop.event.ticket_types[1])
    ticket_types.create(
        shop.event,
        {"name": "Backstage", "code": "backstage", "price": "120", "needs_personal_data": "y"},
    )
    with write() as session:
        for name, days in (("Winter Warm-up 2025", -300), ("Zażółć gęślą jaźń Open Air", 30)):
            session.add(
                Event(
                    organiser_id=shop.organiser_id,
                    name=name,
                    place="Stadsschouwburg\nPlein 1",
                    starts_at=now() + dt.timedelta(days=days),
                    timezone="Europe/Amsterdam",
                    country="NL",
                )
            )
    sign_in(page, shop.organiser, f"set-up-{shop.id}@example.org")
    if where:
        page.goto("/backoffice" + where.format(shop=shop.id, event=shop.event_id))
    db.session.rollback()
    return shop


def drawing(size: tuple[int, int]) -> bytes:
    image = Image.new("RGB", size, "#83245f")
    ImageDraw.Draw(image).ellipse((size[0] * 0.1, -size[1], size[0] * 0.9, size[1] * 0.8), "#f6b")
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def at_the_start(page: Page, where: str) -> None:
    """Works for an organiser that has nothing yet."""
    with write() as session:
        organiser = Organiser(name="Zuiderpark Collective")
        session.add(organiser)
    sign_in(page, organiser, f"start-{organiser.id}@example.org")
    page.goto(f"/backoffice{where}")


# ---- Events ----


@scene
def desk_no_events(page: Page) -> None:
    at_the_start(page, "/events")
    expect(page.get_by_text("No events yet")).to_be_visible()


@scene
def desk_events(page: Page) -> None:
    at_the_shop(page, "/events")
    expect(page.get_by_role("table", name="Coming events")).to_be_visible()


@scene
def desk_events_past(page: Page) -> None:
    at_the_shop(page, "/events?past=1")
    expect(page.get_by_text("Winter Warm-up 2025", exact=True)).to_be_visible()


@scene
def desk_new_event(page: Page) -> None:
    at_the_start(page, "/events/new")
    expect(page.get_by_label("Timezone")).not_to_have_value("")  # the browser's own


@scene
def desk_new_event_with_slips(page: Page) -> None:
    at_the_start(page, "/events/new")
    page.get_by_label("Timezone").fill("Mars/Olympus")
    page.get_by_role("button", name="Create event").click()
    expect(page.get_by_text("need your attention")).to_be_visible()


@scene
def desk_event_details(page: Page) -> None:
    at_the_shop(page, "/events/{event}/edit")
    expect(page.get_by_role("img", name="Picture")).to_be_visible()


@scene
def desk_event_both_versions(page: Page) -> None:
    shop = at_the_shop(page, "/events/{event}/edit")
    page.get_by_label("Name").fill("Riverside by night")
    theirs = {**events.as_typed(shop.event), "name": "Riverside 2027", "country": "BE"}
    events.change(shop.event, theirs, revision=shop.event.revision)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Somebody changed this meanwhile")).to_be_visible()


@scene
def desk_event_picture_refused(page: Page) -> None:
    at_the_shop(page, "/events/{event}/edit")
    page.get_by_label("File").set_input_files(
        FilePayload(name="plan.pdf", mimeType="application/pdf", buffer=b"%PDF-1.7 no picture")
    )
    page.get_by_role("button", name="Replace").click()
    expect(page.get_by_text("This isn’t a picture we can read").first).to_be_visible()


# ---- Ticket types ----


@scene
def desk_no_ticket_types(page: Page) -> None:
    at_the_start(page, "/events/new")
    page.get_by_label("Name").fill("Zuiderpark Live")
    page.get_by_label("Place").fill("Zuiderparktheater")
    page.get_by_label("Starts").fill("2027-07-03T19:00")
    page.get_by_label("Timezone").fill("amsterdam")
    page.get_by_label("Country").select_option("NL")
    page.get_by_role("button", name="Create event").click()
    expect(page.get_by_text("No ticket types yet")).to_be_visible()


@scene
def desk_ticket_types(page: Page) -> None:
    at_the_shop(page, "/events/{event}/ticket-types")
    expect(page.get_by_role("heading", name="No longer sold")).to_be_visible()


@scene
def desk_ticket_types_before_a_shop(page: Page) -> None:
    shop = at_the_shop(page)
    shop_lifecycle.archive(shop)
    page.goto(f"/backoffice/events/{shop.event_id}/ticket-types")
    expect(page.get_by_role("heading", name="Ready to sell?")).to_be_visible()


@scene
def desk_ticket_type_menu(page: Page) -> None:
    at_the_shop(page, "/events/{event}/ticket-types")
    page.get_by_role("button", name="Actions for Backstage").click()
    expect(page.get_by_role("link", name="Delete")).to_be_visible()


@scene
def desk_new_ticket_type(page: Page) -> None:
    at_the_shop(page, "/events/{event}/ticket-types/new")


@scene
def desk_new_ticket_type_with_slips(page: Page) -> None:
    at_the_shop(page, "/events/{event}/ticket-types/new")
    page.get_by_label("Code").fill("weekend")
    page.get_by_label("Price").fill("much")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("3 things need your attention")).to_be_visible()


@scene
def desk_ticket_type_ready_at_once(page: Page) -> None:
    shop = at_the_shop(page)
    weekend = shop.event.ticket_types[0]
    page.goto(f"/backoffice/ticket-types/{weekend.id}")
    page.get_by_label("Needs personal data").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Yes, make these tickets ready now")).to_be_visible()


@scene
def desk_delete_ticket_type(page: Page) -> None:
    at_the_shop(page, "/events/{event}/ticket-types")
    choose(page, "Actions for Backstage", "Delete")
    expect(page.get_by_role("dialog", name="Delete Backstage")).to_be_visible()


# ---- Shops ----


@scene
def desk_no_shops(page: Page) -> None:
    at_the_start(page, "/shops")
    expect(page.get_by_text("No shops yet")).to_be_visible()


@scene
def desk_shops_archived(page: Page) -> None:
    at_the_shop(page, "/shops?archived=1")
    expect(page.get_by_text("Early birds", exact=True)).to_be_visible()


@scene
def desk_new_shop_before_an_event(page: Page) -> None:
    at_the_start(page, "/shops/new")
    expect(page.get_by_text("An event comes first")).to_be_visible()


@scene
def desk_new_shop(page: Page) -> None:
    at_the_shop(page, "/shops/new")
    page.get_by_label("Name").press_sequentially("Members & Friends")
    expect(page.get_by_text("/shop/members-friends")).to_be_visible()


@scene
def desk_new_shop_with_slips(page: Page) -> None:
    shop = at_the_shop(page, "/shops/new")
    page.get_by_label("Address").fill(shop.slug)
    expect(page.get_by_text("is taken").first).to_be_visible()
    page.get_by_role("button", name="Open the shop").click()
    expect(page.get_by_text("need your attention")).to_be_visible()


@scene
def desk_shop_settings(page: Page) -> None:
    """With everything, and a colour that is hard to read."""
    at_the_shop(page, "/shops/{shop}")
    page.get_by_label("Colour").fill("#ffe066")
    expect(page.get_by_text("In dark mode: button")).to_be_visible()
    # Swapped in as it was chosen.
    expect(page.locator('#colour-preview rect[fill="#ffe066"]').first).to_be_visible()


@scene
def desk_shop_settings_with_slips(page: Page) -> None:
    at_the_shop(page, "/shops/{shop}")
    page.get_by_label("Consumer desk number").fill("12")
    page.get_by_label("Pages that may show").fill("https://*.example.org")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("2 things need your attention")).to_be_visible()


@scene
def desk_shop_link(page: Page) -> None:
    shop = at_the_shop(page, "/shops/{shop}/link")
    link = page.get_by_label("Link", exact=True).input_value()
    assert link.endswith(f"/shop/{shop.slug}")
    assert read_qr(page.get_by_role("img", name="QR code")) == link


@scene
def desk_archive_shop(page: Page) -> None:
    at_the_shop(page, "/shops/{shop}")
    page.get_by_role("link", name="Archive this shop").click()
    expect(page.get_by_role("dialog", name="Archive Riverside tickets")).to_be_visible()


@scene
def desk_shop_that_is_archived(page: Page) -> None:
    shop = at_the_shop(page)
    shop_lifecycle.archive(shop)
    page.goto(f"/backoffice/shops/{shop.id}")
    expect(page.get_by_role("button", name="Take orders again")).to_be_visible()


# ---- What everybody sees of it ----


@scene
def shop_with_pictures(page: Page) -> None:
    shop = at_the_shop(page)
    page.goto(f"/shop/{shop.slug}")
    expect(page.locator("img.cover")).to_be_visible()


@scene
def shop_that_is_archived(page: Page) -> None:
    shop = builders.make_shop()
    shop_lifecycle.archive(shop)
    page.goto(f"/shop/{shop.slug}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


@scene
def desk_embed(page: Page) -> None:
    shop = at_the_shop(page)
    with write():
        db.session.get_one(Shop, shop.id).embed_origins = ["https://festival.example"]
    page.goto(f"/backoffice/shops/{shop.id}/embed")
    inside = page.frame_locator(".embed-preview iframe")
    expect(inside.get_by_role("button", name="Complete order")).to_be_visible()
    page.get_by_label("Dark", exact=True).check()
    expect(page.get_by_label("Copy this into your page’s HTML")).to_have_value(
        re.compile('theme="dark"')
    )
    expect(inside.locator("html[data-theme=dark]")).to_be_attached()
    # The frame is as tall as the shop in it.
    expect(page.locator(".embed-preview passalong-frame")).to_have_js_property("shown", True)


@scene
def desk_embed_nowhere(page: Page) -> None:
    at_the_shop(page, "/shops/{shop}/embed")
    page.get_by_label("Greatest width").fill("12")
    expect(page.get_by_role("alert").filter(has_text="from 320 to 1600")).to_be_visible()
