"""A ticket in Google Wallet: a signed link, made when somebody taps."""

import datetime as dt
import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests import builders, hostile
from tests.seen import digest
from tests.tickets.test_names import GOOD
from tests.wallet import authority
from tests.wallet.google_reference import Claims, EventTicketClass, EventTicketObject
from tests.wallet.reading import SAVE, claims_in, raw_claims_in
from ticketing import cancelling, links
from ticketing.asking import names
from ticketing.carried import admission, barcodes
from ticketing.models import GoogleWallet, Shop, Ticket, now
from ticketing.storing.transactions import write

pytestmark = pytest.mark.usefixtures("google")


def page_of(ticket: Ticket) -> str:
    return f"/t/{links.ticket_token(ticket)}"


def token_of(client: FlaskClient, ticket: Ticket) -> str:
    """What any form of the holder's page carries."""
    page = client.get(page_of(ticket)).text
    return str(re.findall(r'name="csrf_token" type="hidden" value="([^"]+)"', page)[0])


def send(client: FlaskClient, ticket: Ticket, token: str) -> TestResponse:
    return client.post(f"{page_of(ticket)}/google-wallet", data={"csrf_token": token})


def tap(client: FlaskClient, ticket: Ticket) -> TestResponse:
    """The holder opens their page and taps the button."""
    assert 'id="google-wallet"' in client.get(page_of(ticket)).text
    return send(client, ticket, token_of(client, ticket))


def saved(client: FlaskClient, ticket: Ticket) -> Claims:
    answer = tap(client, ticket)
    assert answer.status_code == 303
    return claims_in(answer.location)


def parts_of(claims: Claims) -> tuple[EventTicketClass, EventTicketObject]:
    [event], [ticket] = claims.payload.eventTicketClasses, claims.payload.eventTicketObjects
    assert ticket.classId == event.id
    return event, ticket


def test_a_tap_leads_to_google_with_the_ticket(client: FlaskClient, ticket: Ticket) -> None:
    claims = saved(client, ticket)
    assert claims.iss == authority.SERVICE_ACCOUNT
    assert abs(claims.iat - now().timestamp()) < 600
    event, it = parts_of(claims)
    assert event.id.startswith(f"{authority.ISSUER_ID}.")
    assert event.issuerName == "Riverside Collective"
    assert event.eventName.defaultValue.value == "Riverside Festival"
    assert event.venue
    assert event.venue.name.defaultValue.value == "Rivierpark"
    assert event.venue.address.defaultValue.value == "Kade 1, 1011 AB Amsterdam"
    starts = ticket.order.shop.event.starts_at
    assert dt.datetime.fromisoformat(event.dateTime.start) == starts.replace(second=0)
    assert event.hexBackgroundColor == "#83245f"
    assert it.ticketHolderName == "Anna Visser"
    assert it.ticketType.defaultValue.value == "Weekend"
    assert it.ticketNumber == ticket.code
    assert barcodes.look_up(it.barcode.value).id == ticket.id


def test_the_link_is_short_enough_for_every_browser(client: FlaskClient, ticket: Ticket) -> None:
    """1,800 characters, says Google."""
    assert len(tap(client, ticket).location) <= len(SAVE) + 1800


def test_a_ticket_that_names_nobody_has_no_name(client: FlaskClient, shop: Shop) -> None:
    ticket = builders.make_order(shop, type_code="parking", tickets=1).tickets[0]
    assert parts_of(saved(client, ticket))[1].ticketHolderName is None


def test_the_link_stands_nowhere_but_in_the_answer_to_the_tap(
    client: FlaskClient, ticket: Ticket
) -> None:
    """S4: names never in a URL; this is the exception, and nobody else comes to see it."""
    page = client.get(page_of(ticket))
    assert "gp/v/save" not in page.text
    answer = tap(client, ticket)
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Visser" not in answer.location


def test_bots_and_strangers_are_led_nowhere(client: FlaskClient, ticket: Ticket) -> None:
    before = digest()
    path = f"{page_of(ticket)}/google-wallet"
    assert client.get(path).status_code == 405
    for data in ({}, {"csrf_token": "guessed"}):
        answer = client.post(path, data=data)
        assert answer.status_code == 422
        assert "Location" not in answer.headers
    cross_site = client.post(path, headers={"Sec-Fetch-Site": "cross-site"})
    assert cross_site.status_code == 403
    tap(client, ticket)
    assert digest() == before, "nothing is kept of who tapped"


def test_only_the_page_with_the_button_may_lead_there(
    client: FlaskClient, ticket: Ticket, google: GoogleWallet
) -> None:
    def forms(path: str) -> str:
        policy = client.get(path).headers["Content-Security-Policy"]
        return re.search("form-action ([^;]+)", policy)[1]  # type: ignore[index]

    assert forms(page_of(ticket)) == "'self' https://pay.google.com"
    assert forms(f"/o/{links.order_token(ticket.order)}") == "'self'"
    other = builders.make_shop(organiser_name="Rival Nights")
    assert forms(page_of(builders.claim(builders.make_order(other).tickets[0]))) == "'self'"


# ---- What doesn't fit ----


