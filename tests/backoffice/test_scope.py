"""Nobody sees or touches another organiser's data: tried on every route there is.

A new route fails here until it is said whose rows it takes (`ids_of`), or that it takes none
(`LISTS`).
"""

import pytest
from flask import Flask
from werkzeug.routing import Rule

from tests import builders
from tests.backoffice.browsing import Browser
from tests.seen import digest
from tests.wallet import authority
from ticketing.imports import steps
from ticketing.members import api_keys, invitations
from ticketing.members.accounts import new_uniquifier
from ticketing.models import (
    Invitation,
    Membership,
    Order,
    PretixConnection,
    Question,
    SignIn,
    TicketType,
    User,
    now,
)
from ticketing.pretix import sealed
from ticketing.storing.transactions import write
from ticketing.webhooks import endpoints
from ticketing.webhooks.happenings import EVENTS

# Without ids: open to every organiser, each showing or changing their own alone.
LISTS = {
    "backoffice.home",
    "backoffice.orders",
    "backoffice.shops",
    "backoffice.new_shop",
    "backoffice.new_shop_address",
    "backoffice.events",
    "backoffice.new_event",
    "backoffice.outbox",
    "backoffice.retry_mails",
    "backoffice.export_orders",
    "backoffice.export_csv",
    "backoffice.export_xlsx",
    "backoffice.webhooks",
    "backoffice.new_webhook",
    "backoffice.api_keys",
    "backoffice.new_api_key",
    "backoffice.wallet",
    "backoffice.apple_wallet",
    "backoffice.apple_wallet_request",
    "backoffice.apple_wallet_sample",
    "backoffice.stop_apple_wallet",
    "backoffice.google_wallet",
    "backoffice.google_wallet_sample",
    "backoffice.stop_google_wallet",
    "backoffice.people",
    "backoffice.invite",
    "backoffice.organisation",
    "backoffice.account",
    "backoffice.change_password",
    "backoffice.change_email",
    "backoffice.turn_on_two_step",
    "backoffice.turn_off_two_step",
    "backoffice.renew_recovery_codes",
    "backoffice.end_other_sign_ins",
    "backoffice.confirm",
    "backoffice.require_two_step",
    "backoffice.switch_organiser",
    "backoffice.new_organiser",
    "backoffice.person",
    "backoffice.person_file",
    "backoffice.erase_person",
    "backoffice.privacy_notice",
    "backoffice.audit_page",
    "backoffice.audit_file",
}
# What else stands in addresses, and means nobody's row.
WORDS: dict[str, str] = {"kind": "confirmation", "language": "en"}


def ids_of(order: Order) -> dict[str, int]:
    """The id of one of everything that the order's organiser has, by its name in addresses."""
    with write() as session:
        invitation = Invitation(
            organiser_id=order.organiser_id,
            email="ingrid@example.org",
            role="desk",
            expires_at=now() + invitations.GOOD_FOR,
        )
        colleague = User(email="carl@example.org", fs_uniquifier=new_uniquifier())
        member = Membership(user=colleague, organiser_id=order.organiser_id, role="owner")
        sign_in = SignIn(user=colleague, digest="0" * 64)
        # One that has tickets can't be deleted.
        unsold = TicketType(event_id=order.shop.event_id, code="spare", name="Spare", position=9)
        question = Question(event_id=order.shop.event_id, kind="text", label={"en": "Diet?"})
        connection = PretixConnection(
            link_id=1,
            shop_id=order.shop_id,
            base_url="https://pretix.example",
            organizer="festival",
            event="summer",
            token=sealed.seal("a token", 1),
        )
        session.add_all([connection, invitation, member, question, sign_in, unsold])
    header = b"Booker first name,Booker last name,Booker email,Ticket type\n"
    endpoint = endpoints.create(order.organiser_id, "https://hooks.example.org/", EVENTS)
    key, _plain = api_keys.issue(order.organiser_id, "Till", api_keys.SCOPES)
    authority.sign_for_apple(order.organiser_id)
    authority.sign_for_google(order.organiser_id)
    uploaded = steps.upload(order.shop, None, "a.csv", header + b"Bea,B,b@example.org,weekend\n")
    return {
        "order_id": order.id,
        "ticket_id": order.tickets[0].id,
        "shop_id": order.shop_id,
        "event_id": order.shop.event_id,
        "type_id": unsold.id,
        "question_id": question.id,
        "mail_id": builders.mails_of(order)[0].id,
        "import_id": uploaded.id,
        "member_id": member.id,
        "invitation_id": invitation.id,
        "endpoint_id": endpoint.id,
        "call_id": endpoints.send_test(endpoint).id,
        "key_id": key.id,
        "sign_in_id": sign_in.id,
    }


