"""Claims by visitors over HTTP: pages with shared links are opened, filled in, ready to be sent."""

from collections.abc import Sequence

from flask import Flask
from sqlalchemy import select

from tests import builders, clients
from tests.backoffice.browsing import forms_in
from ticketing import links
from ticketing.extensions import db
from ticketing.models import Shop, Ticket


def shared_links(app: Flask, tickets: int) -> list[str]:
    """So many fresh tickets of the demo's shop, and the path of each one's link."""
    with app.app_context():
        shop = db.session.scalars(select(Shop).limit(1)).one()
        made: list[Ticket] = []
        while len(made) < tickets:
            made += builders.make_order(shop, tickets=min(10, tickets - len(made))).tickets
        found = [f"/s/{links.share_token(each, 1)}" for each in made]
        db.session.remove()
        db.engine.dispose()
    return found


def filled_in(address: tuple[str, int], paths: Sequence[str]) -> list[bytes]:
    """For each path the request of somebody who has opened the page and now presses *Save*."""
    (pages,) = clients.ask(address, [clients.get(path) for path in paths])
    requests = []
    for number, (path, page) in enumerate(zip(paths, pages, strict=True)):
        assert page.status == 200, page.head
        hidden = {k: v[0] for k, v in forms_in(page.body.decode())[path].items()}
        details = {
            **builders.ANNA,
            "first_name": f"Anna{number}",
            "email": f"anna{number}@example.org",
        }
        requests.append(clients.post_form(path, {**hidden, **details}))
    return requests
