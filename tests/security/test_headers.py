"""S5, S7, S9: what every answer carries, whatever it answers."""

import re
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests import builders
from tests.installations import Installations
from tests.security.conftest import FRAMED_BY, World
from tests.security.link_routes import Route, ask, link_routes
from ticketing import links
from ticketing.config import Settings
from ticketing.links import Kind, Link


def check_policy(response: TestResponse, told: str) -> dict[str, str]:
    """The Content-Security-Policy by directive; nothing unsafe in it."""
    policy = response.headers["Content-Security-Policy"]
    assert "unsafe" not in policy, told
    assert "*" not in policy, told
    found = {}
    for part in filter(None, (each.strip() for each in policy.split(";"))):
        name, _space, value = part.partition(" ")
        found[name] = value
    assert found["default-src"] == "'none'", told
    assert found["form-action"] == "'self'", told
    assert found["base-uri"] == "'none'", told
    assert response.headers["X-Content-Type-Options"] == "nosniff", told
    return found


def check_link_answer(response: TestResponse, told: str) -> None:
    headers = response.headers
    assert headers["Referrer-Policy"] == "no-referrer", told
    assert headers["Cache-Control"] == "no-store", told
    assert headers["X-Robots-Tag"] == "noindex, nofollow, noarchive", told
    assert "Set-Cookie" not in headers, told
    assert "X-Frame-Options" not in headers, told
    check_policy(response, told)


def test_every_answer_behind_a_link(app: Flask, client: FlaskClient, world: World) -> None:
    statuses = set()
    for route in link_routes(app):
        response = ask(client, route, world.tokens[route.kind], headers={"Cookie": "session=x"})
        told = f"{route}: {response.status}"
        check_link_answer(response, told)
        ancestors = check_policy(response, told)["frame-ancestors"]
        if response.mimetype == "text/html":
            assert ancestors == f"'self' {FRAMED_BY}", told
        statuses.add(response.status_code)
    assert {200, 204, 422} <= statuses, "not only errors"


def test_every_error_behind_a_link(app: Flask, client: FlaskClient, world: World) -> None:
    unknown = "A" * 36
    for route in link_routes(app):
        withdrawn = _former(world, route.kind)
        for token, status in ((unknown, 404), (withdrawn, 410)):
            response = ask(client, route, token)
            assert response.status_code == status, str(route)
            check_link_answer(response, str(route))
        response = ask(client, Route(route.kind, "DELETE", route.path), world.tokens[route.kind])
        assert response.status_code == 405
        check_link_answer(response, f"DELETE {route.path}")
        refused = ask(
            client,
            Route(route.kind, "POST", route.path),
            world.tokens[route.kind],
            headers={"Sec-Fetch-Site": "cross-site"},
        )
        assert refused.status_code in {403, 405}
        check_link_answer(refused, f"cross-site {route.path}")
    for path in ("/o/", "/s/x/y/z", "/t/" + unknown + "/nothing", "/o/%00", "/s/é"):
        response = client.get(path)
        assert response.status_code == 404, path
        check_link_answer(response, path)


def _former(world: World, kind: str) -> str:
    row = world.order if kind in {"o", "u"} else world.shared if kind == "s" else world.claimed
    return links.make(links.keys(), Link(Kind(kind), row.link_id, 9))


def test_ticket_pages_alone_may_have_a_worker(client: FlaskClient, world: World) -> None:
    """docs/decisions/offline-tickets.md"""
    for path, workers in {
        f"/t/{world.tokens['t']}": "'self'",
        f"/s/{world.tokens['s']}": "'none'",
        f"/o/{world.tokens['o']}": "'none'",
        "/backoffice/sign-in": "'none'",
    }.items():
        assert check_policy(client.get(path), path)["worker-src"] == workers
    script = client.get("/static/ticket-worker.js")
    assert script.headers["Service-Worker-Allowed"] == "/t/"
    assert script.headers["Cache-Control"] == "no-cache", "an update reaches every phone"
    assert "Service-Worker-Allowed" not in client.get("/static/app.js").headers


