"""O8: the pages on which an organiser words an event's mails and looks at them."""

import html
import re

import pytest
from flask import Flask

from tests import builders
from tests.backoffice.browsing import Browser
from tests.backoffice.conftest import PASSWORD
from tests.seen import changes, digest, rows
from ticketing.extensions import db
from ticketing.mailing import defaults, mail_texts, mails
from ticketing.models import MailText, Order, OutboxMail, Shop
from ticketing.posting import outbox
from ticketing.storing.transactions import write


@pytest.fixture
def at(shop: Shop) -> str:
    return f"/backoffice/events/{shop.event_id}/mails"


def text_of(answer_text: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", answer_text))


def own(shop: Shop) -> dict[tuple[str, str], MailText]:
    db.session.rollback()
    return mail_texts.of_event(shop.event)


# ---- All mails


def test_all_mails_are_listed_by_who_gets_them(olga: Browser, shop: Shop, at: str) -> None:
    with write():
        shop.languages = ["en", "nl"]
    page = olga.get(at).text
    for wording in defaults.WORDINGS.values():
        assert str(wording.title) in text_of(page)
    for kind in defaults.WORDINGS:
        for language in ("en", "nl"):
            assert f'href="{at}/{kind}/{language}"' in page
    for words in ("To the booker", "To a ticket’s holder", "To whoever a ticket is shared with"):
        assert words in page
    assert "your words" not in page


def test_it_says_what_is_changed(olga: Browser, shop: Shop, at: str) -> None:
    mail_texts.save(shop.event, "share", "en", {"subject": "Mine"}, revision=0)
    assert olga.get(at).text.count("your words") == 1


def test_the_event_leads_there(olga: Browser, shop: Shop, at: str) -> None:
    assert f'href="{at}"' in olga.get(f"/backoffice/events/{shop.event_id}").text


# ---- The sender's name


def test_the_senders_name_is_saved(olga: Browser, shop: Shop, at: str) -> None:
    answer = olga.submit(at, sender_name="Riverside crew")
    assert (answer.status_code, answer.location) == (303, at)
    assert shop.event.sender_name == "Riverside crew"
    assert 'value="Riverside crew"' in olga.get(at).text


def test_a_bad_senders_name_stays_typed_with_its_error(olga: Browser, shop: Shop, at: str) -> None:
    answer = olga.submit(at, sender_name="bank@example.org")
    assert answer.status_code == 422
    assert "Please write a name, not an email address." in answer.text
    assert 'value="bank@example.org"' in answer.text
    assert shop.event.sender_name == ""


def test_another_senders_name_is_not_overwritten(olga: Browser, shop: Shop, at: str) -> None:
    known = olga.fields(at)
    mail_texts.save_sender(shop.event, "Theirs", revision=shop.event.revision)
    answer = olga.send(at, known, sender_name="Mine")
    assert answer.status_code == 409
    assert "Theirs" in answer.text
    assert 'value="Mine"' in answer.text
    db.session.rollback()
    assert shop.event.sender_name == "Theirs"


# ---- The editor


@pytest.mark.parametrize("kind", defaults.WORDINGS)
def test_the_editor_shows_what_is_said_now(olga: Browser, at: str, kind: str) -> None:
    page = olga.get(f"{at}/{kind}/en")
    ours = mail_texts.ours(kind, "en")
    fields = olga.fields(f"{at}/{kind}/en")
    assert fields["subject"] == [ours["subject"]]
    assert fields["message"][0].replace("\r\n", "\n").strip() == ours["message"]
    assert fields.get("button", [""]) == [ours["button"]]
    for name in defaults.WORDINGS[kind].placeholders:
        assert f'data-insert="{{{name}}}"' in page.text
    assert "Reset to the default" not in page.text
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]


def test_words_are_saved_and_said(olga: Browser, shop: Shop, at: str) -> None:
    here = f"{at}/confirmation/en"
    answer = olga.submit(here, subject="Hi {first_name}", message="Come early!\r\n\r\nBye.")
    assert (answer.status_code, answer.location) == (303, here)
    row = own(shop)["confirmation", "en"]
    assert (row.subject, row.message, row.button) == ("Hi {first_name}", "Come early!\n\nBye.", "")
    order = builders.make_order(shop)
    assert mails.compose(builders.mails_of(order)[0]).subject == "Hi Bea"
    assert "Reset to the default" in olga.get(here).text


