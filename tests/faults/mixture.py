"""Whatever people and programs do to one small event, in no certain sequence."""

import datetime as dt
import random
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import select

from tests import builders
from tests.faults.crew import Member
from ticketing import cancelling, history, personalisation, reminders, sending, sharing
from ticketing.asking import missing, needs, questions
from ticketing.asking.fields import InvalidDetails
from ticketing.carried import admission, barcodes
from ticketing.carried.barcodes import BarcodeRefused
from ticketing.extensions import db
from ticketing.history import By
from ticketing.members import team
from ticketing.models import Event, Membership, Order, Shop, Ticket, User, now
from ticketing.ordering import amending, following, orders
from ticketing.ordering.arriving import NewTicket, UnknownTicketType
from ticketing.ordering.orders import Booker, Line
from ticketing.organising import events, shop_lifecycle, ticket_types
from ticketing.organising.ticket_types import InvalidTicketType
from ticketing.refusals import Refusal, ShareReplaced
from ticketing.storing.transactions import Busy

Action = Callable[[random.Random, Shop, By], Any]

BEA: Final = Booker("Bea", "Booker", "bea@example.org")
# What is no trouble of the database's: somebody else was faster, or it makes no sense by now.
REFUSED: Final = (
    Refusal,
    ShareReplaced,
    BarcodeRefused,
    InvalidDetails,
    InvalidTicketType,
    UnknownTicketType,
    amending.OtherTicket,
)


def anything(member: Member, shop_id: int, times: int) -> None:
    """Each member has a sequence of its own, the same in every run."""
    chance = random.Random(member.index)  # noqa: S311 - no secret
    member.together()
    for _ in range(times):
        action = chance.choice(ACTIONS)
        with member.app.app_context():
            shop = db.session.get_one(Shop, shop_id)
            by = _olga(member.index)
            member.attempt(action.__name__, REFUSED, _not_in_a_circle, action, chance, shop, by)


class Slow(Refusal):
    """A machine that is busy with other things held somebody up for longer than we wait."""


def _not_in_a_circle(action: Action, *arguments: Any) -> None:
    try:
        action(*arguments)
    except Busy as busy:
        if getattr(getattr(busy.__cause__, "orig", None), "sqlstate", None) == "40P01":
            raise
        raise Slow from busy


def _olga(number: int) -> By:
    """Somebody of the team, who stands in the history by their account's number."""
    users = list(db.session.scalars(select(User).order_by(User.id)))
    user = users[number % len(users)]
    return By("organiser", user.name, user.id)


def _order(chance: random.Random, shop: Shop) -> Order:
    ids = db.session.scalars(select(Order.id).where(Order.shop_id == shop.id).order_by(Order.id))
    return db.session.get_one(Order, chance.choice(ids.all()))


def _ticket(chance: random.Random, shop: Shop) -> Ticket:
    return chance.choice(_order(chance, shop).tickets)


def _claim(chance: random.Random, shop: Shop, _by: By) -> None:
    builders.claim(_ticket(chance, shop))


def _edit(chance: random.Random, shop: Shop, by: By) -> None:
    ticket = _ticket(chance, shop)
    personalisation.edit(
        ticket,
        {**builders.BOB, "phone": "+31612345678"},
        by,
        revision=ticket.revision,
        new_barcode=True,
        mail_holder=True,
    )


def _share(chance: random.Random, shop: Shop, _by: By) -> None:
    builders.share(_ticket(chance, shop))


def _mail(chance: random.Random, shop: Shop, _by: By) -> None:
    ticket = _ticket(chance, shop)
    sharing.share_by_email(
        ticket,
        sharing.next_generation(ticket),
        f"v{chance.randrange(4)}@example.org",
        history.booker(ticket.order),
        locale="en",
        asked_from=f"somewhere {chance.randrange(2)}",
    )


def _reopen(chance: random.Random, shop: Shop, by: By) -> None:
    order = _order(chance, shop)
    chosen = {each.id: each.revision for each in order.tickets if personalisation.can_reopen(each)}
    personalisation.reopen(order, chosen, "mix-up", by)


def _cancel(chance: random.Random, shop: Shop, by: By) -> None:
    cancelling.cancel_ticket(_ticket(chance, shop), by)


def _check_in(chance: random.Random, shop: Shop, _by: By) -> None:
    admission.check_in(barcodes.text_of(_ticket(chance, shop)), history.SYSTEM)


