"""O8, S19: an organiser's own words for mails: what is refused, what is said, who may differ."""

import datetime as dt
import html
import unicodedata
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from flask import Flask

from tests import builders, hostile
from tests.mail.reading import Page
from tests.seen import changes, digest, rows
from ticketing import history, sharing
from ticketing.asking.names import RefusedCharacter, tidy
from ticketing.extensions import db
from ticketing.mailing import defaults, mail_texts, mails
from ticketing.mailing.said import PARTS
from ticketing.models import Event, OutboxMail, Shop, now
from ticketing.organising.shops import InvalidSettings
from ticketing.posting import outbox
from ticketing.refusals import EditedMeanwhile, TooManyMails
from ticketing.storing.transactions import write
from ticketing.words import languages

KIND = outbox.CONFIRMATION


@pytest.fixture
def shop(app: Flask) -> Shop:
    return builders.make_shop()


@pytest.fixture
def event(shop: Shop) -> Event:
    return shop.event


def errors_of(act: Callable[[], object]) -> dict[str, str]:
    with pytest.raises(InvalidSettings) as refused:
        act()
    return refused.value.errors


def save(
    event: Event, kind: str = KIND, language: str = "en", *, seen: int = 0, **given: Any
) -> None:
    typed = {**mail_texts.ours(kind, language), **given}
    mail_texts.save(event, kind, language, typed, revision=seen)


def said_to(shop: Shop, locale: str = "en", **booker: Any) -> mails.Composed:
    """The confirmation of a new order, as it would be sent."""
    order = builders.make_order(shop, locale=locale, **booker)
    return mails.compose(builders.mails_of(order, KIND)[0])


# ---- Ours


def test_every_mail_that_has_words_has_one_group_of_readers(app: Flask) -> None:
    listed = [kind for _who, kinds in mail_texts.by_recipient() for kind in kinds]
    assert sorted(listed) == sorted(defaults.WORDINGS)


@pytest.mark.parametrize("kind", defaults.WORDINGS)
def test_our_own_words_pass_what_an_organisers_must(app: Flask, kind: str) -> None:
    """Also each that stands in for another, and every placeholder is explained."""
    for language in languages.CONTENT:
        assert mail_texts.clean(kind, language, mail_texts.ours(kind, language)) == {
            "subject": "",
            "message": "",
            "button": "",
        }
    wording = defaults.WORDINGS[kind]
    for texts in (wording.subject, *wording.message):
        for text in texts:
            assert "'" not in str(text)
            mail_texts.clean(kind, "en", {"message": str(text)})
    assert set(wording.placeholders) <= defaults.PLACEHOLDERS.keys()


@pytest.mark.parametrize("kind", defaults.WORDINGS)
def test_each_placeholder_says_something(event: Event, kind: str) -> None:
    """In the preview there is an example of every one, save of what may be nothing to say."""
    wording = defaults.WORDINGS[kind]
    message = "\n".join(f"{name}: {{{name}}}" for name in wording.placeholders)
    text = mails.preview(event, kind, "en", {"message": message}).text
    unsaid = {name for name in wording.placeholders if f"\n{name}: " not in f"\n{text}"}
    assert unsaid <= {"deadline", "missing"}


# ---- Placeholders


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("{evnt}", "{evnt} isn’t a placeholder of this mail. Did you mean {event}?"),
        ("{Event}", "Did you mean {event}?"),
        ("{first name}", "Did you mean {first_name}?"),
        ("{ order }", "Did you mean {order}?"),
        ("{next-step}", "Did you mean {next_step}?"),
        ("{password}", "{password} isn’t a placeholder of this mail. It knows {first_name}, "),
        ("{booker}", "{booker} isn’t a placeholder of this mail."),
        ("{0.__class__}", "isn’t a placeholder"),
        ("{}", "isn’t a placeholder"),
        ("a { b", "There is a single { near “a { b”."),
        ("a } b", "There is a single } near “a } b”."),
        ("https://example.org/{order}", "A link can’t hold a placeholder."),
    ],
)
def test_what_is_no_placeholder_is_refused_beside_its_field(
    app: Flask, typed: str, told: str
) -> None:
    for part in PARTS:
        errors = errors_of(partial(mail_texts.clean, KIND, "en", {part: typed}))
        assert errors.keys() == {part}
        assert told in errors[part]


def test_all_errors_are_told_at_once(app: Flask) -> None:
    given = {"subject": "{evnt}", "message": "{evnt}", "button": "x" * 61}
    errors = errors_of(lambda: mail_texts.clean(KIND, "en", given))
    assert errors.keys() == set(PARTS)
    assert errors["button"] == "Please use at most 60 characters."


