"""What the full-text index knows of an order: terms of three characters each.

Every three characters of its text that follow each other, and besides, in characters of private
use, whose it is, which shop's, how far, and of which day: so the index alone can tell which orders
have all of what is wanted, however many have only some of it. The migration that made the index
writes the same down in each engine's words.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Final

ORGANISER: Final = "\ue001"
SHOP: Final = "\ue002"
PROGRESS: Final = "\ue003"
# A day, 32 days, 1,024 days: a span of years is a few dozen terms.
DAYS: Final = ("\ue004", "\ue005", "\ue006")

WORTH: Final = 4  # terms of one word; measured with addresses, see benchmarks/search.py

_DIGITS: Final = 0xF0000  # the first of 32,768 characters that count
_BITS: Final = 15
_EPOCH: Final = dt.date(1970, 1, 1)
_LAST_DAY: Final = 2**16 - 1  # in the year 2149


def of_text(word: str) -> list[str]:
    """The terms of a word of at least three characters, each once."""
    return list(dict.fromkeys(word[at : at + 3] for at in range(len(word) - 2)))


def rarest(found: list[str], texts: Iterable[str]) -> list[str]:
    """Those of a word's terms that are worth looking up: which the fewest of these texts hold.

    All where they are few. An address has two dozen, most of them of a domain that thousands
    share, and an index takes its time for each: the row decides anyway.
    """
    if len(found) <= WORTH:
        return found
    texts = tuple(texts)
    # One in three first: neighbours share two characters, and so mostly their orders.
    apart = [*found[::3], *found[1::3], *found[2::3]]
    return sorted(apart, key=lambda term: sum(term in text for text in texts))[:WORTH]


def of_organiser(organiser_id: int) -> str:
    return _numbered(ORGANISER, organiser_id)


def of_shop(shop_id: int) -> str:
    return _numbered(SHOP, shop_id)


def of_progress(progress: str) -> str:
    return PROGRESS + progress[:2]


def of_days(since: dt.datetime | None, until: dt.datetime | None) -> list[str]:
    """One for each day in UTC, or for many at once, that a span of time touches."""
    first = _day(since) if since is not None else 1
    last = _day(until) if until is not None else _LAST_DAY
    return list(_covering(first, last, 0)) or [_numbered(DAYS[0], 0)]  # of no order: 1970


def _day(moment: dt.datetime) -> int:
    return (moment.astimezone(dt.UTC).date() - _EPOCH).days


def _covering(first: int, last: int, level: int) -> Iterator[str]:
    """From `first` to `last`: blocks where they fit, what is left at the edges one by one."""
    if level + 1 == len(DAYS) or last - first < 32:
        yield from (_numbered(DAYS[level], number) for number in range(first, last + 1))
        return
    begin, end = -(-first // 32), (last + 1) // 32
    yield from _covering(first, begin * 32 - 1, level)
    yield from _covering(begin, end - 1, level + 1)
    yield from _covering(end * 32, last, level)


def _numbered(kind: str, number: int) -> str:
    """Numbers that no row can have are that of no row."""
    high, low = divmod(number if 0 < number < 1 << 2 * _BITS else 0, 1 << _BITS)
    return kind + chr(_DIGITS + high) + chr(_DIGITS + low)


def packed(term: str) -> int:
    """A term as PostgreSQL keeps it: a number compares faster than a text, in no language."""
    first, second, third = map(ord, term)
    return first << 42 | second << 21 | third
