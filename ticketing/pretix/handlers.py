"""What `ticketing/calls/` runs for pretix: fetching orders, and writing holders back."""

import datetime as dt
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from ticketing.calls import HANDLERS, Outcome
from ticketing.calls.handlers import More, Result
from ticketing.calls.outbound import NotReached
from ticketing.extensions import db
from ticketing.models import (
    CHECKED_IN,
    PERSONALISED,
    Call,
    Order,
    PretixConnection,
    Ticket,
    now,
)
from ticketing.ordering import orders
from ticketing.pretix import catalogue, connections, queue, reading, sync, write_back
from ticketing.pretix.client import Client, NotThere, Refused, TryLater
from ticketing.pretix.problems import Problem, stored
from ticketing.pretix.reading import NotAnOrder
from ticketing.pretix.sealed import Unsealable
from ticketing.pretix.sync import Into, NotTaken, Taken

_DISCONNECTED: Final = "The shop was disconnected from pretix."

# That pretix is busy is no trouble of the connection's; that it won't take somebody's details is
# one of theirs.
_QUIET: Final = frozenset({Problem.BUSY, Problem.NOT_WRITTEN})


def register() -> None:
    """Have calls to pretix made here."""
    HANDLERS[queue.FETCH] = fetch
    HANDLERS[queue.WRITE] = write


def fetch(call: Call) -> Outcome:
    """An order, or a page of all that are paid."""
    connection = call.connection
    if connection is None:
        return Outcome.dropped(_DISCONNECTED)
    work = _fetch_page if call.event == queue.ALL else _fetch_order
    return _with_pretix(connection, call, work)


def write(call: Call) -> Outcome:
    """A ticket's holder, as it is now."""
    connection = call.connection
    if connection is None:
        return Outcome.dropped(_DISCONNECTED)
    if not connection.write_back:
        return Outcome.dropped("Writing names back was switched off.")
    return _with_pretix(connection, call, _write_holder)


def _fetch_order(
    connection: PretixConnection, client: Client, code: str, params: dict[str, Any]
) -> Outcome:
    where, products = sync.into(connection), list(connection.catalogue)
    connection_id = connection.id
    db.session.rollback()  # nothing is held while pretix thinks
    try:
        taken = _take(client.order(code), where, params)
    except NotThere:
        return Outcome.dropped("pretix has no such order at this event.")
    except NotTaken as not_taken:
        if not_taken.problem in {Problem.TEST_ORDER, Problem.ENDED_HERE}:
            return Outcome.dropped(not_taken.text)
        return Outcome.failed(not_taken.text, 200, also=_well(connection_id))
    products, renewed = _renewed(client, where, products, taken.left_out)
    return _done(connection_id, taken.left_out, products, renewed, _nothing)


def _fetch_page(
    connection: PretixConnection, client: Client, _code: str, params: dict[str, Any]
) -> Outcome:
    where, products = sync.into(connection), list(connection.catalogue)
    connection_id = connection.id
    db.session.rollback()
    since, page = str(params.get("since", "")), int(params.get("page", 1))
    began = now()
    answers, more = client.paid_orders(since, page)
    left_out: frozenset[str] = frozenset()
    again: list[str] = []  # on their own, where what is wrong with each can be seen
    placed = 0
    overtaken = queue.fetched_since(connection_id, began)
    for answer in answers:
        if answer.get("code") in overtaken:  # what the page tells may not be the newest any more
            again.append(answer["code"])
            continue
        try:
            taken = _take(answer, where, params)
        except NotTaken as not_taken:
            if not_taken.problem not in {Problem.TEST_ORDER, Problem.ENDED_HERE}:
                again.append(str(answer.get("code") or ""))
        else:
            left_out |= taken.left_out
            placed += taken.new
    products, renewed = _renewed(client, where, products, left_out)
    following: dict[str, Any] = {
        "send_mails": params["send_mails"],
        "orders": params.get("orders", 0) + placed,
    }
    if more:
        # From the last one on, not by counting: orders cancelled meanwhile would move the pages.
        last = str(answers[-1].get("datetime") or "")
        following |= {
            "since": last or since,
            "page": page + 1 if last in {"", since} else 1,
        }

    def go_on(session: Session, found: PretixConnection) -> None:
        codes = [code for code in again if reading.CODE.fullmatch(code)]
        queue.fetch_next(session, found, following, codes)

    return _done(connection_id, left_out, products, renewed, go_on)


