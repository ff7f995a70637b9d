"""A shop's connection to a pretix event: the rules of its settings.

Whatever is saved was tried before (`trying`). The token is kept encrypted and shown to nobody
again.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, contains_eager

from ticketing import calls
from ticketing.extensions import db
from ticketing.models import (
    CANCELLED,
    CHECKED_IN,
    PERSONALISED,
    Call,
    Order,
    PretixConnection,
    Shop,
    Ticket,
    TicketType,
    now,
)
from ticketing.models.base import random_link_id
from ticketing.pretix import queue, sealed, trying
from ticketing.pretix.catalogue import NOT_OURS
from ticketing.pretix.client import Client
from ticketing.pretix.problems import Problem, stored, words
from ticketing.pretix.sealed import Unsealable
from ticketing.pretix.trying import InvalidConnection
from ticketing.refusals import EditedMeanwhile
from ticketing.storing.leases import change_all
from ticketing.storing.locking import lock_if_there, to_change
from ticketing.storing.transactions import write
from ticketing.vault import revoked


class TypesInUse(Exception):
    """Tickets are of a type that a product stood for; `count` of them would be made anew."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count


def of_shop(shop_id: int) -> PretixConnection | None:
    return db.session.scalar(select(PretixConnection).where(PretixConnection.shop_id == shop_id))


def locked(session: Session, connection_id: int) -> PretixConnection | None:
    """The connection as it is now, or none if the shop was disconnected meanwhile."""
    return lock_if_there(session, PretixConnection, connection_id)


def client_of(connection: PretixConnection) -> Client:
    """pretix's API, as this connection may use it; raises `Unsealable`."""
    return Client(
        connection.base_url,
        connection.organizer,
        connection.event,
        sealed.unseal(connection.token, connection.link_id),
    )


def save(shop: Shop, given: Mapping[str, str], *, revision: int) -> PretixConnection:
    """Connect the shop, or change what it is connected to; `given` has each of `trying.SETTINGS`.

    Without a token the one that is kept goes on, at the same address. `revision` is 0 where there
    was no connection when the form was drawn. Raises `InvalidConnection`, `EditedMeanwhile`.
    """
    shop_id, spoken = shop.id, list(shop.languages)
    kept = of_shop(shop_id)
    client = trying.client(given, kept)
    db.session.rollback()  # nothing is held while pretix thinks
    products = trying.products(client, spoken)
    try:
        connection = _store(shop_id, client, products, revision)
    except IntegrityError:  # PostgreSQL lets two connect a shop at once
        raise EditedMeanwhile from None
    try_again(connection)
    return connection


def _store(
    shop_id: int, client: Client, products: list[dict[str, Any]], revision: int
) -> PretixConnection:
    with write() as session:
        connection = session.scalar(
            to_change(select(PretixConnection).where(PretixConnection.shop_id == shop_id))
        )
        if (connection.revision if connection else 0) != revision:
            raise EditedMeanwhile
        if connection is None:
            connection = PretixConnection(shop_id=shop_id, link_id=random_link_id(), revision=0)
            session.add(connection)
        elif (connection.base_url, connection.organizer, connection.event) != _place(client):
            connection.items = {}  # the ids of another event mean something else
        connection.base_url, connection.organizer, connection.event = _place(client)
        connection.token = sealed.seal(client.token, connection.link_id)
        connection.catalogue = products
        connection.last_error = ""
        connection.revision += 1
    return connection


def ask_products(connection: PretixConnection) -> None:
    """Ask pretix once more what it sells; raises `InvalidConnection`."""
    connection_id = connection.id
    spoken = list(connection.shop.languages)
    try:
        client = client_of(connection)
    except Unsealable:
        raise InvalidConnection({"token": words(stored(Problem.SEALED))}) from None
    db.session.rollback()
    products = trying.products(client, spoken)
    with write() as session:
        found = locked(session, connection_id)
        if found is not None:
            found.catalogue = products


