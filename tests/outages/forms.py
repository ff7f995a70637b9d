"""Forms that people have filled in and are about to send, and whether all came well in the end."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask
from sqlalchemy import select

from tests import builders, claiming, clients
from tests.backoffice.browsing import forms_in
from tests.live_server import LiveServer
from tests.outages.sending import BROKEN, DONE, REFUSED, Sending
from tests.surfing import Page, Surfer
from ticketing.extensions import db
from ticketing.models import OPEN, Shop, Ticket
from ticketing.web import by_link

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Claims:
    """Of one ticket each, through its link."""

    paths: list[str]

    def filled_in(self, server: LiveServer) -> list[bytes]:
        return claiming.filled_in(clients.address_of(server), self.paths)

    def check(self, sent: Sending) -> None:
        """Each ticket has the holder that was typed for it, and nobody was told otherwise."""
        check_answers(sent)
        db.session.rollback()
        for number, (path, form) in enumerate(zip(self.paths, sent.forms, strict=True)):
            ticket, _link = by_link.shared_ticket_of(path.removeprefix("/s/"))
            assert ticket.first_name == (f"Anna{number}" if form.came_in else ""), form.answers


def claims(app: Flask, number: int) -> Claims:
    return Claims(claiming.shared_links(app, number))


@dataclass(frozen=True)
class Reopens:
    """Of an order with one ticket each."""

    order_ids: list[int]

    def filled_in(self, desk: Desk) -> list[bytes]:
        return [desk.form(f"orders/{each}/open-personalisation") for each in self.order_ids]

    def check(self, sent: Sending) -> None:
        check_answers(sent)
        db.session.rollback()
        wanted = select(Ticket).where(Ticket.order_id.in_(self.order_ids))
        for ticket in db.session.scalars(wanted):
            assert (ticket.state, ticket.round, ticket.first_name) == (OPEN, 2, "")


def reopens(shop: Shop, number: int) -> Reopens:
    made = [builders.make_order(shop, tickets=1) for _ in range(number)]
    for order in made:
        builders.claim(order.tickets[0])
    return Reopens([order.id for order in made])


@dataclass
class Desk:
    """Somebody of a shop's team, once they have signed in."""

    email: str
    surfer: Surfer | None = None

    def sign_in(self, server: LiveServer) -> None:
        self.surfer = Surfer(server.url)
        self.surfer.submit("/backoffice/sign-in", email=self.email, password=PASSWORD)

    def get(self, path: str) -> Page:
        assert self.surfer is not None
        return self.surfer.get(path)

    def form(self, page: str) -> bytes:
        """What the form of a page of the backoffice would send as it stands."""
        assert self.surfer is not None
        path = f"/backoffice/{page}"
        fields = {name: values[0] for name, values in forms_in(self.get(path).text)[path].items()}
        return clients.post_form(path, fields, {"Cookie": self.surfer.cookie})


def desk_of(shop: Shop) -> Desk:
    email = f"olga{shop.id}@example.org"
    builders.make_user(shop.organiser, email=email, password=PASSWORD)
    return Desk(email)


def check_answers(sent: Sending) -> None:
    """Done, and said so: to whoever wasn't told at first, too."""
    for form in sent.forms:
        if form.came_in:
            *before, last = form.answers
            assert {*before} <= {BROKEN, REFUSED, 503}, form.answers
            assert last == DONE, form.answers
