"""Capability links: only ours open, each kind only its own door, and no former generation."""

import base64
import secrets
import time
from dataclasses import replace

import pytest
from flask import Flask
from hypothesis import assume, given
from hypothesis import strategies as st

from tests import builders, seen
from ticketing import links
from ticketing.links import Kind, Link, LinkWithdrawn, UnknownLink
from ticketing.models import Order, Ticket
from ticketing.vault.keys import MAX_LINK_KEY, Keys
from ticketing.web import by_link

KEYS = Keys(
    session=b"s" * 32,
    link={1: b"a" * 32, 2: b"b" * 32},
    link_current=2,
    barcode_seed=b"c" * 32,
    address=b"d" * 32,
    programs=b"e" * 32,
)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
made = st.builds(Link, st.sampled_from(Kind), st.integers(0, 2**63 - 1), st.integers(1, 2**16 - 1))


def opens(kind: Kind, token: str, keys: Keys = KEYS) -> bool:
    try:
        links.read(keys, kind, token)
    except UnknownLink:
        return False
    return True


@given(made)
def test_what_we_made_can_be_read(link: Link) -> None:
    token = links.make(KEYS, link)
    assert links.read(KEYS, link.kind, token) == link
    assert len(token) == 36
    assert set(token) <= set(ALPHABET)


@given(made)
def test_a_link_of_one_kind_opens_no_other(link: Link) -> None:
    token = links.make(KEYS, link)
    assert [kind for kind in Kind if opens(kind, token)] == [link.kind]


@given(made)
def test_every_bit_counts(link: Link) -> None:
    token = links.make(KEYS, link)
    raw = int.from_bytes(base64.urlsafe_b64decode(token))
    for bit in range(27 * 8):
        other = base64.urlsafe_b64encode((raw ^ (1 << bit)).to_bytes(27)).decode()
        assert not opens(link.kind, other), bit


@given(st.text() | st.text(ALPHABET, min_size=36, max_size=36), st.sampled_from(Kind))
def test_nothing_else_opens(text: str, kind: Kind) -> None:
    assert not opens(kind, text)


@given(made, st.sampled_from(["", "=", "\n", " ", "A", "\u212a", "%00", "/"]))
def test_nothing_may_be_added_or_left_out(link: Link, extra: str) -> None:
    token = links.make(KEYS, link)
    for other in (token + extra, extra + token, token[1:], token[:-1], token.swapcase()):
        assume(other != token)
        assert not opens(link.kind, other)


@given(made)
def test_under_another_key_nothing_opens(link: Link) -> None:
    stranger = replace(KEYS, link={1: b"x" * 32, 2: b"y" * 32}, link_current=2)
    assert not opens(link.kind, links.make(KEYS, link), stranger)
    assert not opens(link.kind, links.make(stranger, link))


@given(made)
def test_old_links_work_while_their_key_is_kept(link: Link) -> None:
    before = replace(KEYS, link={1: KEYS.link[1]}, link_current=1)
    after = replace(KEYS, link={2: KEYS.link[2]}, link_current=2)
    token = links.make(before, link)
    assert links.read(KEYS, link.kind, token) == link
    assert links.make(KEYS, link) != token, "new ones are made with the new key"
    assert not opens(link.kind, token, after)


def test_nothing_opens_by_a_key_that_is_not_there() -> None:
    """An unknown key's number is no way to be checked against no key."""
    empty = replace(KEYS, link={9: b"\0" * 32}, link_current=9)
    assert not opens(Kind.ORDER, links.make(empty, Link(Kind.ORDER, 1, 1)))


def test_an_unknown_key_takes_no_other_time() -> None:
    token = links.make(KEYS, Link(Kind.ORDER, 1, 1))
    other = "B" * 35 + "E"  # a key number that there is not

    def cost(text: str) -> float:
        best = float("inf")
        for _ in range(20):
            started = time.perf_counter()
            for _ in range(200):
                opens(Kind.SHARE, text)
            best = min(best, time.perf_counter() - started)
        return best

    assert 0.5 < cost(token) / cost(other) < 2


def test_each_opens_its_own(order_of_five: Order) -> None:
    ticket = order_of_five.tickets[1]
    assert by_link.order_of(links.order_token(order_of_five))[0] is order_of_five
    assert by_link.ticket_of(links.ticket_token(ticket))[0] is ticket
    assert by_link.shared_ticket_of(links.share_token(ticket, 1))[0] is ticket


def test_addresses_begin_with_the_base_url(open_ticket: Ticket) -> None:
    base = "http://127.0.0.1:8000"
    assert links.order_url(open_ticket.order) == f"{base}/o/{links.order_token(open_ticket.order)}"
    assert links.ticket_url(open_ticket) == f"{base}/t/{links.ticket_token(open_ticket)}"
    assert links.share_url(open_ticket, 3) == f"{base}/s/{links.share_token(open_ticket, 3)}"


def test_a_true_token_of_a_row_that_is_not_there_is_unknown(app: Flask) -> None:
    for kind, find in (
        (Kind.ORDER, by_link.order_of),
        (Kind.SHARE, by_link.shared_ticket_of),
        (Kind.TICKET, by_link.ticket_of),
    ):
        for link_id in (0, 5, 2**63 - 1):
            with pytest.raises(UnknownLink):
                find(links.make(links.keys(), Link(kind, link_id, 1)))


def test_another_generation_was_withdrawn(open_ticket: Ticket) -> None:
    for kind, find in ((Kind.ORDER, by_link.order_of), (Kind.TICKET, by_link.ticket_of)):
        row = open_ticket.order if kind is Kind.ORDER else open_ticket
        with pytest.raises(LinkWithdrawn):
            find(links.make(links.keys(), Link(kind, row.link_id, 2)))
    with pytest.raises(LinkWithdrawn):
        by_link.shared_ticket_of(links.share_token(open_ticket, 3))


def test_nothing_in_the_database_is_a_usable_link(order_of_five: Order) -> None:
    """S1: dump it, try every string there is: none opens."""
    builders.share(order_of_five.tickets[0])
    builders.claim(order_of_five.tickets[1])
    strings: set[str] = set()
    for (_table, key), row in seen.rows().items():
        for value in (*row.values(), *(key if isinstance(key, tuple) else (key,))):
            strings.update(str(value).split())
            strings.add(str(value))
            if isinstance(value, int) and 0 <= value < 2**64:
                # The row's part of a token, without a key.
                strings.add(base64.urlsafe_b64encode(value.to_bytes(8)).decode())
    assert len(strings) > 100
    own = links.keys()
    tokens = {links.order_token(order_of_five)} | {
        links.ticket_token(ticket) for ticket in order_of_five.tickets
    }
    assert not tokens & strings
    assert not [text for text in strings for kind in Kind if opens(kind, text, own)]
    everything = " ".join(strings)
    assert not [token for token in tokens if token in everything]


def test_a_link_never_ends_in_punctuation(app: Flask) -> None:
    # Programs that turn plain text into links leave a last "-" or "_" out.
    for generation in range(70):
        for number in range(1, MAX_LINK_KEY + 1):
            keys = replace(links.keys(), link={number: b"k" * 32}, link_current=number)
            token = links.make(keys, Link(Kind.SHARE, secrets.randbits(63), generation))
            assert token[-1].isalnum()
