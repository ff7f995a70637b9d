"""What can be wrong between pretix and us, kept as a word and shown as a sentence."""

from enum import StrEnum
from typing import Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

_MARK: Final = "pretix:"


class Problem(StrEnum):
    TOKEN = "token"  # noqa: S105 - a word, no token
    RIGHTS = "rights"
    EVENT = "event"
    ORGANIZER = "organizer"
    SERIES = "series"
    MOVED = "moved"
    NOT_PRETIX = "not_pretix"
    TOO_LONG = "too_long"
    BUSY = "busy"
    BROKEN = "broken"
    UNMAPPED = "unmapped"
    NO_EMAIL = "no_email"
    NO_TYPE = "no_type"
    TOO_MANY = "too_many"
    NOT_WRITTEN = "not_written"
    ARCHIVED = "archived"
    TEST_ORDER = "test_order"
    ENDED_HERE = "ended_here"
    UNREADABLE = "unreadable"
    SEALED = "sealed"


_WORDS: Final[dict[Problem, LazyString]] = {
    Problem.TOKEN: _l(
        "pretix doesn’t accept the API token. Make a new one in pretix, under Organizer › Teams, "
        "and save it here."
    ),
    Problem.RIGHTS: _l(
        "The token’s team in pretix lacks a right. It needs to view orders of this event, and "
        "for writing names back also to change them."
    ),
    Problem.EVENT: _l(
        "pretix shows this token no such event. Check the short name, as it stands in the address "
        "of your pretix shop, and in pretix that the token’s team has access to the event."
    ),
    Problem.ORGANIZER: _l("This token is for another organizer: %(detail)s."),
    Problem.SERIES: _l(
        "This is a series of dates in pretix. Only events with a single date can be connected."
    ),
    Problem.MOVED: _l("The address leads on to another one: %(detail)s. Use that one."),
    Problem.NOT_PRETIX: _l("What answers at this address isn’t pretix."),
    Problem.TOO_LONG: _l("pretix’s answer was too long, or broke off. It will be tried again."),
    Problem.BUSY: _l("pretix has too much to do. It will be tried again."),
    Problem.BROKEN: _l("pretix has a fault of its own just now. It will be tried again."),
    Problem.UNMAPPED: _l(
        "Tickets were left out, because these products have no ticket type yet: %(detail)s. "
        "Choose one for each on this page, then fetch all paid orders."
    ),
    Problem.NO_EMAIL: _l(
        "Order %(detail)s has no email address that works, so nobody could get its tickets. Add "
        "one in pretix."
    ),
    Problem.NO_TYPE: _l(
        "A ticket type that a product stands for is gone: %(detail)s. Choose another one below."
    ),
    Problem.TOO_MANY: _l("Order %(detail)s holds more tickets than one order can have here."),
    Problem.NOT_WRITTEN: _l("pretix doesn’t take these details: %(detail)s"),
    Problem.ARCHIVED: _l("This shop is archived here and takes no new orders."),
    Problem.TEST_ORDER: _l("A test order of pretix’s. Those aren’t taken over."),
    Problem.ENDED_HERE: _l("The order was cancelled here by your team, and stays so."),
    Problem.UNREADABLE: _l("pretix’s answer isn’t an order that can be read here."),
    Problem.SEALED: _l(
        "The API token can’t be read any more, because this installation’s secrets were replaced. "
        "Save it here once more."
    ),
}


def stored(problem: Problem, detail: str = "") -> str:
    """As it is kept in the database."""
    return f"{_MARK}{problem.value}|{detail}"


def words(text: str) -> str:
    """What people read of what was kept; of other texts, the text."""
    if not text.startswith(_MARK):
        return text
    word, _bar, detail = text.removeprefix(_MARK).partition("|")
    try:
        sentence = _WORDS[Problem(word)]
    except ValueError:
        return _("Something went wrong between pretix and here.")
    return str(sentence).replace("%(detail)s", detail)
