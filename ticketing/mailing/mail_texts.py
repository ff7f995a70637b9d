"""An organiser's own words for the mails of an event: what good ones are, and how they change.

A part that says what we would say is stored as "": it keeps following our words.
"""

import unicodedata
from collections.abc import Mapping
from typing import Final

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import Select, or_, select

from ticketing.asking import names, questions
from ticketing.extensions import db
from ticketing.mailing import defaults, words
from ticketing.mailing.said import PARTS
from ticketing.models import Event, MailText, OutboxMail
from ticketing.organising.shops import InvalidSettings
from ticketing.posting import outbox
from ticketing.refusals import EditedMeanwhile
from ticketing.storing.locking import lock
from ticketing.storing.transactions import write
from ticketing.words import languages

MOST: Final = {"subject": 200, "message": 5_000, "button": 60}  # characters
MAX_SENDER: Final = 100
TESTS_A_DAY: Final = 100  # of one organiser, who may send them to their own people alone

Words = dict[str, str]  # by part

# Who gets which mails, in the order in which they are sent. A kind that isn't named here is the
# booker's.
GROUPS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    (
        "booker",
        (
            outbox.CONFIRMATION,
            outbox.REMINDER,
            outbox.ALL_READY,
            outbox.TICKETS,
            outbox.REOPENED,
            outbox.CANCELLED,
        ),
    ),
    ("visitor", (outbox.SHARE,)),
    ("holder", (outbox.TICKET, defaults.EDITED, outbox.DETAILS_MISSING)),
)


def by_recipient() -> list[tuple[str, list[str]]]:
    """(who, the kinds of mail they get)."""
    named = {kind for _who, kinds in GROUPS for kind in kinds}
    others = [kind for kind in defaults.WORDINGS if kind not in named]
    return [
        (who, [kind for kind in kinds if kind in defaults.WORDINGS] + (others if not n else []))
        for n, (who, kinds) in enumerate(GROUPS)
    ]


def of_event(event: Event) -> dict[tuple[str, str], MailText]:
    """The organiser's own words by kind and language, where there are some."""
    found = db.session.scalars(
        select(MailText).where(
            MailText.event_id == event.id,
            or_(MailText.subject != "", MailText.message != "", MailText.button != ""),
        )
    )
    return {(each.kind, each.language): each for each in found}


def languages_of(event: Event) -> list[str]:
    """The languages that the event's mails are sent in, that of the first shop first.

    Those that have own words count too, and so does the one that stands in for a language that
    we have no words in.
    """
    spoken = questions.languages_of(event)
    if any(one not in languages.spoken() for one in spoken):
        spoken.append(languages.FIRST)
    worded = sorted(language for _kind, language in of_event(event))
    return [one for one in dict.fromkeys([*spoken, *worded]) if one in languages.CONTENT]


def stored(event: Event, kind: str, language: str) -> MailText | None:
    return db.session.scalar(_row(event.id, kind, language))


def ours(kind: str, language: str) -> Words:
    """What we would say in this language, as an organiser would write it."""
    wording = defaults.WORDINGS[kind]
    with force_locale(languages.known(language)):
        return {
            "subject": str(wording.subject[0]),
            "message": "\n\n".join(str(texts[0]) for texts in wording.message),
            "button": str(wording.button or ""),
        }


def as_typed(row: MailText | None, kind: str, language: str) -> Words:
    """What the mail says now, the organiser's words or ours, as a form shows it."""
    return {part: getattr(row, part, "") or text for part, text in ours(kind, language).items()}


def clean(kind: str, language: str, given: Mapping[str, str]) -> Words:
    """The words as they are stored; an empty part stands for ours. Raises `InvalidSettings`."""
    default = ours(kind, language)
    allowed = defaults.WORDINGS[kind].placeholders
    found: Words = {}
    errors: Words = {}
    for part in PARTS:
        read = _lines if part == "message" else _line
        try:
            text = read(given.get(part, ""), MOST[part])
            words.check(text, allowed)
        except ValueError as error:
            errors[part] = _told(error)
        else:
            found[part] = "" if text == default[part] else text
    if not default["button"]:
        found["button"] = ""
    if errors:
        raise InvalidSettings(errors)
    return found


