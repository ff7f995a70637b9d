import datetime as dt
import re
from dataclasses import replace

import pytest
from flask import Flask

from tests import builders
from tests.backoffice.browsing import Browser, forms_in
from tests.backoffice.conftest import PASSWORD
from tests.seen import changes, digest, rows
from ticketing import cancelling
from ticketing.config import Settings
from ticketing.extensions import db
from ticketing.mailing import account_letters, mail_texts, plainly
from ticketing.models import Invitation, Order, OutboxMail, Shop, User, now
from ticketing.posting import mail_queue, mail_search, outbox
from ticketing.storing.transactions import write
from ticketing.web.backoffice import wording


def fail(mail: OutboxMail, error: str = "550 no such mailbox") -> OutboxMail:
    with write() as session:
        found = session.get_one(OutboxMail, mail.id)
        found.state, found.attempts, found.last_error = "failed", 10, error
    return found


def shown(text: str) -> list[int]:
    """The mails that a page lists."""
    return [int(number) for number in re.findall(r'href="/backoffice/outbox/(\d+)"', text)]


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
    assert "There is no such mailbox. Is the address right?" in text
    assert "550 no such mailbox" in olga.get(at(failed)).text
    assert at(builders.mails_of(order, "confirmation")[0]) + '"' not in text
    assert "No mail fits" in olga.get("/backoffice/outbox?state=sent").text
    assert olga.get("/backoffice/outbox?state=lost").status_code == 200


def test_it_says_when_mails_are_held_up_for_how_long_and_why(
    app: Flask, olga: Browser, order: Order, settings: Settings
) -> None:
    app.extensions["passalong.settings"] = replace(settings, mail_server="mail.example.org")
    [mail] = builders.mails_of(order)
    assert "held up" not in olga.get("/backoffice/outbox").text

    was_due(mail, minutes=9)
    assert "held up" not in olga.get("/backoffice/outbox").text, "that happens"
    was_due(mail, hours=6)
    text = olga.get("/backoffice/outbox").text
    assert "Mails are held up: the first has been due for 6 hours." in text
    assert "tell whoever runs this installation" in text
    mail_queue.note("[Errno 111] Connection refused", now())
    assert "Our mail server can’t be reached" in olga.get("/backoffice/outbox").text

    app.extensions["passalong.settings"] = replace(settings, mail_server="")
    assert "held up" not in olga.get("/backoffice/outbox").text, "nothing is to go out"


def test_another_organisers_mail_is_not_told_of(
    app: Flask, rival: Browser, order: Order, settings: Settings
) -> None:
    app.extensions["passalong.settings"] = replace(settings, mail_server="mail.example.org")
    was_due(builders.mails_of(order)[0], hours=6)
    assert "held up" not in rival.get("/backoffice/outbox").text


def was_due(mail: OutboxMail, **ago: float) -> None:
    with write() as session:
        due = now() - dt.timedelta(**ago)
        session.get_one(OutboxMail, mail.id).next_attempt_at = due


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


def test_its_html_says_which_language_it_speaks(olga: Browser, order: Order) -> None:
    mail = builders.mails_of(order, "confirmation")[0]
    with write() as session:
        session.get_one(OutboxMail, mail.id).locale = "nl"
    answer = olga.get(at(mail, "/html"), headers={"Accept-Language": "en"})
    assert '<html lang="nl"' in answer.text
    assert answer.headers["Content-Language"] == "nl"
    assert olga.get(at(mail)).headers["Content-Language"] == "en"


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


# ---- Filters


def test_every_kind_has_a_name_and_its_filter(olga: Browser) -> None:
    text = olga.get("/backoffice/outbox").text
    written = {
        value
        for name, value in vars(outbox).items()
        if name.isupper()
        and not name.startswith("_")
        and isinstance(value, str)
        and value not in account_letters.LETTERS
    }
    assert set(mail_search.KINDS) == written
    for kind in mail_search.KINDS:
        assert f'<option value="{kind}">' in text
        mail = OutboxMail(kind=kind, recipient="a@example.org", locale="en", params={})
        assert wording.mail_kind(mail) != kind


def test_it_filters_by_kind_event_and_address(olga: Browser, order: Order, shop: Shop) -> None:
    builders.claim(order.tickets[0], email="Anna.Visser@Example.org")
    [confirmation] = builders.mails_of(order, "confirmation")
    [ticket] = builders.mails_of(order, "ticket")
    for query, found in (
        ("kind=ticket", [ticket]),
        ("kind=confirmation", [confirmation]),
        ("kind=nothing", [ticket, confirmation]),
        (f"event={shop.event_id}", [ticket, confirmation]),
        ("event=999999", []),
        ("event=abc", []),
        ("q=anna.visser", [ticket]),
        ("q=ANNA+example", [ticket]),
        ("q=%25", []),
        ("q=_", []),
        ("q=%00bea", [confirmation]),
        (f"q=example.org&kind=ticket&event={shop.event_id}&state=waiting", [ticket]),
    ):
        answer = olga.get(f"/backoffice/outbox?{query}")
        assert answer.status_code == 200
        assert shown(answer.text) == [mail.id for mail in found], query


