"""What was taken back since the backup stays so when it is restored; what stands goes on."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import builders, invariants
from tests.backup.conftest import Flask_
from ticketing import cancelling, links, personalisation, sending, sharing
from ticketing.carried import admission, barcodes
from ticketing.carried.barcodes import BarcodeRefused
from ticketing.extensions import db
from ticketing.history import SYSTEM
from ticketing.members import api_keys, email_changes, invitations, passwords, team, users
from ticketing.models import (
    ApiKey,
    EmailChange,
    Invitation,
    Membership,
    Order,
    Ticket,
    User,
    WebhookEndpoint,
)
from ticketing.refusals import InvitationOver
from ticketing.webhooks import endpoints

PASSWORD = "correct horse battery"
ORGANISER = builders.ORGANISER

Restore = Callable[[], str]


def status(client: FlaskClient, path: str) -> int:
    return client.get(path).status_code


def refused(barcode: str) -> str:
    """Why the door refuses a barcode; "" if it lets in."""
    db.session.rollback()
    try:
        barcodes.look_up(barcode)
    except BarcodeRefused as error:
        return error.reason
    return ""


@pytest.fixture
def tickets(order: Order) -> list[Ticket]:
    return order.tickets


@pytest.fixture
def page(tickets: list[Ticket]) -> str:
    return f"/t/{links.ticket_token(tickets[0])}"


@pytest.fixture
def barcode(tickets: list[Ticket]) -> str:
    return barcodes.text_of(tickets[0])


@pytest.fixture
def shared(tickets: list[Ticket]) -> str:
    return f"/s/{links.share_token(tickets[1], tickets[1].share_generation)}"


def test_what_stands_goes_on(
    order: Order, page: str, barcode: str, shared: str, restore: Restore, client: FlaskClient
) -> None:
    overview = f"/o/{links.order_token(order)}"
    restore()
    assert [status(client, each) for each in (overview, page, shared)] == [200, 200, 200]
    assert refused(barcode) == ""


def test_a_recalled_link(
    tickets: list[Ticket], shared: str, restore: Restore, client: FlaskClient
) -> None:
    ticket = tickets[1]
    sharing.recall(ticket, SYSTEM, generation=ticket.share_generation)
    then = builders.share(ticket)
    restore()
    assert status(client, shared) == 410
    assert status(client, then) == 200, "the one that is out now works"


def test_a_link_that_another_one_replaced(
    tickets: list[Ticket], shared: str, restore: Restore, client: FlaskClient
) -> None:
    then = builders.share(tickets[1])
    restore()
    assert (status(client, shared), status(client, then)) == (410, 200)


def test_a_first_link_that_nobody_knows_of(
    tickets: list[Ticket], restore: Restore, client: FlaskClient
) -> None:
    """Whom the booker shares with next doesn't have the same link as the one before."""
    lost = builders.share(tickets[2])
    restore()
    then = builders.share(db.session.get_one(Ticket, tickets[2].id))
    assert (status(client, lost), status(client, then)) == (410, 200)


def test_a_link_that_is_out_is_not_given_to_the_next(
    tickets: list[Ticket], restore: Restore, client: FlaskClient
) -> None:
    known = builders.share(tickets[1])
    restore()
    then = builders.share(db.session.get_one(Ticket, tickets[1].id))
    assert (status(client, known), status(client, then)) == (410, 200)
    invariants.check(db.session())


def test_open_personalisation(
    order: Order,
    tickets: list[Ticket],
    page: str,
    barcode: str,
    restore: Restore,
    client: FlaskClient,
) -> None:
    """Anna's ticket was opened, and Ben's since: neither opens it, and it is open for both."""
    ticket = tickets[0]
    personalisation.reopen(order, {ticket.id: ticket.revision}, "Resold", ORGANISER)
    builders.claim(ticket, first_name="Ben", email="ben@example.org")
    bens = f"/t/{links.ticket_token(ticket)}", barcodes.text_of(ticket)
    restore()
    assert (status(client, page), status(client, bens[0])) == (410, 410)
    assert (refused(barcode), refused(bens[1])) == ("replaced", "replaced")
    assert db.session.get_one(Ticket, ticket.id).state == "open"


def test_an_edit_with_a_new_barcode(
    tickets: list[Ticket], page: str, barcode: str, restore: Restore, client: FlaskClient
) -> None:
    """Ben has the ticket now, and gets in; Anna's page isn't his to see."""
    given = {**builders.ANNA, "first_name": "Ben", "email": "ben@example.org"}
    ticket = tickets[0]
    personalisation.edit(
        ticket, given, ORGANISER, revision=ticket.revision, new_barcode=True, mail_holder=False
    )
    bens = f"/t/{links.ticket_token(ticket)}", barcodes.text_of(ticket)
    restore()
    assert (status(client, page), refused(barcode)) == (410, "replaced")
    assert (status(client, bens[0]), refused(bens[1])) == (410, "")


def test_a_new_barcode(
    tickets: list[Ticket], page: str, barcode: str, restore: Restore, client: FlaskClient
) -> None:
    ticket = admission.new_barcode(tickets[0], ORGANISER)
    then = barcodes.text_of(ticket)
    restore()
    assert (refused(barcode), refused(then)) == ("replaced", "")
    assert status(client, page) == 200


def test_who_is_inside_comes_in_once(barcode: str, restore: Restore) -> None:
    admission.check_in(barcode, SYSTEM)
    restore()
    assert refused(barcode) == "checked_in"


def test_who_came_in_with_what_is_lost(tickets: list[Ticket], restore: Restore) -> None:
    builders.claim(tickets[2])
    then = barcodes.text_of(tickets[2])
    admission.check_in(then, SYSTEM)
    restore()
    assert refused(then) == "cancelled"


