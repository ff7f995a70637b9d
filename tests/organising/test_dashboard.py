"""What an organiser reads off an event's overview is what is in the tables."""

import datetime as dt

import pytest
from flask import Flask
from sqlalchemy import update

from tests import builders
from ticketing import cancelling, history, personalisation, sharing
from ticketing.extensions import db
from ticketing.models import Event, Order, OutboxMail, Share, Shop, Ticket, now
from ticketing.ordering.orders import Line
from ticketing.organising import dashboard
from ticketing.storing.transactions import write


@pytest.fixture
def shop(app: Flask) -> Shop:
    return builders.make_shop()


def set_back(model: type[Order | Ticket | Share], found_id: int, **moments: dt.datetime) -> None:
    with write() as session:
        session.execute(update(model).where(model.id == found_id).values(**moments))


def counts_of(event: Event) -> dashboard.Counts:
    db.session.rollback()
    return dashboard.count(db.session(), event)


def test_tickets_are_counted_by_their_status(shop: Shop) -> None:
    order = builders.make_order(shop, lines=[Line("weekend", 6), Line("parking", 1)])
    tickets = order.tickets
    builders.claim(tickets[0])
    builders.share(tickets[1])
    builders.share(tickets[2])
    sharing.opened(tickets[2], tickets[2].share_generation)
    cancelling.cancel_ticket(tickets[3], builders.ORGANISER)
    assert counts_of(shop.event) == dashboard.Counts(
        open=2, shared=1, opened=1, ready=2, checked_in=0, cancelled=1, named=5, personalised=1
    )


def test_a_recalled_link_counts_as_none(shop: Shop) -> None:
    order = builders.make_order(shop, tickets=1)
    ticket = order.tickets[0]
    builders.share(ticket)
    sharing.recall(ticket, history.booker(order), generation=ticket.share_generation)
    assert counts_of(shop.event).open == 1


def test_another_events_tickets_do_not_count(shop: Shop) -> None:
    builders.make_order(builders.make_shop(), tickets=3)
    assert counts_of(shop.event) == dashboard.Counts()
    assert dashboard.over_time(db.session(), shop.event) == []
    assert dashboard.attention(db.session(), shop.event) == []


def test_each_type_says_how_far_it_is(shop: Shop) -> None:
    order = builders.make_order(shop, lines=[Line("friday", 2), Line("weekend", 1)])
    friday = next(each for each in order.tickets if each.type.code == "friday")
    builders.claim(friday)
    found = {
        each.ticket_type.code: (each.standing, each.personalised)
        for each in dashboard.by_type(db.session(), shop.event)
    }
    assert found == {"weekend": (1, 0), "friday": (2, 1), "parking": (0, 0)}


def test_days_are_those_of_the_events_timezone(shop: Shop) -> None:
    """22:30 UTC is the next day in Amsterdam in summer."""
    order = builders.make_order(shop, tickets=2)
    builders.claim(order.tickets[0])
    placed = dt.datetime(2026, 7, 1, 22, 30, tzinfo=dt.UTC)
    set_back(Order, order.id, created_at=placed)
    set_back(Ticket, order.tickets[0].id, personalised_at=placed + dt.timedelta(days=2))
    db.session.expire_all()
    days = dashboard.over_time(db.session(), shop.event)
    assert days[0] == dashboard.Day(dt.date(2026, 7, 2), 2, 0)
    assert days[1] == dashboard.Day(dt.date(2026, 7, 3), 2, 0)
    assert days[2] == dashboard.Day(dt.date(2026, 7, 4), 2, 1)
    assert [day.date for day in days] == [
        days[0].date + dt.timedelta(days=n) for n in range(len(days))
    ]


def test_a_reopened_ticket_is_personalised_no_more(shop: Shop) -> None:
    order = builders.make_order(shop, tickets=1)
    ticket = builders.claim(order.tickets[0])
    personalisation.reopen(order, {ticket.id: ticket.revision}, "mix-up", builders.ORGANISER)
    assert counts_of(shop.event).personalised == 0
    assert dashboard.over_time(db.session(), shop.event)[-1].personalised == 0


def reasons(event: Event) -> list[tuple[str, str, int]]:
    db.session.rollback()
    found = dashboard.attention(db.session(), event)
    return [(each.order.code, each.reason, each.tickets) for each in found]


def test_what_needs_a_hand_is_named_with_its_reason(shop: Shop) -> None:
    failed, late, fine = (builders.make_order(shop, tickets=2) for _ in range(3))
    with write() as session:
        session.execute(
            update(OutboxMail).where(OutboxMail.order_id == failed.id).values(state="failed")
        )
        session.execute(
            update(Shop)
            .where(Shop.id == shop.id)
            .values(personalisation_deadline=now() + dt.timedelta(days=3))
        )
    builders.claim(fine.tickets[0])
    assert reasons(shop.event) == [
        (failed.code, "mail_failed", 1),
        (late.code, "nobody_yet", 2),
    ]


def test_a_link_that_nobody_opened_for_days_is_shown(shop: Shop) -> None:
    order = builders.make_order(shop, tickets=2)
    builders.share(order.tickets[0])
    assert reasons(shop.event) == []
    db.session.refresh(order.tickets[0], ["share"])
    share = order.tickets[0].share
    assert share is not None
    set_back(Share, share.id, shared_at=now() - dt.timedelta(days=4))
    assert reasons(shop.event) == [(order.code, "link_unopened", 1)]


def test_a_long_list_shows_the_first(shop: Shop) -> None:
    orders = [builders.make_order(shop, tickets=1) for _ in range(dashboard.MOST_ORDERS + 3)]
    with write() as session:
        session.execute(update(OutboxMail).values(state="failed"))
    assert [code for code, _reason, _n in reasons(shop.event)] == [
        order.code for order in orders[: dashboard.MOST_ORDERS]
    ]
