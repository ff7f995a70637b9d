"""Names and settings that try to break out of the mail they stand in."""

import email.header
import email.policy
import email.utils
import html

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import builders
from tests.mail.reading import Page, links_of
from tests.smtp import SmtpServer
from ticketing import links
from ticketing.asking import names
from ticketing.mailing.mails import Composed
from ticketing.mailing.message import Envelope, message_of
from ticketing.mailing.refusals import BadHeader, Refused
from ticketing.models import Order
from ticketing.posting import delivery
from ticketing.storing.transactions import write

HOSTILE = [
    "Party\r\nBcc: victim@example.org",
    "Party\nSubject: other\n\nBody",
    "Party\r\n\r\n<h1>Body</h1>",
    "Party\x00\x0b\x0c\x1b[31m\x85\u2028\u2029",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7*7 }} {% raw %} %(name)s %s ${x}",
    "=?utf-8?q?=0D=0ABcc:_victim=40example.org?=",
    'a <b@c>, "d"; (e) [f] \\',
    ".\r\n.\r\nMAIL FROM:<x@example.org>",
    "日本語 עברית العربية हिन्दी ไทย 🎟️👩‍👩‍👧",
    "x" * 200,
    "ж" * 200,
]


@pytest.mark.parametrize("words", HOSTILE)
def test_words_stay_words(server: SmtpServer, app: Flask, engine: str, words: str) -> None:
    if engine == "postgresql":
        words = words.replace("\x00", "")  # which it can't store
    shop = builders.make_shop(organiser_name=words)
    order = builders.make_order(shop, first_name=words[:200])
    with write():
        shop.event.name = words
        shop.event.place = f"{words}\nKade 1"
    report = delivery.deliver_waiting()
    assert report == delivery.Report(sent=1)
    [mail] = server.received
    assert mail.recipients == ["bea@example.org"]
    assert set(mail.message.keys()) == {
        *("Content-Type", "MIME-Version", "Subject", "From", "To", "Date", "Message-ID"),
        "Auto-Submitted",
    }
    visible = " ".join(
        "".join(c if c.isprintable() or c in "\u200d\ufe0f" else " " for c in words).split()
    )
    assert headers_of(mail.raw) == (f"Your tickets for {visible}", visible, "tickets@localhost")
    page = Page(mail.html)
    assert visible in page.words
    assert not page.tags & {"script", "img"}
    assert links_of(mail) == {links.order_url(order)}


def headers_of(raw: bytes) -> tuple[str, str, str]:
    """Subject, sender's name and address as RFC 2047 defines them.

    Python's newer parser keeps the white space between encoded words of a name; RFC 2047 doesn't.
    """
    message = email.message_from_bytes(raw, policy=email.policy.compat32)
    name, address = email.utils.parseaddr(message["From"])
    return read(message["Subject"]), read(name), address


def read(header: str) -> str:
    unfolded = "".join(header.splitlines())
    return str(email.header.make_header(email.header.decode_header(unfolded)))


NAMES = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Cn", "Co", "Zl", "Zp"]), min_size=1, max_size=200
).map(lambda text: " ".join(text.split()))


@given(NAMES, NAMES)
@settings(
    max_examples=250,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_subject_and_any_sender_arrive_as_they_are(
    app: Flask, event_name: str, organiser_name: str
) -> None:
    if not event_name or not organiser_name:
        return
    message = message_of(
        Envelope("bea@example.org", "<1@localhost>", organiser_name),
        Composed(event_name, "text", "<p>html</p>"),
    )
    raw = message.as_bytes()
    head = raw.partition(b"\r\n\r\n")[0]
    assert raw.isascii()
    assert max(len(line) for line in head.split(b"\r\n")) <= 78
    assert all(line.strip() for line in head.split(b"\r\n"))
    assert headers_of(raw) == (event_name, organiser_name, "tickets@localhost")


@pytest.mark.parametrize(
    "character",
    ["\r", "\n", "\r\nBcc: x@example.org\r\n", "\x00", "\x1f", "\x7f", "\x85", "\u2028"],
)
@pytest.mark.parametrize("place", ["recipient", "message_id", "sender_name", "subject"])
def test_control_characters_are_refused_in_every_header(
    app: Flask, place: str, character: str
) -> None:
    values = {
        "recipient": "bea@example.org",
        "message_id": "<1@localhost>",
        "sender_name": "Riverside",
        "subject": "Hello",
    }
    values[place] = f"a{character}{values[place]}"
    with pytest.raises(BadHeader):
        message_of(
            Envelope(values["recipient"], values["message_id"], values["sender_name"]),
            Composed(values["subject"], "text", "html"),
        )


def test_an_international_domain_goes_out_in_the_form_that_servers_know(
    server: SmtpServer, app: Flask
) -> None:
    builders.make_order(email="bea@straße.example.org")
    assert delivery.deliver_waiting().sent == 1
    assert server.received[0].recipients == ["bea@xn--strae-oqa.example.org"]
    assert server.received[0].message["To"] == "bea@xn--strae-oqa.example.org"


def test_an_address_beyond_ascii_is_delivered_where_the_server_can(
    server: SmtpServer, app: Flask
) -> None:
    builders.make_order(email="用户@例子.广告")
    assert delivery.deliver_waiting().sent == 1
    [mail] = server.received
    assert mail.recipients == ["用户@xn--fsqu00a.xn--4rr70v"]
    assert mail.raw.partition(b"\r\n\r\n")[0].isascii()


def test_what_is_no_address_fails_at_once(app: Flask) -> None:
    with pytest.raises(Refused):
        message_of(Envelope("a, b@example.org", "<1@x>", "R"), Composed("s", "t", "h"))


def test_markup_in_a_name_is_shown_as_typed(server: SmtpServer, order_of_five: Order) -> None:
    name = names.tidy('O\'Neil <b>& "Söhne"')
    builders.claim(order_of_five.tickets[0], last_name=name)
    delivery.deliver_waiting()
    [mail] = server.to("anna@example.org")
    assert f"Anna {name}" in mail.text
    assert f"Anna {name}" in Page(mail.html).words
    assert html.escape(name, quote=False).split("&quot;")[0].split('"')[0] in mail.html.replace(
        "&#39;", "'"
    )