def rules_of(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("backoffice.")]


def path_of(app: Flask, rule: Rule, ids: dict[str, int]) -> str:
    """Where the rule leads for these ids; one that we don't know fails the test."""
    known: dict[str, int | str] = {**ids, **WORDS}
    assert rule.arguments <= known.keys(), f"{rule.rule}: say in ids_of whose it takes"
    with app.test_request_context():
        url = app.url_map.bind("localhost").build(
            rule.endpoint, {key: known[key] for key in rule.arguments}
        )
    return url.removeprefix("http://localhost")


def methods_of(rule: Rule) -> set[str]:
    return (rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"}


def test_another_organisers_ids_are_not_found(app: Flask, rival: Browser, order: Order) -> None:
    token = rival.token()
    builders.claim(order.tickets[0])
    ids = ids_of(order)
    before = digest()
    tried = 0
    for rule in rules_of(app):
        if rule.endpoint in LISTS:
            assert not rule.arguments, rule.rule
            continue
        assert rule.arguments, f"{rule.rule} has no id: is it a list?"
        for method in methods_of(rule):
            answer = rival.request(
                method,
                path_of(app, rule, ids),
                data={"csrf_token": token, "revision": "1"} if method != "GET" else None,
            )
            assert answer.status_code == 404, f"{method} {rule.rule}: {answer.status}"
            assert order.code not in answer.text
            tried += 1
    assert tried >= 20
    assert digest() == before


@pytest.mark.parametrize("query", ["", "?q=bea", "?sort=name", "?archived=1", "?state=waiting"])
def test_lists_show_their_own_alone(
    app: Flask, rival: Browser, olga: Browser, order: Order, query: str
) -> None:
    for endpoint in ("orders", "shops", "outbox", "people", "webhooks", "api-keys"):
        assert order.code not in rival.get(f"/backoffice/{endpoint}{query}").text
    assert order.code in olga.get("/backoffice/orders?q=bea").text


def test_another_organisers_filters_find_nothing(rival: Browser, order: Order) -> None:
    for query in (
        f"shop={order.shop_id}",
        f"event={order.shop.event_id}",
        f"after={order.id + 1}",
        f"before={order.id - 1}",
        f"q={order.code}",
    ):
        assert f"/orders/{order.id}" not in rival.get(f"/backoffice/orders?{query}").text


def test_nobody_gets_in_without_signing_in(app: Flask, stranger: Browser, order: Order) -> None:
    ids = ids_of(order)
    before = digest()
    for rule in rules_of(app):
        for method in methods_of(rule):
            path = path_of(app, rule, ids)
            answer = stranger.request(method, path)
            assert answer.status_code == 302, f"{method} {rule.rule}: {answer.status}"
            assert answer.location.startswith("/backoffice/sign-in")
            assert stranger.request(method, path, headers={"HX-Request": "true"}).status_code == 401
    assert digest() == before


def test_nothing_changes_without_the_forms_token(app: Flask, olga: Browser, order: Order) -> None:
    builders.claim(order.tickets[0])
    ids = ids_of(order)
    before = digest()
    tried = 0
    for rule in rules_of(app):
        if "POST" in methods_of(rule):
            for token in (None, "guessed"):
                answer = olga.post(
                    path_of(app, rule, ids),
                    {"csrf_token": token or "", "revision": "2", "first_name": "Mallory"},
                )
                assert answer.status_code in {400, 422}, f"{rule.rule}: {answer.status}"
                tried += 1
    assert tried >= 18
    assert digest() == before


def test_get_changes_nothing(app: Flask, olga: Browser, order: Order) -> None:
    builders.claim(order.tickets[0])
    ids = ids_of(order)
    before = digest()
    for rule in rules_of(app):
        if "GET" in methods_of(rule) and rule.endpoint != "backoffice.ticket_file":
            path = path_of(app, rule, ids)
            assert olga.get(path).status_code in {200, 302}, path
            assert olga.request("HEAD", path).status_code in {200, 302}
    assert digest() == before


def test_pages_tell_browsers_to_keep_to_themselves(olga: Browser, order: Order) -> None:
    headers = olga.get(f"/backoffice/orders/{order.id}").headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "strict-origin"
    assert "unsafe" not in headers["Content-Security-Policy"]


def test_an_address_that_is_none_leads_back(olga: Browser) -> None:
    answer = olga.get("/backoffice/nothing-here")
    assert answer.status_code == 404
    assert 'href="/backoffice/orders"' in answer.text
