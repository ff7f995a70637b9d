"""*People*: an owner sees who is in the team, gives roles, lets people go."""

import pytest
from flask import Flask

from tests import builders
from tests.at_once import at_once, kinds
from tests.backoffice.browsing import Browser, forms_in
from tests.backoffice.conftest import PASSWORD
from ticketing.extensions import db
from ticketing.members import team
from ticketing.models import Membership, Organiser, Shop, User
from ticketing.refusals import EditedMeanwhile, LastOwner, NotOwnRole
from ticketing.storing.transactions import write

PEOPLE = "/backoffice/people"


def member_of(email: str) -> Membership:
    db.session.rollback()
    return db.session.query(Membership).join(User).filter(User.email == email).one()


@pytest.fixture
def carl(app: Flask, shop: Shop, olga: Browser) -> Browser:
    """A manager of Olga's team, signed in."""
    builders.make_user(shop.organiser, email="carl@example.org", role="manager", password=PASSWORD)
    browser = Browser(app)
    browser.sign_in("carl@example.org", PASSWORD)
    return browser


def test_it_lists_the_team_and_nobody_elses(olga: Browser, rival: Browser, carl: Browser) -> None:
    page = olga.get(PEOPLE).text
    for said in ("olga@example.org", "carl@example.org", "(you)", "Manager", "Owner"):
        assert said in page
    assert "rita@example.org" not in page
    assert "carl@example.org" not in rival.get(PEOPLE).text


def test_a_role_is_changed_and_ends_the_sessions(olga: Browser, carl: Browser) -> None:
    member = member_of("carl@example.org")
    assert carl.get("/backoffice/orders").status_code == 200
    answer = olga.submit(f"{PEOPLE}/{member.id}/role", role="desk")
    assert (answer.status_code, answer.location) == (303, PEOPLE)
    assert member_of("carl@example.org").role == "desk"
    assert "is Desk now" in olga.get(PEOPLE).text
    assert carl.get("/backoffice/orders").status_code == 302  # has to sign in anew
    assert carl.sign_in("carl@example.org", PASSWORD).status_code == 302
    assert carl.get("/backoffice/orders").status_code == 200


def test_the_role_that_somebody_has_already_signs_nobody_out(olga: Browser, carl: Browser) -> None:
    member = member_of("carl@example.org")
    olga.submit(f"{PEOPLE}/{member.id}/role", role="manager")
    assert carl.get("/backoffice/orders").status_code == 200


@pytest.mark.parametrize("role", ["admin", "", "anyone", "OWNER", "owner' or 1=1"])
def test_there_are_three_roles(olga: Browser, carl: Browser, role: str) -> None:
    member = member_of("carl@example.org")
    answer = olga.submit(f"{PEOPLE}/{member.id}/role", role=role)
    assert answer.status_code == 422
    assert "Please choose one of these." in answer.text
    assert member_of("carl@example.org").role == "manager"


def test_who_is_removed_is_out_at_once(olga: Browser, carl: Browser) -> None:
    member_id = member_of("carl@example.org").id
    assert "Remove Olga Organiser" in olga.get(f"{PEOPLE}/{member_id}/remove").text
    assert olga.submit(f"{PEOPLE}/{member_id}/remove").status_code == 303
    assert carl.get("/backoffice/orders").status_code == 302
    carl.sign_in("carl@example.org", PASSWORD)
    assert carl.get("/backoffice/orders").status_code == 403
    assert "No organiser at the moment" in carl.get("/backoffice/account").text
    assert "carl@example.org" not in olga.get(PEOPLE).text
    assert olga.get(f"{PEOPLE}/{member_id}/remove").status_code == 404


def test_nobody_gives_themselves_another_role(olga: Browser, carl: Browser) -> None:
    """Not even with a form of their own making; who wants to step down asks another owner."""
    me = member_of("olga@example.org")
    assert f"{PEOPLE}/{me.id}/role" not in olga.get(PEOPLE).text
    answer = olga.submit(f"{PEOPLE}/{me.id}/role", role="desk")
    assert answer.status_code == 409
    assert "You can’t change your own role." in answer.text
    assert member_of("olga@example.org").role == "owner"


def test_the_last_owner_stays(olga: Browser, carl: Browser) -> None:
    me = member_of("olga@example.org")
    answer = olga.submit(f"{PEOPLE}/{me.id}/remove")
    assert answer.status_code == 409
    assert "A team needs an owner who can sign in." in answer.text
    assert olga.get(PEOPLE).status_code == 200  # still in, still signed in


