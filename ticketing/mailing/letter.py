"""What every mail is made of, and its one layout: HTML and the plain-text twin."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from flask import render_template
from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString

from ticketing.mailing.words import Paragraph, plain
from ticketing.models import Shop
from ticketing.organising import brand

# What would become a link in a mail program, or pass for an address.
_LINK_LIKE: Final = re.compile(r"[/@:\\]|\w\.\w\w")
_LONGEST_NAME: Final = 60


@dataclass(frozen=True, slots=True)
class TicketLine:
    """One ticket in a list: its name, and its page where it has one."""

    name: str
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """The words of a mail; texts are plain, never markup.

    `lang` is the language of subject, paragraphs and button where it isn't the mail's own.
    """

    subject: str
    heading: str
    paragraphs: tuple[str | Paragraph, ...]
    button: tuple[str, str] | None = None  # what it does, where it leads
    facts: tuple[tuple[str, str], ...] = ()
    list_heading: str = ""
    tickets: tuple[TicketLine, ...] = ()
    notes: tuple[str, ...] = ()
    footer: str
    lang: str = ""
    unsubscribe_url: str = ""


class Reason(StrEnum):
    """Why a mail has no meaning any more."""

    LINK_WITHDRAWN = "link_withdrawn"
    CLAIMED = "claimed"
    TICKET_CANCELLED = "ticket_cancelled"
    ORDER_CANCELLED = "order_cancelled"
    DEADLINE_PASSED = "deadline_passed"
    REOPENED = "reopened"
    NOTHING_OPEN = "nothing_open"
    ADDRESS_CHANGED = "address_changed"
    NOTHING_MISSING = "nothing_missing"
    NOT_ALL_READY = "not_all_ready"
    EVENT_BEGUN = "event_begun"
    REMINDERS_OFF = "reminders_off"
    EVENT_GONE = "event_gone"
    INVITATION_OVER = "invitation_over"
    ASKED_LONG_AGO = "asked_long_ago"
    ACCOUNT_GONE = "account_gone"
    CERTIFICATE_REPLACED = "certificate_replaced"
    ERASED = "erased"


REASONS: Final[dict[Reason, LazyString]] = {
    Reason.LINK_WITHDRAWN: lazy_gettext("The link was recalled or replaced."),
    Reason.CLAIMED: lazy_gettext("The ticket was claimed before this mail was sent."),
    Reason.TICKET_CANCELLED: lazy_gettext("The ticket was cancelled."),
    Reason.ORDER_CANCELLED: lazy_gettext("The order was cancelled."),
    Reason.DEADLINE_PASSED: lazy_gettext("The deadline for personal details has passed."),
    Reason.REOPENED: lazy_gettext("The ticket was opened again."),
    Reason.NOTHING_OPEN: lazy_gettext("None of these tickets is open any more."),
    Reason.ADDRESS_CHANGED: lazy_gettext("Another email address is on file now."),
    Reason.NOTHING_MISSING: lazy_gettext("Nothing is missing any more."),
    Reason.NOT_ALL_READY: lazy_gettext("A ticket was opened again meanwhile."),
    Reason.EVENT_BEGUN: lazy_gettext("The event has begun."),
    Reason.REMINDERS_OFF: lazy_gettext("The booker wants no more reminders."),
    Reason.EVENT_GONE: lazy_gettext("There is no such event any more."),
    Reason.INVITATION_OVER: lazy_gettext("The invitation was accepted, withdrawn or has run out."),
    Reason.ASKED_LONG_AGO: lazy_gettext("It was asked for too long ago."),
    Reason.ACCOUNT_GONE: lazy_gettext("There is no such account any more."),
    Reason.CERTIFICATE_REPLACED: lazy_gettext("The certificate was replaced or isn’t used."),
    Reason.ERASED: lazy_gettext("The recipient’s details were erased."),
}


class Withdrawn(Exception):
    """The mail has no meaning any more, or would now tell the wrong person something."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


def _paragraphs(letter: Letter) -> list[Paragraph]:
    return [plain(each) if isinstance(each, str) else each for each in letter.paragraphs]


def render_for_team(letter: Letter) -> tuple[str, str]:
    """A letter to somebody of the team, which concerns no event, as (text, HTML)."""
    colours = brand.brand_tokens(brand.DEFAULT_COLOUR)
    context = {
        "letter": letter,
        "paragraphs": _paragraphs(letter),
        "event": None,
        "organiser_name": "Passalong",
        "place": [],
    }
    context |= {"light": colours["light"], "dark": colours["dark"]}
    text = render_template("mail/letter.txt", **context)
    html = render_template("mail/letter.html", **context)
    return text.strip() + "\n", html.strip() + "\n"


def render(letter: Letter, shop: Shop) -> tuple[str, str]:
    """The letter as (text, HTML), in the current locale."""
    context = {
        "letter": letter,
        "paragraphs": _paragraphs(letter),
        "event": shop.event,
        "event_name": one_line(shop.event.name),
        "organiser_name": one_line(shop.organiser.name),
        "place": [one_line(line) for line in shop.event.place.splitlines() if line.strip()],
        "light": brand.brand_tokens(shop.colour)["light"],
        "dark": brand.brand_tokens(shop.colour)["dark"],
    }
    text = render_template("mail/letter.txt", **context)
    html = render_template("mail/letter.html", **context)
    return text.strip() + "\n", html.strip() + "\n"


def one_line(text: str) -> str:
    """The text without control characters and line ends, fit for a header or a line of a mail.

    Forms refuse them; what came another way must not end a header or forge a line either.
    """
    cleaned = "".join(" " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} else c for c in text)
    return " ".join(cleaned.split())


def presentable(name: str) -> str:
    """The name, or nothing if it could pass for an advertisement.

    Whoever places an order may have us mail a stranger; their name is all they can say there.
    """
    name = one_line(name)
    return "" if len(name) > _LONGEST_NAME or _LINK_LIKE.search(name) else name
