"""Making orders up: where they go, and the pace at which they are written."""

import datetime as dt
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from ticketing.extensions import db
from ticketing.models import (
    Event,
    HistoryEntry,
    Order,
    Organiser,
    OutboxMail,
    SearchEntry,
    Share,
    Shop,
    Ticket,
    TicketType,
    now,
)
from ticketing.ordering.order_codes import fresh_codes
from ticketing.storing.transactions import write
from ticketing.trying import demo
from ticketing.trying.made_up import writing
from ticketing.trying.made_up.stories import Sale, Stories

ORGANISER: Final = "Made-up Concerts"
SPREAD: Final = dt.timedelta(days=540)  # of the orders, until now
_AT_ONCE: Final = 5_000
_MANY: Final = 20_000
# Each event's name, its days from now, and its shops with their share of a thousand orders.
_EVENTS: Final = (
    ("Last Summer’s Festival", -180, {"Festival": 300, "Festival, partners": 30}),
    ("Riverside Nights", 20, {"Nights": 400, "Nights, crew": 1}),
    ("Next Winter’s Concerts", 150, {"Concerts": 269}),
)
_TABLES: Final = (Order, Ticket, Share, HistoryEntry, OutboxMail, SearchEntry)


class RealOrders(Exception):
    """The installation is in use: made-up orders would stand among people's own."""


@dataclass(frozen=True, slots=True)
class Made:
    organiser: str
    orders: int
    tickets: int


def make(
    number: int,
    *,
    shop: Shop | None = None,
    tickets: int = 3,
    seed: int = 1,
    told: Callable[[int], None] = lambda _done: None,
) -> Made:
    """Make up so many orders of so many tickets: for this shop, or for events of their own.

    Without a shop they belong to the demo's organiser where there is a demo. `told` hears how many
    there are so far. Raises `RealOrders` where people have placed orders and no shop is given.
    """
    session = db.session()
    if shop is None:
        _check_nobody_is_here(session)
    sales = _sales_of([shop] if shop else _shops(session))
    alone = shop is None and number >= _MANY
    stories, first = Stories(sales, seed=seed), now() - SPREAD
    with writing.indexed_afterwards(session) if alone else nullcontext():
        for done in range(0, number, _AT_ONCE):
            some = min(_AT_ONCE, number - done)
            codes = fresh_codes(session, some)
            with write():
                order_id, ticket_id = writing.first_free(session, some, some * tickets)
                for n, code in enumerate(codes):
                    ids = range(ticket_id + n * tickets, ticket_id + (n + 1) * tickets)
                    stories.tell(order_id + n, ids, code, first + SPREAD * ((done + n) / number))
                for model in _TABLES:
                    writing.put(session, model, stories.rows.pop(model, ()))
            told(done + some)
    organiser = session.get_one(Organiser, sales[0].organiser_id)
    return Made(organiser.name, number, number * tickets)


def _check_nobody_is_here(session: Session) -> None:
    ours = Order.reference.startswith("MADE-UP-") | (Shop.slug == demo.SLUG)
    real = select(Order.id).join(Order.shop).where(~ours).limit(1)
    if session.scalar(real) is not None:
        raise RealOrders


def _shops(session: Session) -> list[Shop]:
    """The made-up shops, made if they aren't there."""
    slugs = [f"made-up-{n}" for n in range(1, 1 + sum(len(shops) for _n, _d, shops in _EVENTS))]
    known = list(session.scalars(select(Shop).where(Shop.slug.in_(slugs)).order_by(Shop.id)))
    if known:
        return known
    found: list[Shop] = []
    with write():
        organiser = demo.organiser() or Organiser(name=ORGANISER)
        for name, days, shops in _EVENTS:
            event = Event(
                organiser=organiser,
                name=name,
                place="Nowhere Hall\nNo Street 1, 1000 AA Amsterdam",
                starts_at=now() + dt.timedelta(days=days),
                ends_at=now() + dt.timedelta(days=days, hours=8),
                timezone="Europe/Amsterdam",
                country="NL",
            )
            event.ticket_types = [
                TicketType(code="regular", name="Regular", position=1, price=4500),
                TicketType(code="balcony", name="Balcony", position=2, price=7500),
            ]
            for shop in shops:
                slug = slugs[len(found)]
                found.append(Shop(organiser=organiser, event=event, slug=slug, name=shop))
        session.add_all(found)
    return found


def _sales_of(shops: list[Shop]) -> list[Sale]:
    shares = {name: share for _name, _days, of in _EVENTS for name, share in of.items()}
    return [
        Sale(
            shop.organiser_id,
            shop.id,
            type_ids=[each.id for each in shop.event.ticket_types if each.needs_personal_data],
            share=shares.get(shop.name, 1),
            over=shop.event.starts_at < now(),
        )
        for shop in shops
    ]
