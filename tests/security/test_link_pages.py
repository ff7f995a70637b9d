"""S1–S4: whoever has a link has the right, and nobody else has; bots change nothing."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from tests import builders, seen
from tests.backoffice.test_scope import ids_of
from tests.security.conftest import World
from tests.security.link_routes import KINDS, Route, ask, link_routes
from ticketing import history, links, personalisation, sharing
from ticketing.carried import barcodes
from ticketing.carried.barcodes import BarcodeRefused
from ticketing.extensions import db
from ticketing.links import Kind, Link, UnknownLink
from ticketing.members import api_keys
from ticketing.models import Ticket
from ticketing.storing.transactions import write

BOTS = [
    "WhatsApp/2.23.20.0",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "TelegramBot (like TwitterBot)",
    "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient)",
    "Mozilla/4.0 (compatible; ms-office; MSOffice 16)",
    "SafeLinks/1.0",
    "Googlebot/2.1 (+http://www.google.com/bot.html)",
    "SkypeUriPreview Preview/0.5",
    "Viber",
    "facebookexternalhit/1.1 Facebot Twitterbot/1.0",  # iMessage
    "Mozilla/5.0 (compatible; Proofpoint URL Defense)",
    "Barracuda Sentinel (EE)",
    "Mimecast URL Protect",
    "Mozilla/5.0 (Linux; Android 14; wv) Instagram 300.0",
    "Applebot/0.1",
    "bingbot/2.0",
    "python-requests/2.32",
    "",
]


def test_looking_changes_nothing(
    app: Flask, client: FlaskClient, world: World, engine: str
) -> None:
    """S2: twenty bots ask for every page, form, file and stream behind every link, GET and HEAD."""
    routes = [route for route in link_routes(app) if route.method in {"GET", "HEAD"}]
    routes += [route for route in link_routes(app, position=2) if route.method in {"GET", "HEAD"}]
    before = seen.digest()
    asked = 0
    for route in routes:
        for agent in BOTS if engine == "sqlite" else BOTS[::4]:
            headers = {"User-Agent": agent, "X-Purpose": "preview"}
            status = ask(client, route, world.tokens[route.kind], headers=headers).status_code
            assert status < 500
            asked += 1
    assert asked > (1000 if engine == "sqlite" else 250)
    assert seen.digest() == before


def test_looking_often_spends_no_link(client: FlaskClient, world: World) -> None:
    for _ in range(30):
        assert client.get(f"/s/{world.tokens['s']}").status_code == 200
        assert client.head(f"/s/{world.tokens['s']}").status_code == 200


def statuses(app: Flask, client: FlaskClient, kind: str, token: str, position: int = 1) -> set[int]:
    """What all routes of a kind answer to a link, sent without any form's token."""
    routes = [route for route in link_routes(app, position=position) if route.kind == kind]
    return {ask(client, route, token).status_code for route in routes}


def test_a_recalled_link_is_gone_everywhere(app: Flask, client: FlaskClient, world: World) -> None:
    old, shown = world.tokens["s"], links.share_token(world.shared, 2)
    sharing.recall(world.shared, history.booker(world.order), generation=1)
    assert statuses(app, client, "s", old) == {410}
    assert statuses(app, client, "s", shown) == {410}, "the one that an open dialog showed, too"


def test_a_link_that_was_replaced_is_gone_everywhere(
    app: Flask, client: FlaskClient, world: World
) -> None:
    old = world.tokens["s"]
    new = builders.share(world.shared)
    assert client.get(new).status_code == 200
    assert statuses(app, client, "s", old) == {410}


def test_after_a_reopen_share_and_ticket_links_are_gone_everywhere(
    app: Flask, client: FlaskClient, world: World
) -> None:
    chosen = {ticket.id: ticket.revision for ticket in world.order.tickets}
    share, ticket = world.tokens["s"], world.tokens["t"]
    spent = links.share_token(world.claimed, 1)
    personalisation.reopen(world.order, chosen, "", builders.ORGANISER)
    for kind, token in (("s", share), ("s", spent), ("t", ticket)):
        assert statuses(app, client, kind, token) == {410}
    assert client.get(f"/o/{world.tokens['o']}").status_code == 200, "the booker's stays"


def test_an_edit_with_a_new_barcode_ends_the_former_page(
    app: Flask, client: FlaskClient, world: World
) -> None:
    old = world.tokens["t"]
    personalisation.edit(
        world.claimed,
        builders.BOB,
        builders.ORGANISER,
        revision=world.claimed.revision,
        new_barcode=True,
        mail_holder=False,
    )
    assert statuses(app, client, "t", old) == {410}
    assert client.get(f"/t/{world.tokens['t']}").status_code == 200


