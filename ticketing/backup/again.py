"""What was taken back since a backup is taken back again: one function for each kind of line.

Rules do it where there is one, so that histories, mails and programs hear of it, and twice changes
no more than once. What nobody can know is decided for safety: see docs/decisions/restore.md.
"""

from contextlib import suppress
from typing import Any, Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, joinedload

from ticketing import history
from ticketing.cancelling import cancel_order, cancel_ticket
from ticketing.extensions import db
from ticketing.feed import live
from ticketing.guards import current_share, end_share, locked, ticket_in
from ticketing.history import SYSTEM
from ticketing.members import invitations, sessions
from ticketing.members.team import ROLES
from ticketing.models import (
    CANCELLED,
    CHECKED_IN,
    OPEN,
    PERSONALISED,
    ApiKey,
    Invitation,
    Membership,
    Order,
    Organiser,
    PretixConnection,
    RecoveryCode,
    Ticket,
    User,
    WebhookEndpoint,
    now,
)
from ticketing.personalisation import can_reopen, reopen
from ticketing.pretix import connections
from ticketing.refusals import InvitationOver
from ticketing.storing.locking import lock, lock_if_there
from ticketing.storing.transactions import write
from ticketing.vault import revoked
from ticketing.vault.revocations import Subject, replays
from ticketing.webhooks import endpoints

REASON: Final = "Done before the database was restored from a backup"
Facts = dict[str, Any]


@replays(revoked.ORDER)
def _order(link_id: Subject, facts: Facts) -> None:
    order = db.session.scalar(select(Order).where(Order.link_id == link_id))
    if order is None:
        return
    if facts["state"] == CANCELLED:
        cancel_order(order, SYSTEM, reason=REASON)
    with write() as session:
        order = locked(session, order.id)
        if facts["link"] > order.link_generation:
            before = {"link": order.link_generation}
            order.link_generation = facts["link"]
            _tell(session, order, None, before, {"link": order.link_generation})
            live.touch(session, order)


@replays(revoked.TICKET)
def _ticket(link_id: Subject, facts: Facts) -> None:
    ticket = db.session.scalar(
        select(Ticket)
        .where(Ticket.link_id == link_id)
        .options(joinedload(Ticket.order), joinedload(Ticket.type))
    )
    if ticket is None:
        return
    used = facts["state"] == CHECKED_IN
    if facts["state"] == CANCELLED or (used and ticket.state == OPEN):
        # Who came in with an open ticket is known to nobody now: it lets nobody in once more.
        if ticket.state != CANCELLED:
            cancel_ticket(ticket, SYSTEM, reason=REASON)
    elif used and ticket.state == PERSONALISED:
        _let_in(ticket)
    elif facts["round"] > ticket.round and can_reopen(ticket):
        reopen(ticket.order, {ticket.id: ticket.revision}, REASON, SYSTEM)
    _renew(ticket, facts)


def _let_in(ticket: Ticket) -> None:
    ticket_id, order_id = ticket.id, ticket.order_id
    with write() as session:
        order = locked(session, order_id)
        ticket = ticket_in(order, ticket_id)
        ticket.state, ticket.checked_in_at = CHECKED_IN, now()
        ticket.revision += 1
        history.record(session, order, "checked_in", SYSTEM, ticket=ticket, reason=REASON)
        live.touch(session, order, [ticket])


def _renew(ticket: Ticket, facts: Facts) -> None:
    """Former links and barcodes open nothing; those that replaced them do, as far as may be.

    The page's link goes one further: whom the new one was made for was somebody else, who must
    not come to see the one that the backup has.
    """
    ticket_id, order_id = ticket.id, ticket.order_id
    with write() as session:
        order = locked(session, order_id)
        ticket = ticket_in(order, ticket_id)
        before = _generations(ticket)
        if facts["link"] > ticket.link_generation:
            ticket.link_generation = facts["link"] + 1
        ticket.barcode_generation = max(ticket.barcode_generation, facts["barcode"])
        if facts["share"] > ticket.share_generation:
            end_share(ticket, "restored")
            ticket.share_generation = facts["share"]
            if facts.get("out") and ticket.state == OPEN:
                # It works, so its booker sees it, and whom they share with next gets another.
                current_share(session, ticket, facts["share"], channel="link")
        if before != _generations(ticket):
            _tell(session, order, ticket, before, _generations(ticket))
            live.touch(session, order, [ticket])


