"""Somebody is invited by mail, and joins by a link that works once, for a week."""

import datetime as dt
from dataclasses import replace

import pytest
from flask import Flask

from tests import builders, seen
from tests.at_once import at_once, kinds
from tests.backoffice.browsing import Browser, forms_in
from tests.backoffice.conftest import PASSWORD
from tests.smtp import SmtpServer, smtp_server
from ticketing import links
from ticketing.config import Settings
from ticketing.extensions import db
from ticketing.links import Kind, Link
from ticketing.members import invitations
from ticketing.models import Invitation, Membership, OutboxMail, Shop, User, now
from ticketing.posting import delivery, outbox
from ticketing.storing.transactions import write

__all__ = ["smtp_server"]

PEOPLE = "/backoffice/people"
NEW = {"name": "Ingrid Ibsen", "password": "a boat on the river"}


@pytest.fixture
def settings(settings: Settings, smtp_server: SmtpServer) -> Settings:
    return smtp_server.settings(settings)


def invite(by: Browser, email: str = "ingrid@example.org", role: str = "desk") -> Invitation:
    answer = by.submit(PEOPLE, action=f"{PEOPLE}/invitations", email=email, role=role)
    assert answer.status_code == 303, answer.text
    return newest()


def newest() -> Invitation:
    db.session.rollback()
    return db.session.query(Invitation).order_by(Invitation.id.desc()).limit(1).one()


def path_of(invitation: Invitation) -> str:
    return f"/backoffice/invitations/{links.invitation_token(invitation)}"


def places_of(email: str) -> list[tuple[int, str]]:
    db.session.rollback()
    found = db.session.query(Membership).join(User).filter(User.email == email)
    return [(each.organiser_id, each.role) for each in found]


def shift(invitation: Invitation, by: dt.timedelta) -> None:
    with write() as session:
        session.get_one(Invitation, invitation.id).expires_at = now() + by


def test_the_mail_leads_into_the_team(
    app: Flask, smtp_server: SmtpServer, olga: Browser, shop: Shop
) -> None:
    invitation = invite(olga, role="manager")
    delivery.deliver_waiting()
    [mail] = smtp_server.received
    assert mail.recipients == ["ingrid@example.org"]
    assert mail.message["Subject"] == "You are invited to Riverside Collective"
    assert str(mail.message["From"]).startswith("Passalong ")
    assert "Olga Organiser invites you to the team" in mail.text
    url = links.invitation_url(invitation)
    assert url in mail.text
    assert url in mail.html

    ingrid = Browser(app)
    page = ingrid.get(path_of(invitation))
    assert page.status_code == 200
    assert "Join Riverside Collective" in page.text
    assert "ingrid@example.org" in page.text
    answer = ingrid.submit(path_of(invitation), **NEW)
    assert (answer.status_code, answer.location) == (303, "/backoffice/")
    assert "Riverside Collective" in ingrid.get("/backoffice/shops").text  # signed in at once
    assert places_of("ingrid@example.org") == [(shop.organiser_id, "manager")]
    assert "Ingrid Ibsen" in olga.get(PEOPLE).text
    again = Browser(app)
    assert again.sign_in("ingrid@example.org", NEW["password"]).status_code == 302


def test_looking_changes_nothing(app: Flask, olga: Browser) -> None:
    invitation = invite(olga)
    before = seen.digest()
    for method in ("GET", "HEAD"):
        for agent in ("WhatsApp/2.26", "Mozilla/5.0", "SafeLinks/1.0"):
            answer = Browser(app).request(
                method, path_of(invitation), headers={"User-Agent": agent}
            )
            assert answer.status_code == 200
    assert seen.digest() == before


def test_it_works_once(app: Flask, olga: Browser) -> None:
    invitation = invite(olga)
    Browser(app).submit(path_of(invitation), **NEW)
    other = Browser(app)
    for answer in (other.get(path_of(invitation)), other.post(path_of(invitation), NEW)):
        assert answer.status_code == 410
        assert "This invitation is over" in answer.text
        assert "ingrid@example.org" not in answer.text


def test_two_who_accept_at_once_make_one_account(app: Flask, olga: Browser) -> None:
    invitation_id = invite(olga).id

    def join(name: str) -> None:
        found = db.session.get_one(Invitation, invitation_id)
        invitations.accept_as_new(found, name, NEW["password"])

    results = at_once(app, *[lambda n=n: join(f"Person {n}") for n in range(4)])
    assert kinds(results) == ["", *["InvitationOver"] * 3]
    assert len(places_of("ingrid@example.org")) == 1


