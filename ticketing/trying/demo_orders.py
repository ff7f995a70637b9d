"""What the demo's festival is, and orders in every state, so that no page is empty."""

import datetime as dt
from typing import Final
from zoneinfo import ZoneInfo

from ticketing import cancelling, history, personalisation, sharing
from ticketing.carried import admission, barcodes
from ticketing.history import By
from ticketing.models import OPEN, Event, Order, Organiser, Shop, Ticket, TicketType, now
from ticketing.ordering import orders
from ticketing.ordering.orders import Booker, Line

TIMEZONE: Final = "Europe/Amsterdam"
ORGANISER: Final = By("organiser", "Dana Demo")

BOOKER: Final = Booker("Bea", "Bakker", "bea@example.org", "+31612345678")

# Reference, booker, lines, and who holds the first tickets: names in the scripts people have.
_Holders = list[tuple[str, str, str]]
_EXAMPLES: Final[list[tuple[str, Booker, list[Line], _Holders]]] = [
    (
        "WEB-1001",
        Booker("Zoë", "van den Berg", "zoe@example.org", "+31687654321"),
        [Line("weekend", 4), Line("parking", 1)],
        [("Zoë", "van den Berg", "zoe@example.org"), ("Łukasz", "Żółć", "lukasz@example.org")],
    ),
    (
        "WEB-1002",
        Booker("Γιώργος", "Παπαδόπουλος", "giorgos@example.org"),
        [Line("friday", 3)],
        [
            ("Γιώργος", "Παπαδόπουλος", "giorgos@example.org"),
            ("Ольга", "Иванова", "olga@example.org"),
            ("נועה", "כהן", "noa@example.org"),
        ],
    ),
    (
        "WEB-1003",
        Booker("Priya", "Sharma", "priya@example.org"),
        [Line("weekend", 6)],
        [
            ("प्रिया", "शर्मा", "priya@example.org"),
            ("محمد", "الفارسي", "mohammed@example.org"),
            ("王", "小明", "xiaoming@example.org"),
            ("さくら", "田中", "sakura@example.org"),
            ("지우", "김", "jiwoo@example.org"),
        ],
    ),
    (
        "WEB-1004",
        Booker("Seán", "O’Connor", "sean@example.org", "+353851234567"),
        [Line("weekend", 2)],
        [],
    ),
    (
        "WEB-1005",
        Booker("Suharto", "", "suharto@example.org"),
        [Line("friday", 2)],
        [("Suharto", "", "suharto@example.org")],
    ),
    (
        "WEB-1006",
        Booker("Noor", "Jansen", "noor@example.org"),
        [Line("parking", 1)],
        [],
    ),
]


def demo_event(organiser: Organiser) -> Event:
    """A festival from a Friday to a Sunday, about half a year ahead."""
    ahead = (now() + dt.timedelta(days=182)).astimezone(ZoneInfo(TIMEZONE))
    friday = ahead + dt.timedelta(days=(4 - ahead.weekday()) % 7)
    starts = friday.replace(hour=16, minute=0, second=0, microsecond=0)
    event = Event(
        organiser=organiser,
        name="Riverside Festival",
        place="Rivierpark\nOosterkade 1, 1011 AB Amsterdam",
        starts_at=starts,
        ends_at=(starts + dt.timedelta(days=2)).replace(hour=23),
        timezone=TIMEZONE,
        country="NL",
        reminder_days=[7, 1],
    )
    event.ticket_types = [
        TicketType(code="weekend", name="Weekend", position=1, price=9500),
        TicketType(code="friday", name="Friday", position=2, price=4500),
        TicketType(
            code="parking", name="Parking", position=3, price=1500, needs_personal_data=False
        ),
    ]
    return event


def place_examples(shop: Shop) -> None:
    """The orders that fill the backoffice."""
    for reference, booker, lines, holders in _EXAMPLES:
        order, new = orders.place(shop.id, reference, booker, lines, locale="en")
        if new:
            for ticket, holder in zip(list(order.tickets), holders, strict=False):
                _claim(ticket, *holder)
            _go_on(order)


def _go_on(order: Order) -> None:
    """What has happened since, so that each state can be seen somewhere."""
    if order.reference == "WEB-1001":
        _share(_open_tickets(order)[0], "whatsapp")
        generation = _share(_open_tickets(order)[1], "copy")
        sharing.opened(_open_tickets(order)[1], generation)
    elif order.reference == "WEB-1002":
        admission.check_in(barcodes.text_of(order.tickets[0]), history.DOOR)
        admission.new_barcode(order.tickets[1], ORGANISER)
    elif order.reference == "WEB-1003":
        cancelling.cancel_ticket(order.tickets[4], ORGANISER, reason="Can't come")
    elif order.reference == "WEB-1004":
        cancelling.cancel_order(order, ORGANISER, reason="Paid twice, one order refunded")


def _claim(ticket: Ticket, first_name: str, last_name: str, email: str) -> None:
    personalisation.claim(
        ticket,
        {
            "first_name": first_name,
            "last_name": last_name,
            "email": email,
            "one_name": "" if last_name else "yes",
        },
        history.VISITOR if email != ticket.order.email else history.booker(ticket.order),
        round=ticket.round,
    )


def _share(ticket: Ticket, channel: str) -> int:
    generation = sharing.next_generation(ticket)
    sharing.share(ticket, channel, generation, history.booker(ticket.order))
    return generation


def _open_tickets(order: Order) -> list[Ticket]:
    return [ticket for ticket in order.tickets if ticket.state == OPEN]
