"""Rows looked at one by one: what is wrong with each, or how it will be stored."""

import datetime as dt
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, field
from json import dumps, loads
from typing import Any, Final

from flask_babel import gettext as _

from ticketing import sending
from ticketing.asking import fields, names
from ticketing.asking.fields import InvalidDetails
from ticketing.imports.columns import (
    BOOKER,
    HOLDER,
    LANGUAGE,
    REFERENCE,
    TICKET_TYPE,
    Layout,
    sold,
)
from ticketing.imports.reading import Row, Sheet
from ticketing.models import Event, Shop, TicketType
from ticketing.ordering import arriving, orders
from ticketing.running.turns import taking_turns
from ticketing.words import languages
from ticketing.words.neutral import plain

MAX_REFERENCE: Final = 100
LONGEST_WORD: Final = 100  # of a ticket type as a file names it
MOST_WORDS: Final = 50

Error = dict[str, Any]  # {"line", "row", "column", "text"}


@dataclass(frozen=True, slots=True)
class Good:
    """A row that may be imported.

    `word` is what the file calls the ticket type, `given` what it says of the holder; `details`
    are the holder's as they will be stored. Both are None where nobody is named yet.
    """

    line: int
    reference: str
    booker: tuple[str, str, str, str]  # first name, last name, email, phone
    locale: str
    word: str
    type_code: str
    given: dict[str, fields.Answer] | None
    details: dict[str, Any] | None


@dataclass(slots=True)
class Found:
    """What a look at some rows came to.

    `nameless` rows name a holder where no name is wanted; `broken` are the references of rows
    with errors, whose orders can't be seen whole.
    """

    good: list[Good] = field(default_factory=list)
    errors: list[Error] = field(default_factory=list)
    nameless: int = 0
    broken: set[str] = field(default_factory=set)


class Checker:
    """Knows an event's rules and a file's columns; looks at rows."""

    def __init__(self, shop: Shop, sheet: Sheet, layout: Layout, type_map: Mapping[str, str]):
        self.shop, self.sheet, self.layout = shop, sheet, layout
        self.event: Event = shop.event
        self.types = {each.code: each for each in sold(self.event)}
        self.type_map = type_map
        self.asked = {code: fields.asked_of(self.event, t) for code, t in self.types.items()}
        # Many rows name the same booker.
        self.bookers: dict[tuple[str, ...], tuple[str, str, str, str] | InvalidDetails] = {}

    def look_at(self, row: Row, found: Found) -> None:
        """Add the row to the good ones, or what is wrong with it to the errors."""
        before = len(found.errors)

        def wrong(key: str, text: str) -> None:
            found.errors.append(
                {"line": row.line, "row": row.row, "column": self.title(key), "text": text}
            )

        if any(cell.strip() for cell in row.cells[len(self.sheet.header) :]):
            wrong("", _("This row has more cells than there are columns. Are quotes missing?"))
            return
        cells = {key: plain(cell.strip()) for key, cell in self.layout.cells(row.cells).items()}
        reference = self._reference(cells, wrong)
        booker = self._booker(cells, wrong)
        code = self._type(cells, wrong)
        locale = self._locale(cells)
        given: dict[str, fields.Answer] | None = None
        details: dict[str, Any] | None = None
        if code is not None and any(
            value for key, value in cells.items() if key.startswith(HOLDER)
        ):
            if self.types[code].needs_personal_data:
                given = self._given(cells, code)
                details = self._details(given, code, wrong)
            else:
                found.nameless += 1
        if len(found.errors) == before and booker is not None and code is not None:
            word = names.tidy(cells[TICKET_TYPE])
            found.good.append(Good(row.line, reference, booker, locale, word, code, given, details))
        elif reference:
            found.broken.add(reference)

    def title(self, key: str) -> str:
        """What the file itself calls a column; "" for the row as a whole."""
        place = self.layout.places.get(key)
        return self.sheet.header[place].strip()[:80] if place is not None else ""

    def _reference(self, cells: Mapping[str, str], wrong: Any) -> str:
        try:
            reference = names.tidy(cells.get(REFERENCE, ""))
        except names.RefusedCharacter:
            wrong(REFERENCE, _unprintable())
            return ""
        if len(reference) > MAX_REFERENCE:
            wrong(REFERENCE, _("Please use at most %(n)d characters.", n=MAX_REFERENCE))
        if reference.startswith(orders.WEB_REFERENCE):
            wrong(
                REFERENCE,
                _("References that begin with “%(start)s” are kept for the built-in shop.",
                  start=orders.WEB_REFERENCE),
            )  # fmt: skip
        return reference

    def _booker(self, cells: Mapping[str, str], wrong: Any) -> tuple[str, str, str, str] | None:
        given = {key: cells.get(f"{BOOKER}{key}", "") for key in fields.OF_TICKET}
        known = tuple(given.values())
        if known not in self.bookers:
            try:
                cleaned = sending.clean_contact(given, region=self.event.country)
                first, last, email, phone = (cleaned[key] for key in fields.OF_TICKET)
                self.bookers[known] = (first, last, email, phone)
            except InvalidDetails as invalid:
                self.bookers[known] = invalid
        found = self.bookers[known]
        if isinstance(found, InvalidDetails):
            for key, text in found.errors.items():
                wrong(f"{BOOKER}{key}", _booker_text(key, given[key], text))
            return None
        return found

    def _type(self, cells: Mapping[str, str], wrong: Any) -> str | None:
        try:
            word = names.tidy(cells.get(TICKET_TYPE, ""))
        except names.RefusedCharacter:
            wrong(TICKET_TYPE, _unprintable())
            return None
        if not word:
            wrong(TICKET_TYPE, _("Please fill in the ticket type."))
            return None
        code = type_of(word, self.types.values()) or self.type_map.get(word)
        if code not in self.types:
            wrong(TICKET_TYPE, _("The event sells no such ticket type."))
            return None
        return code

    def _locale(self, cells: Mapping[str, str]) -> str:
        return languages.best(cells.get(LANGUAGE, ""), self.shop.languages)

    def _given(self, cells: Mapping[str, str], code: str) -> dict[str, fields.Answer]:
        """What a row says of its holder, as a person would have given it in the form."""
        kinds = {each.field.key: each.field for each in self.asked[code]}
        given: dict[str, fields.Answer] = {}
        for name, cell in cells.items():
            key = name.removeprefix(HOLDER)
            if key != name and (cell or key in ("first_name", "last_name")):
                given[key] = as_typed(kinds[key], cell) if key in kinds else cell
        return given

    def _details(
        self, given: dict[str, fields.Answer], code: str, wrong: Any
    ) -> dict[str, Any] | None:
        try:
            return arriving.details_of(self.event, self.types[code], given)
        except InvalidDetails as invalid:
            for key, text in invalid.errors.items():
                wrong(f"{HOLDER}{key}", text)
            return None


