"""What a mail says: the organiser's own words where there are some, else ours."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask_babel import force_locale, get_locale
from sqlalchemy import select

from ticketing.extensions import db
from ticketing.mailing import defaults, words
from ticketing.mailing.letter import one_line
from ticketing.mailing.words import Paragraph
from ticketing.models import Event, MailText, OutboxMail, Shop
from ticketing.words import languages, localtime

Values = Mapping[str, str]
PARTS: Final = ("subject", "message", "button")


@dataclass(frozen=True, slots=True)
class Own:
    """An organiser's words in one language; an empty part keeps ours."""

    language: str
    subject: str = ""
    message: str = ""
    button: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """`lang` is the words' language where it isn't the one that the mail is set in."""

    subject: str
    paragraphs: tuple[str | Paragraph, ...]
    button: str
    lang: str = ""


def said(mail: OutboxMail, shop: Shop, values_of: Callable[[], Values]) -> Said:
    """The words of a mail with their values, in the current locale.

    `values_of` gives the values of the kind's placeholders in whichever locale it is called; an
    empty one has nothing to say, and what holds it is left out.
    """
    kind = defaults.kind_of(mail)
    wording = defaults.WORDINGS[kind]
    values = {**_everywhere(shop), **values_of()}
    subject = words.first_said([str(text) for text in wording.subject], values)
    button = str(wording.button or "")
    paragraphs = [
        paragraph
        for texts in wording.message
        if (paragraph := _first_filled([str(text) for text in texts], values)) is not None
    ]
    own = _own_of(mail, shop.event_id, kind)
    if own is None:
        return Said(subject, tuple(paragraphs), button)
    with force_locale(own.language):
        values = {**_everywhere(shop), **values_of()}
        # Of ours, a paragraph that was left as it is keeps what stands in for it.
        ours = {str(texts[0]): [str(text) for text in texts] for texts in wording.message}
    filled = [
        paragraph
        for text in words.paragraphs_of(own.message)
        if (paragraph := _first_filled(ours.get(text, [text]), values)) is not None
    ]
    return Said(
        words.first_said([own.subject], values) or subject,
        tuple(filled or paragraphs),
        (words.first_said([own.button], values) or button) if button else "",
        lang=own.language if filled and own.language != str(get_locale()) else "",
    )


def own_words(event_id: int, kind: str, locale: str) -> Own | None:
    """The organiser's words for a mail in this language, or in the one that stands in for it.

    Who speaks a language that both we and the organiser have words in gets the organiser's; who
    speaks one that only we have gets ours. In a language that neither has, the whole mail is set
    in the one that we fall back on, and there the organiser's words count again.
    """
    spoken = (locale, locale.partition("-")[0], languages.known(locale))
    rows = db.session.scalars(
        select(MailText).where(
            MailText.event_id == event_id, MailText.kind == kind, MailText.language.in_(spoken)
        )
    )
    found = {row.language: row for row in rows if row.subject or row.message or row.button}
    for language in spoken:
        if language in found:
            row = found[language]
            return Own(language, row.subject, row.message, row.button)
    return None


def sender_name(event: Event) -> str:
    """Who the event's mails are from."""
    return one_line(event.sender_name or event.organiser.name)


def is_trial(mail: OutboxMail) -> bool:
    """Whether it is a preview or a test, whose words came with it and whose people are invented."""
    return "words" in mail.params


def _own_of(mail: OutboxMail, event_id: int, kind: str) -> Own | None:
    if is_trial(mail):  # nobody saved them
        trial: Any = mail.params["words"]
        return Own(mail.locale, *(str(trial.get(part, "")) for part in PARTS))
    return own_words(event_id, kind, mail.locale)


def _everywhere(shop: Shop) -> Values:
    event = shop.event
    lines = [one_line(line) for line in event.place.splitlines()]
    return {
        "event": one_line(event.name),
        "when": localtime.event_when(event),
        "place": ", ".join(line for line in lines if line),
        "organiser": one_line(shop.organiser.name),
    }


def _first_filled(texts: list[str], values: Values) -> Paragraph | None:
    for text in texts:
        if (filled := words.fill(text, values)) is not None:
            return filled
    return None