def test_saving_without_a_change_keeps_ours(olga: Browser, shop: Shop, at: str) -> None:
    for kind in defaults.WORDINGS:
        assert olga.submit(f"{at}/{kind}/en").status_code == 303
    assert own(shop) == {}


def test_a_typo_is_told_beside_its_field(olga: Browser, shop: Shop, at: str) -> None:
    here = f"{at}/confirmation/en"
    before = digest()
    answer = olga.submit(here, subject="Hi {firstname}", message="Kept & <b>typed</b>")
    assert answer.status_code == 422
    assert "Did you mean {first_name}?" in answer.text
    assert 'id="subject-error"' in answer.text
    assert 'value="Hi {firstname}"' in answer.text
    assert "Kept &amp; &lt;b&gt;typed&lt;/b&gt;" in answer.text
    assert digest() == before


def test_whoever_was_faster_is_not_overwritten(olga: Browser, shop: Shop, at: str) -> None:
    here = f"{at}/confirmation/en"
    known = olga.fields(here)
    mail_texts.save(shop.event, "confirmation", "en", {"subject": "Theirs"}, revision=0)
    answer = olga.send(here, known, subject="Mine")
    assert answer.status_code == 409
    assert "Somebody changed this meanwhile" in answer.text
    assert "Theirs" in answer.text
    assert 'value="Mine"' in answer.text
    assert own(shop)["confirmation", "en"].subject == "Theirs"
    # Save again puts mine in place of theirs.
    from tests.backoffice.browsing import forms_in

    answer = olga.send(here, forms_in(answer.text)[here])
    assert answer.status_code == 303
    assert own(shop)["confirmation", "en"].subject == "Mine"


def test_an_old_session_loses_nothing(olga: Browser, at: str) -> None:
    here = f"{at}/confirmation/en"
    answer = olga.send(here, olga.fields(here), csrf_token="old", subject="Mine")
    assert answer.status_code == 422
    assert "Nothing is lost" in answer.text
    assert 'value="Mine"' in answer.text


@pytest.mark.parametrize(
    "wrong", ["nothing/en", "confirmation/xx", "confirmation/EN", "invitation/en", "test/en"]
)
def test_what_is_no_mail_is_not_found(olga: Browser, at: str, wrong: str) -> None:
    token = olga.token()
    for part in ("", "/frame", "/reset"):
        assert olga.get(f"{at}/{wrong}{part}").status_code == 404
        assert olga.post(f"{at}/{wrong}{part}", {"csrf_token": token}).status_code == 404


def test_languages_side_by_side(olga: Browser, shop: Shop, at: str) -> None:
    with write():
        shop.languages = ["nl", "fr"]
    page = olga.get(f"{at}/confirmation/nl").text
    assert f'href="{at}/confirmation/fr"' in page
    assert "We have no words" not in page
    olga.submit(f"{at}/confirmation/nl", subject="Hallo {first_name}")
    assert own(shop).keys() == {("confirmation", "nl")}


def test_a_language_that_we_have_no_words_in(
    app: Flask, olga: Browser, shop: Shop, at: str
) -> None:
    app.extensions["passalong.catalogues"] = {}  # as if none were complete
    with write():
        shop.languages = ["nl"]
    page = olga.get(f"{at}/confirmation/nl").text
    assert f'href="{at}/confirmation/en"' in page
    assert "We have no words in Nederlands yet" in page


# ---- Previews


def test_the_preview_is_of_what_was_typed(olga: Browser, at: str) -> None:
    here = f"{at}/confirmation/en"
    known = olga.fields(here)
    before = digest()
    answer = olga.send(f"{here}/preview", known, subject="Hi {first_name} <b>", message="Typed.")
    assert answer.status_code == 200
    assert "Hi Alice &lt;b&gt;" in answer.text
    assert "Typed." in answer.text
    assert "<!doctype" not in answer.text.lower()
    assert digest() == before


def test_a_preview_tells_what_is_wrong_so_far(olga: Browser, at: str) -> None:
    here = f"{at}/confirmation/en"
    answer = olga.send(f"{here}/preview", olga.fields(here), message="Hi {evnt")
    assert answer.status_code == 200
    assert "data-no-mail" in answer.text
    assert "There is a single {" in answer.text


