import re
from dataclasses import replace

import pytest
from flask import Flask

from tests import builders
from tests.backoffice.browsing import Browser, forms_in
from tests.backoffice.conftest import PASSWORD
from ticketing import create_app
from ticketing.config import Settings
from ticketing.models import Order, Shop, User
from ticketing.storing.transactions import write

SIGN_IN = "/backoffice/sign-in"


def test_it_leads_to_the_orders(olga: Browser) -> None:
    answer = olga.get("/backoffice/")
    assert (answer.status_code, answer.location) == (302, "/backoffice/orders")
    page = olga.get("/backoffice/orders")
    assert page.status_code == 200
    assert "Olga Organiser" in page.text
    assert "Riverside Collective" in page.text


def test_it_leads_back_to_where_one_wanted_to_be(stranger: Browser, shop: Shop) -> None:
    builders.make_user(shop.organiser, password=PASSWORD)
    answer = stranger.get("/backoffice/orders?q=zoe")
    assert answer.status_code == 302
    assert answer.location.startswith(SIGN_IN)
    answer = stranger.sign_in("olga@example.org", PASSWORD, to=answer.location)
    assert answer.location == "/backoffice/orders?q=zoe"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "/\\evil.example",
        "javascript:1",
    ],
)
def test_it_never_leads_to_another_site(stranger: Browser, shop: Shop, elsewhere: str) -> None:
    builders.make_user(shop.organiser, password=PASSWORD)
    known = stranger.fields(SIGN_IN)
    answer = stranger.send(
        SIGN_IN, known, email="olga@example.org", password=PASSWORD, next=elsewhere
    )
    assert answer.status_code == 302
    assert re.match(r"/[^/\\]", answer.location), answer.location


def test_it_answers_alike_for_unknown_accounts_and_wrong_passwords(
    stranger: Browser, shop: Shop
) -> None:
    builders.make_user(shop.organiser, password=PASSWORD)
    answers = []
    for email, password in [
        ("olga@example.org", "wrong horse battery"),
        ("nobody@example.org", PASSWORD),
        ("", ""),
        ("not an address", PASSWORD),
    ]:
        answer = stranger.sign_in(email, password)
        assert answer.status_code == 422
        assert PASSWORD not in answer.text
        answers.append("That email address and password don’t fit together." in answer.text)
    assert all(answers)


def test_it_keeps_the_address_typed(stranger: Browser, shop: Shop) -> None:
    assert 'value="olga@example.org"' in stranger.sign_in("olga@example.org", "no").text


def test_it_asks_for_the_token_and_loses_nothing(stranger: Browser, shop: Shop) -> None:
    builders.make_user(shop.organiser, password=PASSWORD)
    answer = stranger.post(SIGN_IN, {"email": "olga@example.org", "password": PASSWORD})
    assert answer.status_code == 422
    assert "Nothing is lost" in answer.text
    assert 'value="olga@example.org"' in answer.text
    assert stranger.get("/backoffice/orders").status_code == 302


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
    ],
)
def test_no_other_site_signs_somebody_in(
    stranger: Browser, shop: Shop, headers: dict[str, str]
) -> None:
    """With its own account, say, to look over their shoulder afterwards."""
    builders.make_user(shop.organiser, password=PASSWORD)
    known = stranger.fields(SIGN_IN)
    answer = stranger.send(SIGN_IN, known, headers, email="olga@example.org", password=PASSWORD)
    assert answer.status_code == 403
    assert stranger.get("/backoffice/orders").status_code == 302


def test_the_session_begins_anew(stranger: Browser, shop: Shop) -> None:
    """A token from before the sign-in, perhaps somebody else's, counts no more."""
    builders.make_user(shop.organiser, password=PASSWORD)
    before = stranger.fields(SIGN_IN)["csrf_token"][0]
    stranger.sign_in("olga@example.org", PASSWORD)
    assert stranger.post("/backoffice/sign-out", {"csrf_token": before}).status_code == 400
    assert stranger.get("/backoffice/orders").status_code == 200


def test_signing_out_is_a_post_with_a_token(olga: Browser) -> None:
    assert olga.get("/backoffice/sign-out").status_code == 405
    assert olga.post("/backoffice/sign-out").status_code == 400
    assert olga.get("/backoffice/orders").status_code == 200


