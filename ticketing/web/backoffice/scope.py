"""The one place where the backoffice reads: whatever it finds is the signed-in organiser's own.

A row of another organiser is answered like one that doesn't exist.
"""

from typing import Final
from zoneinfo import ZoneInfo

from flask import abort, g, request, session
from flask_security import current_user
from sqlalchemy import Select, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload
from werkzeug.exceptions import Forbidden

from ticketing.extensions import db
from ticketing.history import By
from ticketing.imports import steps
from ticketing.members import audit, invitations
from ticketing.models import (
    ApiKey,
    AuditEntry,
    Call,
    Event,
    Import,
    Invitation,
    Membership,
    Order,
    Organiser,
    OutboxMail,
    Question,
    Shop,
    SignIn,
    Ticket,
    TicketType,
    User,
    WebhookEndpoint,
)
from ticketing.ordering import orders
from ticketing.web.backoffice import roles
from ticketing.web.forms import sent_form

LARGEST_ID: Final = 2**63 - 1
CHOSEN: Final = "organiser_id"  # in the session


class WorksForNobody(Forbidden):
    """The account belongs to no organiser's team."""


def cursor(name: str) -> int | None:
    """The id in the address from which a list goes on; None for none, or for no id."""
    number = request.args.get(name, type=int)
    return number if number is not None and 0 <= number <= LARGEST_ID else None


def user() -> User:
    return current_user._get_current_object()


def memberships() -> list[Membership]:
    """The signed-in user's places, with every organiser they work for, the oldest first."""
    if "memberships" not in g:
        g.memberships = list(
            db.session.scalars(
                select(Membership)
                .where(Membership.user_id == user().id)
                .order_by(Membership.id)
                .options(joinedload(Membership.organiser))
            )
        )
    return g.memberships


def membership() -> Membership | None:
    """The place where the user works now: the chosen one if it is still theirs, else the first."""
    places = memberships()
    chosen = session.get(CHOSEN)
    return next((each for each in places if each.organiser_id == chosen), None) or next(
        iter(places), None
    )


def choose(organiser_id: int) -> None:
    """From now on in this session the user works for this organiser, if they do at all."""
    session[CHOSEN] = organiser_id


def organiser_id() -> int:
    found = membership()
    if found is None:
        raise WorksForNobody
    return found.organiser_id


def organiser() -> Organiser:
    """The organiser as it is now."""
    return db.session.get_one(Organiser, organiser_id(), populate_existing=True)


def may(role: str) -> bool:
    """Whether the signed-in user's role reaches this one."""
    found = membership()
    return roles.reaches(found.role if found else roles.ANYONE, role)


def acting() -> By:
    """Who acts, as the history keeps it."""
    who = user()
    return By("organiser", who.name or who.email, who.id, sent_form())


def select_orders() -> Select[Order]:
    return select(Order).where(Order.organiser_id == organiser_id())


def select_events() -> Select[Event]:
    return select(Event).where(Event.organiser_id == organiser_id())


def select_shops() -> Select[Shop]:
    return select(Shop).where(Shop.organiser_id == organiser_id())


def select_imports() -> Select[Import]:
    return select(Import).where(Import.organiser_id == organiser_id())


def select_mails() -> Select[OutboxMail]:
    return select(OutboxMail).where(OutboxMail.organiser_id == organiser_id())


def order_or_404(order_id: int) -> Order:
    """An order with everything that its page draws."""
    found = db.session.scalar(
        select_orders()
        .where(Order.id == order_id)
        .options(*orders.with_tickets(), *orders.with_questions())
    )
    if found is None:
        abort(404)
    g.order = found
    g.looked_at = found.id
    return found


def ticket_or_404(ticket_id: int) -> Ticket:
    """A ticket with its order, and everything that the order's page draws."""
    order = db.session.scalar(
        select_orders()
        .where(Order.id == select(Ticket.order_id).where(Ticket.id == ticket_id).scalar_subquery())
        .options(*orders.with_tickets(), *orders.with_questions())
    )
    if order is None:
        abort(404)
    g.order = order
    g.looked_at = order.id
    return next(ticket for ticket in order.tickets if ticket.id == ticket_id)


def shop_or_404(shop_id: int) -> Shop:
    found = db.session.scalar(
        select_shops().where(Shop.id == shop_id).options(joinedload(Shop.event))
    )
    return found or abort(404)


def event_or_404(event_id: int) -> Event:
    found = db.session.scalar(select_events().where(Event.id == event_id))
    return found or abort(404)