def test_the_frame_can_do_nothing(olga: Browser, at: str) -> None:
    here = f"{at}/confirmation/en"
    known = olga.fields(here)
    before = digest()
    for answer, words in (
        (olga.get(f"{here}/frame"), "Thank you, Alice."),
        (olga.send(f"{here}/frame", known, message="<script>alert(1)</script>"), "&lt;script&gt;"),
        (olga.send(f"{here}/frame", known, **{"as": "text"}), "Subject:</strong> Your tickets"),
        (olga.send(f"{here}/frame", known, subject="{x}"), "These words can’t be sent yet"),
    ):
        assert answer.status_code == 200
        assert words in answer.text
        assert "<script" not in answer.text
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("sandbox; default-src 'none'; style-src 'unsafe-inline'")
        assert "frame-ancestors 'self'" in policy
        assert answer.headers["Cache-Control"] == "no-store"
    assert digest() == before


def test_without_javascript_the_form_is_sent_into_the_frame(olga: Browser, at: str) -> None:
    here = f"{at}/share/en"
    page = olga.get(here).text
    assert re.search(
        rf'<iframe class="mail-frame" name="mail-frame" sandbox [^>]*src="{here}/frame"', page
    )
    assert page.count(f'formaction="{here}/frame" formtarget="mail-frame"') == 2


# ---- Test mails


def test_a_test_mail_goes_to_whoever_asks(olga: Browser, shop: Shop, at: str) -> None:
    here = f"{at}/ticket/en"
    before = rows()
    answer = olga.submit(here, subject="Look, {first_name}", do="test")
    assert answer.status_code == 200
    assert "A test mail goes to olga@example.org." in answer.text
    assert 'value="Look, {first_name}"' in answer.text  # typed, and not saved yet
    [(table, [mail_id])] = changes(before).items()
    assert table == "outbox"
    mail = db.session.get_one(OutboxMail, mail_id)
    assert (mail.kind, mail.recipient) == (outbox.TEST, "olga@example.org")
    composed = mails.compose(mail)
    assert composed.subject == "Test: Look, Alice"
    assert olga.get(f"/backoffice/outbox/{mail_id}").status_code == 200


def test_a_test_mail_of_bad_words_is_refused(olga: Browser, at: str) -> None:
    before = digest()
    answer = olga.submit(f"{at}/ticket/en", subject="{x}", do="test")
    assert answer.status_code == 422
    assert 'id="subject-error"' in answer.text
    assert digest() == before


def test_a_day_has_its_limit_of_test_mails(
    olga: Browser, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_texts, "TESTS_A_DAY", 1)
    assert olga.submit(f"{at}/ticket/en", do="test").status_code == 200
    answer = olga.submit(f"{at}/ticket/en", subject="Mine", do="test")
    assert answer.status_code == 422
    assert "Try again tomorrow" in answer.text
    assert 'value="Mine"' in answer.text


# ---- Back to ours


def test_reset_asks_first(olga: Browser, shop: Shop, at: str) -> None:
    mail_texts.save(shop.event, "share", "en", {"subject": "Mine"}, revision=0)
    here = f"{at}/share/en"
    page = olga.get(f"{here}/reset")
    assert "Mine" in page.text
    assert own(shop)
    answer = olga.submit(f"{here}/reset")
    assert (answer.status_code, answer.location) == (303, here)
    assert own(shop) == {}
    assert "Mine" not in olga.get(here).text


def test_reset_looks_whether_somebody_was_faster(olga: Browser, shop: Shop, at: str) -> None:
    mail_texts.save(shop.event, "share", "en", {"subject": "Mine"}, revision=0)
    here = f"{at}/share/en"
    known = olga.fields(f"{here}/reset")
    mail_texts.save(shop.event, "share", "en", {"subject": "Theirs"}, revision=1)
    answer = olga.send(f"{here}/reset", known)
    assert answer.status_code == 409
    assert "Theirs" in answer.text
    assert own(shop)["share", "en"].subject == "Theirs"


# ---- Who may


def test_the_desk_may_not(app, shop: Shop, at: str) -> None:  # type: ignore[no-untyped-def]
    builders.make_user(shop.organiser, email="d@example.org", role="desk", password=PASSWORD)
    desk = Browser(app)
    desk.sign_in("d@example.org", PASSWORD)
    assert desk.get(at).status_code == 403
    assert at not in desk.get(f"/backoffice/events/{shop.event_id}").text


def test_another_organisers_test_mail_is_not_seen(
    rival: Browser, olga: Browser, order: Order, at: str
) -> None:
    olga.submit(f"{at}/ticket/en", do="test")
    mail = db.session.query(OutboxMail).filter_by(kind=outbox.TEST).one()
    assert rival.get(f"/backoffice/outbox/{mail.id}").status_code == 404
    assert f"/outbox/{mail.id}" not in rival.get("/backoffice/outbox").text
