"""What we sign and hand out, to have it back later, is signed with SHA-256 (ASVS 11.4.1)."""

import re

import pytest
from flask import Flask

from tests import builders
from tests.backoffice.browsing import Browser
from tests.backoffice.conftest import PASSWORD
from ticketing.members import passwords

A_SHA_256 = 43  # characters of base64, without what fills it up


@pytest.fixture
def olga(app: Flask) -> Browser:
    builders.make_user(builders.make_shop().organiser, password=PASSWORD)
    browser = Browser(app)
    browser.sign_in("olga@example.org", PASSWORD)
    return browser


def test_cookies_tokens_links_and_references(app: Flask, olga: Browser) -> None:
    cookies = [olga.client.get_cookie(name) for name in ("session", "browser")]
    user = builders.make_user(None, email="u@a.example", password=PASSWORD)
    with app.test_request_context():
        reset = passwords.reset_url(user)
    shop = olga.get(f"/shop/{builders.make_shop().slug}").text
    [reference] = re.findall(r'name="reference"[^>]*value="([^"]+)"', shop)
    for signed in (*(each.value for each in cookies if each), olga.token(), reset, reference):
        assert len(signed.rpartition(".")[2]) == A_SHA_256, signed


def test_a_cookie_that_was_changed_on_the_way_counts_for_nothing(app: Flask, olga: Browser) -> None:
    cookie = olga.client.get_cookie("session")
    assert cookie is not None
    somebody = Browser(app)
    unsigned = cookie.value.partition(".")[0]
    for sent, status in {
        cookie.value: 200,
        f"{cookie.value[:-3]}AAA": 302,
        f"A{cookie.value[1:]}": 302,
        unsigned: 302,
    }.items():
        somebody.client.set_cookie("session", sent)
        assert somebody.get("/backoffice/orders").status_code == status
