"""*Webhooks*: an owner has programs told, sees how it goes, and sends it once more."""

import dataclasses
import html
import json
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests import builders
from tests.backoffice.browsing import Browser, forms_in
from tests.backoffice.conftest import PASSWORD
from tests.seen import digest
from tests.webhooks.deliveries import all_calls, as_stored, later, the_call
from tests.webhooks.receiver import Receiver, status
from tests.webhooks.receiver import receiver as a_receiver
from ticketing import calls, create_app
from ticketing.config import Settings
from ticketing.members import api_keys
from ticketing.models import Order, Shop, WebhookEndpoint, now
from ticketing.storing.transactions import write
from ticketing.web.backoffice.programs import wording_programs
from ticketing.webhooks import endpoints, secrets
from ticketing.webhooks.happenings import (
    CREATED,
    EVENTS,
    TEST,
    TICKET_EDITED,
    TICKET_PERSONALISED,
)

LIST = "/backoffice/webhooks"
NEW = f"{LIST}/new"
HOOK = "https://hooks.example.org/passalong"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return dataclasses.replace(settings, allow_private_targets=True)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with a_receiver() as found:
        yield found


@pytest.fixture
def endpoint(shop: Shop, receiver: Receiver) -> WebhookEndpoint:
    """Hears everything that happens to the shop's organiser."""
    return endpoints.create(shop.organiser_id, receiver.url, EVENTS)


def at(endpoint: WebhookEndpoint, part: str = "") -> str:
    return f"{LIST}/{endpoint.id}{part}"


def secret_on(page: str) -> str:
    """The secret that a page shows for copying."""
    found = re.search(r'value="(whsec_[^"]+)"', page)
    assert found, "no secret on the page"
    return html.unescape(found[1])


def the_endpoint() -> WebhookEndpoint:
    with write() as session:
        return session.query(WebhookEndpoint).one()


def test_from_adding_it_to_a_call_that_a_receiver_verifies(
    olga: Browser, shop: Shop, receiver: Receiver
) -> None:
    assert "No webhooks yet" in olga.get(LIST).text
    made = olga.submit(NEW, url=receiver.url)
    assert made.status_code == 201
    assert made.headers["Cache-Control"] == "no-store"
    secret = secret_on(made.text)

    endpoint = the_endpoint()
    assert endpoint.events == list(EVENTS)  # all of them are ticked to begin with
    listed = olga.get(LIST).text
    assert receiver.url in listed
    assert "Working" in listed
    assert "Everything" in listed

    sent = olga.submit(at(endpoint), action=at(endpoint, "/test"))
    assert sent.status_code == 303
    waiting = olga.get(sent.location).text
    assert "Waiting" in waiting
    assert 'data-hx-trigger="load delay:2s"' in waiting  # it asks again by itself
    assert calls.make_waiting() == calls.Report(done=1)

    [heard] = receiver.heard
    said = Webhook(secret).verify(heard.body, heard.headers)
    assert said["type"] == "test.ping"
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(heard.body + b" ", heard.headers)
    delivered = olga.get(sent.location).text
    for words in ("Delivered", "204", "Accepted", "test.ping", heard.id, "data-hx-trigger"):
        assert (words in delivered) == (words != "data-hx-trigger"), words


def test_every_event_and_scope_is_explained(app: Flask) -> None:
    with app.test_request_context():
        assert set(wording_programs.event_names()) == {*EVENTS, TEST}
        assert set(wording_programs.event_meanings()) == set(EVENTS)
        assert set(wording_programs.scope_names()) == set(api_keys.SCOPES)
        assert set(wording_programs.scope_meanings()) == set(api_keys.SCOPES)


