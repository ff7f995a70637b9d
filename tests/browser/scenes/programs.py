"""What an owner sees of other programs: webhooks, their deliveries, API keys."""

import datetime as dt

from playwright.sync_api import Page, expect

from tests import builders
from tests.browser.people import choose, sign_in
from tests.browser.scenes import scene
from ticketing.calls import enqueue
from ticketing.members import api_keys
from ticketing.models import CallTry, Organiser, WebhookEndpoint, now
from ticketing.storing.transactions import write
from ticketing.webhooks import endpoints
from ticketing.webhooks.happenings import (
    CREATED,
    EVENTS,
    KIND,
    TEST,
    TICKET_EDITED,
    TICKET_PERSONALISED,
)

HOOK = "https://hooks.example.org/passalong"
WEBHOOKS = "/backoffice/webhooks"
KEYS = "/backoffice/api-keys"


def an_owner(page: Page) -> Organiser:
    organiser = builders.make_shop().organiser
    sign_in(page, organiser, f"programs-{organiser.id}@example.org")
    return organiser


def with_history(page: Page) -> WebhookEndpoint:
    """Three webhooks; one has had deliveries that went in every way. Nothing waits to be sent."""
    order = builders.make_order(tickets=2)
    builders.claim(order.tickets[0])
    organiser = order.shop.organiser
    endpoint = endpoints.create(organiser.id, HOOK, EVENTS)
    mailing = endpoints.create(
        organiser.id,
        f"https://automation.newsletter.example.com/hooks/catch/{'0123456789abcdef' * 6}",
        [TICKET_PERSONALISED, TICKET_EDITED],
    )
    paused = endpoints.create(organiser.id, f"{HOOK}/former", [CREATED])
    endpoints.switch(paused, on=False)
    at = now() - dt.timedelta(hours=5)
    went: list[tuple[str, str, list[tuple[int | None, str, str]]]] = [
        (CREATED, "done", [(204, "", "")]),
        (TICKET_PERSONALISED, "done", [(None, "It can’t be connected to.", ""), (200, "", "")]),
        (TICKET_PERSONALISED, "dropped", []),
        (TEST, "done", [(200, "", "ok")]),
        (
            TICKET_EDITED,
            "failed",
            [(500, "It answered 500.", "<h1>Internal Server Error</h1>\nSee the log.")] * 3
            + [(None, "No answer within 15 seconds.", "")],
        ),
    ]
    with write() as session:
        session.merge(mailing).failing_since = at
        for event, state, tries in went:
            call = enqueue(
                session,
                KIND,
                organiser.id,
                endpoint_id=endpoint.id,
                order_id=None if event == TEST else order.id,
                event=event,
                params={"tickets": [order.tickets[0].id]},
            )
            call.state, call.attempts, call.created_at, call.done_at = state, len(tries), at, at
            call.tries = [
                CallTry(at=at, milliseconds=153, status=status, error=error, answer=answer)
                for status, error, answer in tries
            ]
    sign_in(page, organiser, f"programs-{organiser.id}@example.org")
    return endpoint


@scene
def desk_no_webhooks(page: Page) -> None:
    an_owner(page)
    page.goto(WEBHOOKS)


@scene
def desk_webhooks(page: Page) -> None:
    with_history(page)
    page.goto(WEBHOOKS)
    expect(page.get_by_text("Failing")).to_be_visible()


@scene
def desk_new_webhook(page: Page) -> None:
    an_owner(page)
    page.goto(f"{WEBHOOKS}/new")
    page.get_by_label("Address to call").fill("https://192.168.1.7/hook")
    page.get_by_role("button", name="Create webhook").click()
    expect(page.locator("#url-error")).to_contain_text("private network")


@scene
def desk_webhook_made(page: Page) -> None:
    an_owner(page)
    page.goto(f"{WEBHOOKS}/new")
    page.get_by_label("Address to call").fill(HOOK)
    page.get_by_role("button", name="Create webhook").click()
    assert _value(page, "Signing secret").startswith("whsec_")


@scene
def desk_webhook(page: Page) -> None:
    endpoint = with_history(page)
    page.goto(f"{WEBHOOKS}/{endpoint.id}")


@scene
def desk_webhook_off(page: Page) -> None:
    endpoint = with_history(page)
    with write() as session:
        found = session.merge(endpoint)
        found.disabled_at, found.disabled_because = now(), "gone"
    page.goto(f"{WEBHOOKS}/{endpoint.id}")
    expect(page.get_by_text("answered that it is gone")).to_be_visible()


