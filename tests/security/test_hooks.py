"""Addresses where programs tell us things: what is behind them, read from the URL map.

A new one is under test here as soon as it exists. What pretix's does, `tests/pretix` tells.
"""

from flask import Flask
from flask.testing import FlaskClient

from tests import seen
from tests.security.conftest import World
from ticketing import links
from ticketing.links import Kind, Link


def hooks(app: Flask) -> list[tuple[str, set[str]]]:
    found = [
        (rule.rule, set(rule.methods or ()) - {"OPTIONS"})
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/hooks/")
    ]
    assert found
    return found


def test_they_take_posts_alone_and_only_with_a_token_of_ours(
    app: Flask, client: FlaskClient, world: World
) -> None:
    never = [
        "A" * 36,
        "x",
        *world.tokens.values(),
        *(links.make(links.keys(), Link(kind, 4711, 1)) for kind in Kind),
    ]
    before = seen.rows()
    for path, methods in hooks(app):
        assert methods == {"POST"}, path
        assert path.endswith("/<token>"), path
        answers = set()
        for token in never:
            answer = client.post(path.replace("<token>", token), json={"code": "ABCDE"})
            answers.add((answer.status_code, answer.data))
            assert "Set-Cookie" not in answer.headers
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["X-Frame-Options"] == "DENY"
        assert len(answers) == 1, f"{path}: unknown addresses can be told apart"
        assert answers.pop()[0] == 404
        for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE"):
            asked = client.open(path.replace("<token>", never[0]), method=method)
            assert asked.status_code == 405, f"{method} {path}"
    assert seen.changes(before).keys() == {"limits"}, "but for how often unknown ones were tried"


def test_another_sites_page_cannot_make_a_browser_tell_it(app: Flask, client: FlaskClient) -> None:
    for path, _methods in hooks(app):
        token = links.make(links.keys(), Link(Kind.PRETIX, 4711, 1))
        headers = {"Sec-Fetch-Site": "cross-site"}
        answer = client.post(path.replace("<token>", token), json={}, headers=headers)
        assert answer.status_code == 403
