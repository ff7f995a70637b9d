"""What a file of an event's orders can hold: its columns, their names, and the template."""

import csv
import io
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from flask_babel import force_locale
from flask_babel import gettext as _

from ticketing.asking import fields
from ticketing.imports.reading import UnreadableFile
from ticketing.models import Event, TicketType
from ticketing.words.formats import listed
from ticketing.words.languages import FIRST
from ticketing.words.neutral import neutral

REFERENCE: Final = "reference"
LANGUAGE: Final = "language"
TICKET_TYPE: Final = "ticket_type"
BOOKER: Final = "booker."
HOLDER: Final = "holder."

_BOOKER_KEYS: Final = ("first_name", "last_name", "email", "phone")
# A file without them is no file of orders. The booker's last name may be empty in a row, but a
# column that isn't there, or has a name we don't know, would lose everybody's.
_NEEDED: Final = (f"{BOOKER}first_name", f"{BOOKER}last_name", f"{BOOKER}email", TICKET_TYPE)

# Other words for the same, as shops export them; written without spaces and signs.
_PEOPLE: Final = {
    BOOKER: ("booker", "buyer", "customer", "contact", "purchaser"),
    HOLDER: ("holder", "attendee", "participant", "guest", "visitor", "ticketholder", ""),
}
_SAME: Final[Mapping[str, tuple[str, ...]]] = {
    REFERENCE: ("ref", "orderreference", "ordernumber", "orderno", "orderid", "order"),
    LANGUAGE: ("locale", "lang"),
    TICKET_TYPE: ("type", "ticket", "tickettypecode", "ticketname", "product", "item"),
    "first_name": ("forename", "givenname"),
    "last_name": ("surname", "familyname"),
    "email": ("mail", "emailaddress", "mailaddress"),
    "phone": ("phonenumber", "telephone", "mobile", "mobilenumber", "tel"),
    "zipcode": ("zip", "postcode", "postalcode"),
    "date_of_birth": ("birthdate", "birthday", "dob"),
    "organisation": ("organization", "company"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """`key` is "reference", "booker.email", "holder.date_of_birth", …; `needed`: in each file.

    What tells a ticket's holder from others is read even while the event doesn't ask for it: by
    it a file that comes a second time is recognised.
    """

    key: str
    name: str
    needed: bool
    asked: bool = True  # else it is read, and not in the template
    names: frozenset[str] = field(default=frozenset())  # under which it is found, folded


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a file has which column: {key: index}; `ignored` are the headers that we don't know."""

    places: dict[str, int]
    ignored: list[str]

    def cells(self, cells: Sequence[str]) -> dict[str, str]:
        """{key: text} of one row; a cell that isn't there is empty."""
        return {
            key: cells[place] if place < len(cells) else "" for key, place in self.places.items()
        }


def sold(event: Event) -> list[TicketType]:
    return [each for each in event.ticket_types if each.archived_at is None]


def asked_by(event: Event) -> list[fields.Asked]:
    """The fields that any of the event's types asks for; required where any requires it."""
    found: dict[str, fields.Asked] = {}
    for ticket_type in sold(event):
        if not ticket_type.needs_personal_data:
            continue
        for asked in fields.asked_of(event, ticket_type):
            before = found.get(asked.field.key)
            if before is None or asked.required:
                found[asked.field.key] = asked
    places = {key: place for place, key in enumerate(fields.known_fields(event))}
    return sorted(
        (asked for asked in found.values() if asked.field.kind != "email_check"),
        key=lambda asked: places[asked.field.key],
    )


def of_event(event: Event) -> list[Column]:
    """The columns of this event's files, in the template's order."""
    labels = {each.key: [str(text) for text in each.label.values()] for each in event.questions}
    with force_locale(FIRST):
        columns = [_column(REFERENCE, "Reference")]
        for key in _BOOKER_KEYS:
            label = str(fields.BY_KEY[key].label)
            columns.append(_column(f"{BOOKER}{key}", f"Booker {label.lower()}", people=BOOKER))
        columns += [_column(LANGUAGE, "Language"), _column(TICKET_TYPE, "Ticket type")]
        for asked in asked_by(event):
            label = str(asked.field.label)
            usual = asked.field.key in fields.BY_KEY
            columns.append(
                _column(
                    f"{HOLDER}{asked.field.key}",
                    f"Holder {label.lower()}" if usual else label,
                    HOLDER,
                    [label, *labels.get(asked.field.key, [])],
                )
            )
        known = {column.key for column in columns}
        for key in fields.OF_TICKET:
            if f"{HOLDER}{key}" not in known:
                label = str(fields.BY_KEY[key].label)
                columns.append(
                    _column(f"{HOLDER}{key}", f"Holder {label.lower()}", HOLDER, asked=False)
                )
    return columns


def _column(
    key: str, name: str, people: str = "", labels: Sequence[str] = (), *, asked: bool = True
) -> Column:
    own = key.removeprefix(people)
    words = {folded(own), *_SAME.get(own, ()), *map(folded, labels)}
    found = {f"{who}{word}" for who in _PEOPLE[people] for word in words} if people else words
    return Column(key, name, key in _NEEDED, asked, frozenset({folded(name), *found} - {""}))


def folded(header: str) -> str:
    """A header without case, spaces, accents and signs: "E-Mail " is "email"."""
    decomposed = unicodedata.normalize("NFKD", header.casefold())
    return "".join(c for c in decomposed if c.isalnum())


def layout_of(header: Sequence[str], columns: Sequence[Column], event: Event) -> Layout:
    """Which cell of a row is what; raises `UnreadableFile` with all that is missing."""
    by_name = names_of(columns)
    places: dict[str, int] = {}
    ignored: list[str] = []
    for place, title in enumerate(header):
        column = by_name.get(folded(title))
        if column is None:
            if title.strip():
                ignored.append(title.strip()[:80])
        elif column.key in places:
            raise UnreadableFile(
                _("Two columns are both taken for “%(name)s”. Leave one out.", name=column.name)
            )
        else:
            places[column.key] = place
    needed = {column.key for column in columns if column.needed}
    if any(key.startswith(HOLDER) for key in places):
        # Who names holders names them wholly: a column we don't find would lose its details.
        needed |= {f"{HOLDER}{asked.field.key}" for asked in asked_by(event) if asked.required}
    missing = [column.name for column in columns if column.key in needed - places.keys()]
    if missing:
        raise UnreadableFile(
            _(
                "The first line must name the columns. Not found: %(names)s.",
                names=listed([f"“{name}”" for name in missing]),
            )
        )
    return Layout(places, ignored)


def names_of(columns: Sequence[Column]) -> dict[str, Column]:
    """{folded header: its column}; where two columns could be meant, the earlier one."""
    found: dict[str, Column] = {}
    for column in columns:  # a full name before other columns' shorter ones
        found.setdefault(folded(column.name), column)
    for column in columns:
        for name in sorted(column.names):
            found.setdefault(name, column)
    return found


_EXAMPLES: Final[tuple[dict[str, str], ...]] = (
    {"first_name": "Anna", "last_name": "Visser", "email": "anna@example.org", "phone": ""},
    {},
    {},
)


def template(event: Event) -> bytes:
    """A CSV file with example rows, with the mark by which spreadsheets know it as UTF-8."""
    columns = [column for column in of_event(event) if column.asked]
    types = sold(event)
    samples = {f"{HOLDER}{asked.field.key}": _sample(asked.field) for asked in asked_by(event)}
    lines = io.StringIO(newline="")
    writer = csv.writer(lines)
    writer.writerow([neutral(column.name) for column in columns])
    booker = {"first_name": "Bea", "last_name": "Bakker", "email": "bea@example.org"}
    for number, holder in enumerate(_EXAMPLES):
        first = number < 2  # two tickets of one order, one of another
        who = booker if first else {**booker, "first_name": "Zoë", "email": "zoe@example.org"}
        values = {
            REFERENCE: "EXAMPLE-1" if first else "EXAMPLE-2",
            LANGUAGE: FIRST,
            TICKET_TYPE: types[min(number, 1) % len(types)].code if types else "",
            **{f"{BOOKER}{key}": value for key, value in who.items()},
            **({**samples, **{f"{HOLDER}{k}": v for k, v in holder.items()}} if holder else {}),
        }
        writer.writerow([neutral(values.get(column.key, "")) for column in columns])
    return b"\xef\xbb\xbf" + lines.getvalue().encode()


def _sample(asked: fields.Field) -> str:
    if asked.kind == "date":
        return "1990-12-31"
    if asked.choices:
        return str(asked.choices[0][0])
    return ""
