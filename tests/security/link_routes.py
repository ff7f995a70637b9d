"""The routes behind links, read from the URL map: a new one is under test as soon as it exists."""

from dataclasses import dataclass

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

KINDS = {"o": "/o/<token>", "s": "/s/<token>", "t": "/t/<token>", "u": "/u/<token>"}


@dataclass(frozen=True)
class Route:
    """One method of one address: `path` still says `<token>`."""

    kind: str
    method: str
    path: str

    def to(self, token: str) -> str:
        return self.path.replace("<token>", token)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def link_routes(app: Flask, *, position: int = 1) -> list[Route]:
    """Every method of every route that begins with a link's token."""
    found = []
    for rule in app.url_map.iter_rules():
        for kind, prefix in KINDS.items():
            if rule.rule == prefix or rule.rule.startswith(f"{prefix}/"):
                path = rule.rule.replace("<int:position>", str(position))
                assert path.count("<") == 1, f"say what to put into {rule.rule}"
                methods = (rule.methods or set()) - {"OPTIONS"}
                found += [Route(kind, method, path) for method in sorted(methods)]
    assert {route.kind for route in found} == set(KINDS)
    return found


def ask(client: FlaskClient, route: Route, token: str, **named: object) -> TestResponse:
    """The answer; of one that streams without end no more than its beginning."""
    response = client.open(route.to(token), method=route.method, **named)  # type: ignore[arg-type]
    if response.mimetype == "text/event-stream":
        response.close()
    return response