def test_the_secret_is_on_no_other_page(olga: Browser, shop: Shop, receiver: Receiver) -> None:
    secret = secret_on(olga.submit(NEW, url=receiver.url).text)
    endpoint = the_endpoint()
    for page in (LIST, at(endpoint), at(endpoint, "/edit"), at(endpoint, "/deliveries")):
        assert secret.removeprefix("whsec_") not in html.unescape(olga.get(page).text)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("", "Please give the address"),
        ("   ", "Please give the address"),
        ("hooks.example.org", "from https:// on"),
        ("ftp://hooks.example.org/", "from https:// on"),
        ("javascript:alert(1)", "from https:// on"),
        ("http://hooks.example.org/", "must begin with https://"),
        ("https://me:pass@hooks.example.org/", "user name or password"),
        ("https://127.0.0.1/hook", "private network"),
        ("https://localhost:8000/hook", "private network"),
        ("https://app.localhost/hook", "private network"),
        ("https://192.168.1.7/hook", "private network"),
        ("https://[::1]/hook", "private network"),
        ("https://[fd00::1]/hook", "private network"),
        ("https://169.254.169.254/latest/meta-data", "private network"),
        ("https://exämple.org/", "characters that don’t belong there"),
        ("https://example.org/a b", "characters that don’t belong there"),
        ("https://example.org/" + "x" * 2000, "at most 2000"),
        ("https://example.org:99999/", "isn’t a URL"),
    ],
)
def test_a_wrong_address_is_refused_and_kept(app: Flask, shop: Shop, url: str, told: str) -> None:
    """On an installation as it is in earnest: nothing private, nothing in the clear."""
    found: Settings = app.extensions["passalong.settings"]
    strict = create_app({"TESTING": True}, replace(found, allow_private_targets=False))
    builders.make_user(shop.organiser, email="olga@example.org", password=PASSWORD)
    olga = Browser(strict)
    olga.sign_in("olga@example.org", PASSWORD)
    before = digest()
    answer = olga.submit(NEW, url=url, events=[CREATED])
    assert answer.status_code == 422
    assert told in answer.text
    assert 'aria-invalid="true"' in answer.text
    kept = forms_in(answer.text)[NEW]
    assert kept["url"] == [url]
    assert kept["events"] == [CREATED]
    assert digest() == before


def test_some_event_must_be_chosen_and_a_known_one(olga: Browser, shop: Shop) -> None:
    for chosen in (None, ["order.exploded"], ["test.ping"]):
        answer = olga.submit(NEW, url=HOOK, events=chosen)
        assert answer.status_code == 422
        assert "Please choose at least one event." in answer.text
        assert f'value="{HOOK}"' in answer.text
    assert "No webhooks yet" in olga.get(LIST).text


def test_a_form_that_is_too_old_loses_nothing(olga: Browser, shop: Shop) -> None:
    answer = olga.submit(NEW, url=HOOK, events=[CREATED], csrf_token="old")
    assert answer.status_code == 422
    assert "Nothing is lost" in answer.text
    assert forms_in(answer.text)[NEW]["events"] == [CREATED]


def test_twenty_are_as_many_as_go(olga: Browser, shop: Shop) -> None:
    for n in range(endpoints.MOST_ENDPOINTS):
        endpoints.create(shop.organiser_id, f"{HOOK}/{n}", [CREATED])
    answer = olga.submit(NEW, url=HOOK)
    assert answer.status_code == 422
    assert "You have 20 webhooks" in answer.text


def test_what_it_hears_is_changed(olga: Browser, endpoint: WebhookEndpoint) -> None:
    page = at(endpoint, "/edit")
    assert set(olga.fields(page)["events"]) == set(EVENTS)
    answer = olga.submit(page, url=HOOK, events=[TICKET_PERSONALISED, TICKET_EDITED])
    assert (answer.status_code, answer.location) == (303, at(endpoint))
    stored = as_stored(endpoint)
    assert (stored.url, stored.events) == (HOOK, [TICKET_PERSONALISED, TICKET_EDITED])
    shown = olga.get(at(endpoint)).text
    assert "Ticket personalised" in shown
    assert "Order placed" not in shown
    assert "Ticket personalised, Ticket edited" in olga.get(LIST).text


