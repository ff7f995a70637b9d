"""From the history to the events that programs hear of, in the transaction that caused them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from ticketing.calls.queue import enqueue_many
from ticketing.models import Order, Ticket, WebhookEndpoint
from ticketing.storing.transactions import at_the_end

KIND: Final = "webhook"

CREATED: Final = "order.created"
CHANGED: Final = "order.changed"
REOPENED: Final = "order.reopened"
CANCELLED: Final = "order.cancelled"
TICKET_PERSONALISED: Final = "ticket.personalised"
TICKET_EDITED: Final = "ticket.edited"
TICKET_CANCELLED: Final = "ticket.cancelled"

EVENTS: Final = (
    CREATED,
    TICKET_PERSONALISED,
    TICKET_EDITED,
    TICKET_CANCELLED,
    CHANGED,
    REOPENED,
    CANCELLED,
)
TEST: Final = "test.ping"

# The history's actions, and what each is for a program that listens.
OF_ACTION: Final = {
    "placed": CREATED,
    "claimed": TICKET_PERSONALISED,
    "named": TICKET_PERSONALISED,
    "made_ready": TICKET_PERSONALISED,
    "edited": TICKET_EDITED,
    "completed": TICKET_EDITED,
    "ticket_cancelled": TICKET_CANCELLED,
    "contact_edited": CHANGED,
    "tickets_added": CHANGED,
    "reopened": REOPENED,
    "order_cancelled": CANCELLED,
    # Who was given somebody's details has to hear that they were erased (GDPR, article 19).
    "erased": CHANGED,
}

# Who hears of it. Made once, for every change of an order asks it.
_LISTENING: Final = select(
    WebhookEndpoint.id, WebhookEndpoint.organiser_id, WebhookEndpoint.events
).where(
    WebhookEndpoint.organiser_id.in_(bindparam("organisers", expanding=True)),
    WebhookEndpoint.disabled_at.is_(None),
    WebhookEndpoint.deleted_at.is_(None),
)

# An event, and the tickets that it is about: none where it is about the whole order.
Event = tuple[str, list[int]]


@dataclass(frozen=True, slots=True)
class _Noted:
    event: str
    ticket_id: int | None


@dataclass
class _Happenings:
    """What one transaction did, told at its end: {organiser id: {order id: what}}."""

    noted: dict[int, dict[int, list[_Noted]]] = field(default_factory=dict)

    def __call__(self, session: Session) -> None:
        listening = session.execute(_LISTENING, {"organisers": list(self.noted)})
        enqueue_many(
            session,
            [
                {
                    "kind": KIND,
                    "organiser_id": endpoint.organiser_id,
                    "endpoint_id": endpoint.id,
                    "order_id": order_id,
                    "event": event,
                    "params": {"tickets": ticket_ids},
                }
                for endpoint in listening
                for order_id, noted in self.noted[endpoint.organiser_id].items()
                for event, ticket_ids in summed_up(noted)
                if event in endpoint.events
            ],
        )


def note(
    session: Session,
    order: Order,
    action: str,
    *,
    ticket: Ticket | None = None,
    before: Mapping[str, Any] | None = None,
) -> None:
    """Have the organiser's programs told, if it is something for them; `history.record` calls it.

    `before` is what the history says was there. However many orders a transaction writes, it
    costs one query more where nobody listens, and one statement more where somebody does.
    """
    event = OF_ACTION.get(action)
    if event is None:
        return
    if action == "edited" and not set(before or {}) - {"barcode"}:
        event = TICKET_PERSONALISED  # an open ticket got its holder from the organiser
    orders = at_the_end(session, _Happenings()).noted.setdefault(order.organiser_id, {})
    orders.setdefault(order.id, []).append(_Noted(event, ticket.id if ticket else None))


def summed_up(noted: Iterable[_Noted]) -> list[Event]:
    """What happened to one order in one transaction, said once.

    That an order is new, or cancelled, says it of all of its tickets.
    """
    found: dict[str, list[int]] = {}
    for each in noted:
        tickets = found.setdefault(each.event, [])
        if each.ticket_id is not None and each.ticket_id not in tickets:
            tickets.append(each.ticket_id)
    for whole in (CANCELLED, CREATED):
        if whole in found:
            return [(whole, [])]
    events: list[Event] = []
    for event, tickets in found.items():
        if event.startswith("ticket."):
            events += [(event, [ticket_id]) for ticket_id in tickets]
        else:
            events.append((event, tickets))
    return events