def test_what_there_is_no_room_for_stays_on_the_ticket_page(
    client: FlaskClient, ticket: Ticket
) -> None:
    order = ticket.order
    event = order.shop.event
    kept = []
    for length in range(10, 200, 10):
        with write():
            event.name = event.place = "ż" * length
            order.shop.organiser.name = ticket.type.name = "é" * length
        location = tap(client, ticket).location
        assert len(location) <= len(SAVE) + 1800, length
        found, it = parts_of(claims_in(location))
        assert it.ticketHolderName == "Anna Visser"
        assert it.ticketNumber == ticket.code
        assert barcodes.look_up(it.barcode.value).id == ticket.id
        kept.append((found.hexBackgroundColor is not None, found.venue is not None))
        shown = found.eventName.defaultValue.value
        assert event.name == shown or (shown[-1] == "…" and event.name.startswith(shown[:-1]))
    assert kept[0] == (True, True)
    assert kept == sorted(kept, reverse=True), "the longer the names, the less beside them"
    assert kept[-1] == (False, False)


def test_a_name_is_never_shortened(client: FlaskClient, ticket: Ticket) -> None:
    """However long: then the link is longer than some old browser may like."""
    for name in (*GOOD, "王" * 200, "🏴󠁧󠁢󠁷󠁬󠁳󠁿" * 25):
        with write():
            ticket.first_name = names.tidy(name)
        it = parts_of(saved(client, ticket))[1]
        assert it.ticketHolderName == f"{names.tidy(name)} Visser"


def test_hostile_texts_stay_texts(client: FlaskClient, ticket: Ticket) -> None:
    tried = 0
    for text in hostile.STRINGS[::10]:
        try:
            name = names.tidy(text)[:60].strip()
        except names.RefusedCharacter:
            continue
        if not name:
            continue
        with write():
            ticket.first_name, ticket.last_name = name, ""
            ticket.order.shop.event.name = name
        answer = tap(client, ticket)
        event, it = parts_of(claims_in(answer.location))
        assert it.ticketHolderName == event.eventName.defaultValue.value == name
        tried += 1
    assert tried > 35


# ---- What Google keeps, it keeps ----


def test_the_same_ticket_has_the_same_number(client: FlaskClient, ticket: Ticket) -> None:
    one, two = (parts_of(saved(client, ticket)) for _ in range(2))
    assert (one[0].id, one[1].id) == (two[0].id, two[1].id)
    other = builders.claim(ticket.order.tickets[1], **builders.BOB)
    event, it = parts_of(saved(client, other))
    assert event.id == one[0].id, "the event is the same"
    assert it.id != one[1].id


def test_a_new_barcode_or_name_or_date_is_a_pass_of_its_own(
    client: FlaskClient, ticket: Ticket
) -> None:
    """Under a number that it knows, Google would go on showing what it has."""
    seen = [parts_of(saved(client, ticket))]
    ticket = admission.new_barcode(ticket, builders.ORGANISER)
    seen.append(parts_of(saved(client, ticket)))
    assert seen[1][0].id == seen[0][0].id, "the event hasn't changed"
    with write():
        ticket.last_name = "de Vries"
    seen.append(parts_of(saved(client, ticket)))
    with write():
        ticket.order.shop.event.starts_at += dt.timedelta(days=1)
    seen.append(parts_of(saved(client, ticket)))
    assert seen[3][0].id != seen[2][0].id
    assert len({it.id for _event, it in seen}) == 4


def test_its_numbers_tell_nothing(client: FlaskClient, ticket: Ticket) -> None:
    said = str(raw_claims_in(tap(client, ticket).location))
    for secret in (str(ticket.link_id), links.ticket_token(ticket), "http"):
        assert secret not in said


# ---- Who gets none ----


def test_switched_off_or_cancelled_meanwhile_there_is_none(
    client: FlaskClient, ticket: Ticket
) -> None:
    def switch_off() -> None:
        with write():
            ticket.order.shop.download_enabled = False

    def switch_on_and_cancel() -> None:
        with write():
            ticket.order.shop.download_enabled = True
        cancelling.cancel_ticket(ticket, builders.ORGANISER)

    token = token_of(client, ticket)
    for change, status in ((switch_off, 403), (switch_on_and_cancel, 410)):
        change()
        assert send(client, ticket, token).status_code == status
        assert "google-wallet" not in client.get(page_of(ticket)).text


def test_of_an_organiser_who_doesnt_sign_there_is_none(client: FlaskClient) -> None:
    """Another organiser's account signs nothing of theirs."""
    other = builders.make_shop(organiser_name="Rival Nights")
    ticket = builders.claim(builders.make_order(other).tickets[0])
    assert "google-wallet" not in client.get(page_of(ticket)).text
    answer = send(client, ticket, token_of(client, ticket))
    assert answer.status_code == 404
    assert "can’t be added to that wallet" in answer.text


def test_with_other_secrets_of_the_installation_there_is_none(
    client: FlaskClient, ticket: Ticket, google: GoogleWallet
) -> None:
    with write():
        google.private_key = google.private_key[:-8] + "AAAAAAA="
    assert tap(client, ticket).status_code == 404
