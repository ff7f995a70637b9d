"""One's own account: name, organisers, founding another."""

import pytest
from flask import Flask

from tests import builders
from tests.backoffice.browsing import Browser
from tests.backoffice.conftest import PASSWORD
from ticketing.extensions import db
from ticketing.members import team
from ticketing.models import Membership, Order, Organiser, Shop, User
from ticketing.storing.transactions import write

ACCOUNT = "/backoffice/account"
FOUND = "/backoffice/organisers/new"
SWITCH = f"{ACCOUNT}/organiser"


def test_the_name_is_changed(olga: Browser) -> None:
    answer = olga.submit(ACCOUNT, name="Ólga  Ørsted")
    assert answer.status_code == 303
    assert "Ólga Ørsted" in olga.get("/backoffice/orders").text


@pytest.mark.parametrize("name", ["", " ", "x" * 201, "a\u202eb"])
def test_a_name_that_is_none_is_refused(olga: Browser, name: str) -> None:
    answer = olga.submit(ACCOUNT, name=name)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert db.session.query(User).one().name == "Olga Organiser"


def test_an_owner_founds_another_organiser(olga: Browser, shop: Shop, order: Order) -> None:
    answer = olga.submit(FOUND, name="Night Boats")
    assert answer.status_code == 303
    page = olga.get("/backoffice/orders").text
    assert "Night Boats" in page
    assert order.code not in page  # it begins empty
    assert olga.get(f"/backoffice/orders/{order.id}").status_code == 404
    assert "Switch to Riverside Collective" in page
    answer = olga.submit(ACCOUNT, action=SWITCH, organiser_id=str(shop.organiser_id))
    assert answer.status_code == 303
    assert order.code in olga.get("/backoffice/orders").text


@pytest.mark.parametrize("name", ["", "\u2800", "x" * 201, "a\x00b"])
def test_an_organiser_needs_a_name(olga: Browser, name: str) -> None:
    assert olga.submit(FOUND, name=name).status_code == 422
    assert db.session.query(Organiser).count() == 1


def test_only_owners_found(app: Flask, shop: Shop) -> None:
    builders.make_user(shop.organiser, email="m@example.org", role="manager", password=PASSWORD)
    person = Browser(app)
    person.sign_in("m@example.org", PASSWORD)
    assert person.get(FOUND).status_code == 403
    assert FOUND not in person.get(ACCOUNT).text


def test_one_switches_to_ones_own_alone(olga: Browser, rival: Browser, order: Order) -> None:
    token = rival.token()
    for wanted in (order.organiser_id, 0, -1, 2**80, "x", ""):
        answer = rival.post(SWITCH, {"csrf_token": token, "organiser_id": str(wanted)})
        assert answer.status_code == 404, wanted
    assert "Rival Nights" in rival.get("/backoffice/orders").text


def test_who_leaves_the_chosen_one_falls_back_to_another(
    app: Flask, olga: Browser, shop: Shop
) -> None:
    olga.submit(FOUND, name="Night Boats")
    with write() as session:
        place = session.query(Membership).filter(Membership.organiser_id != shop.organiser_id)
        session.delete(place.one())
    page = olga.get("/backoffice/orders")
    assert page.status_code == 200
    assert "Riverside Collective" in page.text


def test_each_browser_works_for_its_own_choice(app: Flask, olga: Browser) -> None:
    user = db.session.query(User).one()
    boats = team.found("Night Boats", user)
    elsewhere = Browser(app)
    elsewhere.sign_in("olga@example.org", PASSWORD)
    elsewhere.submit(ACCOUNT, action=SWITCH, organiser_id=str(boats.id))
    assert "<br>Night Boats" in elsewhere.get("/backoffice/orders").text
    assert "<br>Riverside Collective" in olga.get("/backoffice/orders").text


def test_roles_are_each_organisers_own(app: Flask, olga: Browser, shop: Shop) -> None:
    """Who is an owner here and at the desk there has there the desk's rights."""
    user = db.session.query(User).one()
    boats = team.found("Night Boats", user)
    with write() as session:
        session.query(Membership).filter_by(organiser_id=boats.id).one().role = "desk"
    olga.submit(ACCOUNT, action=SWITCH, organiser_id=str(boats.id))
    assert olga.get("/backoffice/people").status_code == 403
    olga.submit(ACCOUNT, action=SWITCH, organiser_id=str(shop.organiser_id))
    assert olga.get("/backoffice/people").status_code == 200
