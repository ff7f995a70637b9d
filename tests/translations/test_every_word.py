"""Whoever asks for another language reads no word of English: on no page, in no mail, no PDF.

Everything is asked for in a language that nobody speaks (`pseudo.py`); what stays English must be
what people wrote.
"""

import datetime as dt
from collections.abc import Iterator

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import select

from tests import builders
from tests.backoffice.browsing import Browser, forms_in
from tests.backoffice.test_scope import ids_of, path_of, rules_of
from tests.browser.scenes.orders import order_in_every_state
from tests.security.conftest import FromOutside
from tests.security.link_routes import link_routes
from tests.translations import pseudo
from tests.translations.reading import data_words, untranslated
from ticketing import links
from ticketing.carried import tickets_pdf
from ticketing.extensions import db
from ticketing.mailing import account_letters, defaults, mails
from ticketing.members import email_changes, invitations
from ticketing.models import AppleWallet, Order, OutboxMail, now
from ticketing.posting import outbox
from ticketing.storing.transactions import write
from ticketing.web import errors
from ticketing.words import catalogues

LANGUAGE = "he"  # Babel's dates have no Latin letter in it
ASKING = {"Accept-Language": LANGUAGE}
PASSWORD = "correct horse battery"
# Where a form of a page does what ends the walk.
# Read elsewhere, or without a word.
FILES = (".pdf", ".ics", ".pkpass", "/stream")
NONSENSE = "€ # 1"
NOT_SENT = ("/sign-out", "/switch-organiser", "/sign-out-everywhere")

pytestmark = pytest.mark.engine("sqlite")


