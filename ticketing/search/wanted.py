"""What somebody looks for: the words, the filters, and what both mean for an order."""

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import phonenumbers
from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from ticketing.models import Shop
from ticketing.search import terms, texts

SORTS: Final = ("newest", "oldest", "name", "code")
STATES: Final = texts.PROGRESS
MOST_WORDS: Final = 50  # one character may stand for a sentence, and engines count what is and-ed
_PHONE: Final = re.compile(r"\+?\(?\d[\d\s().\-/]{4,}\d")

# Ways to spell what was typed, any of which will do; each is words, all of which must be found.
Spellings = tuple[tuple[str, ...], ...]
Columns = Any  # of `search_entries`, or of a subquery of it


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for; `since` and `until` are moments, the latter exclusive.

    `regions` are the countries in which a national phone number is read.
    """

    organiser_id: int
    text: str = ""
    event_id: int | None = None
    shop_id: int | None = None
    state: str = ""
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    sort: str = "newest"
    regions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conditions:
    """What an order must have, all of it: once for the index, once for its row.

    The index says where to look, the row decides. `terms` are those of the index beside the
    words': of each group any will do.
    """

    wanted: Wanted
    words: tuple[Spellings, ...]
    shop_ids: tuple[tuple[int, ...], ...]
    terms: tuple[tuple[str, ...], ...]

    def of_row(
        self, row: Columns, holds: Callable[[Any, str], ColumnElement[bool]]
    ) -> list[ColumnElement[bool]]:
        """The same of a row; `holds` says in the engine's words that a text holds another."""
        wanted = self.wanted
        found = [row.organiser_id == wanted.organiser_id]
        found += [row.shop_id.in_(ids) for ids in self.shop_ids]
        found += of_span(row, wanted)
        if wanted.state in STATES:
            found.append(row.progress == wanted.state)
        for spellings in self.words:
            found.append(
                or_(*(and_(*(holds(row.text, word) for word in words)) for words in spellings))
            )
        return found


def of_span(row: Columns, wanted: Wanted) -> list[ColumnElement[bool]]:
    found = []
    if wanted.since is not None:
        found.append(row.created_at >= wanted.since)
    if wanted.until is not None:
        found.append(row.created_at < wanted.until)
    return found


def conditions_of(session: Session, wanted: Wanted) -> Conditions:
    """What `wanted` means now: an event means its shops."""
    shop_ids: list[tuple[int, ...]] = []
    if wanted.shop_id is not None:
        shop_ids.append((wanted.shop_id,))
    if wanted.event_id is not None:
        of_event = session.scalars(select(Shop.id).where(Shop.event_id == wanted.event_id))
        shop_ids.append(tuple(of_event) or (0,))  # no shop has it
    found: list[Sequence[str]] = [[terms.of_shop(each) for each in ids] for ids in shop_ids]
    if wanted.state in STATES:
        found.append([terms.of_progress(wanted.state)])
    if wanted.since is not None or wanted.until is not None:
        found.append(terms.of_days(wanted.since, wanted.until))
    return Conditions(
        wanted,
        words=tuple(_spelled(wanted.text, wanted.regions)),
        shop_ids=tuple(shop_ids),
        terms=tuple(tuple(group) for group in found),
    )


def _spelled(text: str, regions: tuple[str, ...]) -> list[Spellings]:
    """What must be found; a phone number counts as one word, in whichever spelling it stands."""
    text = texts.asked(text)
    found: list[Spellings] = []
    for match in _PHONE.finditer(text):
        typed = match.group()
        numbers = sorted(_numbers(typed, regions))
        spellings: list[tuple[str, ...]] = [(number,) for number in numbers]
        as_typed = tuple(texts.words_of(typed))
        if not any(number in word for number in numbers for word in as_typed):
            spellings.append(as_typed)
        found.append(tuple(spellings))
    rest = texts.words_of(_PHONE.sub(" ", text))
    found += [((word,),) for word in dict.fromkeys(rest)]
    return found[:MOST_WORDS]


def _numbers(typed: str, regions: tuple[str, ...]) -> set[str]:
    """How a number typed in national or international form may stand in an order."""
    digits = re.sub(r"\D", "", typed)
    # Half a number can't be parsed; without its trunk zero it is part of the international one.
    numbers = {digits, digits.lstrip("0")}
    for region in regions:
        try:
            parsed = phonenumbers.parse(typed, region)
        except phonenumbers.NumberParseException:
            continue
        numbers.add(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))
    numbers = {number for number in numbers if len(number) >= 4}
    # Whatever holds "06123" holds "6123": looking for the shorter finds both.
    return {each for each in numbers if not any(n != each and n in each for n in numbers)}
