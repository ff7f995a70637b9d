"""Receivers that answer oddly, or not: the call is made again, and nobody else waits for them.

Those that hang are in test_sending.py and test_watching.py.
"""

import socket
import struct

import pytest

from tests import builders
from tests.webhooks.deliveries import all_calls, later, tries_of
from tests.webhooks.receiver import Answer, Handler, Heard, Receiver, fine
from tests.webhooks.receiver import receiver as another_receiver
from ticketing import calls
from ticketing.calls import outbound
from ticketing.models import Shop, WebhookEndpoint
from ticketing.webhooks import endpoints
from ticketing.webhooks.happenings import EVENTS

BROKEN_OFF = "The connection broke off, or the answer isn’t HTTP."


def to_itself(status: int) -> Answer:
    def answer(handler: Handler, heard: Heard) -> None:
        handler.say(status, Location=heard.path)

    return answer


def reset(handler: Handler, _heard: Heard) -> None:
    """As a program does that dies, or a firewall."""
    at_once = struct.pack("ii", 1, 0)  # linger, for no seconds
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
    handler.close_connection = True


def hang_up(handler: Handler, _heard: Heard) -> None:
    handler.close_connection = True


def says(raw: bytes) -> Answer:
    """This, and then it hangs up."""

    def answer(handler: Handler, _heard: Heard) -> None:
        handler.wfile.write(raw)
        handler.close_connection = True

    return answer


def flood(handler: Handler, _heard: Heard) -> None:
    handler.say(200, Content_Length=str(10**12))
    while True:
        handler.wfile.write(b"x" * 65_536)


@pytest.mark.parametrize(
    ("odd", "error"),
    [
        *(
            (to_itself(code), f"It answered {code}; redirects aren’t followed.")
            for code in (301, 307)
        ),
        (reset, BROKEN_OFF),
        (hang_up, BROKEN_OFF),
        (says(b"HTTP/1.1 200 OK\r\n" + b"X-More: and more\r\n" * 5000), BROKEN_OFF),
        (says(b"HTTP/1.1 200 " + b"x" * 100_000), BROKEN_OFF),
        (says(b"HTTP/1.1 -200 OK\r\n\r\n"), BROKEN_OFF),
        (says(b"HTTP/1.1 101 Switching\r\n\r\n"), "It answered 101."),
    ],
    ids=["301", "307", "reset", "hang up", "headers", "line", "status", "101"],
)
def test_it_is_called_again_and_nobody_else_waits(
    receiver: Receiver, endpoint: WebhookEndpoint, shop: Shop, odd: Answer, error: str
) -> None:
    with another_receiver() as other:
        endpoints.create(shop.organiser_id, other.url, EVENTS)
        receiver.answer = odd
        builders.make_order(shop)
        assert calls.make_waiting() == calls.Report(done=1, waiting=1)
        assert len(other.heard) == 1
        assert len(receiver.heard) == 1, "asked once a try, wherever it points"
        [call] = [each for each in all_calls() if each.endpoint_id == endpoint.id]
        assert [each.error for each in tries_of(call)] == [error]
        receiver.answer = fine
        assert calls.make_waiting(clock=later(minutes=1)) == calls.Report(done=1)
        assert {heard.id for heard in receiver.heard} == {call.message_id}


@pytest.mark.parametrize(
    "odd",
    [
        flood,
        says(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"),
        says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n"),
        says(b"HTTP/1.1 200 OK\r\nContent-Length: nonsense\r\n\r\n\x00\xff"),
    ],
    ids=["endless", "half", "chunks", "length"],
)
def test_who_says_yes_has_taken_it_whatever_comes_then(
    receiver: Receiver, endpoint: WebhookEndpoint, shop: Shop, odd: Answer
) -> None:
    receiver.answer = odd
    builders.make_order(shop)
    assert calls.make_waiting() == calls.Report(done=1)
    assert calls.make_waiting(clock=later(days=9)) == calls.Report()
    assert len(receiver.heard) == 1


def test_who_says_to_go_on_for_ever_is_not_heard_out(
    receiver: Receiver, endpoint: WebhookEndpoint
) -> None:
    def go_on(handler: Handler, _heard: Heard) -> None:
        while True:
            handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    receiver.answer = go_on
    with pytest.raises(outbound.TimedOut):
        outbound.request("POST", receiver.url, body=b"{}", total=0.5)
