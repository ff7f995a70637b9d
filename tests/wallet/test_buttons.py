"""Which buttons stand on a ticket page: those of wallets that it can go to, and the device has."""

import datetime as dt
import re

import pytest
from flask.testing import FlaskClient

from tests import builders
from tests.wallet import authority
from ticketing import cancelling, links
from ticketing.models import Shop, Ticket, now
from ticketing.storing.transactions import write

BOTH = ["Add to Apple Wallet", "Add to Google Wallet"]
DEVICES = {
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/19.1 Mobile/15E148 Safari/604.1": BOTH[:1],
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Mobile/15E148 Instagram 350.0.0.18.112 (iPhone14,2; iOS 18_6; en_GB)": BOTH[:1],
    "Mozilla/5.0 (Linux; Android 16; Pixel 10) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/156.0.0.0 Mobile Safari/537.36": BOTH[1:],
    "Mozilla/5.0 (Linux; Android 14; SM-S911B; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Version/4.0 Chrome/130.0.0.0 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/490.0.0.0;]": BOTH[1:],
    # An iPad says that it is a Mac, and whoever sits at a desk may have either in their pocket.
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/19.0 Safari/605.1.15": BOTH,
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0": BOTH,
    "": BOTH,
}


def buttons(client: FlaskClient, ticket: Ticket, agent: str = "") -> list[str]:
    page = client.get(f"/t/{links.ticket_token(ticket)}", headers={"User-Agent": agent}).text
    return re.findall(r"Add to \w+ Wallet", page)


def test_each_device_is_offered_what_it_has(client: FlaskClient, ticket: Ticket) -> None:
    authority.sign_for_apple(ticket.order.organiser_id)
    authority.sign_for_google(ticket.order.organiser_id)
    for agent, offered in DEVICES.items():
        assert buttons(client, ticket, agent) == offered, agent


def test_without_keys_there_is_nothing_of_it(client: FlaskClient, ticket: Ticket) -> None:
    rival = builders.make_shop(organiser_name="Rival Nights")
    authority.sign_for_apple(rival.organiser_id)
    authority.sign_for_google(rival.organiser_id)
    page = client.get(f"/t/{links.ticket_token(ticket)}").text
    assert "allet" not in page


def test_each_wallet_alone(client: FlaskClient, ticket: Ticket) -> None:
    authority.sign_for_google(ticket.order.organiser_id)
    assert buttons(client, ticket) == BOTH[1:]
    authority.sign_for_apple(ticket.order.organiser_id)
    assert buttons(client, ticket) == BOTH


def test_where_there_is_no_code_there_is_no_button(client: FlaskClient, shop: Shop) -> None:
    authority.sign_for_apple(shop.organiser_id)
    authority.sign_for_google(shop.organiser_id)
    order = builders.make_order(shop, tickets=2)
    waiting = order.tickets[1]
    assert buttons(client, waiting) == []
    mine = builders.claim(order.tickets[0])
    assert buttons(client, mine) == BOTH
    with write():
        shop.download_enabled = False
    assert buttons(client, mine) == []
    with write():
        shop.download_enabled = True
    cancelling.cancel_ticket(mine, builders.ORGANISER)
    assert buttons(client, mine) == []


def test_after_the_event_nobody_adds_anything(client: FlaskClient, ticket: Ticket) -> None:
    authority.sign_for_apple(ticket.order.organiser_id)
    event = ticket.order.shop.event
    with write():
        event.starts_at = now() - dt.timedelta(hours=2)
        event.ends_at = now() + dt.timedelta(hours=2)
    assert buttons(client, ticket) == BOTH[:1]
    with write():
        event.ends_at = now() - dt.timedelta(minutes=1)
    assert buttons(client, ticket) == []


@pytest.mark.parametrize("inside", ["iframe", "document"])
def test_inside_a_shops_page_it_opens_outside(
    client: FlaskClient, ticket: Ticket, inside: str
) -> None:
    """Neither Wallet nor Google opens in a frame."""
    authority.sign_for_apple(ticket.order.organiser_id)
    authority.sign_for_google(ticket.order.organiser_id)
    with write():
        ticket.order.shop.embed_origins = ["https://festival.example"]
    headers = {"Sec-Fetch-Dest": inside}
    page = client.get(f"/t/{links.ticket_token(ticket)}", headers=headers).text
    tags = re.findall(r"<a [^>]*wallet\.pkpass[^>]*>|<form [^>]*google-wallet[^>]*>", page)
    assert len(tags) == 2
    for tag in tags:
        assert ('target="_blank"' in tag) == (inside == "iframe")
