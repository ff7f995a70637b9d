"""The same backup put back once more, after people went on with what came of the first time."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from tests import builders, invariants
from tests.backup.conftest import Flask_
from ticketing import cancelling, links, personalisation, sending
from ticketing.carried import admission, barcodes
from ticketing.extensions import db
from ticketing.history import SYSTEM
from ticketing.models import Order, Ticket, WebhookEndpoint
from ticketing.webhooks import endpoints

Restore = Callable[[], str]


def pages_of(ticket: Ticket) -> tuple[str, str]:
    """The ticket's page, and its barcode."""
    return f"/t/{links.ticket_token(ticket)}", barcodes.text_of(ticket)


def now(ticket: Ticket) -> Ticket:
    db.session.rollback()
    return db.session.get_one(Ticket, ticket.id)


def test_a_former_page_of_somebody_who_is_inside(
    order: Order, restore: Restore, client: FlaskClient
) -> None:
    """The first restore lets them in with the backup's generations, and raises these then."""
    ticket = order.tickets[0]
    annas, _barcode = pages_of(ticket)
    given = {**builders.ANNA, "first_name": "Ben", "email": "ben@example.org"}
    ticket = personalisation.edit(
        ticket,
        given,
        builders.ORGANISER,
        revision=ticket.revision,
        new_barcode=True,
        mail_holder=False,
    )
    bens, barcode = pages_of(ticket)
    admission.check_in(barcode, SYSTEM)
    for _time in range(3):
        restore()
        assert [client.get(each).status_code for each in (annas, bens)] == [410, 410]
        assert now(ticket).state == "checked_in"
    invariants.check(db.session())


def test_a_former_link_to_an_order_that_is_cancelled(
    order: Order, restore: Restore, client: FlaskClient
) -> None:
    former = f"/o/{links.order_token(order)}"
    given = {"first_name": "Zoë", "last_name": "Q", "email": "zoe@example.org", "phone": ""}
    sending.edit_contact(order, given, builders.ORGANISER, revision=order.revision)
    cancelling.cancel_order(order, builders.ORGANISER)
    for _time in range(2):
        restore()
        assert client.get(former).status_code == 410
    invariants.check(db.session())


@pytest.fixture
def webhook(order: Order) -> WebhookEndpoint:
    return endpoints.create(order.organiser_id, "https://example.org/hook", ["order.created"])


def test_a_former_secret_of_a_webhook_that_is_off(
    webhook: WebhookEndpoint, restore: Restore
) -> None:
    endpoints.renew_secret(webhook)
    endpoints.switch(webhook, on=False)
    for _time in range(2):
        restore()
        found = db.session.get_one(WebhookEndpoint, webhook.id)
        assert (found.secret_generation, found.disabled_at is None) == (2, False)


def test_two_people_who_each_claimed_an_open_ticket(
    order: Order, restore: Restore, flask: Flask_, client: FlaskClient
) -> None:
    """Each after a restore of the same backup: neither comes to see the other's page."""
    former = [pages_of(builders.claim(order.tickets[2], first_name="Ben"))]
    for name in ("Xenia", "Yusuf"):
        restore()
        assert flask("restore", "--in-place").exit_code == 0, "as one that was interrupted"
        taken = builders.claim(now(order.tickets[2]), first_name=name)
        former.append(pages_of(taken))
    *lost, yusufs = former
    assert name in client.get(yusufs[0]).text
    assert [client.get(page).status_code for page, _barcode in lost] == [410, 410]
    assert len({barcode for _page, barcode in former}) == 3
    invariants.check(db.session())
