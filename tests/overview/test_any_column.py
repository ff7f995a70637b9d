"""Whatever changes, by whatever means: an overview drawn before is shown only if it is the same."""

import datetime as dt
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import JSON, inspect, update

from tests import builders
from tests.builders import make_order
from tests.overview.looking import path_of, seen, seen_anew
from ticketing import cancelling, links, sharing
from ticketing.carried import admission, barcodes
from ticketing.extensions import db
from ticketing.models import (
    Base,
    Event,
    Image,
    Order,
    Organiser,
    Share,
    Shop,
    Ticket,
    TicketType,
    now,
)
from ticketing.models.base import UTCDateTime
from ticketing.storing.transactions import write
from ticketing.web.booker import state

FRAMED_BY = "https://festival.example"
TABLES: tuple[type[Base], ...] = (
    *(Order, Ticket, Share, TicketType),
    *(Shop, Event, Organiser, Image),
)


def scene_of_all(shop: Shop) -> Order:
    """Tickets in each state, pictures, a deadline that is still far."""
    order = make_order(shop, tickets=6)
    one, two, three, four, five, _six = order.tickets
    builders.share(one)
    path = builders.share(two, "email")
    sharing.opened(two, links.read(links.keys(), links.Kind.SHARE, path[3:]).generation)
    builders.claim(three)
    builders.claim(four, first_name="Dora")
    admission.check_in(barcodes.text_of(four), builders.ORGANISER)
    cancelling.cancel_ticket(five, builders.ORGANISER)
    return order


def scene_untouched(shop: Shop) -> Order:
    """Thanked for, and to be looked for in a mailbox."""
    return make_order(shop, tickets=2)


def scene_late(shop: Shop) -> Order:
    order = make_order(shop, tickets=3)
    builders.claim(order.tickets[0])
    set_to(shop, Shop.personalisation_deadline, now() - dt.timedelta(days=1))
    return order


def scene_sent_later(shop: Shop) -> Order:
    order = make_order(shop, tickets=2)
    for ticket in order.tickets:
        builders.claim(ticket)
    set_to(shop, Shop.download_enabled, False)
    set_to(shop, Shop.delivery_note, "By post.")
    return order


def scene_cancelled(shop: Shop) -> Order:
    order = make_order(shop, tickets=2)
    cancelling.cancel_order(order, builders.ORGANISER)
    return order


def order_elsewhere() -> Order:
    """Whatever of ours can be moved to it: no position and no code of it is taken here."""
    order = make_order(furnished(builders.make_shop()), tickets=2)
    for ticket in order.tickets:
        set_to(ticket, Ticket.position, ticket.position + 100)
    for ticket_type in order.shop.event.ticket_types:
        set_to(ticket_type, TicketType.code, f"other-{ticket_type.code}")
        set_to(ticket_type, TicketType.name, "Other")
    return order


SCENES = [scene_of_all, scene_untouched, scene_late, scene_sent_later, scene_cancelled]


def furnished(shop: Shop) -> Shop:
    """With a picture, a logo, a deadline, and a page that may frame it."""
    with write() as session:
        cover, logo = _image(shop, 800), _image(shop, 200)
        session.add_all([cover, logo])
        shop.event.image, shop.logo = cover, logo
        shop.personalisation_deadline = now() + dt.timedelta(days=90)
        shop.embed_origins = [FRAMED_BY]
    return shop


def _image(shop: Shop, width: int) -> Image:
    return Image(
        organiser_id=shop.organiser_id,
        digest=f"{shop.id * 1000 + width:064x}",
        content_type="image/jpeg",
        width=width,
        height=100,
        data=b"",
    )


def rows_of(order: Order, table: type[Base]) -> list[Any]:
    """The rows of this table that the order's page may look at."""
    shop = order.shop
    found: dict[type[Base], list[Any]] = {
        Order: [order],
        Ticket: order.tickets,
        Share: [share for ticket in order.tickets for share in ticket.shares],
        TicketType: [order.tickets[0].type],
        Shop: [shop],
        Event: [shop.event],
        Organiser: [shop.organiser],
        Image: [each for each in (shop.event.image, shop.logo) if each],
    }
    return found[table]


