"""Which language people are spoken to in: the one they choose, ask for, or ordered in."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import builders
from tests.backoffice.browsing import Browser
from tests.security.conftest import FromOutside
from tests.translations.speaking import teach
from ticketing import links
from ticketing.models import Order, User
from ticketing.storing.transactions import write
from ticketing.web.around.leading import leading_on

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def dutch(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    said = {
        "Share": "Delen",
        "Tickets": "Kaartjes",
        "Sign in": "Inloggen",
        "Orders": "Bestellingen",
        "Did you mean %(address)s?": "Bedoel je %(address)s?",
    }
    teach(monkeypatch, "nl", said)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return FromOutside(app, app.response_class, use_cookies=False)


@pytest.fixture
def order(app: Flask) -> Order:
    return builders.make_order(tickets=2)


def overview_of(order: Order) -> str:
    return f"/o/{links.order_token(order)}"


def speaks(answer: object) -> str:
    """What the page says of itself, in its HTML and in its headers alike."""
    [lang] = re.findall(r'<html lang="(\w+)"', answer.text)  # type: ignore[attr-defined]
    assert answer.headers["Content-Language"] == lang  # type: ignore[attr-defined]
    assert "Accept-Language" in answer.headers["Vary"]  # type: ignore[attr-defined]
    return str(lang)


@pytest.mark.parametrize(
    ("address", "asked", "ordered", "spoken"),
    [
        ("", "", "en", "en"),
        ("", "nl-BE,nl;q=0.9", "en", "nl"),
        ("", "", "nl", "nl"),
        ("", "en", "nl", "en"),
        ("", "fi", "nl", "nl"),
        ("?lang=nl", "en", "en", "nl"),
        ("?lang=en", "nl", "nl", "en"),
        ("?lang=xx", "nl", "en", "nl"),
        ("?lang=de", "", "en", "de"),
    ],
)
def test_the_switch_then_the_browser_then_the_order(
    client: FlaskClient, order: Order, address: str, asked: str, ordered: str, spoken: str
) -> None:
    with write():
        order.locale = ordered
    at = overview_of(order) + address
    for _time in ("drawn", "drawn before"):
        answer = client.get(at, headers={"Accept-Language": asked})
        assert speaks(answer) == spoken
        assert (">Delen<" in answer.text.replace("\n", "")) == (spoken == "nl")


def test_every_page_behind_a_link_can_be_had_in_each(client: FlaskClient, order: Order) -> None:
    shared = builders.share(order.tickets[0])
    ticket = f"/t/{links.ticket_token(builders.claim(order.tickets[1]))}"
    shop = f"/shop/{order.shop.slug}"
    for path in (overview_of(order), shared, ticket, shop, "/o/unknown"):
        page = client.get(path).text
        for code, name in (("en", "English"), ("nl", "Nederlands")):
            link = f'<a href="?lang={code}" hreflang="{code}" lang="{code}"'
            current = ' aria-current="true"' if code == "en" else ""
            assert f"{link}{current}>{name}</a>" in page, path
        assert speaks(client.get(f"{path}?lang=nl")) == "nl"


def test_a_refused_form_leads_to_a_page_that_is_there(client: FlaskClient, order: Order) -> None:
    ticket = f"/t/{links.ticket_token(builders.claim(order.tickets[1]))}"
    answer = client.post(f"{ticket}/mail?lang=nl")
    assert answer.status_code == 422
    [other] = re.findall(r'<a href="([^"]*)" hreflang="en"', answer.text)
    assert client.get(other).status_code == 200
    assert other == f"{ticket}?lang=en"


def test_whatever_a_page_leads_to_stays_in_its_language(client: FlaskClient, order: Order) -> None:
    """As far as one gets by clicking, without any script."""
    to_see = [f"{overview_of(order)}?lang=nl"]
    seen = set(to_see)
    while to_see:
        answer = client.get(to_see.pop())
        if answer.mimetype != "text/html":
            continue
        assert speaks(answer) == "nl"
        found = re.findall(r'(?:href|action|data-hx-get)="(/[ots]/[^"#]*)', answer.text)
        for path in {each.replace("&amp;", "&") for each in found} - seen:
            assert "lang=nl" in path
            if not path.endswith((".pdf?lang=nl", "/recall?lang=nl")):
                seen.add(path)
                to_see.append(path)
    assert len(seen) > 5


def test_news_are_in_the_language_of_their_page(client: FlaskClient, order: Order) -> None:
    builders.share(order.tickets[0])
    at = f"{overview_of(order)}/changes?since=0"
    asked = client.get(f"{at}&lang=nl").text
    assert "Delen" in asked
    assert "/claim?lang=nl" in asked
    found = client.get(f"{at}&spoken=nl", headers={"Accept-Language": "en"}).text
    assert "Delen" in found
    assert "lang=nl" not in found, "nobody has chosen it"


def test_a_likely_slip_is_asked_about_in_the_language_of_its_page(
    client: FlaskClient, order: Order
) -> None:
    page = client.get(f"{builders.share(order.tickets[0])}?lang=nl").text
    [at] = re.findall(r'data-hx-post="(/email-suggestion[^"]*)"', page)
    typed = {"email": "anna@gmial.con"}
    answer = client.post(at, data=typed, headers={"Accept-Language": "en", "Cookie": "session=x"})
    assert "Bedoel je" in answer.text
    assert answer.headers["Content-Language"] == "nl"
    assert "Cookie" not in answer.headers["Vary"]


def test_what_people_wrote_is_no_address() -> None:
    page = '<p>href=&#34;/o/abc</p><a href="/o/abc?x=1#y">…</a><a href="/backoffice/">…</a>'
    assert leading_on(page, {"lang": "nl"}) == page.replace("?x=1", "?x=1&amp;lang=nl")
    assert leading_on(page, {}) == page


def test_a_form_that_only_asks_keeps_it_too() -> None:
    page = (
        '<form class="bare" method="get" action="/o/abc/tickets/1/share"><button>…</button></form>'
    )
    found = leading_on(page, {"lang": "nl"})
    assert '<input type="hidden" name="lang" value="nl"><button>' in found


# ---- In the backoffice


@pytest.fixture
def olga(app: Flask, order: Order) -> Browser:
    builders.make_user(order.shop.organiser, password=PASSWORD)
    return Browser(app)


def test_what_is_chosen_before_signing_in_stays(olga: Browser) -> None:
    assert speaks(olga.get("/backoffice/sign-in?lang=nl")) == "nl"
    assert speaks(olga.get("/backoffice/sign-in")) == "nl"
    olga.sign_in("olga@example.org", PASSWORD)
    assert speaks(olga.get("/backoffice/orders")) == "nl"


def test_as_your_browser_asks_ends_what_was_chosen_before(olga: Browser) -> None:
    olga.get("/backoffice/sign-in?lang=nl")
    olga.sign_in("olga@example.org", PASSWORD)
    olga.submit("/backoffice/account", name="Olga", language="")
    assert speaks(olga.get("/backoffice/orders", headers={"Accept-Language": "de"})) == "de"


def test_a_setting_of_ones_own_comes_first(app: Flask, olga: Browser) -> None:
    olga.sign_in("olga@example.org", PASSWORD)
    assert speaks(olga.get("/backoffice/orders", headers={"Accept-Language": "en"})) == "en"
    olga.submit("/backoffice/account", name="Olga", language="nl")
    assert speaks(olga.get("/backoffice/orders", headers={"Accept-Language": "en"})) == "nl"
    olga.submit("/backoffice/account", name="Olga", language="xx")
    assert speaks(olga.get("/backoffice/orders", headers={"Accept-Language": "nl"})) == "nl"
    with write() as session:
        assert session.query(User).filter_by(email="olga@example.org").one().locale == ""
