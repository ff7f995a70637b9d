"""Sharing a ticket: one link, through one channel, until it is claimed, recalled or replaced.

The link of a share follows from the ticket and a generation, so it exists before anything is
stored: a dialog can show it without a write, and it works even if the tap that records the share
never reaches us. The row says what we know of it.
"""

import datetime as dt
from typing import Final

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from ticketing import history
from ticketing.asking import fields
from ticketing.asking.fields import InvalidDetails
from ticketing.feed import live
from ticketing.guards import (
    check_open,
    current_share,
    end_share,
    locked,
    share_counts,
    withdraw_shares,
)
from ticketing.history import By
from ticketing.models import Order, OutboxMail, Share, Ticket, now
from ticketing.posting import outbox
from ticketing.refusals import NotShared, ShareReplaced, TooManyShares
from ticketing.storing.lately import within
from ticketing.storing.transactions import write

CHANNELS: Final = ("whatsapp", "email", "copy", "native")

# Per day. Enough for every order that means well; too little to bother anybody with.
LINKS_PER_TICKET: Final = 50
MAILS_PER_TICKET: Final = 5
MAILS_PER_RECIPIENT: Final = 3
MAILS_PER_MAILBOX: Final = 10  # by whichever addresses: families have tags for their children
MAILS_PER_ADDRESS: Final = 60


def mails_per_order(tickets: int) -> int:
    return max(10, 2 * tickets)


def next_generation(ticket: Ticket) -> int:
    """The generation that sharing now would have: a new one if a link is already out."""
    return ticket.share_generation + (1 if ticket.share is not None else 0)


def share(ticket: Ticket, channel: str, generation: int, by: By) -> Ticket:
    """Note that the booker passed on the link of this generation; a former link stops working.

    What is known is only that they tapped a channel: the share is *waiting*, never delivered.
    Raises `AlreadyClaimed`, `LinkWithdrawn`, `DeadlinePassed`, `TicketCancelled`.
    """
    if channel not in CHANNELS:
        raise ValueError(channel)
    with write() as session:
        order, ticket = _found(session, ticket)
        _share(session, order, ticket, channel, generation, by)
    return ticket


def share_by_email(
    ticket: Ticket,
    generation: int,
    recipient: str,
    by: By,
    *,
    locale: str,
    asked_from: str,
) -> Ticket:
    """Mail the link of this generation; `asked_from` is a digest of the asker's address.

    The same link to the same address goes out once, however often it is asked for. Raises
    `InvalidDetails` for the recipient, `TooManyMails`, and what `share` raises.
    """
    try:
        # In lower case, so that no other spelling of an address has limits of its own.
        recipient = fields.clean_email(recipient.strip()).lower()
    except ValueError as error:
        raise InvalidDetails({"recipient": str(error)}) from None
    with write() as session:
        order, ticket = _found(session, ticket)
        _check_sharable(order, ticket, generation)
        if _mailed(session, ticket, generation, recipient):
            return ticket
        _check_mail_limits(session, order, ticket, recipient, asked_from)
        _share(session, order, ticket, "email", generation, by, recipient=recipient)
        outbox.enqueue(
            session,
            outbox.SHARE,
            order,
            recipient,
            locale,
            ticket=ticket,
            params={"generation": generation},
            asked_from=asked_from,
        )
    return ticket


def opened(ticket: Ticket, generation: int) -> bool:
    """Note that a person has the share's page open; returns whether that is news.

    A link-preview bot can't cause it: the live page says so with a POST.
    """
    with write() as session:
        order, ticket = _found(session, ticket)
        check_open(order, ticket, generation)
        found = current_share(session, ticket, generation, channel="link")
        if found.opened_at is not None:
            return False
        found.opened_at = now()
        history.record(session, order, "opened", history.VISITOR, ticket=ticket)
        live.touch(session, order, [ticket])
    return True


def recall(ticket: Ticket, by: By, *, generation: int) -> Ticket:
    """Withdraw the link that is out, before it is claimed; it answers 410 from now on.

    Twice is the same as once. Raises `NotShared` if that link isn't the one out any more for
    another reason, and what `share` raises.
    """
    with write() as session:
        order, ticket = _found(session, ticket)
        check_open(order, ticket, None)
        if ticket.share is None or ticket.share.generation != generation:
            if _was_recalled(session, ticket, generation):
                return ticket
            raise NotShared
        channel = ticket.share.channel
        end_share(ticket, "recalled")
        withdraw_shares(ticket)
        history.record(session, order, "recalled", by, ticket=ticket, before={"channel": channel})
        live.touch(session, order, [ticket])
    return ticket


def _was_recalled(session: Session, ticket: Ticket, generation: int) -> bool:
    ended_by = select(Share.ended_by).where(
        Share.ticket_id == ticket.id, Share.generation == generation
    )
    return session.scalar(ended_by) == "recalled"


def _check_mail_limits(
    session: Session, order: Order, ticket: Ticket, recipient: str, asked_from: str
) -> None:
    limits = [
        # Of the order, which has an index, those of the ticket, which has none.
        (
            and_(OutboxMail.order_id == order.id, OutboxMail.ticket_id == ticket.id),
            MAILS_PER_TICKET,
        ),
        (OutboxMail.order_id == order.id, mails_per_order(len(order.tickets))),
        (OutboxMail.recipient == recipient, MAILS_PER_RECIPIENT),
        (outbox.to_mailbox(recipient), MAILS_PER_MAILBOX),
    ]
    if asked_from:
        limits.append((OutboxMail.asked_from == asked_from, MAILS_PER_ADDRESS))
    outbox.check_limits(session, outbox.SHARE, *limits)


def _share(
    session: Session,
    order: Order,
    ticket: Ticket,
    channel: str,
    generation: int,
    by: By,
    *,
    recipient: str = "",
) -> None:
    _check_sharable(order, ticket, generation)
    known = ticket.share
    if known and (known.generation, known.channel, known.recipient) == (
        generation,
        channel,
        recipient,
    ):
        return  # a second tap
    if known is None or known.generation != generation:
        _check_pace(session, ticket)
    found = current_share(session, ticket, generation, channel=channel)
    found.channel = channel
    found.recipient = recipient
    found.shared_at = now()
    after = {"channel": channel, "to": recipient} if recipient else {"channel": channel}
    history.record(session, order, "shared", by, ticket=ticket, after=after)
    live.touch(session, order, [ticket])


def _check_sharable(order: Order, ticket: Ticket, generation: int) -> None:
    if not share_counts(ticket, generation):
        raise ShareReplaced
    check_open(order, ticket, generation)


def _check_pace(session: Session, ticket: Ticket) -> None:
    """No person shares one ticket this often; generations and history are not without end."""
    today = within(Share.shared_at, dt.timedelta(days=1), now())
    recent = session.scalar(
        select(func.count()).select_from(Share).where(Share.ticket_id == ticket.id, today)
    )
    if (recent or 0) >= LINKS_PER_TICKET:
        raise TooManyShares


def _mailed(session: Session, ticket: Ticket, generation: int, recipient: str) -> bool:
    return (
        session.scalar(
            select(OutboxMail.id).where(
                OutboxMail.kind == outbox.SHARE,
                OutboxMail.recipient == recipient,
                OutboxMail.ticket_id == ticket.id,
                OutboxMail.params["generation"].as_integer() == generation,
            )
        )
        is not None
    )


def _found(session: Session, ticket: Ticket) -> tuple[Order, Ticket]:
    ticket_id, order_id = ticket.id, ticket.order_id
    order = locked(session, order_id)
    return order, next(each for each in order.tickets if each.id == ticket_id)