OTHER_VALUES: dict[tuple[str, str], object] = {
    ("orders", "state"): "cancelled",
    ("orders", "locale"): "nl",
    ("events", "timezone"): "Asia/Tokyo",
    ("shops", "colour"): "#123456",
    ("shops", "consumer_desk"): "+4930123456",
    ("shops", "languages"): ["nl"],
    ("shops", "embed_origins"): ["https://other.example"],
    ("events", "reminder_days"): [3],
    ("images", "content_type"): "image/webp",
    ("images", "digest"): "f" * 64,
    ("images", "data"): b"other",
}
OTHER_STATES = {"open": "personalised", "personalised": "cancelled", "cancelled": "open"}


def other_value(column: Any, row: Any, elsewhere: Order) -> object:
    """A value that the column may have and this row doesn't."""
    table, value = column.table.name, getattr(row, column.key)
    if (table, column.name) in OTHER_VALUES:
        return OTHER_VALUES[table, column.name]
    if (table, column.name) == ("tickets", "state"):
        return OTHER_STATES.get(value, "open")
    for key in column.foreign_keys:
        there = key.column.table.name
        theirs = next(each for each in TABLES if each.__tablename__ == there)
        return rows_of(elsewhere, theirs)[-1].id
    if isinstance(column.type, UTCDateTime):
        return (value or now()) + dt.timedelta(days=1, hours=1)
    if isinstance(column.type, JSON):
        return {"other": "value"}
    kind = column.type.python_type
    if kind is bool:
        return not value
    if kind is int:
        return (value or 0) + 1000
    assert kind is str, f"what else can stand in {table}.{column.name}?"
    return f"Q{value or ''}"[: getattr(column.type, "length", None)]


def set_to(row: Any, column: Any, value: object) -> None:
    """Change a column behind the back of all rules: no version or revision tells of it."""
    with db.engine.begin() as connection:
        table = inspect(type(row)).local_table
        connection.execute(update(table).where(table.c.id == row.id).values({column.key: value}))
    db.session.rollback()
    db.session.expire_all()


# Not named, but what the state's rows are found by.
FOUND_BY = {
    *("orders.link_id", "orders.shop_id", "shops.event_id", "shops.organiser_id"),
    *("shops.logo_id", "events.image_id", "tickets.order_id", "tickets.ticket_type_id"),
    *("tickets.share_generation", "shares.ticket_id", "shares.ended_at"),
}
# Revisions are no part of the page.
NOT_TO_BE_SEEN = {"events.revision", "shops.revision"}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__tablename__)
def test_a_change_of_any_column_is_seen_at_once(
    app: Flask, client: FlaskClient, table: type[Base]
) -> None:
    """Or the page isn't drawn from it, and stays the same either way."""
    elsewhere = order_elsewhere()
    matter = set()
    for scene in SCENES:
        order = scene(furnished(builders.make_shop(organiser_name="Riverside")))
        path = f"{path_of(order)}?placed=1"
        before = seen(client.get(path))
        for column in [each for each in table.__table__.columns if not each.primary_key]:
            for number in range(len(rows_of(order, table))):
                row = rows_of(order, table)[number]
                kept = getattr(row, column.key)
                set_to(row, column, other_value(column, row, elsewhere))
                after = seen(client.get(path))
                assert after == seen_anew(app, path), f"{scene.__name__}: {column} changed unseen"
                if after != before:
                    matter.add(str(column))
                set_to(row, column, kept)
                assert seen(client.get(path)) == before
    named = {
        f"{each.property.columns[0].table.name}.{each.key}"
        for each in (*state.OF_ORDER, *state.OF_TICKETS)
    }
    of_table = {each for each in named | FOUND_BY if each.startswith(f"{table.__tablename__}.")}
    assert matter == of_table - NOT_TO_BE_SEEN


def test_an_overview_is_drawn_from_no_other_tables(
    client: FlaskClient, statements: list[str]
) -> None:
    path = path_of(scene_of_all(furnished(builders.make_shop())))
    statements.clear()
    assert client.get(path).status_code == 200
    read = {name for each in statements for name in re.findall(r"(?:FROM|JOIN) (\w+)", each)}
    assert read == {table.__tablename__ for table in TABLES}
