"""What each mail says where the organiser has no words of their own, and what can stand in it.

These texts go through the same mechanism as the organiser's (`words.py`). Where several stand for
one, the first is taken of which every placeholder has something to say.
"""

from dataclasses import dataclass
from typing import Final

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext as _lp
from flask_babel.speaklater import LazyString

from ticketing.models import OutboxMail
from ticketing.posting import outbox

Texts = tuple[LazyString | str, ...]

EDITED: Final = "edited"  # "your ticket" after a correction: the same mail, other words


@dataclass(frozen=True, slots=True)
class Wording:
    """`message` holds one entry a paragraph; `allowed` are the placeholders beside `EVERYWHERE`."""

    title: LazyString  # what the mail is called in the backoffice
    about: LazyString  # when it is sent, and to whom
    subject: Texts
    message: tuple[Texts, ...]
    button: LazyString | None
    allowed: tuple[str, ...]

    @property
    def placeholders(self) -> tuple[str, ...]:
        return (*self.allowed, *EVERYWHERE)


# {placeholder: what stands in its place}
PLACEHOLDERS: Final[dict[str, LazyString]] = {
    "first_name": _l("first name of whoever gets the mail"),
    "booker": _l("first name of the booker, who shares the ticket"),
    "order": _l("order code"),
    "ticket": _l("ticket code"),
    "ticket_type": _l("what kind of ticket it is"),
    "count": _l("how many tickets, as a number"),
    "tickets": _l("how many tickets, in words: “5 tickets”"),
    "deadline": _l("until when names can be filled in, if there is a deadline"),
    "next_step": _l("a sentence of ours on what comes next, as things stand"),
    "missing": _l("a sentence of ours on tickets that still need a name"),
    "details": _l("which details are missing, if it is about a single ticket"),
    "event": _l("name of the event"),
    "when": _l("day and time of the event"),
    "place": _l("place of the event"),
    "organiser": _l("your organisation"),
}
EVERYWHERE: Final = ("event", "when", "place", "organiser")
_OF_ORDER: Final = ("first_name", "order", "count", "tickets")

_DEADLINE: Final = (_l("Names can be filled in until {deadline}."),)
_NEXT_STEP: Final = ("{next_step}",)
_OPEN: Final = _l("Open your tickets")