@pytest.fixture(autouse=True)
def spoken(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(catalogues.of_app(), LANGUAGE, pseudo.words(LANGUAGE, rtl=True))


@pytest.fixture
def order(app: Flask) -> Order:
    order = order_in_every_state()
    with write():
        order.locale = LANGUAGE
        for each in (*order.tickets, *db.session.scalars(select(OutboxMail))):
            each.locale = LANGUAGE
    return order


@pytest.fixture
def browser(app: Flask, order: Order) -> Browser:
    builders.make_user(order.shop.organiser, password=PASSWORD)
    found = Browser(app)
    found.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = LANGUAGE
    found.sign_in("olga@example.org", PASSWORD)
    return found


class Reader:
    """Reads pages for English, and says at the end where there was some."""

    def __init__(self) -> None:
        self.pages = 0
        self.found: dict[str, list[str]] = {}

    def read(self, told: str, page: str) -> None:
        self.pages += 1
        if found := untranslated(page, data_words()):
            self.found[told] = found

    def check(self, *, pages: int) -> None:
        assert self.found == {}, "\n".join(f"{at}: {set(said)}" for at, said in self.found.items())
        assert self.pages >= pages, "the walk has lost its way"


def test_the_backoffice(app: Flask, browser: Browser, order: Order) -> None:
    reader = Reader()
    for path, page in pages(app, browser, order):
        if "<!doctype" in page:
            assert f'<html lang="{LANGUAGE}" dir="rtl"' in page, path
        reader.read(path, page)
    reader.check(pages=50)


def test_what_the_backoffice_says_of_bad_answers(
    app: Flask, browser: Browser, order: Order
) -> None:
    """Each form is sent with nothing in it, and with nonsense."""
    reader, sent = Reader(), set[str]()
    for _path, page in pages(app, browser, order):
        for action, fields in forms_in(page).items():
            if action in sent or action.endswith(NOT_SENT):
                continue
            sent.add(action)
            for typed in ("", NONSENSE):
                known = {key: typed for key in fields if key != "csrf_token"}
                answer = browser.post(action, {**known, "csrf_token": browser.token()})
                while answer.status_code in {302, 303}:
                    answer = browser.get(answer.location)
                if answer.mimetype == "text/html":
                    reader.read(f"{action} {typed}", answer.text)
    reader.check(pages=60)


def pages(app: Flask, browser: Browser, order: Order) -> Iterator[tuple[str, str]]:
    """Every page of the backoffice, but for those that show a mail in a language of its own."""
    ids = ids_of(order)
    for rule in rules_of(app):
        if "GET" in (rule.methods or ()) and "language" not in rule.arguments:
            path = path_of(app, rule, ids)
            answer = browser.get(path)
            if answer.mimetype == "text/html" and answer.status_code == 200:
                yield path, answer.text


def test_the_pages_behind_links_and_the_shop(app: Flask, order: Order) -> None:
    """In every state of a ticket, as they are and after nothing, and nonsense, was sent."""
    reader, client = Reader(), FromOutside(app, app.response_class, use_cookies=False)
    builders.require(
        order.shop.event, phone="required", date_of_birth="required", gender="required"
    )
    claimed, shared = order.tickets[0], order.tickets[1]
    tokens = {
        "o": links.order_token(order),
        "s": links.share_token(shared, shared.share_generation),
        "t": links.ticket_token(claimed),
        "u": links.unsubscribe_url(order).rpartition("/")[2],
    }
    for position in range(1, len(order.tickets) + 1):
        for route in sorted(link_routes(app, position=position), key=str):
            if route.method == "HEAD" or route.path.endswith(FILES):
                continue
            for typed in ("", NONSENSE):
                path = route.to(tokens[route.kind])
                form = forms_in(client.get(path.removesuffix("/opened"), headers=ASKING).text)
                known = {key: typed for each in form.values() for key in each}
                token = next((each["csrf_token"][0] for each in form.values() if each), "")
                answer = client.open(
                    path,
                    method=route.method,
                    headers=ASKING,
                    data={**known, "csrf_token": token} if route.method == "POST" else None,
                )
                if answer.mimetype == "text/html" and answer.status_code not in {302, 303}:
                    reader.read(f"{route} {position} {typed}", answer.text)
    for path in (f"/shop/{order.shop.slug}", "/o/unknown", "/nothing/here", "/backoffice/sign-in"):
        page = client.get(path, headers=ASKING)
        reader.read(path, page.text)
        for action, fields in forms_in(page.text).items():
            for typed in ("", NONSENSE):
                known = {**dict.fromkeys(fields, typed), "csrf_token": fields["csrf_token"][0]}
                answer = client.post(action, data=known, headers=ASKING)
                reader.read(f"{action} {typed}", answer.text)
    reader.check(pages=60)


def test_every_refusal(app: Flask) -> None:
    reader = Reader()
    builders.make_shop()
    for refusal, answer in errors.ANSWERS.items():
        with app.test_request_context(), force_locale(LANGUAGE):
            reader.read(refusal.__name__, errors.page_for(refusal.__new__(refusal)).get_data(True))
            reader.read(f"{refusal.__name__}, no desk", str(answer.no_desk or ""))
    reader.check(pages=50)


def test_every_mail_of_an_event(app: Flask, order: Order) -> None:
    reader = Reader()
    for kind, wording in defaults.WORDINGS.items():
        with app.test_request_context(), force_locale(LANGUAGE):
            composed = mails.preview(order.shop.event, kind, LANGUAGE, {})
            reader.read(f"{kind}: subject", composed.subject)
            reader.read(f"{kind}: text", composed.text)
            reader.read(f"{kind}: html", composed.html)
            reader.read(f"{kind}: in the editor", f"{wording.title}\n{wording.about}")
            assert f'<html lang="{LANGUAGE}" dir="rtl">' in composed.html
    reader.check(pages=4 * len(defaults.WORDINGS))


def test_every_mail_about_an_account(app: Flask, order: Order) -> None:
    reader, organiser_id = Reader(), order.shop.organiser_id
    user = builders.make_user(order.shop.organiser, password=PASSWORD)
    soon = now() + dt.timedelta(days=3)
    wallet = AppleWallet(organiser_id=organiser_id, pass_type_id="pass.zqx", expires_at=soon)
    with write() as session:
        session.add(wallet)
    invitations.invite(organiser_id, "zqx@example.org", "desk", by=user, locale=LANGUAGE)
    email_changes.ask(user, "zqx@example.org", locale=LANGUAGE)
    written = {outbox.INVITATION, outbox.EMAIL_CHANGE}
    params = {"at": now().isoformat(), "browser": "", "wallet_id": wallet.id}
    with write() as session:
        for kind in account_letters.LETTERS.keys() - written:
            outbox.tell_user(session, kind, user, LANGUAGE, params=params)
    found = db.session.scalars(select(OutboxMail).where(OutboxMail.organiser_id.is_(None))).all()
    assert {mail.kind for mail in found} == account_letters.LETTERS.keys()
    for mail in found:
        composed = mails.compose(mail)
        for part in ("subject", "text", "html"):
            reader.read(f"{mail.kind}: {part}", getattr(composed, part))
        assert f'<html lang="{LANGUAGE}" dir="rtl">' in composed.html
    reader.check(pages=3 * len(account_letters.LETTERS))


def test_the_pdf(app: Flask, order: Order) -> None:
    reader = Reader()
    for path in (tickets_pdf.pdf_of(order.tickets[0]), tickets_pdf.pdf_of_order(order)):
        with force_locale(LANGUAGE):
            sheet = tickets_pdf.sheet_of(order.tickets[0], LANGUAGE)
        assert sheet.lang == LANGUAGE
        reader.read("sheet", "\n".join([*sheet.labels.values(), sheet.when]))
        assert path.stat().st_size
    reader.check(pages=2)
