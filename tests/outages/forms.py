"""Forms that people have filled in and are about to send, and whether all came well in the end."""

from dataclasses import dataclass

from flask import Flask

from tests import builders, claiming, clients
from tests.backoffice.browsing import forms_in
from tests.live_server import LiveServer
from tests.outages.sending import BROKEN, DONE, REFUSED, Sending
from tests.surfing import Surfer
from ticketing.extensions import db
from ticketing.models import OPEN, Order, Shop, Ticket
from ticketing.web import by_link

TOO_LATE = 409
PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Claims:
    """Of one ticket each."""

    paths: list[str]
    requests: list[bytes]

    def check(self, sent: Sending) -> None:
        """Each ticket has the holder that was typed for it, and nobody was told otherwise."""
        check_answers(sent)
        db.session.rollback()
        for number, path in enumerate(self.paths):
            ticket, _link = by_link.shared_ticket_of(path.removeprefix("/s/"))
            holder = f"Anna{number}" if sent.forms[number].answers else ""
            assert ticket.first_name == holder, (path[:3], sent.forms[number].answers)


def claims(app: Flask, server: LiveServer, number: int) -> Claims:
    paths = claiming.shared_links(app, number)
    return Claims(paths, claiming.filled_in(clients.address_of(server), paths))


@dataclass(frozen=True)
class Reopens:
    """Of an order with one ticket each."""

    ticket_ids: list[int]
    requests: list[bytes]

    def check(self, sent: Sending) -> None:
        check_answers(sent)
        db.session.rollback()
        tickets = [db.session.get_one(Ticket, each) for each in self.ticket_ids]
        assert {(each.state, each.round, each.first_name) for each in tickets} == {(OPEN, 2, "")}


def reopens(server: LiveServer, desk: Surfer, shop: Shop, number: int) -> Reopens:
    made = [builders.make_order(shop, tickets=1) for _ in range(number)]
    tickets = [builders.claim(order.tickets[0]) for order in made]
    ids = [ticket.id for ticket in tickets]
    return Reopens(ids, [_reopen(desk, order) for order in made])


def _reopen(desk: Surfer, order: Order) -> bytes:
    path = f"/backoffice/orders/{order.id}/open-personalisation"
    fields = {name: values[0] for name, values in forms_in(desk.get(path).text)[path].items()}
    return clients.post_form(path, fields, {"Cookie": desk.cookie})


def desk_of(server: LiveServer, shop: Shop) -> Surfer:
    """Somebody of the shop's team, who is signed in."""
    email = f"olga{shop.id}@example.org"
    builders.make_user(shop.organiser, email=email, password=PASSWORD)
    desk = Surfer(server.url)
    desk.submit("/backoffice/sign-in", email=email, password=PASSWORD)
    return desk


def check_answers(sent: Sending) -> None:
    """Done, and said so; or found to be done, by whoever wasn't told at first."""
    for form in sent.forms:
        *before, last = form.answers or [DONE]
        assert {*before} <= {BROKEN, REFUSED, 503}, form.answers
        unsure = {BROKEN, 503} & {*before}
        assert last == DONE or (last == TOO_LATE and unsure), form.answers