def _place(chance: random.Random, shop: Shop, _by: By) -> None:
    reference = f"N-{chance.randrange(10)}"
    lines = [Line("weekend", 2)]
    orders.place(shop.id, reference, BEA, lines, locale="en", asked_from="somewhere")


def _add(chance: random.Random, shop: Shop, _by: By) -> None:
    amending.add_tickets(_order(chance, shop), [Line("friday", 1)], history.SHOP)


def _arrive(chance: random.Random, shop: Shop, _by: By) -> None:
    number = chance.randrange(3)
    types = chance.choices(("weekend", "friday"), k=3)
    wanted = [NewTicket(code, None, str(n)) for n, code in enumerate(types)]
    as_of = dt.datetime(2026, 5, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=chance.randrange(1000))
    following.arrive(shop.id, f"P-{number}", BEA, wanted, as_of, locale="en")


def _contact(chance: random.Random, shop: Shop, by: By) -> None:
    order = _order(chance, shop)
    given = {"first_name": "Bea", "last_name": "B", "email": f"b{chance.randrange(2)}@example.org"}
    sending.edit_contact(order, given, by, revision=order.revision)


def _remind(_chance: random.Random, shop: Shop, by: By) -> None:
    reminders.send(shop.event, by, clock=lambda: now() + dt.timedelta(days=2))


def _stop_reminders(chance: random.Random, shop: Shop, _by: By) -> None:
    reminders.turn(_order(chance, shop), off=chance.random() < 0.5)


def _ask_all(_chance: random.Random, shop: Shop, by: By) -> None:
    missing.ask_all(shop.event, by, select(Ticket))


def _ask(chance: random.Random, shop: Shop, by: By) -> None:
    missing.ask(_ticket(chance, shop), by)


def _change_type(chance: random.Random, shop: Shop, by: By) -> None:
    found = chance.choice(shop.event.ticket_types)
    given = ticket_types.as_typed(found, shop.event.currency)
    given["needs_personal_data"] = chance.choice(("", "y"))
    ticket_types.change(found, given, by, revision=found.revision, confirmed=True)


def _move_type(chance: random.Random, shop: Shop, _by: By) -> None:
    ticket_types.move(chance.choice(shop.event.ticket_types), chance.choice((-1, 1)))


def _change_event(chance: random.Random, shop: Shop, _by: By) -> None:
    given = {**events.as_typed(shop.event), "currency": chance.choice(("EUR", "USD"))}
    events.change(shop.event, given, revision=shop.event.revision)


def _ask_for(chance: random.Random, shop: Shop, _by: By) -> None:
    event = shop.event
    given = {**needs.of_event(event), "phone": chance.choice(("required", "optional"))}
    needs.change_event(event, given, revision=event.revision)


def _move_question(chance: random.Random, shop: Shop, _by: By) -> None:
    asked = shop.event.questions
    questions.move(chance.choice(asked), up=chance.random() < 0.5)


def _archive(chance: random.Random, shop: Shop, _by: By) -> None:
    chance.choice((shop_lifecycle.archive, *3 * [shop_lifecycle.unarchive]))(shop)


def _change_role(chance: random.Random, shop: Shop, by: By) -> None:
    members = db.session.scalars(
        select(Membership).where(Membership.organiser_id == shop.organiser_id)
    ).all()
    acting = db.session.get_one(User, by.user_id)
    team.change_role(chance.choice(members), chance.choice(team.ROLES), by=acting)


ACTIONS: Final[tuple[Action, ...]] = (
    *5 * [_claim],
    _add,
    _archive,
    _arrive,
    _ask,
    _ask_all,
    _ask_for,
    _cancel,
    _change_event,
    _change_role,
    _change_type,
    _check_in,
    _contact,
    _edit,
    _mail,
    _move_question,
    _move_type,
    _place,
    _remind,
    _reopen,
    _share,
    _stop_reminders,
)


def small_event() -> Event:
    """One to be fought over: few orders, all of one booker; two questions; a team of three."""
    shop = builders.make_shop()
    for _ in range(4):
        builders.make_order(shop, lines=[Line("weekend", 2), Line("friday", 2)])
    for label in ("Shirt size?", "Vegetarian?"):
        builders.ask(shop.event, label)
    for number in range(3):
        builders.make_user(shop.organiser, email=f"o{number}@example.org", password="x" * 12)
    return shop.event