@scene
def desk_webhook_menu(page: Page) -> None:
    endpoint = with_history(page)
    page.goto(f"{WEBHOOKS}/{endpoint.id}")
    page.get_by_role("button", name="Actions for this webhook").click()


@scene
def desk_edit_webhook(page: Page) -> None:
    """Somebody else was faster."""
    endpoint = with_history(page)
    page.goto(f"{WEBHOOKS}/{endpoint.id}/edit")
    page.get_by_label("Address to call").fill(f"{HOOK}/mine")
    endpoints.change(endpoint, f"{HOOK}/theirs", [CREATED], revision=endpoint.revision)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Somebody changed this meanwhile")).to_be_visible()


@scene
def desk_renew_secret(page: Page) -> None:
    endpoint = with_history(page)
    page.goto(f"{WEBHOOKS}/{endpoint.id}")
    choose(page, "Actions for this webhook", "Renew secret")
    expect(page.get_by_role("dialog", name="Renew the signing secret")).to_be_visible()


@scene
def desk_secret_renewed(page: Page) -> None:
    endpoint = with_history(page)
    page.goto(f"{WEBHOOKS}/{endpoint.id}")
    choose(page, "Actions for this webhook", "Renew secret")
    page.get_by_role("dialog").get_by_role("button", name="Renew secret").click()
    expect(page.get_by_role("dialog", name="The new signing secret")).to_be_visible()
    assert _value(page, "Signing secret").startswith("whsec_")


@scene
def desk_replay_lost(page: Page) -> None:
    endpoint = with_history(page)
    page.goto(f"{WEBHOOKS}/{endpoint.id}/deliveries")
    choose(page, "Actions for this webhook", "Send what got lost")
    expect(page.get_by_role("dialog", name="Send what got lost")).to_be_visible()


@scene
def desk_delete_webhook(page: Page) -> None:
    endpoint = with_history(page)
    page.goto(f"{WEBHOOKS}/{endpoint.id}")
    choose(page, "Actions for this webhook", "Delete")
    expect(page.get_by_role("dialog", name="Delete webhook")).to_be_visible()


@scene
def desk_deliveries(page: Page) -> None:
    endpoint = with_history(page)
    page.goto(f"{WEBHOOKS}/{endpoint.id}/deliveries")


@scene
def desk_delivery(page: Page) -> None:
    endpoint = with_history(page)
    page.goto(f"{WEBHOOKS}/{endpoint.id}/deliveries?state=failed")
    page.get_by_role("link", name="Ticket edited").click()
    expect(page.get_by_role("heading", name="What is sent")).to_be_visible()


@scene
def desk_no_api_keys(page: Page) -> None:
    an_owner(page)
    page.goto(KEYS)


def with_keys(page: Page) -> None:
    organiser = an_owner(page)
    old, _plain = api_keys.issue(organiser.id, "Box office", api_keys.SCOPES)
    api_keys.revoke(old)
    used, _plain = api_keys.issue(organiser.id, "Web shop", api_keys.SCOPES)
    api_keys.note_use(used)
    api_keys.issue(organiser.id, "Statistics of the whole season", [api_keys.READ])
    page.goto(KEYS)


@scene
def desk_api_keys(page: Page) -> None:
    with_keys(page)


@scene
def desk_new_api_key(page: Page) -> None:
    an_owner(page)
    page.goto(f"{KEYS}/new")
    page.get_by_role("button", name="Create key").click()
    expect(page.get_by_text("2 things need your attention")).to_be_visible()


@scene
def desk_api_key_made(page: Page) -> None:
    an_owner(page)
    page.goto(f"{KEYS}/new")
    page.get_by_label("Name").fill("Web shop")
    page.get_by_label("Read orders").check()
    page.get_by_role("button", name="Create key").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The key “Web shop” was created")
    assert _value(page, "Key").startswith("psl_")


@scene
def desk_revoke_api_key(page: Page) -> None:
    with_keys(page)
    choose(page, "Actions for Web shop", "Revoke")
    expect(page.get_by_role("dialog", name="Revoke key")).to_be_visible()


def _value(page: Page, label: str) -> str:
    return page.get_by_label(label, exact=True).input_value()
