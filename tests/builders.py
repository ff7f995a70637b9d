"""Things that tests need, with defaults for whatever a test doesn't care about."""

import datetime as dt
import itertools
from typing import Any

from sqlalchemy import select

from ticketing import history, links, personalisation, sharing
from ticketing.asking import needs, questions
from ticketing.extensions import db
from ticketing.models import (
    Event,
    Membership,
    Order,
    Organiser,
    OutboxMail,
    Question,
    SearchEntry,
    Shop,
    Ticket,
    TicketType,
    User,
    now,
)
from ticketing.ordering import orders
from ticketing.ordering.orders import Booker, Line
from ticketing.storing.transactions import write
from ticketing.web.accounts.sign_in import new_uniquifier

_numbers = itertools.count(1)

ANNA = {
    "first_name": "Anna",
    "last_name": "Visser",
    "email": "anna@example.org",
    "phone": "+31612345678",
}
BOB = {"first_name": "Bob", "last_name": "de Boer", "email": "bob@example.org", "phone": ""}
ORGANISER = history.By("organiser", "Olga Organiser")


def make_shop(*, organiser_name: str = "Riverside Collective", **settings: Any) -> Shop:
    """An organiser, an event half a year ahead with two types that need details and one without."""
    number = next(_numbers)
    starts = now().replace(microsecond=0) + dt.timedelta(days=180)
    with write() as session:
        organiser = Organiser(name=organiser_name)
        event = Event(
            organiser=organiser,
            name="Riverside Festival",
            place="Rivierpark\nKade 1, 1011 AB Amsterdam",
            starts_at=starts,
            ends_at=starts + dt.timedelta(hours=9),
            timezone="Europe/Amsterdam",
            country="NL",
        )
        event.ticket_types = [
            TicketType(code="weekend", name="Weekend", position=1, price=9500),
            TicketType(code="friday", name="Friday", position=2, price=4500),
            TicketType(code="parking", name="Parking", position=3, needs_personal_data=False),
        ]
        shop = Shop(
            **{
                "organiser": organiser,
                "event": event,
                "slug": f"riverside-{number}",
                "name": "Riverside tickets",
                "consumer_desk": "+31201234567",
                **settings,
            }
        )
        session.add(shop)
    return shop


def make_order(
    shop: Shop | None = None,
    *,
    tickets: int = 5,
    type_code: str = "weekend",
    lines: list[Line] | None = None,
    locale: str = "en",
    **booker: str,
) -> Order:
    shop = shop or make_shop()
    who = Booker(
        **{
            "first_name": "Bea",
            "last_name": "Booker",
            "email": "bea@example.org",
            "phone": "+31687654321",
            **booker,
        }
    )
    order, _new = orders.place(
        shop.id,
        f"REF-{next(_numbers)}",
        who,
        lines or [Line(type_code, tickets)],
        locale=locale,
    )
    return order


def claim(ticket: Ticket, **details: Any) -> Ticket:
    """The booker personalises a ticket."""
    return personalisation.claim(
        ticket, {**ANNA, **details}, history.booker(ticket.order), round=ticket.round
    )


def share(ticket: Ticket, channel: str = "whatsapp") -> str:
    """The booker shares a ticket; returns the path that the visitor opens."""
    generation = sharing.next_generation(ticket)
    ticket = sharing.share(ticket, channel, generation, history.booker(ticket.order))
    return f"/s/{links.share_token(ticket, generation)}"


def ask(
    event: Event,
    label: str,
    kind: str = "text",
    *choices: str,
    need: str = "optional",
    help: str = "",
) -> Question:
    """The organiser asks one thing more."""
    given = {
        "kind": kind,
        "need": need,
        "label": {"en": label},
        "help": {"en": help},
        "choices": [{"key": "", "label": {"en": each}, "off": False} for each in choices],
    }
    return questions.add(event, given, ["en"])


def require(event: Event, **wanted: str) -> Event:
    """Change what an event asks for: `require(event, phone="required")`."""
    return needs.change_event(event, {**needs.of_event(event), **wanted}, revision=event.revision)


def make_user(
    organiser: Organiser | None,
    *,
    email: str = "olga@example.org",
    role: str = "owner",
    password: str,
) -> User:
    from flask_security.utils import hash_password

    hashed = hash_password(password)
    with write() as session:
        user = User(
            email=email, name="Olga Organiser", password=hashed, fs_uniquifier=new_uniquifier()
        )
        if organiser is not None:
            user.memberships = [Membership(organiser_id=organiser.id, role=role)]
        session.add(user)
    return user


def found_by(order: Order) -> str:
    """The text that the order is found by."""
    text = db.session.scalar(select(SearchEntry.text).where(SearchEntry.order_id == order.id))
    assert text is not None, "nobody will find this order"
    return text


def placed_at(order: Order, at: dt.datetime) -> None:
    """The order was placed then."""
    with write() as session:
        session.get_one(Order, order.id).created_at = at
        session.get_one(SearchEntry, order.id).created_at = at


def mails_of(order: Order, kind: str | None = None) -> list[OutboxMail]:
    db.session.rollback()
    found = db.session.query(OutboxMail).filter_by(order_id=order.id).order_by(OutboxMail.id)
    return [mail for mail in found if kind is None or mail.kind == kind]