def test_typing_swaps_the_list_alone(olga: Browser, order: Order) -> None:
    headers = {"HX-Request": "true", "HX-Target": "results"}
    answer = olga.get("/backoffice/outbox?q=bea&state=&kind=", headers=headers)
    assert answer.headers["HX-Replace-Url"] == "/backoffice/outbox?q=bea"
    assert answer.text.lstrip().startswith('<section id="results"')
    assert shown(answer.text) == [builders.mails_of(order)[0].id]


def test_pages_keep_the_filter(olga: Browser, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ticketing.web.backoffice.outbox.PAGE_SIZE", 2)
    for n in range(5):
        order = builders.make_order(shop, tickets=1, email=f"b{n}@example.org")
        builders.claim(order.tickets[0])
    text = olga.get("/backoffice/outbox?kind=confirmation&q=example").text
    assert "5 mails" in text
    seen = shown(text)
    while url := _link(text, "next"):
        assert "kind=confirmation" in url
        text = olga.get(url).text
        seen += shown(text)
    assert len(seen) == len(set(seen)) == 5
    assert shown(olga.get("/backoffice/outbox?before=0&kind=confirmation").text) == seen[-2:]
    assert shown(olga.get("/backoffice/outbox?after=0").text) == []


# ---- Trying again


def test_all_that_failed_are_tried_again(olga: Browser, shop: Shop) -> None:
    mails = [
        fail(builders.mails_of(builders.make_order(shop, tickets=1, email=f"b{n}@example.org"))[0])
        for n in range(3)
    ]
    sent = builders.mails_of(builders.make_order(shop, tickets=1))[0]
    text = olga.get("/backoffice/outbox").text
    assert "Retry all 3 that failed" in text
    before = rows()
    answer = olga.send("/backoffice/outbox/retry", forms_in(text)["/backoffice/outbox/retry"])
    assert (answer.status_code, answer.location) == (303, "/backoffice/outbox")
    assert "3 mails are tried again now." in olga.get(answer.location).text
    assert changes(before) == {"outbox": [mail.id for mail in mails]}
    assert {mail.state for mail in mails} == {"waiting"}
    assert sent.state == "waiting"
    assert "that failed" not in olga.get("/backoffice/outbox").text


def test_only_those_of_the_filter_are_tried_again(olga: Browser, shop: Shop) -> None:
    first, second = (
        fail(builders.mails_of(builders.make_order(shop, tickets=1, email=address))[0])
        for address in ("one@example.org", "two@example.org")
    )
    text = olga.get("/backoffice/outbox?q=two&state=failed").text
    assert "Retry the one that failed" in text
    before = rows()
    answer = olga.send("/backoffice/outbox/retry", forms_in(text)["/backoffice/outbox/retry"])
    assert answer.location == "/backoffice/outbox?q=two"
    assert changes(before) == {"outbox": [second.id]}
    assert first.state == "failed"
    assert "that failed" not in olga.get("/backoffice/outbox?state=sent").text


def test_another_organisers_are_not_tried_again(rival: Browser, order: Order) -> None:
    fail(builders.mails_of(order)[0])
    before = digest()
    answer = rival.post(
        "/backoffice/outbox/retry",
        {"csrf_token": rival.token(), "event": str(order.shop.event_id)},
    )
    assert "Nothing is left to try again." in rival.get(answer.location).text
    assert digest() == before


# ---- Mails of no order


def account_mails(shop: Shop) -> list[OutboxMail]:
    """An invitation and what is about a password, as they lie in the outbox."""
    user = db.session.query(User).filter_by(email="olga@example.org").one()
    with write() as session:
        invitation = Invitation(
            organiser_id=shop.organiser_id,
            email="ingrid@example.org",
            role="desk",
            expires_at=now() + dt.timedelta(days=7),
        )
        session.add(invitation)
        session.flush()
        return [
            outbox.enqueue_for_account(session, kind, to, "en", params=params)
            for kind, to, params in (
                (outbox.INVITATION, "ingrid@example.org", {"invitation_id": invitation.id}),
                (outbox.PASSWORD_RESET, "olga@example.org", {"user_id": user.id}),
                (outbox.PASSWORD_CHANGED, "olga@example.org", {"user_id": user.id}),
            )
        ]


def test_mails_about_accounts_are_in_nobodys_outbox(
    olga: Browser, rival: Browser, shop: Shop
) -> None:
    mails = [fail(mail) for mail in account_mails(shop)]
    before = digest()
    for person in (olga, rival):
        for query in ("", "?q=example.org", "?state=failed", "?kind=invitation"):
            assert shown(person.get(f"/backoffice/outbox{query}").text) == []
        token = person.token()
        for mail in mails:
            assert person.get(at(mail)).status_code == 404
            assert person.get(at(mail, "/html")).status_code == 404
            assert person.post(at(mail, "/retry"), {"csrf_token": token}).status_code == 404
        person.post("/backoffice/outbox/retry", {"csrf_token": token})
    assert digest() == before


def test_a_test_mail_is_listed_without_an_order(
    olga: Browser, rival: Browser, order: Order, shop: Shop
) -> None:
    mail_texts.send_test(shop.event, "ticket", "en", {"message": "Typed."}, "olga@example.org")
    mail = db.session.query(OutboxMail).filter_by(kind=outbox.TEST).one()
    for query in ("", "?kind=test", "?q=olga", f"?event={shop.event_id}"):
        assert mail.id in shown(olga.get(f"/backoffice/outbox{query}").text), query
        assert mail.id not in shown(rival.get(f"/backoffice/outbox{query}").text)
    page = olga.get(at(mail)).text
    for words in ("Test: Your ticket for", "Typed.", "Test mail", shop.event.name):
        assert words in page
    assert "Typed." in olga.get(at(mail, "/html")).text
    assert rival.get(at(mail)).status_code == 404
    fail(mail)
    assert olga.submit(at(mail), action=at(mail, "/retry")).status_code == 303


def test_a_test_mail_whose_event_is_gone(olga: Browser, shop: Shop) -> None:
    with write() as session:
        mail = outbox.enqueue_for_account(
            session,
            outbox.TEST,
            "olga@example.org",
            "en",
            params={"event": 999_999, "of": "ticket", "words": {}},
        )
        mail.organiser_id = shop.organiser_id
    assert shown(olga.get("/backoffice/outbox").text) == [mail.id]
    assert "There is no such event any more." in olga.get(at(mail)).text
    assert olga.get(at(mail, "/html")).status_code == 200


def test_the_desk_sees_the_outbox_too(app: Flask, shop: Shop, order: Order) -> None:
    builders.make_user(shop.organiser, email="d@example.org", role="desk", password=PASSWORD)
    desk = Browser(app)
    desk.sign_in("d@example.org", PASSWORD)
    assert shown(desk.get("/backoffice/outbox").text) == [builders.mails_of(order)[0].id]


# ---- Why, in plain words


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("550 5.1.1 <x@example.org>: User unknown", "There is no such mailbox."),
        ("550 no such mailbox", "There is no such mailbox."),
        ("550 Message rejected as spam by content filters", "takes it for spam"),
        ("550 5.7.1 Relaying denied", "takes it for spam"),
        ("552 5.2.2 Over quota", "The mailbox is full."),
        ("552 5.3.4 Message size exceeds fixed limit", "The mail is too large"),
        ("554 5.7.0 Blocked", "takes it for spam"),
        ("450 4.2.0 Greylisted, try again in 300 seconds", "We try again by ourselves."),
        ("421 Service not available", "We try again by ourselves."),
        ("499 what ever", "We try again by ourselves."),
        ("535 5.7.8 Authentication credentials invalid", "user name and password"),
        ("599 never heard of", "The recipient’s mail server refuses this mail."),
        ("[Errno 111] Connection refused", "Our mail server can’t be reached."),
        ("timed out", "Our mail server can’t be reached."),
        ("This is no email address.", "This is no address"),
        ("The PDF couldn't be made.", "That is our fault"),
        ("The mail couldn't be composed (KeyError).", "That is our fault"),
        ("", ""),
    ],
)
def test_why_in_plain_words(app: Flask, error: str, told: str) -> None:
    assert told in plainly.in_words(error)
    assert bool(plainly.in_words(error)) == bool(error)


def test_the_next_try_is_told(olga: Browser, order: Order) -> None:
    [mail] = builders.mails_of(order)
    with write() as session:
        found = session.get_one(OutboxMail, mail.id)
        found.attempts, found.last_error = 1, "450 4.2.0 Greylisted"
    for page in ("/backoffice/outbox", at(mail)):
        text = olga.get(page).text
        assert "We try again by ourselves." in text
        assert "Next try:" in text
