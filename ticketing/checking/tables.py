"""What must hold between tables, asked of the database in one statement each."""

from collections.abc import Iterator
from functools import cache
from typing import Any, Final, cast

from sqlalchemy import (
    CompoundSelect,
    ForeignKey,
    Select,
    Table,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from ticketing.members.team import ROLES
from ticketing.models import (
    Call,
    Change,
    Event,
    HistoryEntry,
    Image,
    Import,
    Membership,
    Order,
    OutboxMail,
    PretixConnection,
    RecoveryCode,
    SearchEntry,
    Shop,
    Ticket,
    TicketType,
    User,
    WebhookEndpoint,
)
from ticketing.storing.transactions import SLOW

SHOWN: Final = 5  # ids of a sentence, of those that it is true of

_logo, _picture = aliased(Image), aliased(Image)
_last: Final = (
    select(
        Change.order_id,
        func.min(Change.version).label("first"),
        func.max(Change.version).label("last"),
        func.count().label("number"),
    )
    .group_by(Change.order_id)
    .subquery()
)

# {what is wrong: the ids of the rows that it is wrong with}
_WRONG: Final[dict[str, Select[Any]]] = {
    "events with another organiser's picture": select(Event.id)
    .join(_picture, _picture.id == Event.image_id)
    .where(_picture.organiser_id != Event.organiser_id),
    "shops with another organiser's event or logo": select(Shop.id)
    .join(Event, Event.id == Shop.event_id)
    .outerjoin(_logo, _logo.id == Shop.logo_id)
    .where(or_(Event.organiser_id != Shop.organiser_id, _logo.organiser_id != Shop.organiser_id)),
    "orders with another organiser's shop": select(Order.id)
    .join(Shop, Shop.id == Order.shop_id)
    .where(Shop.organiser_id != Order.organiser_id),
    "tickets of another event's type": select(Ticket.id)
    .join(Order, Order.id == Ticket.order_id)
    .join(Shop, Shop.id == Order.shop_id)
    .join(TicketType, TicketType.id == Ticket.ticket_type_id)
    .where(TicketType.event_id != Shop.event_id),
    "entries of the history about another order's ticket": select(HistoryEntry.id)
    .join(Ticket, Ticket.id == HistoryEntry.ticket_id)
    .where(Ticket.order_id != HistoryEntry.order_id),
    "mails about another order's ticket": select(OutboxMail.id)
    .join(Ticket, Ticket.id == OutboxMail.ticket_id)
    .where(or_(OutboxMail.order_id.is_(None), Ticket.order_id != OutboxMail.order_id)),
    "mails about another organiser's order": select(OutboxMail.id)
    .join(Order, Order.id == OutboxMail.order_id)
    .where(or_(OutboxMail.organiser_id.is_(None), Order.organiser_id != OutboxMail.organiser_id)),
    "mails that are being sent by nobody, or that somebody holds without sending": select(
        OutboxMail.id
    ).where((OutboxMail.state == "sending") != OutboxMail.leased_until.is_not(None)),
    "mails that were sent at no time": select(OutboxMail.id).where(
        OutboxMail.state == "sent", OutboxMail.sent_at.is_(None)
    ),
    "calls about another organiser's order": select(Call.id)
    .join(Order, Order.id == Call.order_id)
    .where(Order.organiser_id != Call.organiser_id),
    "calls to another organiser's webhook": select(Call.id)
    .join(WebhookEndpoint, WebhookEndpoint.id == Call.endpoint_id)
    .where(WebhookEndpoint.organiser_id != Call.organiser_id),
    "calls to another organiser's pretix": select(Call.id)
    .join(PretixConnection, PretixConnection.id == Call.connection_id)
    .join(Shop, Shop.id == PretixConnection.shop_id)
    .where(Shop.organiser_id != Call.organiser_id),
    "calls that are being made by nobody, or that somebody holds without making": select(
        Call.id
    ).where((Call.state == "sending") != Call.leased_until.is_not(None)),
    "calls that are over since no time, or at hand since one": select(Call.id).where(
        Call.state.in_(["done", "failed", "dropped"]) != Call.done_at.is_not(None)
    ),
    "webhooks that are off without a reason": select(WebhookEndpoint.id).where(
        WebhookEndpoint.disabled_at.is_not(None) != (WebhookEndpoint.disabled_because != "")
    ),
    "imports of another organiser's shop": select(Import.id)
    .join(Shop, Shop.id == Import.shop_id)
    .where(Shop.organiser_id != Import.organiser_id),
    "imports that are over, and keep their file": select(Import.id).where(
        Import.state.in_(["done", "dropped"]),
        or_(Import.finished_at.is_(None), Import.content.is_not(None), Import.cleaned.is_not(None)),
    ),
    "members in a role that there isn't": select(Membership.id).where(
        Membership.role.not_in(ROLES)
    ),
    "recovery codes of accounts that sign in with the password alone": select(RecoveryCode.id)
    .join(User, User.id == RecoveryCode.user_id)
    .where(User.totp_secret.is_(None)),
    "orders whose search entry is of another organiser or shop, or missing": select(Order.id)
    .outerjoin(SearchEntry, SearchEntry.order_id == Order.id)
    .where(
        or_(
            SearchEntry.order_id.is_(None),
            SearchEntry.organiser_id != Order.organiser_id,
            SearchEntry.shop_id != Order.shop_id,
        )
    ),
    # Older lines are forgotten after a day: what is left is the end, without a gap.
    "orders whose lines in the change feed don't lead to their version": select(Order.id)
    .join(_last, _last.c.order_id == Order.id)
    .where(
        or_(
            _last.c.last != Order.version,
            _last.c.number != _last.c.last - _last.c.first + 1,
        )
    ),
    "lines in the change feed about no order": select(Change.id).where(
        Change.order_id.not_in(select(Order.id))
    ),
}

_FIRST_WRONG: Final = {what: wrong.limit(SHOWN + 1) for what, wrong in _WRONG.items()}


def problems(session: Session) -> Iterator[str]:
    """What is wrong, one sentence each."""
    for what, wrong in _FIRST_WRONG.items():
        session.rollback()  # each as of a moment of its own: nobody is kept from tidying up
        ids = session.scalars(wrong, execution_options=SLOW).all()
        if ids:
            more = ", …" if len(ids) > SHOWN else ""
            yield f"{what}: {', '.join(map(str, ids[:SHOWN]))}{more}"
    yield from _orphans(session)


def _orphans(session: Session) -> Iterator[str]:
    """Both engines keep foreign keys; a file that was mended by hand, or a lax import, may not."""
    for name, lost in _lost_by_table().items():
        session.rollback()
        for key, found in session.execute(lost, execution_options=SLOW):
            if found:
                yield f"{name}: {found} with a {key} that isn't there"
    session.rollback()


@cache
def _lost_by_table() -> dict[str, CompoundSelect[str, int]]:
    """{table: for each of its foreign keys, how many rows point to what isn't there}"""
    tables = cast(Table, Order.__table__).metadata.sorted_tables
    return {
        table.name: union_all(*(_lost(table, key) for key in keys))
        for table in tables
        if (keys := sorted(table.foreign_keys, key=lambda each: each.parent.name))
    }


def _lost(table: Table, key: ForeignKey) -> Select[str, int]:
    other = key.column.table.alias()
    there = select(1).where(other.c[key.column.name] == key.parent).exists()
    return (
        select(literal(key.parent.name), func.count())
        .select_from(table)
        .where(key.parent.is_not(None), ~there)
    )