def _write_holder(
    connection: PretixConnection, client: Client, _code: str, params: dict[str, Any]
) -> Outcome:
    connection_id = connection.id
    ticket = _ticket(int(params["ticket"]))
    if ticket is None or ticket.state not in {PERSONALISED, CHECKED_IN} or not ticket.first_name:
        return Outcome.dropped("The ticket is open again, or cancelled.")
    holder, revision = write_back.holder_of(ticket, sync.code_of(ticket.order)), ticket.revision
    db.session.rollback()
    try:
        write_back.write(client, holder)
    except write_back.Gone:
        return Outcome.dropped("pretix has no such ticket any more.")
    ticket = _ticket(int(params["ticket"]))
    if ticket is not None and ticket.revision != revision:
        # Somebody changed it while we wrote, and that write may have been faster than this one.
        return Outcome.again("The ticket was changed meanwhile.")
    return Outcome.done(200, also=_well(connection_id))


def _take(answer: dict[str, Any], where: Into, params: dict[str, Any]) -> Taken:
    try:
        told = reading.read(answer, country=where.country)
    except NotAnOrder:
        raise NotTaken(Problem.UNREADABLE) from None
    try:
        return sync.take_over(told, where, send_mails=bool(params.get("send_mails", True)))
    finally:
        db.session.rollback()


def _renewed(
    client: Client, where: Into, products: list[dict[str, Any]], left_out: frozenset[str]
) -> tuple[list[dict[str, Any]], bool]:
    """What pretix sells, asked for anew where an order holds what we haven't heard of."""
    if left_out <= {each["key"] for each in products}:
        return products, False
    return catalogue.read(client.items(), where.spoken), True


def _done(
    connection_id: int,
    left_out: frozenset[str],
    products: list[dict[str, Any]],
    renewed: bool,
    go_on: Callable[[Session, PretixConnection], None],
) -> Outcome:
    def also(session: Session, _at: dt.datetime) -> None:
        found = connections.locked(session, connection_id)
        if found is not None:
            found.last_error = ""
            if renewed:
                found.catalogue = products
            go_on(session, found)

    note = ""
    if left_out:
        told = ", ".join(catalogue.name_of(products, key) for key in sorted(left_out))
        note = stored(Problem.UNMAPPED, told)
    return Outcome(Result.DONE, 200, note, also=also)


def _nothing(_session: Session, _connection: PretixConnection) -> None:
    """There is nothing more to do."""


def _with_pretix(
    connection: PretixConnection,
    call: Call,
    work: Callable[[PretixConnection, Client, str, dict[str, Any]], Outcome],
) -> Outcome:
    """Do it with pretix's API, and say what is to be done where that doesn't answer well."""
    connection_id = connection.id
    try:
        client = connections.client_of(connection)
    except Unsealable:
        text = stored(Problem.SEALED)
        return Outcome.failed(text, also=_trouble(connection_id, text))
    try:
        return work(connection, client, call.event, dict(call.params))
    except NotReached as error:
        return Outcome.again(error.text, also=_trouble(connection_id, error.text))
    except TryLater as error:
        also = None if error.problem in _QUIET else _trouble(connection_id, error.text)
        return Outcome.again(error.text, error.status, not_before=error.not_before, also=also)
    except Refused as error:
        if error.problem in _QUIET:
            return Outcome.failed(error.text, error.status, also=_well(connection_id))
        # Somebody has to mend it, here or in pretix: until then it is tried ever more rarely.
        return Outcome.again(error.text, error.status, also=_trouble(connection_id, error.text))


def _trouble(connection_id: int, text: str) -> More:
    def also(session: Session, _at: dt.datetime) -> None:
        found = connections.locked(session, connection_id)
        if found is not None:
            found.last_error = text

    return also


def _well(connection_id: int) -> More:
    return _trouble(connection_id, "")


def _ticket(ticket_id: int) -> Ticket | None:
    order = db.session.scalar(
        select(Order)
        .join(Ticket, Ticket.order_id == Order.id)
        .where(Ticket.id == ticket_id)
        .options(*orders.with_tickets())
        .execution_options(populate_existing=True)
    )
    if order is None:
        return None
    return next(each for each in order.tickets if each.id == ticket_id)