@pytest.mark.parametrize(("part", "most"), mail_texts.MOST.items())
def test_lengths(app: Flask, part: str, most: int) -> None:
    mail_texts.clean(KIND, "en", {part: "ж" * most})
    assert part in errors_of(lambda: mail_texts.clean(KIND, "en", {part: "ж" * (most + 1)}))


@pytest.mark.parametrize("sign", ["\x00", "\x0b", "\x1b", "\x7f", "\x85", "\u2028", "\u202e"])
def test_control_characters_are_refused(event: Event, sign: str) -> None:
    for part in PARTS:
        given: dict[str, Any] = {part: f"a{sign}b"}
        assert part in errors_of(partial(save, event, **given))
    assert "sender_name" in errors_of(
        lambda: mail_texts.save_sender(event, f"a{sign}b", revision=event.revision)
    )


@pytest.mark.parametrize("part", ["subject", "button"])
def test_a_line_end_in_a_header_is_refused(event: Event, part: str) -> None:
    given: dict[str, Any] = {part: "Hi\r\nBcc: x@example.org"}
    assert part in errors_of(lambda: save(event, **given))


def test_one_pass_a_value_is_never_read_again(shop: Shop) -> None:
    with write():
        shop.event.name = "{organiser} {{order}} {{ 7*7 }} {% raw %} https://example.org/a"
    save(shop.event, subject="{event}", message="{event}\n\n{{event}} {{ 7*7 }}")
    mail = said_to(shop)
    assert mail.subject == shop.event.name
    assert f"{shop.event.name}\n\n{{event}} {{ 7*7 }}\n" in mail.text
    assert "https://example.org/a" not in Page(mail.html).links


def test_values_are_escaped(shop: Shop) -> None:
    with write():
        shop.event.name = '<b onload="x">&amp;'
    save(shop.event, message="At {event} <i>& co</i>")
    mail = said_to(shop)
    page = Page(mail.html)
    assert 'At <b onload="x">&amp; <i>& co</i>' in page.words
    assert not page.tags & {"b", "i"}
    assert 'At <b onload="x">&amp; <i>& co</i>\n' in mail.text


@pytest.mark.parametrize("name", ["Pay at evil.example", "https://evil.example/", "x" * 80])
def test_a_booker_can_say_nothing_to_strangers_through_it(shop: Shop, name: str) -> None:
    save(shop.event, outbox.SHARE, subject="From {booker}", message="{booker} asks you.\nCome!")
    order = builders.make_order(shop, first_name=name)
    sharing.share_by_email(
        order.tickets[0],
        sharing.next_generation(order.tickets[0]),
        "bob@example.org",
        history.booker(order),
        locale="en",
        asked_from="",
    )
    mail = mails.compose(builders.mails_of(order, outbox.SHARE)[0])
    assert mail.subject == "A ticket for Riverside Festival is shared with you"
    assert name not in mail.text
    assert "Come!" in mail.text


def test_a_line_without_anything_to_say_is_left_out(shop: Shop) -> None:
    save(shop.event, message="Hello {first_name}!\nYour order is {order}.\nUntil {deadline}")
    text = said_to(shop, first_name="www.example.org").text
    assert "Hello" not in text
    assert "Until" not in text
    assert "Your order is " in text


def test_of_our_words_what_was_left_as_it_is_keeps_its_stand_in(shop: Shop) -> None:
    message = mail_texts.ours(KIND, "en")["message"]
    assert message.startswith("Thank you, {first_name}.")
    save(shop.event, message=message + "\n\nBring a raincoat.")
    text = said_to(shop, first_name="www.example.org").text
    assert "Thank you. Your order of 5 tickets is complete." in text
    assert "Bring a raincoat." in text


def test_links_of_the_organisers_own_are_links(shop: Shop) -> None:
    save(shop.event, message="See https://example.org/a?b=c&d, javascript:alert(1) http://x.org")
    mail = said_to(shop)
    assert "https://example.org/a?b=c&d" in Page(mail.html).links
    assert not [url for url in Page(mail.html).links if url.startswith(("java", "http://x"))]


# ---- Saving


def test_what_is_saved_is_said(shop: Shop) -> None:
    save(shop.event, subject="Hi {first_name}", message="One\r\n\r\n\r\n\r\nTwo  ", button="Go")
    row = mail_texts.stored(shop.event, KIND, "en")
    assert row is not None
    assert (row.subject, row.message, row.button) == ("Hi {first_name}", "One\n\nTwo", "Go")
    assert row.revision == 1
    mail = said_to(shop)
    assert mail.subject == "Hi Bea"
    assert "One\n\nTwo\n\nGo:\nhttp" in mail.text


def test_what_says_the_same_as_ours_stays_ours(event: Event) -> None:
    save(event, subject="Mine")
    row = mail_texts.stored(event, KIND, "en")
    assert row is not None
    assert (row.subject, row.message, row.button) == ("Mine", "", "")
    assert mail_texts.as_typed(row, KIND, "en") == {
        **mail_texts.ours(KIND, "en"),
        "subject": "Mine",
    }
    assert mail_texts.of_event(event).keys() == {(KIND, "en")}


