"""Tickets' PDFs at their links: what was made before is sent again while it would be the same.

To find that out takes one row, a fraction of what it takes to say what stands on a ticket.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from flask import Flask, current_app
from sqlalchemy import bindparam, func, select

from ticketing import links
from ticketing.carried import downloads, tickets_pdf
from ticketing.extensions import db
from ticketing.links import Kind, Link
from ticketing.models import Event, Order, Organiser, Shop, Ticket, TicketType
from ticketing.web import by_link
from ticketing.web.around import protection

MOST: Final = 2_000  # in each process, about 1.5 kB each

# All that decides on what a ticket's PDF says and whether it may be had. A column that comes to
# do so has to be named here: `tests/tickets/test_made_pdfs.py` changes each column of these tables
# and finds one that was forgotten. What was changed and changed back has another revision.
_of_order: Final = select(func.count(Ticket.id)).where(Ticket.order_id == Order.id)
DEPENDS_ON: Final = (
    *(Ticket.link_generation, Ticket.barcode_id, Ticket.barcode_generation),
    *(Ticket.state, Ticket.revision, Ticket.position, Ticket.locale),
    *(Ticket.first_name, Ticket.last_name),
    *(TicketType.name, TicketType.revision),
    *(Order.code, Order.version, _of_order.correlate(Order).scalar_subquery()),
    *(Shop.colour, Shop.download_enabled, Shop.revision),
    *(Event.name, Event.place, Event.starts_at, Event.ends_at, Event.timezone, Event.revision),
    Organiser.name,
)
_STATE: Final = (
    select(Shop.embed_origins, *DEPENDS_ON)
    .select_from(Ticket)
    .join(TicketType, Ticket.ticket_type_id == TicketType.id)
    .join(Order, Ticket.order_id == Order.id)
    .join(Shop, Order.shop_id == Shop.id)
    .join(Event, Shop.event_id == Event.id)
    .join(Organiser, Shop.organiser_id == Organiser.id)
    .where(Ticket.link_id == bindparam("link_id"))
)


@dataclass(frozen=True, slots=True)
class _Made:
    state: tuple[Any, ...]
    path: Path


class MadePdfs:
    """The files that were asked for last, and what they were made from."""

    def __init__(self) -> None:
        self._of: OrderedDict[Link, _Made] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, link: Link, state: tuple[Any, ...] | None) -> Path | None:
        """The file made from this state, if it is still there."""
        with self._lock:
            made = self._of.get(link)
            if made is None or made.state != state:
                return None
            self._of.move_to_end(link)
        return made.path if tickets_pdf.is_kept(made.path) else None

    def keep(self, link: Link, state: tuple[Any, ...], path: Path) -> None:
        with self._lock:
            self._of[link] = _Made(state, path)
            self._of.move_to_end(link)
            while len(self._of) > MOST:
                self._of.popitem(last=False)

    def forget(self) -> None:
        with self._lock:
            self._of.clear()

    def __len__(self) -> int:
        return len(self._of)


def init_app(app: Flask) -> None:
    app.extensions["passalong.made_pdfs"] = MadePdfs()


def of_link(token: str) -> Path:
    """The PDF of the ticket that this link opens.

    Raises what `by_link.ticket_of`, `downloads.require_download` and `tickets_pdf.pdf_of` raise.
    """
    made = current_app.extensions["passalong.made_pdfs"]
    assert isinstance(made, MadePdfs)  # noqa: S101 - tells the type checker what init_app put there
    link = links.read(links.keys(), Kind.TICKET, token)
    state = state_of(link)
    path = made.get(link, state)
    if path is not None and state is not None:
        protection.may_be_framed_by(state[0])
        return path
    ticket, _link = by_link.ticket_of(token)
    downloads.require_download(ticket, ticket.order.shop)
    path = tickets_pdf.pdf_of(ticket)
    # It was made from what was read in between: from this state if it is the same as before.
    if state is not None and state_of(link) == state:
        made.keep(link, state, path)
    return path


def state_of(link: Link) -> tuple[Any, ...] | None:
    found = db.session.execute(_STATE, {"link_id": link.link_id}).one_or_none()
    return None if found is None else tuple(found)
