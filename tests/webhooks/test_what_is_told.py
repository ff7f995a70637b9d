"""What happens to an order is told to the organiser's own programs, in their transaction."""

import re

import pytest
from sqlalchemy import event, select

from tests import builders
from tests.webhooks.deliveries import all_calls
from tests.webhooks.receiver import Receiver
from ticketing import calls, cancelling, history, personalisation, sending, sharing
from ticketing.config import PROJECT
from ticketing.extensions import db
from ticketing.models import Call, Order, Shop, WebhookEndpoint
from ticketing.refusals import AlreadyClaimed
from ticketing.webhooks import endpoints
from ticketing.webhooks.happenings import EVENTS, OF_ACTION

# Actions of the history that no program hears of: they change nothing about who comes.
QUIET = {
    "new_barcode",
    "recalled",
    "shared",
    "opened",
    "ticket_resent",
    "order_resent",
    "checked_in",
    "restored",
}


def told() -> list[str]:
    return [call.event for call in all_calls()]


def said(receiver: Receiver) -> list[dict[str, object]]:
    calls.make_waiting()
    return [heard.said for heard in receiver.heard]


def edit(order: Order, place: int = 0, **details: str) -> None:
    ticket = order.tickets[place]
    personalisation.edit(
        ticket,
        {**builders.ANNA, **details},
        builders.ORGANISER,
        revision=ticket.revision,
        new_barcode=True,
        mail_holder=False,
    )


def test_a_new_order_is_told_with_all_that_the_api_says_but_links(
    receiver: Receiver, endpoint: WebhookEndpoint, shop: Shop
) -> None:
    order = builders.make_order(shop, tickets=2)
    [message] = said(receiver)
    assert message["type"] == "order.created"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", str(message["timestamp"]))
    data = message["data"]
    assert isinstance(data, dict)
    assert data.keys() == {"order"}
    told = data["order"]
    assert (told["code"], told["reference"], told["shop"]) == (
        order.code,
        order.reference,
        shop.slug,
    )
    assert told["booker"]["email"] == "bea@example.org"
    assert [ticket["state"] for ticket in told["tickets"]] == ["open", "open"]
    assert told["overview_url"] is None


def test_nothing_that_is_sent_lets_anybody_act(
    receiver: Receiver, endpoint: WebhookEndpoint, shop: Shop
) -> None:
    order = builders.make_order(shop)
    builders.claim(order.tickets[0])
    calls.make_waiting()
    bodies = "".join(heard.body.decode() for heard in receiver.heard)
    assert "Anna" in bodies
    assert "http" not in bodies


def test_each_ticket_is_told_with_its_holder(
    receiver: Receiver, endpoint: WebhookEndpoint, shop: Shop
) -> None:
    order = builders.make_order(shop)
    builders.claim(order.tickets[1])
    edit(order, 1, first_name="Anne")
    assert told() == ["order.created", "ticket.personalised", "ticket.edited"]
    messages = said(receiver)
    by_type = {message["type"]: message["data"] for message in messages}
    for kind in ("ticket.personalised", "ticket.edited"):
        data = by_type[kind]
        assert isinstance(data, dict)
        assert data["ticket"]["id"] == f"{order.code}-2"
        # As it is when it is sent: that is what the receiver is to know.
        assert data["ticket"]["holder"]["first_name"] == "Anne"
        assert len(data["order"]["tickets"]) == 5


def test_a_name_that_the_organiser_fills_in_first_personalises(
    endpoint: WebhookEndpoint, shop: Shop
) -> None:
    edit(builders.make_order(shop))
    assert told() == ["order.created", "ticket.personalised"]


def test_reopening_many_tickets_is_told_once(
    receiver: Receiver, endpoint: WebhookEndpoint, shop: Shop
) -> None:
    order = builders.make_order(shop)
    for ticket in order.tickets[:3]:
        builders.claim(ticket)
    chosen = {ticket.id: ticket.revision for ticket in order.tickets[1:3]}
    personalisation.reopen(order, chosen, "", builders.ORGANISER)
    assert told()[-1:] == ["order.reopened"]
    assert told().count("order.reopened") == 1
    # Calls are made at the same time: they arrive in any order.
    [data] = [each["data"] for each in said(receiver) if each["type"] == "order.reopened"]
    assert isinstance(data, dict)
    assert [ticket["id"] for ticket in data["tickets"]] == [f"{order.code}-2", f"{order.code}-3"]
    assert {ticket["state"] for ticket in data["tickets"]} == {"open"}