def test_emptied_parts_go_back_to_ours(shop: Shop) -> None:
    save(shop.event, subject="Mine", message=" \n\u200b\n", button="")
    mail = said_to(shop)
    assert mail.subject == "Mine"
    assert "Thank you, Bea." in mail.text
    assert "Open your tickets:" in mail.text


def test_a_mail_without_a_button_gets_none(event: Event) -> None:
    assert mail_texts.ours(outbox.CANCELLED, "en")["button"] == ""
    save(event, outbox.CANCELLED, button="Click")
    assert mail_texts.of_event(event) == {}


def test_who_was_faster_is_not_overwritten(event: Event) -> None:
    save(event, subject="First")
    for seen in (0, 2):
        with pytest.raises(EditedMeanwhile):
            save(event, subject="Second", seen=seen)
    save(event, subject="Second", seen=1)
    mail_texts.reset(event, KIND, "en", revision=2)
    with pytest.raises(EditedMeanwhile):  # not even if it looks as if nothing had ever been
        save(event, subject="Third", seen=0)
    with pytest.raises(EditedMeanwhile):
        mail_texts.reset(event, KIND, "en", revision=1)


def test_a_refused_text_changes_nothing(event: Event) -> None:
    save(event, subject="Mine")
    before = digest()
    errors_of(lambda: save(event, subject="{evnt}", seen=1))
    with pytest.raises(EditedMeanwhile):
        save(event, subject="Other", seen=0)
    assert digest() == before


def test_reset_brings_ours_back(shop: Shop) -> None:
    save(shop.event, subject="Mine")
    mail_texts.reset(shop.event, KIND, "en", revision=1)
    assert mail_texts.of_event(shop.event) == {}
    assert said_to(shop).subject == "Your tickets for Riverside Festival"


def test_words_are_their_events_alone(shop: Shop) -> None:
    save(shop.event, subject="Mine")
    assert said_to(builders.make_shop()).subject == "Your tickets for Riverside Festival"


# ---- Languages


def test_each_language_has_its_own(shop: Shop) -> None:
    save(shop.event, subject="Hello {first_name}")
    save(shop.event, language="nl", subject="Hallo {first_name}", message="Tot {when}!")
    dutch = said_to(shop, "nl-BE")
    assert dutch.subject == "Hallo Bea"
    assert "Tot " in dutch.text
    assert 'lang="nl"' in dutch.html
    # A language in which the organiser has no words, and we have none, is spoken as English is.
    assert said_to(shop, "sv").subject == "Hello Bea"


@pytest.fixture
def english_alone(app: Flask) -> None:
    """As if no catalogue were complete."""
    app.extensions["passalong.catalogues"] = {}


def test_around_the_organisers_words_stand_ours_in_their_language(shop: Shop) -> None:
    save(shop.event, language="nl", subject="Hallo {first_name}")
    said = said_to(shop, "nl")
    assert 'lang="nl"' in said.html
    assert "Bedankt, Bea" in said.text


@pytest.mark.usefixtures("english_alone")
def test_our_words_are_not_said_to_be_in_the_organisers_language(shop: Shop) -> None:
    save(shop.event, language="nl", subject="Hallo {first_name}")
    assert 'lang="nl"' not in said_to(shop, "nl").html


def test_the_languages_of_an_event(shop: Shop) -> None:
    with write():
        shop.languages = ["nl", "fr"]
    assert mail_texts.languages_of(shop.event) == ["nl", "fr"]
    save(shop.event, language="de", subject="Hallo")
    assert mail_texts.languages_of(shop.event) == ["nl", "fr", "de"]


@pytest.mark.usefixtures("english_alone")
def test_english_stands_in_for_a_language_that_we_lack(shop: Shop) -> None:
    assert mail_texts.languages_of(shop.event) == ["en"]
    with write():
        shop.languages = ["nl", "fr"]
    assert mail_texts.languages_of(shop.event) == ["nl", "fr", "en"]
    save(shop.event, language="de", subject="Hallo")
    assert mail_texts.languages_of(shop.event) == ["nl", "fr", "en", "de"]


# ---- The sender's name


def test_the_senders_name(shop: Shop) -> None:
    revision = shop.event.revision
    mail_texts.save_sender(shop.event, "  Riverside   crew ", revision=revision)
    assert said_to(shop).sender_name == "Riverside crew"
    with pytest.raises(EditedMeanwhile):
        mail_texts.save_sender(shop.event, "Other", revision=revision)
    mail_texts.save_sender(shop.event, "", revision=revision + 1)
    assert said_to(shop).sender_name == "Riverside Collective"


