"""Whether a ticket may be downloaded: the one answer for page, PDF, mail and API."""

from enum import StrEnum

from ticketing.models import CANCELLED, OPEN, Order, Shop, Ticket
from ticketing.refusals import DownloadSwitchedOff, NotPersonalised, TicketCancelled


class Download(StrEnum):
    """`READY`, or why not."""

    READY = "ready"
    NOT_PERSONALISED = "not_personalised"
    SWITCHED_OFF = "switched_off"  # the shop's Download order enabled is off
    CANCELLED = "cancelled"


def download_of(ticket: Ticket, shop: Shop) -> Download:
    """A deadline ends personalising, not downloading: who is named still has to get in."""
    if ticket.state == CANCELLED:
        return Download.CANCELLED
    if ticket.state == OPEN:
        return Download.NOT_PERSONALISED
    if not shop.download_enabled:
        return Download.SWITCHED_OFF
    return Download.READY


def ready_tickets(order: Order) -> list[Ticket]:
    """The order's tickets that may be downloaded now; if there is none, the refusal that fits."""
    found = {ticket: download_of(ticket, order.shop) for ticket in order.tickets}
    ready = [ticket for ticket, download in found.items() if download is Download.READY]
    if ready:
        return ready
    if Download.SWITCHED_OFF in found.values():
        raise DownloadSwitchedOff
    if Download.NOT_PERSONALISED in found.values():
        raise NotPersonalised
    raise TicketCancelled


def require_download(ticket: Ticket, shop: Shop) -> None:
    """Raises the refusal that says why this ticket can't be downloaded now, if it can't."""
    refusal = {
        Download.CANCELLED: TicketCancelled,
        Download.NOT_PERSONALISED: NotPersonalised,
        Download.SWITCHED_OFF: DownloadSwitchedOff,
    }.get(download_of(ticket, shop))
    if refusal is not None:
        raise refusal