def test_cancelling_is_told_once_for_all_tickets_of_an_order(
    endpoint: WebhookEndpoint, shop: Shop
) -> None:
    order = builders.make_order(shop)
    cancelling.cancel_ticket(order.tickets[0], builders.ORGANISER)
    cancelling.cancel_order(order, builders.ORGANISER)
    assert told() == ["order.created", "ticket.cancelled", "order.cancelled"]
    cancelling.cancel_order(order, builders.ORGANISER)  # twice is the same as once
    assert len(told()) == 3


def test_another_contact_changes_the_order(endpoint: WebhookEndpoint, shop: Shop) -> None:
    order = builders.make_order(shop)
    given = {"first_name": "Ben", "last_name": "", "email": "ben@example.org", "phone": ""}
    given["one_name"] = "1"
    sending.edit_contact(order, given, builders.ORGANISER, revision=order.revision)
    assert told() == ["order.created", "order.changed"]


def test_sharing_is_nobodys_business(endpoint: WebhookEndpoint, shop: Shop) -> None:
    order = builders.make_order(shop)
    builders.share(order.tickets[0])
    sharing.recall(order.tickets[0], history.booker(order), generation=1)
    assert told() == ["order.created"]


def test_what_is_rolled_back_was_never_told(endpoint: WebhookEndpoint, shop: Shop) -> None:
    order = builders.make_order(shop)
    ticket = builders.claim(order.tickets[0])
    with pytest.raises(AlreadyClaimed):
        builders.claim(ticket)
    assert told() == ["order.created", "ticket.personalised"]


def test_each_hears_what_it_chose(receiver: Receiver, shop: Shop) -> None:
    claims = endpoints.create(shop.organiser_id, receiver.url, ["ticket.personalised"])
    all_of_it = endpoints.create(shop.organiser_id, receiver.url, EVENTS)
    order = builders.make_order(shop)
    builders.claim(order.tickets[0])
    heard = [(call.endpoint_id, call.event) for call in all_calls()]
    assert sorted(heard) == [
        (claims.id, "ticket.personalised"),
        (all_of_it.id, "order.created"),
        (all_of_it.id, "ticket.personalised"),
    ]


def test_who_is_off_or_deleted_or_another_organisers_hears_nothing(
    receiver: Receiver, shop: Shop
) -> None:
    off = endpoints.create(shop.organiser_id, receiver.url, EVENTS)
    deleted = endpoints.create(shop.organiser_id, receiver.url, EVENTS)
    rival = builders.make_shop(organiser_name="Rival Nights")
    endpoints.create(rival.organiser_id, receiver.url, EVENTS)
    endpoints.switch(off, on=False)
    endpoints.delete(deleted)
    builders.make_order(shop)
    assert all_calls() == []


@pytest.mark.engine("sqlite")  # the other has EXPLAIN in words of its own
def test_where_nobody_listens_it_costs_one_query(shop: Shop) -> None:
    order = builders.make_order(shop)
    ticket = order.tickets[0]
    asked: list[str] = []

    def listen(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "webhook_endpoints" in statement or "calls" in statement:
            asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", listen)
    builders.claim(ticket)
    event.remove(db.engine, "before_cursor_execute", listen)
    assert len(asked) == 1
    plan = db.session.connection().exec_driver_sql(
        "EXPLAIN QUERY PLAN SELECT id FROM webhook_endpoints WHERE organiser_id IN (1) "
        "AND disabled_at IS NULL AND deleted_at IS NULL"
    )
    assert "ix_webhook_endpoints_organiser_id" in str(plan.all())


def test_the_table_holds_no_word_of_anybody(endpoint: WebhookEndpoint, shop: Shop) -> None:
    builders.claim(builders.make_order(shop).tickets[0])
    rows = db.session.execute(select(Call.params, Call.event, Call.message_id)).all()
    assert rows
    assert "Anna" not in str(rows)
    assert "anna@" not in str(rows)


def test_every_action_of_the_history_is_told_or_known_to_be_quiet() -> None:
    recorded = set()
    for path in (PROJECT / "ticketing").rglob("*.py"):
        found = re.findall(r"history\.record\(\s*session,\s*[\w.]+,\s*\"(\w+)\"", path.read_text())
        recorded |= set(found)
    assert {"placed", "claimed", "reopened", "order_cancelled"} <= recorded
    assert recorded <= set(OF_ACTION) | QUIET
