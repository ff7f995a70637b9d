"""A shop's connection to a pretix event: the rules of its settings.

Whatever is saved was tried before, so that what is wrong is said while somebody sits in front of
it. The token is kept encrypted and shown to nobody again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, contains_eager

from ticketing import calls, outbound, revoked
from ticketing.extensions import db
from ticketing.leases import change_all
from ticketing.locking import lock_if_there, to_change
from ticketing.models import (
    CANCELLED,
    CHECKED_IN,
    PERSONALISED,
    Call,
    CallTry,
    Order,
    PretixConnection,
    Shop,
    Ticket,
    TicketType,
    now,
)
from ticketing.models.base import random_link_id
from ticketing.outbound import NotReached, TargetRefused
from ticketing.pretix import catalogue, queue, sealed
from ticketing.pretix.catalogue import NOT_OURS
from ticketing.pretix.client import Client, PretixError
from ticketing.pretix.problems import Problem, stored, words
from ticketing.pretix.sealed import Unsealable
from ticketing.refusals import EditedMeanwhile
from ticketing.transactions import write

SETTINGS: Final = ("base_url", "organizer", "event", "token")
SHOWN: Final = 10  # calls of a connection on its page
_SLUG: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,99}")
_BEHIND: Final = ("/api/v1", "/api", "/control")  # what people copy along with the address
_MAX_URL: Final = 500
_MAX_TOKEN: Final = 200

# Where the answer to a problem is typed.
_FIELD_OF: Final = {
    Problem.TOKEN: "token",
    Problem.RIGHTS: "token",
    Problem.EVENT: "event",
    Problem.SERIES: "event",
}


class InvalidConnection(Exception):
    """What was typed can't be, or pretix doesn't take it: {field: what to do about it}."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(errors)
        self.errors = errors


class TypesInUse(Exception):
    """Tickets are of a type that a product stood for; `count` of them would be made anew."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count


@dataclass(frozen=True, slots=True)
class Waiting:
    """What of a connection waits, and what has failed."""

    waiting: int = 0
    failed: int = 0
    fetched: int | None = None  # new orders so far, while all paid ones are being fetched


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
    """Connect the shop, or change what it is connected to; `given` has each of `SETTINGS`.

    Without a token the one that is kept goes on, at the same address. `revision` is 0 where there
    was no connection when the form was drawn. Raises `InvalidConnection`, `EditedMeanwhile`.
    """
    shop_id, spoken = shop.id, list(shop.languages)
    kept = of_shop(shop_id)
    client = _client(given, kept)
    db.session.rollback()  # nothing is held while pretix thinks
    products = _try(client, spoken)
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
    products = _try(client, spoken)
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


def waiting(connection: PretixConnection) -> Waiting:
    counted = dict(
        db.session.execute(
            select(Call.state, func.count())
            .where(
                Call.connection_id == connection.id,
                Call.state.in_(["waiting", "sending", "failed"]),
            )
            .group_by(Call.state)
        ).all()
    )
    fetching = db.session.scalar(
        select(Call)
        .where(
            Call.connection_id == connection.id,
            Call.event == queue.ALL,
            Call.state.in_(["waiting", "sending"]),
        )
        .limit(1)
    )
    return Waiting(
        waiting=counted.get("waiting", 0) + counted.get("sending", 0),
        failed=counted.get("failed", 0),
        fetched=int(fetching.params.get("orders", 0)) if fetching is not None else None,
    )


def latest(connection: PretixConnection) -> list[tuple[Call, CallTry | None]]:
    """The last calls, the newest first, each with its last try."""
    found = list(
        db.session.scalars(
            select(Call)
            .where(Call.connection_id == connection.id)
            .order_by(Call.id.desc())
            .limit(SHOWN)
        )
    )
    last = (
        select(func.max(CallTry.id))
        .where(CallTry.call_id.in_([call.id for call in found]))
        .group_by(CallTry.call_id)
    )
    tries = {
        each.call_id: each
        for each in db.session.scalars(select(CallTry).where(CallTry.id.in_(last)))
    }
    return [(call, tries.get(call.id)) for call in found]


def clean_base_url(text: str) -> str:
    """pretix's address as it is kept, without what stands behind it; raises `ValueError`."""
    url = text.strip()
    if not url:
        raise ValueError(_("Please give the address of your pretix, like https://pretix.eu."))
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", url):
        url = f"https://{url}"
    url = url.partition("?")[0].partition("#")[0].rstrip("/")
    url = next((url.removesuffix(each) for each in _BEHIND if url.endswith(each)), url)
    if len(url) > _MAX_URL:
        raise ValueError(_("Please use at most %(n)d characters.", n=_MAX_URL))
    try:
        outbound.parse(url)
    except TargetRefused as refused:
        raise ValueError(refused.text) from None
    return url.rstrip("/")


def _client(given: Mapping[str, str], kept: PretixConnection | None) -> Client:
    """pretix's API by what was typed; raises `InvalidConnection`."""
    errors: dict[str, str] = {}
    base_url = ""
    try:
        base_url = clean_base_url(given.get("base_url", ""))
    except ValueError as error:
        errors["base_url"] = str(error)
    slugs = {key: given.get(key, "").strip() for key in ("organizer", "event")}
    for key, slug in slugs.items():
        if not _SLUG.fullmatch(slug):
            errors[key] = _(
                "Please give the short name as it stands in the address of your pretix shop."
            )
    token = given.get("token", "").strip()
    if not token and kept is not None:
        # A token goes to the pretix that gave it and to nobody else.
        if kept.base_url == base_url:
            try:
                token = sealed.unseal(kept.token, kept.link_id)
            except Unsealable:
                errors["token"] = words(stored(Problem.SEALED))
        elif base_url:
            errors["token"] = _("The address is another one: please give its API token as well.")
    elif not token:
        errors["token"] = _("Please give the API token.")
    elif len(token) > _MAX_TOKEN or not re.fullmatch(r"[!-~]+", token):
        errors["token"] = _("This is no API token of pretix’s. Please copy it once more.")
    if errors:
        raise InvalidConnection(errors)
    return Client(base_url, slugs["organizer"], slugs["event"], token)


def _try(client: Client, spoken: list[str]) -> list[dict[str, Any]]:
    """What the event sells, once all that we need has been read; raises `InvalidConnection`."""
    try:
        event = client.event()
        if event.get("has_subevents") is True:
            raise InvalidConnection({"event": words(stored(Problem.SERIES))})
        client.paid_orders()
        return catalogue.read(client.items(), spoken)
    except NotReached as error:
        text = _("pretix can’t be reached there. %(why)s", why=error.text)
        raise InvalidConnection({"base_url": text}) from None
    except PretixError as error:
        if error.problem is Problem.EVENT:
            _check_organizer(client)
        field = _FIELD_OF.get(error.problem, "base_url")
        raise InvalidConnection({field: words(error.text)}) from None


def _check_organizer(client: Client) -> None:
    """Where there is no such event, the organizer may be wrong; raises `InvalidConnection`."""
    try:
        slugs = client.organizers()
    except (NotReached, PretixError):
        return
    if slugs and client.organizer not in slugs:
        told = stored(Problem.ORGANIZER, ", ".join(slugs)[:_MAX_TOKEN])
        raise InvalidConnection({"organizer": words(told)}) from None


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
