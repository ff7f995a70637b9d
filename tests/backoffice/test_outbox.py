import re

import pytest

from tests import builders
from tests.backoffice.browsing import Browser
from tests.seen import changes, rows
from ticketing import cancelling
from ticketing.models import Order, OutboxMail, Shop
from ticketing.transactions import write


def fail(mail: OutboxMail, error: str = "550 no such mailbox") -> OutboxMail:
    with write() as session:
        found = session.get_one(OutboxMail, mail.id)
        found.state, found.attempts, found.last_error = "failed", 10, error
    return found


def at(mail: OutboxMail, part: str = "") -> str:
    return f"/backoffice/outbox/{mail.id}{part}"


def test_it_lists_what_was_asked_for(olga: Browser, order: Order) -> None:
    builders.claim(order.tickets[0])
    text = olga.get("/backoffice/outbox").text
    for words in (
        "Confirmation for the booker",
        "bea@example.org",
        "Ticket 1 for its holder",
        "anna@example.org",
        order.code,
        "Waiting",
    ):
        assert words in text, words


def test_it_filters_by_status(olga: Browser, order: Order) -> None:
    builders.claim(order.tickets[0])
    failed = fail(builders.mails_of(order, "ticket")[0])
    text = olga.get("/backoffice/outbox?state=failed").text
    assert at(failed) in text
    assert "550 no such mailbox" in text
    assert at(builders.mails_of(order, "confirmation")[0]) + '"' not in text
    assert "No mails here" in olga.get("/backoffice/outbox?state=sent").text
    assert olga.get("/backoffice/outbox?state=lost").status_code == 200


def test_pages_go_forth_and_back(
    olga: Browser, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ticketing.web.backoffice.outbox.PAGE_SIZE", 3)
    for _n in range(7):
        builders.make_order(shop, tickets=1)
    pages, url = [], "/backoffice/outbox?state=waiting"
    while url:
        text = olga.get(url).text
        pages.append(re.findall(r'href="/backoffice/outbox/(\d+)"', text))
        last, url = url, _link(text, "next")
    assert [len(page) for page in pages] == [3, 3, 1]
    ids = [int(number) for page in pages for number in page]
    assert ids == sorted(ids, reverse=True)
    back = _link(olga.get(last).text, "prev")
    assert re.findall(r'href="/backoffice/outbox/(\d+)"', olga.get(back).text) == pages[1]


def _link(html: str, rel: str) -> str:
    match = re.search(rf'href="([^"]+)" rel="{rel}"', html)
    return match[1].replace("&amp;", "&") if match else ""


def test_a_mail_is_shown_as_it_would_be_sent(olga: Browser, order: Order) -> None:
    mail = builders.mails_of(order, "confirmation")[0]
    text = olga.get(at(mail)).text
    assert "Riverside Festival" in text
    assert re.search(r'<a href="http://127\.0\.0\.1:8000/o/[\w-]{36}"', text)
    assert f'<iframe class="mail-frame" sandbox src="{at(mail, "/html")}"' in text


def test_its_html_can_do_nothing(olga: Browser, order: Order) -> None:
    answer = olga.get(at(builders.mails_of(order, "confirmation")[0], "/html"))
    assert answer.text.lstrip().lower().startswith("<!doctype html")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'; style-src 'unsafe-inline'")
    assert "script-src" not in policy
    page = olga.get(at(builders.mails_of(order, "confirmation")[0]))
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]


def test_a_mail_without_meaning_says_why(olga: Browser, order: Order) -> None:
    builders.claim(order.tickets[0])
    cancelling.cancel_ticket(order.tickets[0], builders.ORGANISER)
    mail = builders.mails_of(order, "ticket")[0]
    assert "would not be sent any more" in olga.get(at(mail)).text
    assert olga.get(at(mail, "/html")).status_code == 200


def test_a_failed_mail_can_be_tried_again(olga: Browser, order: Order) -> None:
    mail = fail(builders.mails_of(order, "confirmation")[0])
    assert "Retry" in olga.get(at(mail)).text
    before = rows()
    answer = olga.post(at(mail, "/retry"), {"csrf_token": olga.token()})
    assert (answer.status_code, answer.location) == (303, at(mail))
    assert changes(before) == {"outbox": [mail.id]}
    again = builders.mails_of(order, "confirmation")[0]
    assert (again.state, again.attempts, again.last_error) == ("waiting", 0, "")


def test_a_sent_mail_is_not_sent_twice(olga: Browser, order: Order) -> None:
    mail = builders.mails_of(order, "confirmation")[0]
    with write() as session:
        session.get_one(OutboxMail, mail.id).state = "sent"
    assert "Retry" not in olga.get(at(mail)).text
    before = rows()
    answer = olga.post(at(mail, "/retry"), {"csrf_token": olga.token()})
    assert "sent or withdrawn meanwhile" in olga.get(answer.location).text
    assert changes(before) == {}