def test_signing_out_ends_every_session(olga: Browser, app: Flask) -> None:
    elsewhere = Browser(app)
    elsewhere.sign_in("olga@example.org", PASSWORD)
    answer = olga.post("/backoffice/sign-out", {"csrf_token": olga.token()})
    assert answer.location == SIGN_IN
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert olga.get("/backoffice/orders").status_code == 302
    assert elsewhere.get("/backoffice/orders").status_code == 302
    assert elsewhere.sign_in("olga@example.org", PASSWORD).status_code == 302


def test_htmx_is_sent_to_the_sign_in_page_as_a_whole(stranger: Browser, order: Order) -> None:
    answer = stranger.get(
        f"/backoffice/orders/{order.id}/cancel",
        headers={
            "HX-Request": "true",
            "HX-Target": "dialog",
            "HX-Current-URL": f"http://localhost/backoffice/orders/{order.id}",
        },
    )
    assert answer.status_code == 401
    assert answer.text == ""
    assert answer.headers["HX-Redirect"].endswith(f"next=/backoffice/orders/{order.id}")


def test_who_works_for_nobody_sees_nothing(app: Flask, shop: Shop) -> None:
    user = builders.make_user(shop.organiser, password=PASSWORD)
    with write() as session:
        session.delete(session.get_one(User, user.id).memberships[0])
    browser = Browser(app)
    browser.sign_in("olga@example.org", PASSWORD)
    answer = browser.get("/backoffice/orders")
    assert answer.status_code == 403
    assert "part of an organiser’s team" in answer.text


def test_a_form_sent_from_another_site_is_refused_as_that(olga: Browser, order: Order) -> None:
    answer = olga.post(
        f"/backoffice/orders/{order.id}/cancel", headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403
    assert "organiser’s team" not in answer.text
    assert "Please open the page anew and try it from there." in answer.text


def test_a_disabled_account_stays_outside(stranger: Browser, shop: Shop) -> None:
    user = builders.make_user(shop.organiser, password=PASSWORD)
    with write() as session:
        session.get_one(User, user.id).active = False
    answer = stranger.sign_in("olga@example.org", PASSWORD)
    assert answer.status_code == 422
    assert "disabled" not in answer.text
    assert stranger.get("/backoffice/orders").status_code == 302


def test_the_password_is_kept_as_argon2id(app: Flask, shop: Shop) -> None:
    user = builders.make_user(shop.organiser, password=PASSWORD)
    assert (user.password or "").startswith("$argon2id$")


def test_what_is_not_needed_is_off(app: Flask) -> None:
    rules = {rule.endpoint for rule in app.url_map.iter_rules() if "security." in rule.endpoint}
    assert rules == {"security.login", "security.logout"}


def test_over_https_the_cookie_is_bound_to_the_host(settings: Settings) -> None:
    """And `strict-origin` still lets every form through: Flask-WTF asks for a referrer there."""
    app = create_app({"TESTING": True}, replace(settings, base_url="https://tickets.example.org"))
    with app.app_context():
        shop = builders.make_shop()
        builders.make_user(shop.organiser, password=PASSWORD)
    client = app.test_client()
    origin = "https://tickets.example.org/"
    page = client.get(SIGN_IN, base_url=origin)
    cookie = page.headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    assert "Secure" in cookie
    assert page.headers["Referrer-Policy"] == "strict-origin"
    token = forms_in(page.text)[SIGN_IN]["csrf_token"][0]
    answer = client.post(
        SIGN_IN,
        data={"csrf_token": token, "email": "olga@example.org", "password": PASSWORD},
        base_url=origin,
        headers={"Referer": origin, "Origin": origin.rstrip("/"), "Sec-Fetch-Site": "same-origin"},
    )
    assert answer.status_code == 302
    cookies = answer.headers.getlist("Set-Cookie")
    assert {each.partition("=")[0] for each in cookies} == {"__Host-session", "__Host-browser"}
    for each in cookies:
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(each.split("; ")), each
    assert client.get("/backoffice/orders", base_url=origin).status_code == 200


def test_the_session_cookie_is_for_our_own_pages_alone(stranger: Browser) -> None:
    cookie = stranger.get(SIGN_IN).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
