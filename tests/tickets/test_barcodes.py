"""What the QR holds: opaque, signed, ours alone."""

import base64

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from tests import builders
from ticketing import cancelling, links
from ticketing.carried import admission, barcodes
from ticketing.carried.barcodes import BarcodeRefused
from ticketing.models import Order, Ticket

# The app is only read from here on, so that examples may share it.
shared = how(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def key_of(ticket: Ticket) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(barcodes.public_key(ticket.type.event_id))


def reason(text: str) -> str:
    with pytest.raises(BarcodeRefused) as refused:
        barcodes.look_up(text)
    return refused.value.reason


@pytest.fixture
def claimed(open_ticket: Ticket) -> Ticket:
    return builders.claim(open_ticket)


def test_it_finds_the_ticket_with_all_a_door_shows(claimed: Ticket) -> None:
    found = barcodes.look_up(barcodes.text_of(claimed))
    assert found is claimed
    assert (found.type.name, found.order.shop.event.name) == ("Weekend", "Riverside Festival")


def test_a_scanner_may_add_white_space(claimed: Ticket) -> None:
    assert barcodes.look_up(f" {barcodes.text_of(claimed)}\r\n") is claimed


def test_a_qr_holds_it_in_its_dense_mode(claimed: Ticket) -> None:
    text = barcodes.text_of(claimed)
    assert len(text) == 120
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    assert barcodes.text_of(claimed) == text, "the same each time: PDF and page show one code"


def test_it_tells_nothing_about_anybody(order_of_five: Order) -> None:
    for ticket in order_of_five.tickets:
        builders.claim(ticket)
    texts = [barcodes.text_of(ticket) for ticket in order_of_five.tickets]
    assert len(set(texts)) == 5
    for text, ticket in zip(texts, order_of_five.tickets, strict=True):
        raw = base64.b32decode(text)
        assert b"Anna" not in raw
        assert int.from_bytes(raw[1:9]) == ticket.barcode_id != ticket.id
        assert ticket.link_id != ticket.barcode_id, "the door's secret is not the page's"


def test_a_door_without_a_network_can_check_the_signature(claimed: Ticket) -> None:
    raw = base64.b32decode(barcodes.text_of(claimed))
    key_of(claimed).verify(raw[11:], b"passalong " + raw[:11])


def test_and_takes_nobody_elses_ticket(claimed: Ticket) -> None:
    """Of another event on the same installation, be it the same organiser's."""
    raw = base64.b32decode(barcodes.text_of(claimed))
    other = builders.make_order().tickets[0]
    with pytest.raises(InvalidSignature):
        key_of(other).verify(raw[11:], b"passalong " + raw[:11])
    with pytest.raises(BarcodeRefused, match="unknown"):
        barcodes.look_up(barcodes.text_of(claimed), event_id=other.type.event_id)
    assert barcodes.look_up(barcodes.text_of(claimed), event_id=claimed.type.event_id) is claimed


def test_what_was_handed_out_before_events_had_keys_still_admits(claimed: Ticket) -> None:
    body = b"\x01" + claimed.barcode_id.to_bytes(8) + (1).to_bytes(2)
    key = Ed25519PrivateKey.from_private_bytes(links.keys().barcode_seed)
    first = base64.b32encode(body + key.sign(b"passalong " + body)).decode()
    assert barcodes.look_up(first) is claimed
    admission.new_barcode(claimed, builders.ORGANISER)
    assert reason(first) == "replaced"
    forged = b"\x02" + body[1:]
    assert reason(base64.b32encode(forged + key.sign(b"passalong " + forged)).decode()) == "unknown"


def test_a_raised_generation_refuses_the_former(claimed: Ticket) -> None:
    old = barcodes.text_of(claimed)
    for _ in range(3):
        admission.new_barcode(claimed, builders.ORGANISER)
        assert reason(old) == "replaced"
        old = barcodes.text_of(claimed)


def test_the_states_that_admit_nobody(order_of_five: Order) -> None:
    still_open, cancelled, inside = order_of_five.tickets[:3]
    for ticket in (cancelled, inside):
        builders.claim(ticket)
    cancelling.cancel_ticket(cancelled, builders.ORGANISER)
    admission.check_in(barcodes.text_of(inside), builders.ORGANISER)
    assert reason(barcodes.text_of(still_open)) == "open"
    assert reason(barcodes.text_of(cancelled)) == "cancelled"
    assert reason(barcodes.text_of(inside)) == "checked_in"


def test_a_signature_of_another_key_is_unknown(app: Flask, claimed: Ticket) -> None:
    body = base64.b32decode(barcodes.text_of(claimed))[:11]
    forged = Ed25519PrivateKey.generate().sign(b"passalong " + body)
    assert reason(base64.b32encode(body + forged).decode()) == "unknown"


def test_a_true_barcode_of_a_ticket_that_is_not_there_is_unknown(app: Flask) -> None:
    body = b"\x01" + (7).to_bytes(8) + (1).to_bytes(2)
    key = Ed25519PrivateKey.from_private_bytes(links.keys().barcode_seed)
    assert reason(base64.b32encode(body + key.sign(b"passalong " + body)).decode()) == "unknown"
    other = b"\x03" + body[1:]
    assert reason(base64.b32encode(other + key.sign(b"passalong " + other)).decode()) == "unknown"


def test_every_bit_counts(claimed: Ticket) -> None:
    raw = int.from_bytes(base64.b32decode(barcodes.text_of(claimed)))
    for bit in range(75 * 8):
        other = base64.b32encode((raw ^ (1 << bit)).to_bytes(75)).decode()
        assert reason(other) == "unknown", bit


@pytest.mark.parametrize(
    "text",
    ["", "A", "=", "=" * 120, "A" * 120, "A" * 119, "A" * 128, "é" * 120, "\x00", "1" * 120],
)
def test_what_is_no_barcode_is_unknown(app: Flask, text: str) -> None:
    assert reason(text) == "unknown"


@shared
@given(text=st.text() | st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567=", max_size=130))
def test_nothing_else_admits(app: Flask, text: str) -> None:
    assert reason(text) == "unknown"