def has_shop(event_id: int) -> bool:
    """Whether a shop sells tickets of this event."""
    wanted = select_shops().where(Shop.event_id == event_id, Shop.archived_at.is_(None))
    return db.session.scalar(wanted.limit(1)) is not None


def ticket_type_or_404(type_id: int) -> TicketType:
    """A ticket type with its event."""
    found = db.session.scalar(
        select(TicketType)
        .join(TicketType.event)
        .where(TicketType.id == type_id, Event.organiser_id == organiser_id())
        .options(contains_eager(TicketType.event))
    )
    return found or abort(404)


def event_to_ask_or_404(event_id: int) -> Event:
    """An event with its ticket types and questions."""
    found = db.session.scalar(
        select_events()
        .where(Event.id == event_id)
        .options(selectinload(Event.ticket_types), selectinload(Event.questions))
    )
    return found or abort(404)


def question_or_404(question_id: int) -> Question:
    """A question with its event."""
    found = db.session.scalar(
        select(Question)
        .join(Question.event)
        .where(Question.id == question_id, Event.organiser_id == organiser_id())
        .options(contains_eager(Question.event))
    )
    return found or abort(404)


def mail_or_404(mail_id: int) -> OutboxMail:
    found = db.session.scalar(
        select_mails()
        .where(OutboxMail.id == mail_id)
        .options(
            joinedload(OutboxMail.ticket),
            joinedload(OutboxMail.order).joinedload(Order.shop).joinedload(Shop.event),
        )
    )
    if found is None:
        abort(404)
    g.looked_at = found.order_id
    return found


def select_members() -> Select[Membership]:
    return select(Membership).where(Membership.organiser_id == organiser_id())


def member_or_404(member_id: int) -> Membership:
    """Somebody of the team, with their account."""
    found = db.session.scalar(
        select_members().where(Membership.id == member_id).options(joinedload(Membership.user))
    )
    if found is None:
        abort(404)
    g.about = {"user": found.user_id}
    return found


def invitation_or_404(invitation_id: int) -> Invitation:
    """An invitation to the team that nobody has answered."""
    found = db.session.scalar(
        invitations.unanswered(organiser_id()).where(Invitation.id == invitation_id)
    )
    return found or abort(404)


def import_or_404(import_id: int) -> Import:
    """A file of orders, with what its rows are checked by."""
    found = db.session.scalar(
        select_imports().where(Import.id == import_id).options(*steps.with_event())
    )
    return found or abort(404)


def select_endpoints() -> Select[WebhookEndpoint]:
    return select(WebhookEndpoint).where(
        WebhookEndpoint.organiser_id == organiser_id(), WebhookEndpoint.deleted_at.is_(None)
    )


def endpoint_or_404(endpoint_id: int) -> WebhookEndpoint:
    """A webhook as it is now."""
    found = db.session.scalar(
        select_endpoints()
        .where(WebhookEndpoint.id == endpoint_id)
        .execution_options(populate_existing=True)
    )
    return found or abort(404)


def delivery_or_404(call_id: int) -> Call:
    """A call to a webhook, with the webhook, the order and its tries."""
    found = db.session.scalar(
        select(Call)
        .join(Call.endpoint)
        .where(
            Call.id == call_id,
            Call.organiser_id == organiser_id(),
            WebhookEndpoint.deleted_at.is_(None),
        )
        .options(contains_eager(Call.endpoint), joinedload(Call.order), selectinload(Call.tries))
        .execution_options(populate_existing=True)
    )
    return found or abort(404)


def select_audit() -> list[Select[AuditEntry]]:
    """What was done with the organiser's data, and by the team with their own accounts."""
    return audit.of(organiser_id())


def select_api_keys() -> Select[ApiKey]:
    return select(ApiKey).where(ApiKey.organiser_id == organiser_id())


def api_key_or_404(key_id: int) -> ApiKey:
    """A key that isn't revoked."""
    found = db.session.scalar(
        select_api_keys().where(ApiKey.id == key_id, ApiKey.revoked_at.is_(None))
    )
    return found or abort(404)


def sign_in_or_404(sign_in_id: int) -> SignIn:
    """Where the signed-in user is signed in."""
    found = db.session.scalar(
        select(SignIn).where(SignIn.id == sign_in_id, SignIn.user_id == user().id)
    )
    return found or abort(404)


def timezone() -> ZoneInfo:
    """Where pages that belong to no event say when something was: at the latest event."""
    latest = db.session.scalar(
        select(Event.timezone)
        .where(Event.organiser_id == organiser_id())
        .order_by(Event.id.desc())
        .limit(1)
    )
    return ZoneInfo(latest or "UTC")