def test_a_former_order_link_is_gone_everywhere(
    app: Flask, client: FlaskClient, world: World
) -> None:
    old, stop = world.tokens["o"], world.tokens["u"]
    with write():
        world.order.link_generation += 1
    assert statuses(app, client, "o", old) == {410}
    assert statuses(app, client, "u", stop) == {410}
    assert client.get(f"/o/{world.tokens['o']}").status_code == 200
    assert client.get(f"/u/{world.tokens['u']}").status_code == 200


def test_a_spent_link_shows_nothing_of_its_holder(client: FlaskClient, world: World) -> None:
    """V6: whoever opens it next sees no personal data, only that it is claimed."""
    spent = links.share_token(world.claimed, world.claimed.share_generation)
    for response in (client.get(f"/s/{spent}"), client.post(f"/s/{spent}", data=builders.BOB)):
        assert response.status_code in {409, 410, 422}
        for secret in ("Annabel", "Holderson", "annabel@", "612345678"):
            assert secret not in response.text
        assert links.ticket_token(world.claimed) not in response.text


def test_what_we_never_made_is_unknown_and_all_alike(
    app: Flask, client: FlaskClient, world: World
) -> None:
    good = world.tokens
    for route in link_routes(app):
        own = good[route.kind]
        never = [
            "A" * 36,
            "short",
            own[:-1],
            own + "A",
            own[:-1] + ("A" if own[-1] != "A" else "B"),
            own.swapcase(),
            links.make(links.keys(), Link(Kind(route.kind), 4711, 1)),  # of a row that isn't
            *(token for kind, token in good.items() if kind != route.kind),
        ]
        answers = set()
        for token in never:
            answer = ask(client, route, token)
            # What was asked for stands in the links to the same page in other languages.
            answers.add((answer.status_code, answer.data.replace(token.encode(), b"")))
        assert len(answers) == 1, f"{route}: unknown links can be told apart"
        assert answers.pop()[0] == 404, str(route)


def test_what_we_never_made_costs_the_same_work(
    app: Flask, client: FlaskClient, world: World
) -> None:
    """S3: nothing is looked up before the HMAC is right, so the time tells nothing either."""
    own = world.tokens["o"]
    ticket = world.claimed
    never = [
        "A" * 36,
        own[:-1] + ("A" if own[-1] != "A" else "B"),  # by a key that there isn't
        own[0].swapcase() + own[1:] if own[0].isalpha() else "A" + own[1:],
        links.make(links.keys(), Link(Kind.TICKET, world.order.link_id, 1)),  # of another kind
        links.ticket_token(ticket),
    ]
    asked: list[list[str]] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked[-1].append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        for token in never:
            asked.append([])
            assert client.get(f"/o/{token}").status_code == 404
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert all(each == asked[0] for each in asked)
    assert not any("FROM orders" in statement for statement in asked[0])


@pytest.mark.engine("sqlite")  # the tokens are the same on either
def test_nothing_in_the_database_opens_anything(client: FlaskClient, world: World) -> None:
    """S1: dump it, try every string there is as each kind of link, as a key, and at the door."""
    ids_of(world.order)  # what else has a link or a secret of its own
    sharing.share_by_email(
        world.order.tickets[2],
        1,
        "vera@example.org",
        history.booker(world.order),
        locale="en",
        asked_from="",
    )
    strings: set[str] = set()
    for row in seen.rows().values():
        for value in row.values():
            strings.update(re.findall(r"[\w-]+", str(value)))
            strings.add(str(value))
    strings.discard("")
    assert len(strings) > 150
    for text in strings:
        with pytest.raises(BarcodeRefused):
            barcodes.look_up(text)
        assert api_keys.find(text) is None
        for kind in Kind:
            with pytest.raises(UnknownLink):
                links.read(links.keys(), kind, text)
        if links.TOKEN.fullmatch(text):
            for prefix in KINDS:
                assert client.get(f"/{prefix}/{text}").status_code == 404, text


