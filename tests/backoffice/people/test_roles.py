"""O11: who of a team may open what. A route that isn't in the table fails the build."""

import pytest
from flask import Flask

from tests import builders
from tests.backoffice.browsing import Browser
from tests.backoffice.conftest import PASSWORD
from tests.backoffice.test_scope import ids_of, methods_of, path_of, rules_of
from tests.seen import digest
from ticketing.models import Order

# Helping customers is everybody's job. The desk also opens tickets again: it stands in front of
# the people whose ticket carries the wrong name, nothing is lost (the former details stay in the
# history), and it can be done anew. What can't be undone, takes data out or changes how things
# are set up is for managers; people and programs are for owners.
DESK = {
    "home", "orders", "order", "contact", "edit_contact", "resend_order", "reopen",
    "edit_ticket", "resend_ticket", "ticket_link", "ticket_file", "new_barcode",
    "ask_details",
    "shops", "shop_link", "shop_qr_png", "shop_qr_svg", "events", "event",
    "outbox", "mail", "mail_html", "retry_mail", "retry_mails",
}  # fmt: skip
MANAGER = {
    "shop_import", "import_template", "import_page", "check_import", "map_import_types",
    "place_import", "drop_import", "export_orders", "export_csv", "export_xlsx",
    "shop_pretix", "pretix_items", "pretix_products", "pretix_fetch", "pretix_write_back",
    "pretix_again", "pretix_disconnect",
    "cancel_order", "cancel_ticket", "shop", "shop_colour", "shop_embed",
    "new_shop", "new_shop_address",
    "archive_shop", "unarchive_shop", "shop_logo", "remove_shop_logo",
    "new_event", "edit_event", "event_picture", "remove_event_picture",
    "ticket_types", "new_ticket_type", "ticket_type", "move_ticket_type",
    "event_fields", "preview_event_fields", "type_fields", "preview_type_fields",
    "ask_details_of_event", "new_question", "question", "preview_new_question",
    "preview_question", "move_question", "archive_question", "restore_question",
    "archive_ticket_type", "unarchive_ticket_type", "delete_ticket_type",
    "reminders", "preview_reminders", "send_reminders",
    "event_privacy", "erase_event", "person", "person_file", "erase_person",
    "mail_texts", "mail_text", "preview_mail_text", "mail_text_frame", "reset_mail_text",
}  # fmt: skip
OWNER = {
    "people", "invite", "resend_invitation", "invitation_link", "revoke_invitation",
    "change_role", "remove_member", "organisation", "new_organiser",
    "sign_out_member", "reset_two_step", "require_two_step",
    "webhooks", "new_webhook", "webhook", "edit_webhook", "test_webhook", "pause_webhook",
    "resume_webhook", "renew_webhook_secret", "delete_webhook", "replay_lost",
    "webhook_deliveries", "webhook_delivery", "replay_delivery",
    "api_keys", "new_api_key", "revoke_api_key",
    "privacy_notice", "audit_page", "audit_file",
    "wallet", "apple_wallet", "apple_wallet_request", "apple_wallet_sample", "stop_apple_wallet",
    "google_wallet", "google_wallet_sample", "stop_google_wallet",
}  # fmt: skip
# Whoever has signed in, even if they work for nobody any more.
ANYONE = {
    "account", "change_password", "switch_organiser", "change_email", "confirm",
    "turn_on_two_step", "turn_off_two_step", "renew_recovery_codes",
    "end_sign_in", "end_other_sign_ins",
}  # fmt: skip

TABLE = {
    **dict.fromkeys(ANYONE, "anyone"),
    **dict.fromkeys(DESK, "desk"),
    **dict.fromkeys(MANAGER, "manager"),
    **dict.fromkeys(OWNER, "owner"),
}
RANKS = {"anyone": 0, "desk": 1, "manager": 2, "owner": 3}


def name_of(endpoint: str) -> str:
    return endpoint.removeprefix("backoffice.")


def test_every_route_is_in_the_table_once(app: Flask) -> None:
    routes = {name_of(rule.endpoint) for rule in rules_of(app)}
    assert routes - TABLE.keys() == set(), "say in this test who may open these"
    assert TABLE.keys() - routes == set(), "these are no routes any more"
    assert len(TABLE) == sum(map(len, (ANYONE, DESK, MANAGER, OWNER)))


@pytest.mark.parametrize("role", ["desk", "manager", "owner"])
def test_each_role_opens_what_the_table_says(app: Flask, order: Order, role: str) -> None:
    builders.claim(order.tickets[0])
    ids = ids_of(order)
    builders.make_user(order.shop.organiser, email="r@example.org", role=role, password=PASSWORD)
    person = Browser(app)
    person.sign_in("r@example.org", PASSWORD)
    before = digest()
    for rule in rules_of(app):
        allowed = RANKS[TABLE[name_of(rule.endpoint)]] <= RANKS[role]
        for method in methods_of(rule):
            # A POST comes without its token: who may gets no further than that.
            answer = person.request(method, path_of(app, rule, ids))
            told = f"{role}: {method} {rule.rule}: {answer.status}"
            if not allowed:
                assert answer.status_code == 403, told
                assert "This is for others of your team" in answer.text, told
                assert order.email not in answer.text, told
            elif method == "GET":
                assert answer.status_code in {200, 302}, told
            else:
                assert answer.status_code in {400, 422}, told
    assert digest() == before


def test_who_works_for_nobody_opens_their_account_alone(app: Flask, order: Order) -> None:
    ids = ids_of(order)
    builders.make_user(None, email="former@example.org", password=PASSWORD)
    person = Browser(app)
    person.sign_in("former@example.org", PASSWORD)
    for rule in rules_of(app):
        if "GET" in methods_of(rule):
            answer = person.get(path_of(app, rule, ids))
            allowed = TABLE[name_of(rule.endpoint)] == "anyone"
            assert answer.status_code == (200 if allowed else 403), rule.rule


def test_what_one_may_not_is_not_offered(app: Flask, order: Order) -> None:
    pages = {}
    for role in ("desk", "manager", "owner"):
        email = f"{role}@example.org"
        builders.make_user(order.shop.organiser, email=email, role=role, password=PASSWORD)
        person = Browser(app)
        person.sign_in(email, PASSWORD)
        pages[role] = person.get(f"/backoffice/orders/{order.id}").text
    for word in ("Cancel order", "Cancel ticket"):
        assert word not in pages["desk"]
        assert word in pages["manager"]
    assert "Open Personalisation" in pages["desk"]
    assert "/backoffice/people" not in pages["desk"]
    assert "/backoffice/people" not in pages["manager"]
    assert "/backoffice/people" in pages["owner"]
