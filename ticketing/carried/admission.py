"""The barcode's way to the door: a new one is issued, and one is let in."""

from sqlalchemy import update

from ticketing import history
from ticketing.carried import barcodes
from ticketing.feed import live
from ticketing.guards import locked, renew_barcode, ticket_in
from ticketing.history import By
from ticketing.models import CANCELLED, CHECKED_IN, OPEN, PERSONALISED, Ticket, now
from ticketing.refusals import NotPersonalised, TicketCancelled
from ticketing.storing.transactions import write


def new_barcode(ticket: Ticket, by: By) -> Ticket:
    """Issue a new barcode; the door refuses the former one. The holder's page shows the new.

    Raises `NotPersonalised`, `TicketCancelled`.
    """
    ticket_id, order_id = ticket.id, ticket.order_id
    with write() as session:
        order = locked(session, order_id)
        ticket = ticket_in(order, ticket_id)
        if history.is_repeated(session, order, by):
            return ticket
        if ticket.state == CANCELLED:
            raise TicketCancelled
        if ticket.state == OPEN:
            raise NotPersonalised
        before = {"barcode": ticket.barcode_generation}
        renew_barcode(ticket)
        ticket.revision += 1
        history.record(
            session,
            order,
            "new_barcode",
            by,
            ticket=ticket,
            before=before,
            after={"barcode": ticket.barcode_generation},
        )
        live.touch(session, order, [ticket])
    return ticket


def check_in(barcode: str, by: By, *, event_id: int | None = None) -> Ticket:
    """Let the bearer of a barcode in, once, to this event; raises `barcodes.BarcodeRefused`."""
    found = barcodes.look_up(barcode, event_id=event_id)
    ticket_id, order_id = found.id, found.order_id
    with write() as session:
        order = locked(session, order_id)
        ticket = barcodes.look_up(barcode)  # once more, now that nothing can change
        entered = session.execute(
            update(Ticket)
            .where(Ticket.id == ticket_id, Ticket.state == PERSONALISED)
            .values(state=CHECKED_IN, checked_in_at=now(), revision=Ticket.revision + 1)
            .execution_options(synchronize_session=False)
        )
        session.refresh(ticket)
        if entered.rowcount != 1:  # type: ignore[attr-defined]
            raise barcodes.BarcodeRefused("checked_in")
        history.record(session, order, "checked_in", by, ticket=ticket)
        live.touch(session, order, [ticket])
    return ticket