def save(
    event: Event, kind: str, language: str, given: Mapping[str, str], *, revision: int
) -> MailText:
    """Word a mail of the event in one language; mails that still wait say it too.

    `revision` is that of the words when the form was drawn, 0 if there were none. Raises
    `InvalidSettings`, and `EditedMeanwhile` if somebody changed them since.
    """
    cleaned = clean(kind, language, given)
    return _write(event.id, kind, language, cleaned, revision)


def reset(event: Event, kind: str, language: str, *, revision: int) -> MailText:
    """Go back to our words. The row stays, so that its revision is never that of others.

    Raises `EditedMeanwhile`.
    """
    return _write(event.id, kind, language, dict.fromkeys(PARTS, ""), revision)


def save_sender(event: Event, name: str, *, revision: int) -> Event:
    """Say who the event's mails are from; "" for the organiser. `revision` is the event's.

    Raises `InvalidSettings` (`sender_name`), `EditedMeanwhile`.
    """
    try:
        cleaned = _line(name, MAX_SENDER)
    except ValueError as error:
        raise InvalidSettings({"sender_name": _told(error)}) from None
    if "@" in cleaned:
        # Mail programs warn of a name that looks like another address.
        raise InvalidSettings({"sender_name": _("Please write a name, not an email address.")})
    event_id = event.id
    with write() as session:
        event = lock(session, Event, event_id)
        if event.revision != revision:
            raise EditedMeanwhile
        event.sender_name = cleaned
        event.revision += 1
    return event


def send_test(
    event: Event, kind: str, language: str, given: Mapping[str, str], recipient: str
) -> None:
    """Mail these words, saved or not, to somebody of the team, about an invented order.

    Raises `InvalidSettings`, `TooManyMails`.
    """
    cleaned = clean(kind, language, given)
    event_id, organiser_id = event.id, event.organiser_id
    with write() as session:
        outbox.check_limits(
            session, outbox.TEST, (OutboxMail.organiser_id == organiser_id, TESTS_A_DAY)
        )
        outbox.enqueue_for_account(
            session,
            outbox.TEST,
            recipient,
            language,
            params={"event": event_id, "of": kind, "words": cleaned},
        ).organiser_id = organiser_id


def _write(event_id: int, kind: str, language: str, cleaned: Words, revision: int) -> MailText:
    with write() as session:
        lock(session, Event, event_id)  # two who write the first words at once wait for each other
        row = session.scalar(_row(event_id, kind, language))
        if (row.revision if row else 0) != revision:
            raise EditedMeanwhile
        if row is None:
            row = MailText(event_id=event_id, kind=kind, language=language, revision=0)
            session.add(row)
        for part, text in cleaned.items():
            setattr(row, part, text)
        row.revision += 1
    return row


def _row(event_id: int, kind: str, language: str) -> Select[MailText]:
    return select(MailText).where(
        MailText.event_id == event_id, MailText.kind == kind, MailText.language == language
    )


def _line(text: str, most: int) -> str:
    return _short(_checked(text).strip(), most)


def _lines(text: str, most: int) -> str:
    """Lines as they were typed; more than one empty line in a row says nothing more."""
    typed = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    lines = [_checked(line).rstrip() for line in typed]
    return _short("\n\n".join(words.paragraphs_of("\n".join(lines))), most)


def _short(text: str, most: int) -> str:
    if len(text) > most:
        raise ValueError(_("Please use at most %(n)d characters.", n=most))
    return text


def _checked(line: str) -> str:
    """NFC; raises `RefusedCharacter` for what nobody types and could do harm."""
    line = line.replace("\t", " ")
    if any(unicodedata.category(c) in {"Cc", "Zl", "Zp"} for c in line):
        raise names.RefusedCharacter
    # What would show nothing is nothing; otherwise spaces stay as they were typed.
    return unicodedata.normalize("NFC", line) if names.tidy(line) else ""


def _told(error: ValueError) -> str:
    if isinstance(error, names.RefusedCharacter):
        return str(_("This holds a character that can’t be printed. Please type it anew."))
    return str(error)
