"""Passwords are hidden as they are typed, and managers of passwords may help (ASVS 6.2)."""

import re
from urllib.parse import urlsplit

import pytest
from flask import Flask

from tests import builders
from tests.backoffice.browsing import Browser
from tests.backoffice.conftest import PASSWORD
from tests.backoffice.signing_in.test_is_it_you import KEYS, eleven_minutes_pass
from ticketing import links
from ticketing.config import PROJECT
from ticketing.members import invitations, passwords
from ticketing.models import Order


def fields_in(page: str) -> list[str]:
    """The inputs that a password is typed into, by their name or label."""
    found = re.findall(r"<input\b[^>]*>", page)
    return [each for each in found if re.search(r'"(password|present|confirm_with)"', each)]


@pytest.fixture
def pages(app: Flask, olga: Browser, order: Order) -> dict[str, str]:
    """Every page on which one types a password."""
    stranger = Browser(app)
    user = builders.make_user(order.organiser, email="u@example.org", password=PASSWORD)
    invited = invitations.invite(
        order.organiser_id, "new@example.org", "desk", by=user, locale="en"
    )
    with app.test_request_context():
        reset = urlsplit(passwords.reset_url(user)).path
    invitation = urlsplit(links.invitation_url(invited)).path
    found = {path: stranger.get(path).text for path in ("/backoffice/sign-in", reset, invitation)}
    found["account"] = olga.get("/backoffice/account").text
    eleven_minutes_pass()
    found["is it you"] = olga.submit(KEYS, name="Till", scopes=["orders:read"]).text
    return found


def test_they_are_hidden_and_known_to_password_managers(pages: dict[str, str]) -> None:
    for name, page in pages.items():
        fields = fields_in(page)
        assert fields, name
        for field in fields:
            assert 'type="password"' in field, name
            assert re.search(r'autocomplete="(current|new)-password"', field), name
            assert "pattern=" not in field, "no rule about what it is made of"


def test_no_script_of_ours_minds_a_paste() -> None:
    for script in (PROJECT / "static").glob("*.js"):
        written = script.read_text()
        assert not re.search(r"(on|Listener)\(['\"](paste|cut|contextmenu)|onpaste", written), (
            script
        )


@pytest.mark.parametrize(
    "password",
    [
        "aaaaaaaaaaaaaaaaaaaaaaaaaaabcdefg",  # no capital, no digit, no sign
        "   spaces   at both   ends   ",
        "пароль длинный и простой",
        "🎪🎟️🎈🎉🎊🎶 and tents",
        "0123 9876 5551 2387 4490",
        "x" * 100 + "thelastcharacters",
    ],
)
def test_any_characters_and_all_of_them_count(app: Flask, order: Order, password: str) -> None:
    """ASVS 6.2.5, 6.2.8, 6.2.9."""
    user = builders.make_user(
        order.organiser, email="u@example.org", password=passwords.checked(password)
    )
    assert passwords.fits(user, password)
    for other in (password[:-1], password.strip(" ") + "x", password.swapcase() + "."):
        assert not passwords.fits(user, other)
