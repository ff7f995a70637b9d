"""What an order is found by, and how the words of a query stand in it."""

import re
import unicodedata
from typing import Final

from ticketing.asking import names
from ticketing.models import CANCELLED, OPEN, Order

PROGRESS: Final = ("none", "some", "all", "cancelled")
LONGEST_NAME: Final = 100  # characters of it that orders are sorted by

# Of Unicode's private use, which no name may hold and no query keeps.
MARK: Final = "\ue000"
_NOT_ASKED_FOR: Final = {"Cc", "Co", "Cs"}

# Where a word begins: behind a space, behind a sign within a word ("anna.visser@…", "O’Connor"),
# and at each character of the scripts that put no spaces between words, for 王小明 is asked for
# as 小明. Hangul has been taken apart into its letters: a syllable begins with a leading one.
_UNSPACED: Final = "\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uf900-\ufaff\U0001f300-\U0001faff"
_BEGINNING: Final = re.compile(
    rf"(?<!\S)\S|(?<=[\W_])[^\W_]|[{_UNSPACED}\U00020000-\U0003fffd]", re.UNICODE
)


def text_of(order: Order) -> str:
    """Everything an organiser may look an order up by; `tickets` must be loaded.

    Folded, a line for each thing that people know. A last line has the first two characters of
    each word, marked: that is where words of one or two characters are looked for.
    """
    parts = [
        order.code,
        order.reference,
        names.full(order.first_name, order.last_name),
        order.email,
        order.phone,
    ]
    for ticket in order.tickets:
        parts.append(f"{order.code}-{ticket.position}")
        if ticket.first_name or ticket.email:
            parts += [names.full(ticket.first_name, ticket.last_name), ticket.email, ticket.phone]
    return with_beginnings("\n".join(names.folded(part) for part in parts if part))


def with_beginnings(lines: str) -> str:
    """A folded text with the beginnings of its words as its last line."""
    lines = lines.replace(MARK, "")
    found = {
        lines[match.start() : match.start() + 2].rstrip() for match in _BEGINNING.finditer(lines)
    }
    return lines + "\n" + "".join(MARK + MARK + each for each in sorted(found))


def name_of(first_name: str, last_name: str) -> str:
    """What orders are sorted by as "booker's name", alike on each engine."""
    return names.folded(f"{last_name} {first_name}".strip())[:LONGEST_NAME]


def progress_of(order: Order) -> str:
    """How far personalisation is: one of `PROGRESS`; `tickets` must be loaded.

    An order that was cancelled ticket by ticket counts as cancelled: its badge says so as well.
    """
    states = {ticket.state for ticket in order.tickets} - {CANCELLED}
    if order.state == "cancelled" or not states:
        return "cancelled"
    if OPEN not in states:
        return "all"
    return "none" if states == {OPEN} else "some"


def asked(query: str) -> str:
    """A query as it is compared: folded, and without characters that no order can hold."""
    return names.folded(
        "".join(
            each
            for each in query
            if each.isspace() or unicodedata.category(each) not in _NOT_ASKED_FOR
        )
    )


def words_of(query: str) -> list[str]:
    """What to look for in an order's text: each of these must stand in it somewhere.

    A word of three characters and more may stand anywhere, a shorter one begins a word.
    """
    return [word if len(word) > 2 else MARK * (3 - len(word)) + word for word in query.split()]