def map_items(
    connection: PretixConnection,
    chosen: Mapping[str, str | None],
    *,
    revision: int,
    confirmed: bool = False,
) -> None:
    """Say which ticket type each product is: a type's code, `NOT_OURS`, or None for undecided.

    Raises `EditedMeanwhile`; and unless `confirmed` `TypesInUse` where a product has been taken
    for another type so far and there are tickets of that.
    """
    connection_id, shop_id = connection.id, connection.shop_id
    with write() as session:
        found = locked(session, connection_id)
        if found is None or found.revision != revision:
            raise EditedMeanwhile
        event_id = session.get_one(Shop, shop_id).event_id
        codes = {
            *session.scalars(select(TicketType.code).where(TicketType.event_id == event_id)),
            NOT_OURS,
        }
        known = {str(each["key"]) for each in found.catalogue}
        items = {key: code for key, code in found.items.items() if key not in known}
        items |= {key: code for key, code in chosen.items() if key in known and code in codes}
        gone = {code for key, code in found.items.items() if code and items.get(key) != code}
        if gone and not confirmed:
            count = session.scalar(
                select(func.count(Ticket.id))
                .join(Ticket.order)
                .join(Ticket.type)
                .where(
                    Order.shop_id == shop_id,
                    Ticket.external_id.is_not(None),
                    Ticket.state != CANCELLED,
                    TicketType.code.in_(gone),
                )
            )
            if count:
                raise TypesInUse(count)
        found.items = items
        found.revision += 1


def switch_write_back(connection: PretixConnection, *, on: bool) -> None:
    """Switch it on, for what was personalised here so far as well, or off."""
    with write() as session:
        found = locked(session, connection.id)
        if found is None or found.write_back == on:
            return
        found.write_back = on
        found.revision += 1
        if on:
            queue.write_holders(session, found, _personalised_here(session, found))
        else:
            _drop(session, found, queue.WRITE)


def fetch_all(connection: PretixConnection, *, send_mails: bool) -> None:
    """Have every paid order of pretix's fetched."""
    with write() as session:
        found = locked(session, connection.id)
        if found is not None:
            queue.fetch_all(session, found, send_mails=send_mails)


def try_again(connection: PretixConnection) -> int:
    """Make what waits or has failed now; returns how many."""
    return calls.replay(Call.connection_id == connection.id, states=("waiting", "failed"))


def heard(connection: PretixConnection, code: str) -> None:
    """pretix said that something happened to an order; raises `queue.TooManyWaiting`."""
    with write() as session:
        found = locked(session, connection.id)
        if found is not None:
            found.last_heard_at = now()
            queue.fetch_order(session, found, code)


def disconnect(connection: PretixConnection) -> None:
    """Hear and write nothing more; orders that came stay as they are. Twice is the same as once."""
    with write() as session:
        found = locked(session, connection.id)
        if found is None:
            return
        _drop(session, found, queue.FETCH, queue.WRITE)
        change_all(session, Call, Call.connection_id == found.id, connection_id=None)
        revoked.note_pretix(session, found)
        session.delete(found)


def _place(client: Client) -> tuple[str, str, str]:
    return client.base_url, client.organizer, client.event_slug


def _personalised_here(session: Session, connection: PretixConnection) -> list[Ticket]:
    return list(
        session.scalars(
            select(Ticket)
            .join(Ticket.order)
            .where(
                Order.shop_id == connection.shop_id,
                Order.amended_as_of.is_not(None),
                Ticket.external_id.is_not(None),
                Ticket.state.in_([PERSONALISED, CHECKED_IN]),
                Ticket.personalised_by != "shop",
            )
            .options(contains_eager(Ticket.order))
        )
    )


def _drop(session: Session, connection: PretixConnection, *kinds: str) -> None:
    change_all(
        session,
        Call,
        Call.connection_id == connection.id,
        Call.kind.in_(kinds),
        Call.state == "waiting",
        state="dropped",
        done_at=now(),
    )
