"""The booker lets us mail a ticket's link; within limits, so that nobody can be flooded."""

import datetime as dt
from functools import partial
from itertools import product

import pytest
from flask import Flask
from sqlalchemy import update

from tests import builders, seen
from tests.at_once import at_once, kinds
from ticketing import history, sharing
from ticketing.asking.fields import InvalidDetails
from ticketing.extensions import db
from ticketing.links import LinkWithdrawn
from ticketing.models import Order, OutboxMail, Ticket, now
from ticketing.posting import outbox
from ticketing.refusals import AlreadyClaimed, TooManyMails
from ticketing.storing.transactions import write

pytestmark = pytest.mark.usefixtures("consistent")

BOOKER = history.By("booker", "Bea Booker")


def send(
    ticket: Ticket,
    recipient: str = "vera@example.org",
    *,
    generation: int | None = None,
    asked_from: str = "somewhere",
) -> Ticket:
    """As the dialog does: by the next link, unless told otherwise."""
    return sharing.share_by_email(
        ticket,
        generation or sharing.next_generation(ticket),
        recipient,
        BOOKER,
        locale="nl",
        asked_from=asked_from,
    )


def test_it_writes_the_mail_and_notes_the_share(open_ticket: Ticket) -> None:
    send(open_ticket, " vera@example.org ")
    (mail,) = builders.mails_of(open_ticket.order, outbox.SHARE)
    assert (mail.recipient, mail.locale, mail.asked_from) == (
        "vera@example.org",
        "nl",
        "somewhere",
    )
    assert (mail.ticket_id, mail.params) == (open_ticket.id, {"generation": 1})
    share = open_ticket.share
    assert share is not None
    assert (share.channel, share.recipient) == ("email", "vera@example.org")
    assert seen.last(open_ticket).after == {"channel": "email", "to": "vera@example.org"}
    assert open_ticket.order.version == 2


def test_it_leaves_everything_else_alone(order_of_five: Order) -> None:
    ticket = order_of_five.tickets[4]
    before = seen.rows()
    send(ticket)
    assert {table: len(ids) for table, ids in seen.changes(before).items()} == {
        "orders": 1,
        "tickets": 1,
        "shares": 1,
        "history": 1,
        "changes": 1,
        "outbox": 1,
    }


@pytest.mark.parametrize(
    "recipient",
    [
        "",
        "vera",
        "vera@",
        "vera@example",
        "vera@exa mple.org",
        "vera@example.org, eve@example.org",
        "vera@example.org\nBcc: eve@example.org",
        "Vera <vera@example.org>",
        "v" * 300 + "@example.org",
        "vera\x00@example.org",
        "vera\u202e@example.org",
    ],
)
def test_what_is_no_address_is_refused(open_ticket: Ticket, recipient: str) -> None:
    before = seen.rows()
    with pytest.raises(InvalidDetails) as refused:
        send(open_ticket, recipient)
    assert list(refused.value.errors) == ["recipient"]
    assert seen.changes(before) == {}


def test_a_line_break_that_came_along_with_a_paste_does_no_harm(open_ticket: Ticket) -> None:
    send(open_ticket, "vera@example.org\r\n")
    assert builders.mails_of(open_ticket.order, outbox.SHARE)[0].recipient == "vera@example.org"


def test_an_international_domain_is_accepted(open_ticket: Ticket) -> None:
    send(open_ticket, "vera@bücher.example")
    assert builders.mails_of(open_ticket.order, outbox.SHARE)[0].recipient == "vera@bücher.example"


def test_what_may_not_be_shared_is_not_mailed(order_of_five: Order) -> None:
    claimed, recalled = order_of_five.tickets[:2]
    builders.claim(claimed)
    builders.share(recalled)
    sharing.recall(recalled, BOOKER, generation=1)
    before = seen.rows()
    with pytest.raises(AlreadyClaimed):
        send(claimed)
    with pytest.raises(LinkWithdrawn):
        send(recalled, generation=1)
    assert seen.changes(before) == {}


def test_a_double_tap_is_one_mail(app: Flask, open_ticket: Ticket) -> None:
    ticket_id = open_ticket.id

    def tap() -> None:
        send(db.session.get_one(Ticket, ticket_id), generation=1)

    assert kinds(at_once(app, tap, tap, tap)) == ["", "", ""]
    assert len(builders.mails_of(open_ticket.order, outbox.SHARE)) == 1
    assert seen.actions(open_ticket) == ["shared"]


def test_one_link_may_be_mailed_to_another_address(open_ticket: Ticket) -> None:
    send(open_ticket, "vera@example.org", generation=1)
    send(open_ticket, "victor@example.org", generation=1)
    mails = builders.mails_of(open_ticket.order, outbox.SHARE)
    assert [mail.recipient for mail in mails] == ["vera@example.org", "victor@example.org"]


def test_five_a_ticket_and_no_more(order_of_five: Order) -> None:
    one, other = order_of_five.tickets[:2]
    for number in range(5):
        send(one, f"vera{number}@example.org")
    before = seen.rows()
    with pytest.raises(TooManyMails):
        send(one, "vera5@example.org")
    assert seen.changes(before) == {}, "and the link that is out stays"
    send(other, "vera5@example.org")


