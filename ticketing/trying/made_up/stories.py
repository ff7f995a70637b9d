"""What became of an order that nobody placed: the rows that tell it, table by table."""

import datetime as dt
import hashlib
import random
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Final, cast

from ticketing.asking import names
from ticketing.models import (
    CANCELLED,
    CHECKED_IN,
    OPEN,
    PERSONALISED,
    Base,
    HistoryEntry,
    Order,
    OutboxMail,
    SearchEntry,
    Share,
    Ticket,
)
from ticketing.posting import outbox
from ticketing.search import entries
from ticketing.trying.made_up.people import Culture, People, Person

_PROGRESS: Final = {"none": 25, "some": 22, "all": 50, "cancelled": 3}  # of a hundred orders
_SHARED: Final = 0.3  # of the open tickets; half of these links were opened
_ADMITTED: Final = 0.9  # of the tickets that are ready, when the event is over
_OF_THE_FAMILY: Final = 0.4  # of the holders beside the booker
_CANCELLED_AFTER: Final = dt.timedelta(days=2)
# What raises a ticket's revision, and an order's version.
_REVISING: Final = {"claimed", "checked_in", "ticket_cancelled"}
_TOUCHING: Final = {"claimed", "checked_in", "shared", "opened", "order_cancelled"}

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sale:
    """A shop, the ticket types it sells, and how many of the orders are its."""

    organiser_id: int
    shop_id: int
    type_ids: Sequence[int]
    share: int
    over: bool  # so is its event