@pytest.mark.parametrize("name", ["bank@example.org", "x" * 101, "a\r\nb"])
def test_a_bad_senders_name_is_refused(event: Event, name: str) -> None:
    revision = event.revision
    assert errors_of(lambda: mail_texts.save_sender(event, name, revision=revision)).keys() == {
        "sender_name"
    }


# ---- Previews and tests


def test_a_preview_stores_nothing(event: Event) -> None:
    before = digest()
    for kind in defaults.WORDINGS:
        mail = mails.preview(event, kind, "en", {"message": "As typed, {event}."})
        assert "As typed, Riverside Festival." in mail.text
        db.session.commit()
    assert digest() == before


def test_a_preview_can_be_had_when_all_is_over(shop: Shop) -> None:
    with write():
        shop.event.starts_at = now() - dt.timedelta(days=9)
        shop.event.ends_at = None
        shop.personalisation_deadline = now() - dt.timedelta(days=10)
        shop.archived_at = now()
        shop.event.fields = {"email": "off", "last_name": "off"}
        for each in shop.event.ticket_types:
            each.archived_at = now()
    for kind in defaults.WORDINGS:
        assert "Riverside" in mails.preview(shop.event, kind, "en", {}).text


def test_a_preview_can_be_had_of_an_event_without_anything(shop: Shop) -> None:
    with write() as session:
        event = Event(
            organiser=shop.organiser,
            name="Bare",
            place="",
            starts_at=shop.event.starts_at,
            timezone="UTC",
            country="NL",
        )
        session.add(event)
    for kind in defaults.WORDINGS:
        assert "Bare" in mails.preview(event, kind, "nl", {}).text


def test_a_test_mail_says_what_was_typed(event: Event) -> None:
    before = rows()
    given = {"subject": "Hi {first_name}", "message": "Typed.", "button": ""}
    mail_texts.send_test(event, KIND, "en", given, "olga@example.org")
    [(table, [mail_id])] = changes(before).items()
    assert table == "outbox"
    mail = db.session.get_one(OutboxMail, mail_id)
    assert (mail.recipient, mail.organiser_id, mail.order_id) == (
        "olga@example.org",
        event.organiser_id,
        None,
    )
    composed = mails.compose(mail)
    assert composed.subject == "Test: Hi Alice"
    assert "Typed." in composed.text
    assert composed.headers == ()


def test_a_test_mail_of_bad_words_is_not_sent(event: Event) -> None:
    before = digest()
    errors_of(
        lambda: mail_texts.send_test(event, KIND, "en", {"subject": "{x}"}, "olga@example.org")
    )
    assert digest() == before


def test_test_mails_have_a_limit(event: Event, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_texts, "TESTS_A_DAY", 2)
    for _n in range(2):
        mail_texts.send_test(event, KIND, "en", {}, "olga@example.org")
    with pytest.raises(TooManyMails):
        mail_texts.send_test(event, KIND, "en", {}, "olga@example.org")


# ---- Hostile texts


def is_refused(text: str) -> bool:
    """Too long for a subject, or of characters that a name can't have either."""
    try:
        tidy(text)
    except RefusedCharacter:
        return True
    doubled = text.replace("{", "{{").replace("}", "}}").strip()
    controls = any(unicodedata.category(c) in {"Cc", "Zl", "Zp"} and c != "\t" for c in text)
    return controls or len(doubled) > mail_texts.MOST["subject"]


def test_hostile_texts_are_refused_or_stay_words(event: Event) -> None:
    said = 0
    for text in hostile.STRINGS:
        typed = text.replace("{", "{{").replace("}", "}}")
        try:
            words = mail_texts.clean(KIND, "en", {"subject": typed, "message": typed})
        except InvalidSettings:
            assert is_refused(text), text
            continue
        assert not is_refused(text), text
        mail = mails.preview(event, KIND, "en", words)
        page = Page(mail.html)
        assert not page.tags & {"script", "img", "svg", "iframe", "textarea"}, text
        assert not [name for name in page.attributes if name.startswith("on")], text
        shown = unicodedata.normalize("NFC", text.replace("\t", " ")).rstrip()
        if tidy(text):
            assert mail.subject == " ".join(shown.split()), text
            assert f"\n{shown}\n" in mail.text, text
            assert html.escape(shown).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in (
                mail.html
            ), text
        said += 1
    assert said >= 300


@pytest.mark.parametrize("text", hostile.TEMPLATES)
def test_template_words_as_they_are(event: Event, text: str) -> None:
    """Without doubling the braces: refused with a reason, or said as they stand."""
    try:
        words = mail_texts.clean(KIND, "en", {"message": text})
    except InvalidSettings:
        assert "{" in text or "}" in text
        return
    said = mails.preview(event, KIND, "en", words).text
    assert text.replace("{{", "{").replace("}}", "}") in said
    assert "49" not in said.partition("http")[0]