def test_a_claim_that_is_lost(tickets: list[Ticket], restore: Restore, client: FlaskClient) -> None:
    """Whoever claims the ticket next doesn't share it with who had claimed it before."""
    ticket = builders.claim(tickets[2], first_name="Ben", email="ben@example.org")
    bens = f"/t/{links.ticket_token(ticket)}", barcodes.text_of(ticket)
    told = restore()
    assert "Open tickets with another link and barcode: 3" in told
    builders.claim(db.session.get_one(Ticket, ticket.id))
    assert (status(client, bens[0]), refused(bens[1])) == (410, "replaced")


def test_cancelled_is_for_good(
    order: Order, tickets: list[Ticket], barcode: str, restore: Restore
) -> None:
    cancelling.cancel_ticket(tickets[3], ORGANISER)
    restore()
    assert db.session.get_one(Ticket, tickets[3].id).state == "cancelled"
    cancelling.cancel_order(order, ORGANISER)
    restore()
    assert db.session.get_one(Order, order.id).state == "cancelled"
    assert refused(barcode) == "cancelled"


def test_an_order_that_went_to_another_address(
    order: Order, restore: Restore, client: FlaskClient
) -> None:
    former = f"/o/{links.order_token(order)}"
    given = {"first_name": "Zoë", "last_name": "Q", "email": "zoe@example.org", "phone": ""}
    sending.edit_contact(order, given, ORGANISER, revision=order.revision)
    then = f"/o/{links.order_token(order)}"
    restore()
    assert (status(client, former), status(client, then)) == (410, 200)


@pytest.fixture
def olga(order: Order) -> User:
    return builders.make_user(order.organiser, password=PASSWORD)


@pytest.fixture
def desk(order: Order) -> User:
    return builders.make_user(
        order.organiser, email="dan@example.org", role="manager", password=PASSWORD
    )


@pytest.fixture
def key(order: Order) -> ApiKey:
    return api_keys.issue(order.organiser_id, "Till", api_keys.SCOPES)[0]


@pytest.fixture
def webhook(order: Order) -> WebhookEndpoint:
    return endpoints.create(order.organiser_id, "https://example.org/hook", ["order.created"])


@pytest.fixture
def invitation(order: Order, olga: User) -> Invitation:
    return invitations.invite(order.organiser_id, "new@example.org", "desk", by=olga, locale="en")


@pytest.fixture
def change(olga: User) -> EmailChange:
    email_changes.ask(olga, "olga@other.example", locale="en")
    return db.session.scalars(select(EmailChange)).one()


class TestOfTheTeam:
    """Each fixture of the team is there before the backup: `backed_up` comes last."""

    def test_a_key(self, key: ApiKey, restore: Restore) -> None:
        api_keys.revoke(key)
        restore()
        assert db.session.get_one(ApiKey, key.id).revoked_at is not None

    def test_an_invitation(self, invitation: Invitation, restore: Restore) -> None:
        token = links.invitation_token(invitation)
        invitations.revoke(invitation)
        restore()
        with pytest.raises(InvitationOver):
            invitations.read(token)

    def test_a_password(self, olga: User, restore: Restore) -> None:
        users.set_password(olga.email, "another horse battery")
        restore()
        assert not passwords.fits(db.session.get_one(User, olga.id), PASSWORD)

    def test_an_address(self, olga: User, change: EmailChange, restore: Restore) -> None:
        email_changes.confirm(links.email_change_url(change).rpartition("/")[2], locale="en")
        restore()
        assert not db.session.get_one(User, olga.id).active

    def test_a_closed_account(self, desk: User, restore: Restore) -> None:
        users.switch(desk.email, on=False)
        restore()
        assert not db.session.get_one(User, desk.id).active

    def test_nobody_comes_to_more(
        self, flask: Flask_, order: Order, olga: User, desk: User, tmp_path: Path
    ) -> None:
        """An account that was opened since, and a higher role, are to be given again."""
        users.switch(desk.email, on=False)
        flask("backup", tmp_path / "closed")
        users.switch(desk.email, on=True)
        member = db.session.scalars(select(Membership).where(Membership.user_id == desk.id)).one()
        team.change_role(member, "owner", by=olga)
        done = flask("restore", tmp_path / "closed", "--replace")
        assert done.exit_code == 0, done.output
        assert not db.session.get_one(User, desk.id).active
        assert db.session.get_one(Membership, member.id).role == "manager"

    def test_a_place_in_the_team(self, olga: User, desk: User, restore: Restore) -> None:
        member = db.session.scalars(select(Membership).where(Membership.user_id == desk.id)).one()
        team.change_role(member, "desk", by=olga)
        restore()
        db.session.rollback()
        assert db.session.get_one(Membership, member.id).role == "desk"
        team.remove(db.session.get_one(Membership, member.id))
        restore()
        db.session.rollback()
        assert db.session.scalar(select(Membership).where(Membership.user_id == desk.id)) is None

    def test_a_webhook(self, webhook: WebhookEndpoint, restore: Restore) -> None:
        endpoints.renew_secret(webhook)
        restore()
        assert db.session.get_one(WebhookEndpoint, webhook.id).secret_generation == 2
        endpoints.switch(db.session.get_one(WebhookEndpoint, webhook.id), on=False)
        restore()
        assert db.session.get_one(WebhookEndpoint, webhook.id).disabled_at is not None
        endpoints.delete(db.session.get_one(WebhookEndpoint, webhook.id))
        restore()
        assert db.session.get_one(WebhookEndpoint, webhook.id).deleted_at is not None