def test_it_is_over_after_a_week(app: Flask, olga: Browser) -> None:
    invitation = invite(olga)
    assert dt.timedelta(days=6) < invitation.expires_at - now() <= dt.timedelta(days=7)
    shift(invitation, dt.timedelta(seconds=-1))
    assert Browser(app).get(path_of(invitation)).status_code == 410
    assert "Ran out" in olga.get(PEOPLE).text
    # Sending it again begins the week anew.
    action = f"{PEOPLE}/invitations/{invitation.id}/send"
    assert olga.submit(PEOPLE, action=action).status_code == 303
    assert Browser(app).get(path_of(invitation)).status_code == 200
    assert db.session.query(OutboxMail).filter_by(kind=outbox.INVITATION).count() == 2


def test_a_withdrawn_one_opens_nothing(app: Flask, smtp_server: SmtpServer, olga: Browser) -> None:
    invitation = invite(olga)
    path = f"{PEOPLE}/invitations/{invitation.id}/withdraw"
    assert "ingrid@example.org" in olga.get(path).text
    assert olga.submit(path).status_code == 303
    assert Browser(app).get(path_of(invitation)).status_code == 410
    assert "ingrid@example.org was withdrawn" in olga.get(PEOPLE).text
    assert "ingrid@example.org" not in olga.get(PEOPLE).text
    assert delivery.deliver_waiting().withdrawn == 1  # the mail that still waited
    assert smtp_server.received == []
    assert olga.get(path).status_code == 404


def test_links_that_we_never_made_are_unknown(app: Flask, olga: Browser) -> None:
    invitation = invite(olga)
    good = links.invitation_token(invitation)
    order_token = links.make(links.keys(), Link(Kind.ORDER, invitation.link_id, 1))
    unmade = links.make(links.keys(), Link(Kind.INVITATION, 4711, 1))
    person = Browser(app)
    for token in ("A" * 36, "short", good[:-1], good.swapcase(), order_token, unmade, "%00"):
        answer = person.get(f"/backoffice/invitations/{token}")
        assert answer.status_code == 404, token
        assert "ingrid@example.org" not in answer.text


def test_nothing_in_the_database_opens_it(app: Flask, olga: Browser) -> None:
    invite(olga)
    strings = {str(value) for row in seen.rows().values() for value in row.values()}
    person = Browser(app)
    for text in strings:
        if text and "/" not in text and "\n" not in text and "?" not in text:
            for place in ("invitations", "new-password"):
                status = person.get(f"/backoffice/{place}/{text}").status_code
                assert status in {404, 410}, text


def test_who_has_an_account_signs_in_and_joins(app: Flask, olga: Browser, rival: Browser) -> None:
    """The link alone isn't enough: an account's password shows whose it is."""
    invitation = invite(olga, email="Rita@Example.org", role="owner")
    stranger = Browser(app)
    page = stranger.get(path_of(invitation))
    assert "This address has an account already." in page.text
    assert path_of(invitation) not in forms_in(page.text)
    answer = stranger.post(path_of(invitation), NEW)
    assert "This address has an account already." in answer.text
    assert len(places_of("rita@example.org")) == 1

    sign_in = f"/backoffice/sign-in?next={path_of(invitation)}"
    answer = stranger.sign_in("rita@example.org", PASSWORD, to=sign_in)
    assert answer.location == path_of(invitation)
    answer = stranger.submit(path_of(invitation))
    assert answer.status_code == 303
    assert len(places_of("rita@example.org")) == 2
    page = stranger.get("/backoffice/people")  # and works there now
    assert "olga@example.org" in page.text
    assert "Switch to Rival Nights" in page.text


def test_another_account_does_not_join(app: Flask, olga: Browser, rival: Browser) -> None:
    invitation = invite(olga)
    page = rival.get(path_of(invitation))
    assert "You are signed in as rita@example.org" in page.text
    token = rival.token()
    answer = rival.post(path_of(invitation), {"csrf_token": token, **NEW})
    assert answer.status_code == 422
    assert len(places_of("rita@example.org")) == 1
    assert places_of("ingrid@example.org") == []