def _booker_text(key: str, given: str, text: str) -> str:
    """In a file nobody "fills in the email: the ticket is sent there"."""
    if given:
        return text
    return _("Each row needs the booker’s email address.") if key == "email" else text


def _unprintable() -> str:
    return str(_("This holds a character that can’t be printed. Please type it anew."))


def type_of(word: str, types: Iterable[TicketType]) -> str | None:
    """The code of the type that a file names by its code, or by a name that no other has."""
    types = list(types)
    simple = word.casefold()
    for found in (
        [each.code for each in types if each.code == word],
        [each.code for each in types if each.code.casefold() == simple],
        [each.code for each in types if each.name.casefold() == simple],
    ):
        if len(found) == 1:
            return found[0]
    return None


_DAY_FIRST: Final = re.compile(r"(\d{1,2})([.\-/])(\d{1,2})\2(\d{4})")


_YES_NO: Final = {"y": "yes", "true": "yes", "1": "yes", "x": "yes"} | {
    "n": "no",
    "false": "no",
    "0": "no",
}
_BETWEEN: Final = re.compile(r"[;|\n]")


def as_typed(asked: fields.Field, text: str) -> str | list[str]:
    """A cell as somebody would have given it in the form: a date as year-month-day, of choices
    the keys instead of the words, several parted by semicolons or commas."""
    if asked.kind == "date":
        return _date(text)
    if not asked.choices or not text:
        return text
    keys: dict[str, str] = {}
    for key, label in asked.choices:
        keys |= {str(label).strip().casefold(): key}
    keys |= {key.casefold(): key for key, _label in asked.choices}
    if asked.kind == "yes_no":
        keys = _YES_NO | keys
    if asked.kind != "choices":
        return keys.get(text.casefold(), text)
    found = []
    for part in filter(None, (each.strip() for each in _BETWEEN.split(text))):
        # A comma may also stand within one of the choices.
        several = [part] if part.casefold() in keys else [each.strip() for each in part.split(",")]
        found += [keys.get(each.casefold(), each) for each in several if each]
    return found


def _date(text: str) -> str:
    """Spreadsheets rewrite dates: 31.12.1990 and 31-12-1990 can be told, 1/2/1990 can't."""
    match = _DAY_FIRST.fullmatch(text)
    if match is None:
        return text
    first, sign, second, year = int(match[1]), match[2], int(match[3]), int(match[4])
    if sign == "/":
        if first <= 12 and second <= 12 and first != second:
            return text
        if second > 12:
            first, second = second, first
    try:
        return dt.date(year, second, first).isoformat()
    except ValueError:
        return text


def words_of(sheet: Sheet, layout: Layout) -> list[str]:
    """How the file names ticket types, each once; what can't be a name is left to the check."""
    place = layout.places[TICKET_TYPE]
    found: dict[str, None] = {}
    for row in sheet.rows:
        try:
            word = names.tidy(plain(row.cells[place].strip())) if place < len(row.cells) else ""
        except names.RefusedCharacter:
            continue
        if word and len(word) <= LONGEST_WORD:
            found[word] = None
    return list(found)


def packed(rows: Iterable[Good], before: bytes | None = None) -> bytes:
    """Rows for the database, behind those that are there already."""
    lines = zlib.decompress(before) if before else b""
    for row in rows:
        lines += dumps(astuple(row), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    return zlib.compress(lines, 1)


def unpacked(stored: bytes | None) -> list[Good]:
    found = []
    lines = zlib.decompress(stored).split(b"\n")[:-1] if stored else []
    for text in taking_turns(lines, every=500):
        line, reference, booker, *rest = loads(text)
        found.append(Good(line, reference, tuple(booker), *rest))
    return found
