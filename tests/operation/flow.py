"""What a group, an organiser and a program go through, over the wire, without a browser."""

from dataclasses import dataclass, field
from typing import Any

from flask import Flask

from tests import builders
from tests.operation.service import SECONDS, eventually
from tests.smtp import SmtpServer
from tests.surfing import Surfer
from ticketing import links
from ticketing.extensions import db
from ticketing.members import api_keys
from ticketing.models import Order, OutboxMail, Shop

PASSWORD = "correct horse battery"


@dataclass
class Flow:
    """`secrets`: tokens, keys, passwords that were used. `personal`: what people typed."""

    secrets: set[str] = field(default_factory=set)
    personal: set[str] = field(default_factory=set)

    def person(self, first: str, last: str, email: str, phone: str) -> dict[str, str]:
        self.personal |= {first, last, email, email.partition("@")[0], phone, phone.lstrip("+0")}
        return {"first_name": first, "last_name": last, "email": email, "phone": phone}

    def link(self, path: str) -> str:
        """The path, its token remembered."""
        self.secrets.add(path.split("/")[2])
        return path


def go_through(app: Flask, url: str, post: SmtpServer) -> Flow:
    """Order, claim, share, withdraw, fill in, download, mail, correct, search; and mistakes."""
    flow, surfer = Flow(), Surfer(url)
    shop = builders.make_shop(organiser_name="Lindenhof Kollektiv")
    order = _buy(flow, surfer, shop)
    overview = flow.link(f"/o/{links.order_token(order)}")
    _claim_and_share(flow, surfer, order, overview, post)
    _correct(flow, Surfer(url), shop)
    _by_program(flow, Surfer(url), shop)
    _mistakes(flow, surfer, overview)
    post.wait_for_mail_to("wilhelmina@quartz.example", timeout=SECONDS)
    return flow


def _buy(flow: Flow, surfer: Surfer, shop: Shop) -> Order:
    booker = flow.person("Wilhelmina", "Quartzheim", "wilhelmina@quartz.example", "+31687650001")
    weekend = f"quantity_{shop.event.ticket_types[0].id}"
    page = surfer.submit(f"/shop/{shop.slug}", **{weekend: "3"}, **booker)
    page.has("Not assigned")
    db.session.rollback()
    return db.session.query(Order).filter_by(shop_id=shop.id).one()


def _claim_and_share(
    flow: Flow, surfer: Surfer, order: Order, overview: str, post: SmtpServer
) -> None:
    mine = flow.person("Wilhelmina", "Quartzheim", "wilhelmina@quartz.example", "+31687650001")
    surfer.submit(f"{overview}/tickets/1/claim?for=me", action=f"{overview}/tickets/1/claim?for=me",
                  **mine).has("Ready")  # fmt: skip
    friend = "friend.of.quartz@pebble.example"
    flow.personal.add(friend)
    share = f"{overview}/tickets/2/share"
    surfer.submit(share, action=f"{share}/email", recipient=friend)
    post.wait_for_mail_to(friend, timeout=SECONDS)
    _share_with_nobody(flow, surfer, overview, post)
    db.session.rollback()
    ticket = order.tickets[1]
    shared = flow.link(f"/s/{links.share_token(ticket, ticket.share_generation)}")
    visitor = flow.person("Thaddeus", "Obsidian", "thaddeus@pebble.example", "+31687650002")
    wrong = {**visitor, "email": "thaddeus@"}
    assert surfer.submit(shared, **wrong).status == 422
    surfer.submit(shared, **visitor).has("Obsidian")
    db.session.rollback()
    page = flow.link(f"/t/{links.ticket_token(ticket)}")
    assert surfer.get(f"{page}/ticket.pdf").body.startswith(b"%PDF")
    surfer.submit(page, action=f"{page}/mail")
    assert surfer.get(f"{overview}/changes?since=1").status == 200
    surfer.get(shared).has("claimed")


def _share_with_nobody(flow: Flow, surfer: Surfer, overview: str, post: SmtpServer) -> None:
    nobody = "refused@quartz.example"
    flow.personal.add(nobody)
    post.refused[nobody] = f"550 5.1.1 <{nobody}>: no such user here"
    share = f"{overview}/tickets/3/share"
    surfer.submit(share, action=f"{share}/email", recipient=nobody)

    def has_failed() -> bool:
        db.session.rollback()
        found = db.session.query(OutboxMail).filter_by(recipient=nobody).one()
        return found.state == "failed"

    eventually(has_failed)


def _correct(flow: Flow, desk: Surfer, shop: Shop) -> None:
    flow.personal |= {"olga.ops@lindenhof.example", "Organiser"}
    builders.make_user(shop.organiser, email="olga.ops@lindenhof.example", password=PASSWORD)
    sign_in = "/backoffice/sign-in"
    assert (
        desk.submit(
            sign_in, email="olga.ops@lindenhof.example", password="a guess of mallory"
        ).status
        < 500
    )
    desk.submit(sign_in, email="olga.ops@lindenhof.example", password=PASSWORD)
    desk.get("/backoffice/orders?q=Thaddeus+Obsidian").has("Quartzheim")
    assert desk.get("/backoffice/orders.csv?q=Obsidian").status in {200, 404}
    flow.secrets |= {PASSWORD, "a guess of mallory"}


def _by_program(flow: Flow, program: Surfer, shop: Shop) -> None:
    _row, key = api_keys.issue(shop.organiser_id, "Till", api_keys.SCOPES)
    flow.secrets.add(key)
    booker = flow.person("Ignatius", "Feldspar", "ignatius@feldspar.example", "+31687650003")
    order: dict[str, Any] = {
        "shop": shop.slug,
        "reference": "R-1",
        "locale": "en",
        "booker": booker,
        "tickets": [{"type": "weekend", "quantity": 1}],
    }
    bearer = f"Bearer {key}"
    placed = program.post_json("/api/v1/orders", order, Authorization=bearer)
    assert placed.status == 201
    bad = {**order, "booker": {**booker, "email": "ignatius@"}, "reference": "R-2"}
    assert program.post_json("/api/v1/orders", bad, Authorization=bearer).status == 422
    assert program.get("/api/v1/orders?q=Feldspar", Authorization=bearer).status < 500


def _mistakes(flow: Flow, surfer: Surfer, overview: str) -> None:
    token = overview.removeprefix("/o/")
    for path in (
        f"/o/{token[:-1]}_",
        f"/o/{token[:20]}",
        f"/o//{token}",
        f"/O/{token}",
        f"/{token}",
        f"/nothing?mail=wilhelmina@quartz.example&token={token}",
        f"/o/{token}%0AGET%20/forged",
        "/thaddeus@pebble.example",
    ):
        assert surfer.get(path).status < 500, path
    assert surfer.get(overview, X_Request_ID=token).status == 200
    assert (
        surfer.get(overview, Referer=f"https://x.example/o/{token}", User_Agent="x").status == 200
    )
    flow.secrets.add(token[:20])