def test_one_of_two_owners_may_leave(olga: Browser, carl: Browser) -> None:
    olga.submit(f"{PEOPLE}/{member_of('carl@example.org').id}/role", role="owner")
    me = member_of("olga@example.org")
    assert olga.submit(f"{PEOPLE}/{me.id}/remove").status_code == 303
    assert olga.get(PEOPLE).status_code == 302
    carl.sign_in("carl@example.org", PASSWORD)
    assert "olga@example.org" not in carl.get(PEOPLE).text


def test_an_owner_who_cannot_sign_in_does_not_count(olga: Browser, carl: Browser) -> None:
    member = member_of("carl@example.org")
    olga.submit(f"{PEOPLE}/{member.id}/role", role="owner")
    with write() as session:
        session.get_one(User, member.user_id).active = False
    me = member_of("olga@example.org")
    assert olga.submit(f"{PEOPLE}/{me.id}/remove").status_code == 409
    assert "(switched off)" in olga.get(PEOPLE).text


def test_two_owners_demoting_each_other_at_once_leave_one(app: Flask, shop: Shop) -> None:
    emails = ["a@example.org", "b@example.org"]
    for email in emails:
        builders.make_user(shop.organiser, email=email, password=PASSWORD)
    for _ in range(10):
        ids = {email: member_of(email).id for email in emails}

        def demote(who: str, by: str, ids: dict[str, int] = ids) -> None:
            acting = db.session.query(User).filter_by(email=by).one()
            team.change_role(db.session.get_one(Membership, ids[who]), "desk", by=acting)

        results = at_once(
            app,
            lambda: demote("a@example.org", "b@example.org"),
            lambda: demote("b@example.org", "a@example.org"),
        )
        assert kinds(results) == ["", "LastOwner"]
        roles = sorted(member_of(email).role for email in emails)
        assert roles == ["desk", "owner"]
        with write() as session:
            for email in emails:
                session.get_one(Membership, ids[email]).role = "owner"


def test_two_owners_leaving_at_once_leave_one(app: Flask, shop: Shop) -> None:
    for email in ("a@example.org", "b@example.org"):
        builders.make_user(shop.organiser, email=email, password=PASSWORD)
    ids = [member_of("a@example.org").id, member_of("b@example.org").id]
    results = at_once(
        app, *[lambda i=i: team.remove(db.session.get_one(Membership, i)) for i in ids]
    )
    assert kinds(results) == ["", "LastOwner"]


def test_who_left_meanwhile_is_not_changed(app: Flask, shop: Shop) -> None:
    owner = builders.make_user(shop.organiser, email="a@example.org", password=PASSWORD)
    builders.make_user(shop.organiser, email="b@example.org", password=PASSWORD)
    member = member_of("b@example.org")
    team.remove(member)
    with pytest.raises(EditedMeanwhile):
        team.change_role(member, "desk", by=owner)
    with pytest.raises(NotOwnRole):
        team.change_role(member_of("a@example.org"), "desk", by=owner)
    with pytest.raises(LastOwner):
        team.remove(member_of("a@example.org"))


def test_removing_somebody_here_leaves_them_elsewhere(
    app: Flask, olga: Browser, carl: Browser
) -> None:
    user = db.session.query(User).filter_by(email="carl@example.org").one()
    team.found("Carl’s Cellar", user)
    member = db.session.query(Membership).filter_by(user_id=user.id, role="manager").one()
    team.remove(member)
    carl.sign_in("carl@example.org", PASSWORD)
    assert "Carl’s Cellar" in carl.get("/backoffice/orders").text


def test_the_organisation_is_renamed(olga: Browser, shop: Shop) -> None:
    answer = olga.submit("/backoffice/organisation", name="  Riverside   Föundation ")
    assert answer.status_code == 303
    assert "Riverside Föundation" in olga.get(PEOPLE).text
    assert db.session.get_one(Organiser, shop.organiser_id).name == "Riverside Föundation"


@pytest.mark.parametrize("name", ["", "   ", "\u200b", "x" * 201, "evil\u202egnp"])
def test_a_name_that_is_none_is_refused(olga: Browser, shop: Shop, name: str) -> None:
    answer = olga.submit("/backoffice/organisation", name=name)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert db.session.get_one(Organiser, shop.organiser_id).name == "Riverside Collective"


def test_two_who_rename_at_once_see_each_other(olga: Browser, shop: Shop) -> None:
    drawn = olga.fields("/backoffice/organisation")
    olga.submit("/backoffice/organisation", name="First")
    answer = olga.send("/backoffice/organisation", drawn, name="Second")
    assert answer.status_code == 409
    assert "Somebody else changed it to “First” meanwhile." in answer.text
    assert 'value="Second"' in answer.text
    again = forms_in(answer.text)["/backoffice/organisation"]
    assert olga.send("/backoffice/organisation", again).status_code == 303
    assert db.session.get_one(Organiser, shop.organiser_id).name == "Second"