class Stories:
    """Each call of `tell` adds one order's rows, as the rules would leave them after a while.

    The lines of the change feed are left out, as if they were forgotten by now, and of the mails
    those that say that all is ready.
    """

    def __init__(self, sales: Sequence[Sale], *, seed: int) -> None:
        self.rows: dict[type[Base], list[Row]] = defaultdict(list)
        self._people = People(seed)
        self._random = random.Random(seed)  # noqa: S311 - no secret
        self._sales, self._shares = sales, [each.share for each in sales]

    def tell(self, order_id: int, ticket_ids: range, code: str, at: dt.datetime) -> None:
        (sale,) = self._random.choices(self._sales, self._shares)
        (progress,) = self._random.choices([*_PROGRESS], [*_PROGRESS.values()])
        culture = self._people.culture()
        booker = self._people.person(culture)
        cancelled = progress == "cancelled"
        order: Row = {
            "id": order_id,
            "organiser_id": sale.organiser_id,
            "shop_id": sale.shop_id,
            "code": code,
            "reference": f"MADE-UP-{order_id}",
            "content_digest": hashlib.sha256(code.encode()).hexdigest(),
            "locale": culture.locale,
            "first_name": booker.first_name,
            "last_name": booker.last_name,
            "email": booker.email,
            "phone": booker.phone,
            "state": "cancelled" if cancelled else "placed",
            "version": 1,
            "created_at": at,
            "updated_at": at + _CANCELLED_AFTER,
            "cancelled_at": at + _CANCELLED_AFTER if cancelled else None,
        }
        self._note(order, None, at, "shop", "placed", after={"tickets": len(ticket_ids)})
        self._mail(order, None, at, outbox.CONFIRMATION, booker.email)
        named = {"none": 0, "some": 1, "all": len(ticket_ids), "cancelled": 1}[progress]
        tickets = []
        for position, ticket_id in enumerate(ticket_ids, start=1):
            ticket = self._ticket(order, ticket_id, position, sale)
            if position <= named:
                self._claim(
                    order, ticket, booker if position == 1 else self._other(culture, booker)
                )
            self._go_on(order, ticket, sale)
            tickets.append(ticket)
        if cancelled:
            self._note(order, None, order["cancelled_at"], "organiser", "order_cancelled")
            self._mail(order, None, order["cancelled_at"], outbox.CANCELLED, booker.email)
            for ticket in tickets:
                ticket["version"] = order["version"]
        self.rows[Order].append(order)
        self.rows[Ticket] += tickets
        of_order = [SimpleNamespace(**ticket) for ticket in tickets]
        self.rows[SearchEntry].append(
            entries.values_of(cast(Order, SimpleNamespace(**order, tickets=of_order)))
        )

    def _other(self, culture: Culture, booker: Person) -> Person:
        same = self._random.random() < _OF_THE_FAMILY
        return self._people.person(culture, family=booker.last_name if same else None)

    def _ticket(self, order: Row, ticket_id: int, position: int, sale: Sale) -> Row:
        return {
            "id": ticket_id,
            "order_id": order["id"],
            "ticket_type_id": self._random.choice(sale.type_ids),
            "position": position,
            "state": OPEN,
            "revision": 1,
            "version": 1,
            "first_name": "",
            "last_name": "",
            "email": "",
            "phone": "",
            "locale": order["locale"],
            "personalised_at": None,
            "personalised_by": None,
            "checked_in_at": None,
            "cancelled_at": order["cancelled_at"],
            "barcode_generation": 2 if order["cancelled_at"] else 1,
        }

    def _claim(self, order: Row, ticket: Row, holder: Person) -> None:
        at = order["created_at"] + dt.timedelta(hours=ticket["position"])
        by = "booker" if ticket["position"] == 1 else "visitor"
        given = {
            "first_name": holder.first_name,
            "last_name": holder.last_name,
            "email": holder.email,
            "phone": holder.phone,
        }
        ticket.update(given, state=PERSONALISED, personalised_at=at, personalised_by=by)
        self._note(order, ticket, at, by, "claimed", after={k: v for k, v in given.items() if v})
        if holder.email:
            self._mail(order, ticket, at, outbox.TICKET, holder.email)

    def _go_on(self, order: Row, ticket: Row, sale: Sale) -> None:
        at = order["created_at"] + _CANCELLED_AFTER
        if order["cancelled_at"] is not None:
            before = {"state": ticket["state"]}
            ticket["state"] = CANCELLED
            after = {"state": CANCELLED}
            self._note(
                order, ticket, at, "organiser", "ticket_cancelled", before=before, after=after
            )
        elif ticket["state"] == PERSONALISED and sale.over and self._random.random() < _ADMITTED:
            ticket.update(state=CHECKED_IN, checked_in_at=at)
            self._note(order, ticket, at, "system", "checked_in")
        elif ticket["state"] == OPEN and self._random.random() < _SHARED:
            channel, opened = "whatsapp", self._random.random() < 0.5
            self.rows[Share].append(
                {
                    "ticket_id": ticket["id"],
                    "generation": 1,
                    "channel": channel,
                    "shared_at": at,
                    "opened_at": at if opened else None,
                }
            )
            self._note(order, ticket, at, "booker", "shared", after={"channel": channel})
            if opened:
                self._note(order, ticket, at, "visitor", "opened")

    def _note(
        self,
        order: Row,
        ticket: Row | None,
        at: dt.datetime,
        actor: str,
        action: str,
        *,
        before: Row | None = None,
        after: Row | None = None,
    ) -> None:
        if ticket is not None and action in _REVISING:
            ticket["revision"] += 1
        if action in _TOUCHING:
            order["version"] += 1
        if ticket is not None and action in _TOUCHING:
            ticket["version"] = order["version"]
        booker = names.full(order["first_name"], order["last_name"])
        self.rows[HistoryEntry].append(
            {
                "order_id": order["id"],
                "ticket_id": ticket["id"] if ticket else None,
                "at": at,
                "actor": actor,
                "actor_name": booker if actor == "booker" else "",
                "action": action,
                "before": before or {},
                "after": after or {},
            }
        )

    def _mail(
        self, order: Row, ticket: Row | None, at: dt.datetime, kind: str, recipient: str
    ) -> None:
        self.rows[OutboxMail].append(
            {
                "organiser_id": order["organiser_id"],
                "order_id": order["id"],
                "ticket_id": ticket["id"] if ticket else None,
                "kind": kind,
                "recipient": recipient,
                "locale": order["locale"],
                "message_id": f"<{uuid.uuid4().hex}@made-up.example>",
                "state": "sent",
                "attempts": 1,
                "created_at": at,
                "next_attempt_at": at,
                "sent_at": at,
            }
        )
