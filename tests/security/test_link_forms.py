"""S7: forms behind links, without cookie or session: a token bound to link, generation and time."""

import html
import re
import time
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests import builders, seen
from tests.backoffice.browsing import Browser
from tests.security.conftest import World
from tests.security.link_routes import link_routes
from ticketing import history, links, sharing
from ticketing.links import Kind
from ticketing.models import Ticket
from ticketing.posting import outbox
from ticketing.web import link_forms

VERA = {
    "first_name": "Vera",
    "last_name": "Visitor & Co",
    "email": "vera@example.org",
    "phone": "",
    "round": "1",
}
HOUR = 3600


def made(context: str, age: int = 0) -> str:
    """A true token as it was given out so many seconds ago."""
    issued = str(int(time.time()) - age)
    return f"{issued}.{link_forms._mac(context, issued)}"


def of_share(ticket: Ticket, generation: int = 1) -> str:
    return f"{Kind.SHARE} {ticket.link_id} {generation}"


def token_in(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found, "the page has no form token"
    return html.unescape(found[1])


def claim(client: FlaskClient, world: World, token: str, **headers: str) -> TestResponse:
    return client.post(
        f"/s/{world.tokens['s']}", data={**VERA, "csrf_token": token}, headers=headers
    )


def test_the_pages_own_token_is_accepted(client: FlaskClient, world: World) -> None:
    token = token_in(client.get(f"/s/{world.tokens['s']}").text)
    response = claim(client, world, token)
    assert response.status_code == 303
    assert response.headers["Location"] == f"/t/{links.ticket_token(world.shared)}"
    assert world.shared.first_name == "Vera"


@pytest.mark.parametrize("age", [0, HOUR, 23 * HOUR, -30])
def test_it_is_good_for_a_day(client: FlaskClient, world: World, age: int) -> None:
    assert claim(client, world, made(of_share(world.shared), age)).status_code == 303


@pytest.mark.parametrize("age", [24 * HOUR + 5, 48 * HOUR, 10**8, -HOUR])
def test_an_expired_one_is_renewed_and_keeps_what_was_typed(
    client: FlaskClient, world: World, age: int
) -> None:
    before = seen.digest()
    response = claim(client, world, made(of_share(world.shared), age))
    assert response.status_code == 422
    assert seen.digest() == before
    assert "Nothing is lost" in response.text
    for typed in ("Vera", "Visitor &amp; Co", "vera@example.org"):
        assert f'value="{typed}"' in response.text
    assert claim(client, world, token_in(response.text)).status_code == 303


def test_a_button_pressed_too_late_says_so(client: FlaskClient, world: World) -> None:
    """Nothing was typed, so nothing is kept; but nobody may think that the link was recalled."""
    old = made(f"{Kind.ORDER} {world.order.link_id} 1", 25 * HOUR)
    at = f"/o/{world.tokens['o']}/tickets/1/recall"
    before = seen.digest()
    response = client.post(at, data={"csrf_token": old, "generation": "1"})
    assert (response.status_code, seen.digest()) == (422, before)
    assert "Nothing was changed" in response.text
    fresh = token_in(client.get(f"/o/{world.tokens['o']}").text)
    assert client.post(at, data={"csrf_token": fresh, "generation": "1"}).status_code == 303
    assert seen.last(world.shared).action == "recalled"


def test_no_other_token_will_do(client: FlaskClient, world: World) -> None:
    good = made(of_share(world.shared))
    issued, _dot, mac = good.partition(".")
    wrong: dict[str, str] = {
        "none": "",
        "of another ticket": made(of_share(world.order.tickets[2])),
        "of another generation": made(of_share(world.shared, 2)),
        "of another kind": made(f"{Kind.TICKET} {world.shared.link_id} 1"),
        "of the order": made(f"{Kind.ORDER} {world.order.link_id} 1"),
        "of a shop": made(f"shop {world.order.shop.slug}"),
        "with another time": f"{int(issued) + 1}.{mac}",
        "cut": good[:-1],
        "longer": f"{good}0",
        "without a time": f".{mac}",
        "without a code": issued,
        "with a time that is no number": f"x.{mac}",
        "with digits of another script": f"١.{mac}",
        "with a very long time": f"{'9' * 5000}.{mac}",
        "not ASCII": "é.é",
        "two": f"{good}.{good}",
    }
    before = seen.digest()
    for why, token in wrong.items():
        assert claim(client, world, token).status_code == 422, why
    assert seen.digest() == before


def test_every_form_behind_a_link_asks_for_its_token(
    app: Flask, client: FlaskClient, world: World
) -> None:
    """Without one, whatever else is sent along, nothing changes and no mail is written."""
    data: dict[str, Any] = {
        **VERA,
        "generation": "1",
        "channel": "copy",
        "recipient": "vera@example.org",
    }
    before = seen.digest()
    asked = 0
    for position in (1, 2, 3):
        for route in link_routes(app, position=position):
            if route.method not in {"GET", "HEAD"}:
                for token in ("", "1.x", made("o 1 1")):
                    response = client.open(
                        route.to(world.tokens[route.kind]),
                        method=route.method,
                        data={**data, "csrf_token": token},
                    )
                    assert response.status_code < 500, str(route)
                    asked += 1
    assert asked > 40
    assert seen.digest() == before


def test_hostile_numbers_are_no_error_of_ours(client: FlaskClient, world: World) -> None:
    order_form = made(f"{Kind.ORDER} {world.order.link_id} 1")
    share_form = made(of_share(world.shared))
    at = f"/o/{world.tokens['o']}/tickets/1"
    before = seen.digest()
    for number in ("9" * 5000, "9" * 30, "65536", "65535", "-1", "0", "1e3", "²", "٩", "x", " "):
        data = {
            **VERA,
            "csrf_token": order_form,
            "round": number,
            "generation": number,
            "channel": "copy",
            "recipient": "vera@example.org",
        }
        for path in ("claim", "share", "share/email", "share/whatsapp", "recall"):
            assert client.post(f"{at}/{path}", data=data).status_code < 500, (path, number)
        response = client.post(f"/s/{world.tokens['s']}", data={**data, "csrf_token": share_form})
        assert response.status_code in {409, 422}
        for path in (f"changes?since={number}", f"stream?since={number}"):
            answer = client.get(
                f"/o/{world.tokens['o']}/{path}", headers={"Last-Event-ID": "9" * 5000}
            )
            assert answer.status_code < 500
            answer.close()
    assert seen.digest() == before


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "none"}, 303),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 303),
        ({"Origin": "http://localhost"}, 303),
        ({"Origin": "null"}, 303),
        ({}, 303),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "SAME-ORIGIN"}, 403),
        ({"Sec-Fetch-Site": ""}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://localhost.evil.example"}, 403),
        ({"Origin": "http://localhost:81"}, 403),
        ({"Origin": "evil"}, 403),
    ],
)
def test_it_must_come_from_our_own_pages(
    client: FlaskClient, world: World, headers: dict[str, str], status: int
) -> None:
    """Even with a true token: somebody may have read it from a page of their own."""
    before = seen.digest()
    response = claim(client, world, made(of_share(world.shared)), **headers)
    assert response.status_code == status
    assert (seen.digest() == before) == (status == 403)