def test_ten_an_order_and_two_a_ticket(app: Flask) -> None:
    small = builders.make_order(tickets=3)
    for number in range(10):
        send(small.tickets[number % 3], f"a{number}@example.org")
    with pytest.raises(TooManyMails):
        send(small.tickets[2], "late@example.org")
    large = builders.make_order(tickets=8)
    for number in range(16):
        send(large.tickets[number % 8], f"b{number}@example.org")
    with pytest.raises(TooManyMails):
        send(large.tickets[0], "late@example.org")


@pytest.mark.parametrize(
    "spellings",
    [
        ["vera@example.org", "VERA@example.org", "Vera@Example.ORG", " vera@example.org\r\n"],
        ["ÄNNE@example.org", "änne@example.org", "A\u0308nne@example.org", "Änne@EXAMPLE.org"],
        ["vera@bücher.example", "vera@xn--bcher-kva.example", "VERA@BÜCHER.EXAMPLE"],
    ],
    ids=["case", "composed", "international domain"],
)
def test_one_address_has_three_however_it_is_spelt(app: Flask, spellings: list[str]) -> None:
    """By whichever tickets, orders and shops, from wherever; tests/faults has a thousand posts."""
    tickets = _of_several_shops()
    assert _sent(tickets, spellings * 6) == 3
    assert len({mail.recipient for mail in _mails(tickets)}) == 1


DOTTED = ["".join(dots) for dots in product("v", ["", "."], "e", ["", "."], "r", ["", "."], "a")]


@pytest.mark.parametrize(
    ("simply", "varied"),
    [
        ("vera@example.org", [f"vera+{number}@example.org" for number in range(20)]),
        ("vera@gmail.com", [f"{each}@gmail.com" for each in DOTTED]),
        ("vera@gmail.com", [f"{each.upper()}+{each}@googlemail.com" for each in DOTTED]),
    ],
    ids=["tags", "dots", "both"],
)
def test_one_mailbox_has_ten_by_whichever_addresses(
    app: Flask, simply: str, varied: list[str]
) -> None:
    tickets = _of_several_shops()
    assert _sent(tickets, varied * 2) == sharing.MAILS_PER_MAILBOX == 10
    assert _sent(tickets, [simply]) == 0


def test_who_is_called_nearly_the_same_has_limits_of_their_own(app: Flask) -> None:
    tickets = _of_several_shops()
    others = ["ver@example.org", "vera.x@example.org", "v.era@example.org", "vera@example.com"]
    others += ["vera_x@example.org", "veraX+1@example.org", "vera@sub.example.org"]
    _sent(tickets, [f"vera+{number}@example.org" for number in range(12)])
    assert _sent(tickets, others) == len(others)


def _of_several_shops() -> list[Ticket]:
    """Enough that no limit of a ticket or an order is reached first."""
    shops = [builders.make_shop() for _ in range(2)]
    orders = [builders.make_order(shops[number % 2], tickets=5) for number in range(4)]
    return [ticket for order in orders for ticket in order.tickets]


def _sent(tickets: list[Ticket], recipients: list[str]) -> int:
    """How many of these posts, each by the next ticket and from elsewhere, were taken."""
    taken = 0
    for number, recipient in enumerate(recipients):
        try:
            send(tickets[number % len(tickets)], recipient, asked_from=f"place {number}")
            taken += 1
        except TooManyMails:
            pass
    return taken


def _mails(tickets: list[Ticket]) -> list[OutboxMail]:
    orders = {ticket.order_id: ticket.order for ticket in tickets}
    return [mail for order in orders.values() for mail in builders.mails_of(order, outbox.SHARE)]


def test_sixty_from_one_place(app: Flask) -> None:
    shop = builders.make_shop()
    tickets = [builders.make_order(shop, tickets=1).tickets[0] for _ in range(61)]
    for number, ticket in enumerate(tickets[:60]):
        send(ticket, f"n{number}@example.org", asked_from="here")
    with pytest.raises(TooManyMails):
        send(tickets[60], "n60@example.org", asked_from="here")
    send(tickets[60], "n60@example.org", asked_from="there")


def test_tomorrow_is_another_day(open_ticket: Ticket) -> None:
    for _ in range(3):
        send(open_ticket)
    with pytest.raises(TooManyMails):
        send(open_ticket)
    with write() as session:
        yesterday = now() - dt.timedelta(days=1, seconds=1)
        session.execute(update(OutboxMail).values(created_at=yesterday))
    send(open_ticket)


def test_other_mails_do_not_count(open_ticket: Ticket, order_of_five: Order) -> None:
    for ticket in order_of_five.tickets[1:]:
        builders.claim(ticket, email="vera@example.org")
    send(open_ticket, "vera@example.org")


def test_at_once_the_limit_holds(app: Flask) -> None:
    shop = builders.make_shop()
    ids = [builders.make_order(shop, tickets=1).tickets[0].id for _ in range(8)]

    def post(ticket_id: int) -> None:
        send(db.session.get_one(Ticket, ticket_id), generation=1)

    results = at_once(app, *[partial(post, each) for each in ids])
    assert kinds(results) == ["", "", "", *["TooManyMails"] * 5]