WORDINGS: Final[dict[str, Wording]] = {
    outbox.CONFIRMATION: Wording(
        title=_l("Confirmation"),
        about=_l("To the booker, as soon as the order is in"),
        subject=(_l("Your tickets for {event}"),),
        message=(
            (
                _l("Thank you, {first_name}. Your order of {tickets} is complete."),
                _l("Thank you. Your order of {tickets} is complete."),
            ),
            _NEXT_STEP,
            _DEADLINE,
        ),
        button=_OPEN,
        allowed=(*_OF_ORDER, "deadline", "next_step"),
    ),
    outbox.SHARE: Wording(
        title=_l("Share invitation"),
        about=_l("To a visitor, when the booker shares a ticket by mail"),
        subject=(
            _l("{booker} shares a ticket for {event} with you"),
            _l("A ticket for {event} is shared with you"),
        ),
        message=(
            (
                _l(
                    "Open the link, fill in your details, and the ticket is yours. No account "
                    "needed."
                ),
            ),
            (_l("Whoever opens it first claims the ticket, so don’t pass the link on."),),
            _DEADLINE,
        ),
        button=_l("Claim your ticket"),
        allowed=("booker", "ticket_type", "deadline"),
    ),
    outbox.TICKET: Wording(
        title=_l("Your ticket"),
        about=_l("To the holder, when a ticket is personalised or sent again"),
        subject=(_l("Your ticket for {event}"),),
        message=(_NEXT_STEP,),
        button=_l("Open your ticket"),
        allowed=("first_name", "ticket", "ticket_type", "order", "next_step"),
    ),
    EDITED: Wording(
        title=_l("Ticket corrected"),
        about=_l("To the holder, when you edit a ticket and have them mailed"),
        subject=(_l("Your ticket for {event}"),),
        message=(
            (
                _l(
                    "The organiser corrected the details of your ticket. This is how it is now; a "
                    "QR code that you received earlier may not be valid any more."
                ),
            ),
            _NEXT_STEP,
        ),
        button=_l("Open your ticket"),
        allowed=("first_name", "ticket", "ticket_type", "order", "next_step"),
    ),
    outbox.ALL_READY: Wording(
        title=_l("Everybody is ready"),
        about=_l("To the booker, when somebody else fills in the last name of an order"),
        subject=(_l("Everybody is ready for {event}"),),
        message=(
            (
                _l("Good news, {first_name}: your order is complete, every ticket has its name."),
                _l("Good news: your order is complete, every ticket has its name."),
            ),
            _NEXT_STEP,
        ),
        button=_OPEN,
        allowed=(*_OF_ORDER, "next_step"),
    ),
    outbox.REMINDER: Wording(
        title=_l("Reminder"),
        about=_l("To the booker, while tickets still need a name"),
        subject=(_l("Your tickets for {event} still need names"),),
        message=(
            (
                _l("Hello {first_name}. {missing}"),
                "{missing}",
            ),
            _DEADLINE,
        ),
        button=_OPEN,
        allowed=(*_OF_ORDER, "deadline", "missing"),
    ),
    outbox.REOPENED: Wording(
        title=_l("Opened again"),
        about=_l("To the booker, when you open personalisation again"),
        subject=(_l("Tickets for {event} need a name again"),),
        message=(
            (
                _l(
                    "The organiser opened personalisation again. The names on these tickets were "
                    "cleared, and the links and QR codes sent out for them don’t work any more."
                ),
            ),
            (_l("Claim the tickets or share them anew, so that everybody gets a valid one."),),
            _DEADLINE,
        ),
        button=_OPEN,
        allowed=(*_OF_ORDER, "deadline"),
    ),
    outbox.ADDED: Wording(
        title=_l("Tickets added"),
        about=_l("To the booker, when an order gets more tickets"),
        subject=(_l("More tickets for {event}"),),
        message=(
            (
                _l("Hello {first_name}. We added {tickets} to your order."),
                _l("We added {tickets} to your order."),
            ),
            ("{missing}",),
            _DEADLINE,
        ),
        button=_OPEN,
        allowed=(*_OF_ORDER, "deadline", "missing"),
    ),
    outbox.TICKETS: Wording(
        title=_l("Order sent again"),
        about=_l("To the contact, when you send an order again or change its address"),
        subject=(_l("Your tickets for {event}"),),
        message=(
            (_l("Here is your order once more, as it is now."),),
            _NEXT_STEP,
            ("{missing}",),
        ),
        button=_OPEN,
        allowed=(*_OF_ORDER, "next_step", "missing"),
    ),
    outbox.DETAILS_MISSING: Wording(
        title=_l("Details are missing"),
        about=_l("To the holder, when you ask for what a ticket lacks"),
        subject=(_l("Something is missing for {event}"),),
        message=(
            _NEXT_STEP,
            (_l("Your QR code stays the same and stays valid."),),
        ),
        button=_l("Fill in what is missing"),
        allowed=(*_OF_ORDER, "details", "next_step"),
    ),
    outbox.CANCELLED: Wording(
        title=_lp("mail", "Cancelled"),
        about=_l("To the booker, when an order is cancelled"),
        subject=(_l("Your order for {event} was cancelled"),),
        message=(
            (_l("The organiser cancelled order {order} with all its tickets."),),
            (
                _l(
                    "Its links and QR codes are no longer valid. Please tell those with whom you "
                    "shared tickets."
                ),
            ),
        ),
        button=None,
        allowed=_OF_ORDER,
    ),
}


def kind_of(mail: OutboxMail) -> str:
    """Whose words a mail says: a key of `WORDINGS`."""
    return EDITED if mail.kind == outbox.TICKET and mail.params.get("edited") else mail.kind