def test_each_shop_s_own_list_and_no_other(client: FlaskClient) -> None:
    """E3: exact origins, in full, of this very shop."""
    lists = [[], ["https://a.example"], ["https://b.example", "https://c.example:8443"]]
    for origins in lists:
        order = builders.make_order(builders.make_shop(embed_origins=origins))
        for path in (f"/shop/{order.shop.slug}", f"/o/{links.order_token(order)}"):
            ancestors = check_policy(client.get(path), path)["frame-ancestors"]
            assert ancestors == (" ".join(["'self'", *origins]) if origins else "'none'")


def test_an_unknown_link_is_framed_nowhere(client: FlaskClient) -> None:
    response = client.get(f"/o/{'A' * 36}")
    assert check_policy(response, "unknown")["frame-ancestors"] == "'none'"


@pytest.mark.parametrize(
    "path",
    ["/healthz", "/backoffice/", "/backoffice/sign-in", "/backoffice/orders", "/api/openapi.json",
     "/api/v1/orders/X", "/nothing", "/", "/static/app.css", "/static/nothing.css"],
)  # fmt: skip
def test_all_other_pages_are_framed_nowhere(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    policy = check_policy(response, path)
    assert policy["frame-ancestors"] == "'none'"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["Referrer-Policy"] == "strict-origin"


def test_every_other_route_has_a_policy(app: Flask, client: FlaskClient, world: World) -> None:
    seen = 0
    for rule in app.url_map.iter_rules():
        if "<token>" in rule.rule:
            continue
        path = re.sub(r"<int:\w+>", "1", rule.rule)
        path = path.replace("<slug>", world.order.shop.slug).replace("<code>", world.order.code)
        path = re.sub(r"<[^>]*>", "x", path)
        for method in sorted((rule.methods or set()) - {"OPTIONS"}):
            response = client.open(path, method=method)
            assert response.status_code < 500, f"{method} {path}"
            ancestors = check_policy(response, f"{method} {path}")["frame-ancestors"]
            embeddable = path.startswith("/shop/")
            assert ("X-Frame-Options" in response.headers) != embeddable, path
            assert ancestors == (f"'self' {FRAMED_BY}" if embeddable else "'none'"), path
            if embeddable:
                assert "Set-Cookie" not in response.headers
            response.close()
            seen += 1
    assert seen > 30


def test_over_https_browsers_are_told_to_come_by_nothing_else(
    settings: Settings, installations: Installations
) -> None:
    """ASVS 3.4.1: on every answer, whoever gives it, for subdomains too."""
    only_tls = "max-age=63072000; includeSubDomains"
    secure = replace(settings, base_url="https://tickets.example.org")
    with installations.app(secure) as app, app.app_context():
        client, overview = app.test_client(), f"/o/{links.order_token(builders.make_order())}"
        for path, status in {
            overview: 200,
            f"{overview}/changes?since=99": 204,  # answered before Flask begins
            "/backoffice/sign-in": 200,
            "/static/app.css": 200,
            "/api/v1/orders": 401,
            "/nothing": 404,
        }.items():
            answer = client.get(path, base_url=secure.base_url)
            assert answer.status_code == status, path
            assert answer.headers.getlist("Strict-Transport-Security") == [only_tls], path


def test_without_https_nothing_is_promised_for_it(client: FlaskClient) -> None:
    assert "Strict-Transport-Security" not in client.get("/healthz").headers


def test_files_tell_nothing_by_their_names(client: FlaskClient, world: World) -> None:
    names = []
    for path in (
        f"/t/{world.tokens['t']}/ticket.pdf",
        f"/t/{world.tokens['t']}/ticket.pdf?download=1",
        f"/t/{world.tokens['t']}/event.ics",
        f"/o/{world.tokens['o']}/tickets.pdf?download=1",
        f"/o/{world.tokens['o']}/event.ics",
    ):
        response = client.get(path)
        assert response.status_code == 200
        names.append(response.headers["Content-Disposition"])
    assert names == [
        'inline; filename="ticket.pdf"',
        'attachment; filename="ticket.pdf"',
        'attachment; filename="event.ics"',
        'attachment; filename="tickets.pdf"',
        'attachment; filename="event.ics"',
    ]