def test_two_who_edit_at_once_see_each_other(olga: Browser, endpoint: WebhookEndpoint) -> None:
    page = at(endpoint, "/edit")
    drawn = olga.fields(page)
    endpoints.change(endpoint, f"{HOOK}/theirs", [CREATED], revision=endpoint.revision)
    answer = olga.send(page, drawn, url=f"{HOOK}/mine")
    assert answer.status_code == 409
    for words in ("Somebody changed this meanwhile", f"{HOOK}/theirs", f"{HOOK}/mine"):
        assert words in answer.text
    assert as_stored(endpoint).url == f"{HOOK}/theirs"
    assert olga.send(page, forms_in(answer.text)[page]).status_code == 303
    stored = as_stored(endpoint)
    assert (stored.url, stored.events) == (f"{HOOK}/mine", list(EVENTS))


def test_an_edit_of_nonsense_is_refused_beside_its_field(
    olga: Browser, endpoint: WebhookEndpoint
) -> None:
    before = digest()
    answer = olga.submit(at(endpoint, "/edit"), url="nonsense", events=None)
    assert answer.status_code == 422
    assert "2 things need your attention" in answer.text
    assert digest() == before


def test_the_renewed_secret_is_shown_once_and_both_sign(
    olga: Browser, endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    former = secrets.secret(as_stored(endpoint))
    page = at(endpoint, "/secret")
    drawn = olga.fields(page)
    answer = olga.send(page, drawn)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    fresh = secret_on(answer.text)
    assert fresh != former
    # Reloading that page sends the form again: that renews nothing.
    again = olga.send(page, drawn)
    assert (again.status_code, again.location) == (303, at(endpoint))
    assert "renewed meanwhile" in olga.get(at(endpoint)).text
    assert as_stored(endpoint).secret_generation == 2
    assert "the former one signs too" in olga.get(at(endpoint)).text
    assert "less than a day ago" in olga.get(page).text

    olga.submit(at(endpoint), action=at(endpoint, "/test"))
    calls.make_waiting()
    [heard] = receiver.heard
    for secret in (former, fresh):
        assert heard.checked(secret)["type"] == "test.ping"


def test_the_secret_comes_into_the_dialog(olga: Browser, endpoint: WebhookEndpoint) -> None:
    headers = {"HX-Request": "true", "HX-Target": "dialog"}
    answer = olga.submit(at(endpoint, "/secret"), headers=headers)
    assert answer.status_code == 200
    assert "<!doctype" not in answer.text.lower()
    assert secret_on(answer.text)


def test_it_is_paused_and_switched_on_again(
    olga: Browser, endpoint: WebhookEndpoint, shop: Shop, receiver: Receiver
) -> None:
    paused = olga.submit(at(endpoint), action=at(endpoint, "/pause"))
    assert (paused.status_code, paused.location) == (303, at(endpoint))
    page = olga.get(at(endpoint)).text
    assert "Paused by your team" in page
    assert at(endpoint, "/test") not in page
    builders.make_order(shop)
    assert all_calls() == []
    # Tests from a page that is still open elsewhere are refused in words.
    refused = olga.post(at(endpoint, "/test"), {"csrf_token": olga.token()})
    assert refused.status_code == 303
    assert "is switched off. Switch it on first." in olga.get(at(endpoint)).text
    olga.submit(at(endpoint), action=at(endpoint, "/resume"))
    assert "what happens from now on is told" in olga.get(at(endpoint)).text
    builders.make_order(shop)
    calls.make_waiting()
    assert [heard.said["type"] for heard in receiver.heard] == [CREATED]


def test_it_is_deleted_after_a_question(olga: Browser, endpoint: WebhookEndpoint) -> None:
    call = endpoints.send_test(endpoint)
    asked = olga.get(at(endpoint, "/delete")).text
    assert "This is for good" in asked
    answer = olga.submit(at(endpoint, "/delete"))
    assert (answer.status_code, answer.location) == (303, LIST)
    assert "The webhook was deleted." in olga.get(LIST).text
    for page in (at(endpoint), at(endpoint, "/deliveries"), f"{LIST}/deliveries/{call.id}"):
        assert olga.get(page).status_code == 404
    assert the_call().state == "dropped"


def test_a_failing_one_says_since_when_and_why(
    olga: Browser, endpoint: WebhookEndpoint, shop: Shop, receiver: Receiver
) -> None:
    receiver.answer = lambda handler, _: handler.say(
        500, b"<b>no</b> \x00 database\n" + b"x" * 2000, X_Reason="secret"
    )
    builders.make_order(shop)
    calls.make_waiting()
    for page in (LIST, at(endpoint)):
        assert "Failing" in olga.get(page).text
    call = the_call()
    page = olga.get(f"{LIST}/deliveries/{call.id}").text
    assert "To be tried again" in page
    assert "It answered 500." in page
    assert "&lt;b&gt;no&lt;/b&gt; \ufffd database" in page  # as text, and no longer than a glance
    assert "x" * 400 in page
    assert "x" * 600 not in page
    assert "1 of at most 10" in page

    receiver.answer = status(204)
    sent = olga.submit(f"{LIST}/deliveries/{call.id}", action=f"{LIST}/deliveries/{call.id}/replay")
    assert sent.status_code == 303
    calls.make_waiting()
    assert len(the_call().tries) == 2
    assert the_call().state == "done"
    assert receiver.heard[0].id == receiver.heard[1].id
    assert "Working" in olga.get(LIST).text


def test_one_that_is_gone_says_so(
    olga: Browser, endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    receiver.answer = status(410)
    call = endpoints.send_test(endpoint)
    calls.make_waiting()
    assert "It said that it is gone" in olga.get(LIST).text
    assert "answered that it is gone (410)" in olga.get(at(endpoint)).text
    page = olga.get(f"{LIST}/deliveries/{call.id}").text
    assert "Failed" in page
    assert f"{call.id}/replay" not in page
    token = olga.token()
    answer = olga.post(f"{LIST}/deliveries/{call.id}/replay", {"csrf_token": token})
    assert answer.status_code == 303
    assert the_call().state == "failed"


def test_what_a_good_answer_said_is_kept_of_a_test_alone(
    olga: Browser, endpoint: WebhookEndpoint, shop: Shop, receiver: Receiver
) -> None:
    """A receiver that repeats what it is told would fill the log with holders' details."""
    receiver.answer = lambda handler, heard: handler.say(200, b"got " + heard.body)
    order = builders.make_order(shop)
    endpoints.send_test(endpoint)
    calls.make_waiting()
    placed, test = all_calls()
    assert [each.answer for each in placed.tries] == [""]
    assert test.tries[0].answer.startswith('got {"type":"test.ping"')
    assert order.email not in repr([each.answer for call in all_calls() for each in call.tries])


def test_what_would_be_sent_is_shown(
    olga: Browser, endpoint: WebhookEndpoint, shop: Shop, receiver: Receiver
) -> None:
    order = builders.make_order(shop)
    call = the_call()
    page = olga.get(f"{LIST}/deliveries/{call.id}").text
    shown = re.search(r'role="region"><code>(.*?)</code>', page, re.DOTALL)
    assert shown
    said = json.loads(html.unescape(shown[1]))
    calls.make_waiting()
    assert said == receiver.heard[0].said
    assert said["data"]["order"]["code"] == order.code


def test_the_log_is_paged_and_filtered(
    olga: Browser, endpoint: WebhookEndpoint, shop: Shop, receiver: Receiver
) -> None:
    order = builders.make_order(shop)
    for _ in range(120):
        endpoints.send_test(endpoint)
    newest_first = [call.id for call in reversed(all_calls())]
    page = at(endpoint, "/deliveries")
    seen: list[int] = []
    while True:
        text = olga.get(page).text
        here = [int(each) for each in re.findall(rf'href="{LIST}/deliveries/(\d+)"', text)]
        seen += here
        following = re.search(r'href="([^"]+)" rel="next"', text)
        if following is None:
            break
        page = html.unescape(following[1])
    assert seen == newest_first
    back = re.search(r'href="([^"]+)" rel="prev"', text)
    assert back
    before = olga.get(html.unescape(back[1])).text
    assert f"{LIST}/deliveries/{newest_first[50]}" in before
    assert order.code in text

    only = olga.get(at(endpoint, "/deliveries?state=failed")).text
    assert "No deliveries here" in only
    for odd in ("?state=nonsense", "?after=-1", "?after=x", f"?before={2**70}", "?after=0"):
        assert olga.get(at(endpoint, f"/deliveries{odd}")).status_code == 200


def test_what_got_lost_is_sent_again_at_once(
    olga: Browser, endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    page = at(endpoint, "/replay")
    olga.submit(page)
    assert "Nothing got lost in that time." in olga.get(at(endpoint)).text
    lost = [endpoints.send_test(endpoint).id for _ in range(3)]
    with write() as session:
        for call in all_calls():
            session.merge(call).state = "failed"
    old = all_calls()[0]
    with write() as session:
        session.merge(old).created_at = later(days=-2)()
    answer = olga.submit(page, days="1")
    assert (answer.status_code, answer.location) == (303, at(endpoint, "/deliveries"))
    assert "2 deliveries are sent once more." in olga.get(at(endpoint, "/deliveries")).text
    assert [call.state for call in all_calls()] == ["failed", "waiting", "waiting"]
    assert [call.id for call in all_calls()] == lost
    olga.submit(page, days="3")
    assert "waiting" in all_calls()[0].state
    for odd in ("", "0", "365000", "x"):
        assert olga.submit(page, days=odd).status_code == 422


def test_what_is_being_sent_is_not_sent_twice(olga: Browser, endpoint: WebhookEndpoint) -> None:
    call = endpoints.send_test(endpoint)
    with write() as session:
        session.merge(call).state = "sending"
    olga.post(f"{LIST}/deliveries/{call.id}/replay", {"csrf_token": olga.token()})
    assert "being sent at this moment" in olga.get(f"{LIST}/deliveries/{call.id}").text
    assert the_call().state == "sending"


def test_a_page_that_nobody_closes_stops_asking(olga: Browser, endpoint: WebhookEndpoint) -> None:
    call = endpoints.send_test(endpoint)
    page = f"{LIST}/deliveries/{call.id}"
    part = olga.get(page, headers={"HX-Request": "true", "HX-Target": "delivery"}).text
    assert part.strip().startswith('<div id="delivery"')
    assert "data-hx-trigger" in part
    with write() as session:
        session.merge(call).next_attempt_at = later(minutes=-3)()
    assert "data-hx-trigger" not in olga.get(page).text


def test_a_long_address_and_an_order_with_markup_break_nothing(
    olga: Browser, shop: Shop, endpoint: WebhookEndpoint
) -> None:
    url = f"https://hooks.example.org/?q=%3Cb%3E&x={'y' * 1900}"
    endpoints.change(endpoint, url, EVENTS, revision=endpoint.revision)
    order: Order = builders.make_order(shop, first_name="<script>alert(1)</script>")
    call = the_call()
    for page in (LIST, at(endpoint), at(endpoint, "/deliveries"), f"{LIST}/deliveries/{call.id}"):
        text = olga.get(page).text
        assert "<script>alert(1)" not in text
    assert order.code in text
    assert now() >= call.created_at


def test_managers_neither_see_nor_reach_them(app: Flask, endpoint: WebhookEndpoint) -> None:
    builders.make_user(
        endpoint.organiser, email="carl@example.org", role="manager", password=PASSWORD
    )
    carl = Browser(app)
    carl.sign_in("carl@example.org", PASSWORD)
    assert LIST not in carl.get("/backoffice/orders").text
    assert carl.get(LIST).status_code == 403
    assert carl.get(at(endpoint)).status_code == 403


def test_another_organisers_are_not_there(
    olga: Browser, rival: Browser, endpoint: WebhookEndpoint
) -> None:
    call = endpoints.send_test(endpoint)
    assert "No webhooks yet" in rival.get(LIST).text
    token = rival.token()
    before = digest()
    for page in (at(endpoint), at(endpoint, "/edit"), f"{LIST}/deliveries/{call.id}"):
        assert rival.get(page).status_code == 404
    for page in (at(endpoint, "/test"), at(endpoint, "/secret"), at(endpoint, "/delete")):
        assert rival.post(page, {"csrf_token": token}).status_code == 404
    assert digest() == before