def test_every_unsafe_route_looks_where_a_request_comes_from(
    app: Flask, client: FlaskClient, world: World
) -> None:
    before = seen.digest()
    for route in link_routes(app):
        if route.method in {"GET", "HEAD"}:
            continue
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
            response = client.open(
                route.to(world.tokens[route.kind]), method=route.method, headers=headers
            )
            assert response.status_code == 403, str(route)
    assert client.post("/shop/x", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert seen.digest() == before


def test_a_lost_race_is_told_and_says_nothing_of_the_winner(
    client: FlaskClient, world: World
) -> None:
    """V5: two people with one link: the first wins, the second sees the desk."""
    token = token_in(client.get(f"/s/{world.tokens['s']}").text)
    share = world.tokens["s"]
    assert claim(client, world, token).status_code == 303
    late = client.post(f"/s/{share}", data={**VERA, "first_name": "Late", "csrf_token": token})
    assert late.status_code == 409
    assert "Vera" not in late.text
    assert "wa.me/31201234567" in late.text, "the consumer desk"
    assert len(builders.mails_of(world.order, outbox.TICKET)) == 2, "one a claim"


def test_a_form_of_a_recalled_link_is_told_so(client: FlaskClient, world: World) -> None:
    share, token = world.tokens["s"], made(of_share(world.shared))
    sharing.recall(world.shared, history.booker(world.order), generation=1)
    response = client.post(f"/s/{share}", data={**VERA, "csrf_token": token})
    assert response.status_code == 410
    assert "no longer valid" in response.text


def test_no_cookie_is_set_or_needed(client: FlaskClient, world: World) -> None:
    """The client of these tests keeps none, as an iframe in Safari."""
    page = client.get(f"/s/{world.tokens['s']}", headers={"Cookie": "session=stolen; x=y"})
    assert "Set-Cookie" not in page.headers
    done = claim(client, world, token_in(page.text))
    assert done.status_code == 303
    assert "Set-Cookie" not in done.headers


def test_not_even_for_somebody_who_is_signed_in(app: Flask, world: World) -> None:
    """An organiser looks at a link; their session is neither needed nor renewed."""
    password = "correct horse battery staple"
    builders.make_user(world.order.shop.organiser, password=password)
    browser = Browser(app)
    assert browser.sign_in("olga@example.org", password).status_code == 302
    for kind, token in world.tokens.items():
        assert "Set-Cookie" not in browser.get(f"/{kind}/{token}").headers
    assert browser.get("/backoffice/orders").status_code == 200