def test_an_address_in_the_team_or_invited_is_not_invited_again(olga: Browser) -> None:
    invite(olga)
    for email, said in [
        ("OLGA@example.org", "They are in the team already."),
        ("Ingrid@Example.org", "They are invited already."),
        ("no address", "email"),
        ("", "email"),
        ("a\r\nBcc: x@example.org", "email"),
        ("x" * 300 + "@example.org", "email"),
    ]:
        answer = olga.submit(PEOPLE, action=f"{PEOPLE}/invitations", email=email, role="desk")
        assert answer.status_code == 422
        assert said in answer.text
        assert 'aria-invalid="true"' in answer.text
    assert db.session.query(Invitation).count() == 1


def test_a_role_that_is_none_is_refused(olga: Browser) -> None:
    action = f"{PEOPLE}/invitations"
    answer = olga.submit(PEOPLE, action=action, email="x@example.org", role="god")
    assert answer.status_code == 422
    assert 'value="x@example.org"' in answer.text
    assert db.session.query(Invitation).count() == 0


def test_bad_answers_lose_nothing(app: Flask, olga: Browser) -> None:
    invitation = invite(olga)
    person = Browser(app)
    for typed, said in [
        ({"name": "", "password": NEW["password"]}, "Please fill in your name."),
        ({"name": "Ingrid", "password": "short"}, "at least 12 characters"),
        ({"name": "Ingrid", "password": "x" * 129}, "at most 128 characters"),
        ({"name": "Ingrid", "password": "aaaaaaaaaaaaaaa"}, "easy to guess"),
        ({"name": "Ingrid", "password": "ingrid@example.org"}, "easy to guess"),
    ]:
        answer = person.submit(path_of(invitation), **typed)
        assert answer.status_code == 422
        assert said in answer.text
        assert f'value="{typed["name"]}"' in answer.text
        assert NEW["password"] not in answer.text
    answer = person.post(path_of(invitation), {**NEW, "csrf_token": "guessed"})
    assert answer.status_code == 422
    assert "Nothing is lost" in answer.text
    assert 'value="Ingrid Ibsen"' in answer.text
    assert places_of("ingrid@example.org") == []


def test_one_address_is_not_flooded(olga: Browser) -> None:
    invitation = invite(olga)
    action = f"{PEOPLE}/invitations/{invitation.id}/send"
    statuses = [olga.submit(PEOPLE, action=action).status_code for _ in range(5)]
    assert statuses == [303, 303, 303, 303, 429]


def test_the_mail_stands_in_nobodys_outbox(olga: Browser) -> None:
    """Whoever could read it there could join with a role that is not theirs."""
    invite(olga, role="owner")
    [mail] = db.session.query(OutboxMail).filter_by(kind=outbox.INVITATION)
    assert mail.organiser_id is None
    assert "ingrid@example.org" in olga.get(PEOPLE).text
    assert "ingrid@example.org" not in olga.get("/backoffice/outbox").text
    assert olga.get(f"/backoffice/outbox/{mail.id}").status_code == 404
    assert olga.get(f"/backoffice/outbox/{mail.id}/html").status_code == 404


def test_the_mail_speaks_the_language_of_whoever_has_an_account(olga: Browser, shop: Shop) -> None:
    """Else that of who invites: nobody knows better."""
    boats = builders.make_shop(organiser_name="Boats")
    wanda = builders.make_user(boats.organiser, email="Wanda@example.org", password=PASSWORD)
    with write() as session:
        session.get_one(User, wanda.id).locale = "pl"
        session.query(User).filter_by(email="olga@example.org").one().locale = "de"
    for email, locale in (("wanda@example.org", "pl"), ("ingrid@example.org", "de")):
        invite(olga, email)
        [mail] = db.session.query(OutboxMail).filter_by(recipient=email)
        assert mail.locale == locale


def test_the_page_is_for_the_invited_alone(app: Flask, olga: Browser) -> None:
    headers = Browser(app).get(path_of(invite(olga))).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Robots-Tag"] == "noindex, nofollow, noarchive"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "strict-origin"


def test_without_a_mail_server_the_link_is_handed_over(
    app: Flask, settings: Settings, olga: Browser
) -> None:
    app.extensions["passalong.settings"] = replace(settings, mail_server="")
    invitation = invite(olga)
    page = olga.get(PEOPLE).text
    assert "No mail server is set up: copy the link and hand it over." in page
    assert "No mail was sent" in page
    dialog = olga.get(f"{PEOPLE}/invitations/{invitation.id}/link")
    assert links.invitation_url(invitation) in dialog.text