class _Head(HTMLParser):
    """All that stands in a page's head: words, addresses, attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = False
        self.text = ""
        self.meta: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "head":
            self.inside = True
        if self.inside:
            self.text += " ".join(value or "" for _name, value in attrs) + "\n"
            named = dict(attrs)
            if tag == "meta" and named.get("property"):
                self.meta[named["property"] or ""] = named.get("content") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "head":
            self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.text += data


def head_of(page: str) -> _Head:
    head = _Head()
    head.feed(page)
    assert head.text
    return head


def test_a_head_tells_of_the_event_and_of_nobody(
    app: Flask, client: FlaskClient, world: World
) -> None:
    """S4: what a chat shows as a link's preview, and keeps."""
    told = [
        "Beatrix", "Bookerson", "beatrix@", "Annabel", "Holderson", "annabel@", "612345678",
        world.order.code, world.order.reference, *world.tokens.values(),
    ]  # fmt: skip
    pages = 0
    for route in [*link_routes(app), *link_routes(app, position=2)]:
        if route.method == "HEAD":
            continue
        response = ask(client, route, world.tokens[route.kind])
        if response.mimetype != "text/html" or "<head" not in response.text:
            continue
        head = head_of(response.text)
        for secret in told:
            assert secret not in head.text, f"{route}: {secret} in the head"
        pages += 1
    assert pages >= 6


def test_a_shared_links_preview_says_what_it_is_about(client: FlaskClient, world: World) -> None:
    for kind in ("s", "t", "o"):
        meta = head_of(client.get(f"/{kind}/{world.tokens[kind]}").text).meta
        assert meta["og:title"] == "Riverside Festival"
        assert "Rivierpark" in meta["og:description"]
        assert str(world.order.shop.event.starts_at.year) in meta["og:description"]
        assert meta["og:image"].startswith("http://127.0.0.1:8000/images/preview/")


def test_pages_ask_nobody_else_for_anything(app: Flask, client: FlaskClient, world: World) -> None:
    """S5: no third-party request, and no script or style in the page that the policy blocks."""
    for route in link_routes(app):
        if route.method != "GET":
            continue
        response = ask(client, route, world.tokens[route.kind])
        if response.mimetype != "text/html":
            continue
        loaded = re.findall(
            r"<(?:script|img|link|iframe|source|video|object)\b[^>]*", response.text
        )
        for tag in loaded:
            for address in re.findall(r"\b(?:src|href|srcset)=\"([^\"]*)\"", tag):
                own = address.startswith(("/", "data:", "http://127.0.0.1:8000/"))
                assert own, f"{route}: {tag}"
        assert not re.search(r"<script(?![^>]*\bsrc=)", response.text), str(route)
        assert not re.search(r"\sstyle=|\son\w+=|javascript:", response.text), str(route)


@pytest.mark.parametrize("position", ["0", "4", "-1", "1.5", "99999999999999999999999", "x", "%00"])
def test_only_the_orders_own_tickets_are_reached(
    client: FlaskClient, world: World, position: str
) -> None:
    builders.make_order(world.order.shop)
    before = seen.digest()
    for path in ("claim", "share"):
        assert client.get(f"/o/{world.tokens['o']}/tickets/{position}/{path}").status_code == 404
    assert client.post(f"/o/{world.tokens['o']}/tickets/{position}/recall").status_code == 404
    assert seen.digest() == before


def test_no_page_hands_out_a_link_that_is_not_made_yet(client: FlaskClient, world: World) -> None:
    """A link of a generation to come would survive a recall and a reopen (S3)."""
    at = f"/o/{world.tokens['o']}/tickets/1/share"
    for generation in ("3", "4", "7", "65535", "65536", "0", "9" * 30, "9" * 5000, "٣", "-1", ""):
        for path in (at, f"{at}/whatsapp", f"{at}/email"):
            page = client.post(path, data={"generation": generation, "channel": "copy"}).text
            found = set(re.findall(r"/s/([\w-]{36})", page))
            good = {links.share_token(world.shared, each) for each in (1, 2)}
            assert found <= good, f"{path} with {generation}"


def test_a_ticket_of_the_same_number_in_another_order_is_not_meant(
    client: FlaskClient, world: World
) -> None:
    other: Ticket = builders.make_order(world.order.shop).tickets[0]
    page = client.get(f"/o/{world.tokens['o']}/tickets/1/share").text
    assert links.share_token(world.shared, 2) in page
    assert links.share_token(other, 1) not in page


def test_a_route_is_asked_by_each_of_its_methods(app: Flask) -> None:
    """The walk above is only as good as the map it walks on."""
    routes = link_routes(app)
    assert Route("s", "POST", "/s/<token>") in routes
    assert Route("t", "GET", "/t/<token>/ticket.pdf") in routes
    assert Route("o", "HEAD", "/o/<token>/stream") in routes
    assert len(routes) >= 25