def _generations(ticket: Ticket) -> dict[str, int]:
    return {
        "link": ticket.link_generation,
        "barcode": ticket.barcode_generation,
        "share": ticket.share_generation,
    }


def _tell(
    session: Session,
    order: Order,
    ticket: Ticket | None,
    before: dict[str, int],
    after: dict[str, int],
) -> None:
    history.record(
        session,
        order,
        "restored",
        SYSTEM,
        ticket=ticket,
        before=before,
        after=after,
        reason=REASON,
    )


@replays(revoked.API_KEY)
def _api_key(prefix: Subject, _facts: Facts) -> None:
    with write() as session:
        session.execute(
            update(ApiKey)
            .where(ApiKey.prefix == prefix, ApiKey.revoked_at.is_(None))
            .values(revoked_at=now())
        )


@replays(revoked.INVITATION)
def _invitation(link_id: Subject, _facts: Facts) -> None:
    found = db.session.scalar(select(Invitation).where(Invitation.link_id == link_id))
    if found is not None:
        with suppress(InvitationOver):
            invitations.revoke(found)


@replays(revoked.WEBHOOK)
def _webhook(link_id: Subject, facts: Facts) -> None:
    """One whose settings changed is switched off: whom it should tell now, nobody knows."""
    found = db.session.scalar(select(WebhookEndpoint).where(WebhookEndpoint.link_id == link_id))
    if found is None:
        return
    if facts["deleted"]:
        endpoints.delete(found)
    elif not facts["on"] or facts["revision"] > found.revision:
        endpoints.switch(found, on=False)
    with write() as session:
        found = lock(session, WebhookEndpoint, found.id)
        found.secret_generation = max(found.secret_generation, facts["secret"])
        found.revision = max(found.revision, facts["revision"])
        revoked.note_webhook(session, found)


@replays(revoked.PRETIX)
def _pretix(link_id: Subject, _facts: Facts) -> None:
    found = db.session.scalar(select(PretixConnection).where(PretixConnection.link_id == link_id))
    if found is not None:
        connections.disconnect(found)


@replays(revoked.PASSWORD)
def _password(subject: Subject, facts: Facts) -> None:
    """The former one must not open the account; the present one nobody knows."""
    with write() as session:
        user = _user(session, subject)
        if user and revoked.digest_of(user.password) != facts["digest"]:
            user.password = None
            sessions.end_all_of(session, user)


@replays(revoked.ADDRESS)
def _address(subject: Subject, facts: Facts) -> None:
    """Who has the former address could have a new password sent there."""
    with write() as session:
        user = _user(session, subject)
        if user and revoked.digest_of(user.email) != facts["digest"]:
            user.active = False
            sessions.end_all_of(session, user)


@replays(revoked.ACCOUNT)
def _account(subject: Subject, facts: Facts) -> None:
    """Only ever closed: one that was opened since waits until somebody opens it again."""
    with write() as session:
        user = _user(session, subject)
        if user and not facts["active"]:
            user.active = False
            sessions.end_all_of(session, user)


@replays(revoked.RECOVERY_CODES)
def _recovery_codes(subject: Subject, _facts: Facts) -> None:
    with write() as session:
        if user := _user(session, subject):
            session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))


@replays(revoked.MEMBER)
def _member(_subject: Subject, facts: Facts) -> None:
    """Out of the team, or less than they were; who became more since has to be told so anew."""
    with write() as session:
        organiser = lock_if_there(session, Organiser, facts["organiser"])
        user = _user(session, facts["user"])
        if organiser is None or user is None:
            return
        member = session.scalar(
            select(Membership).where(
                Membership.user_id == user.id, Membership.organiser_id == organiser.id
            )
        )
        if member is None:
            return  # an invitation brings them back
        if facts["role"] is None:
            session.delete(member)
        else:
            member.role = max(member.role, facts["role"], key=ROLES.index)


def _user(session: Session, subject: Subject) -> User | None:
    user_id = int(str(subject).partition(" ")[0])
    user = session.get(User, user_id, populate_existing=True)
    return user if user is not None and revoked.user_subject(user) == subject else None
