"""What an overview draws: the same cards for page, swap and stream."""

from dataclasses import dataclass

from ticketing import links
from ticketing.carried.downloads import Download, download_of
from ticketing.guards import deadline_passed
from ticketing.models import CANCELLED, OPEN, Order, Ticket
from ticketing.status import Status, status_of


@dataclass(frozen=True, slots=True)
class Card:
    """A ticket as the booker sees it; addresses are paths."""

    ticket: Ticket
    status: Status
    at: str  # the ticket's place below the overview: claim, share, recall
    page: str | None  # the holder's ticket page
    may_change: bool  # open, and nobody stopped the clock
    downloadable: bool
    switched_off: bool
    alone: bool  # the order's only ticket: its button is the next thing to do


@dataclass(frozen=True, slots=True)
class Overview:
    order: Order
    at: str
    cards: list[Card]
    done: int
    total: int  # cancelled tickets don't count
    next_step: str  # cancelled, late, share_some, start, wait_some, all_ready, all_set

    @property
    def asks_for_names(self) -> bool:
        """Whether any of its tickets is somebody's own; parking is nobody's."""
        return any(
            ticket.type.needs_personal_data
            for ticket in self.order.tickets
            if ticket.state != CANCELLED
        )

    @property
    def untouched(self) -> bool:
        """Whether no ticket that needs a name was claimed or shared yet."""
        return _untouched(self.cards)

    @property
    def any_downloadable(self) -> bool:
        return any(card.downloadable for card in self.cards)

    @property
    def several_downloadable(self) -> bool:
        """One alone has its own button already."""
        return sum(card.downloadable for card in self.cards) > 1


def overview_of(order: Order, token: str) -> Overview:
    """Everything the page of an order shows; the order comes with its tickets loaded."""
    at = f"/o/{token}"
    late = deadline_passed(order)
    cards = [_card(order, ticket, at, late) for ticket in order.tickets]
    standing = [card for card in cards if card.ticket.state != CANCELLED]
    done = sum(card.ticket.state != OPEN for card in standing)
    return Overview(order, at, cards, done, len(standing), _next_step(order, standing, done, late))


def changed_since(overview: Overview, version: int) -> list[Card]:
    return [card for card in overview.cards if card.ticket.version > version]


def _card(order: Order, ticket: Ticket, at: str, late: bool) -> Card:
    download = download_of(ticket, order.shop)
    return Card(
        ticket=ticket,
        status=status_of(ticket, order.shop.event),
        at=f"{at}/tickets/{ticket.position}",
        page=f"/t/{links.ticket_token(ticket)}" if ticket.state not in {OPEN, CANCELLED} else None,
        may_change=ticket.state == OPEN and not late and order.state != "cancelled",
        downloadable=download is Download.READY,
        switched_off=download is Download.SWITCHED_OFF,
        alone=len(order.tickets) == 1,
    )


def _next_step(order: Order, standing: list[Card], done: int, late: bool) -> str:
    if order.state == "cancelled" or not standing:
        return "cancelled"
    if done == len(standing):
        return "all_ready" if order.shop.download_enabled else "all_set"
    if late:
        return "late"
    if _untouched(standing):
        return "start"
    waiting = all(card.status.kind != "open" for card in standing)
    return "wait_some" if waiting else "share_some"


def _untouched(cards: list[Card]) -> bool:
    """What needs no name is ready at once, and nobody's doing."""
    return all(card.status.kind == "open" for card in cards if card.ticket.type.needs_personal_data)
