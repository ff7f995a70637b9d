"""People's names, and other one-line texts that people type, in any script."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Final, TypeVar

Named = TypeVar("Named")

# Controls, line and paragraph separators, surrogates; and the characters that turn the direction
# of what follows (https://www.unicode.org/reports/tr9/#Explicit_Directional_Embeddings), with
# which a name could make the words around it read differently.
_REFUSED_CATEGORIES = {"Cc", "Cs", "Zl", "Zp", "Cn", "Co"}
_REFUSED = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Unassigned code points that stay allowed: phones know newer emoji than Python's tables do, and
# rare Chinese characters go on being added because of people's names.
_NEWER = ((0x1F000, 0x1FAFF), (0x20000, 0x2FFFD), (0x30000, 0x3FFFD))
# Letters and symbols by category that show nothing: a name of these alone would look empty.
_BLANK = set("\u115f\u1160\u2800\u3164\uffa0")
# What stands in place of a detail that was erased. It is nobody's name, no address and no number,
# needs no translation, stands in every font, and what had something still has.
ERASED: Final = "\u2022\u2022\u2022"

_SPACES = re.compile(r"[\s\u00a0\u3000]+")


class RefusedCharacter(ValueError):
    """A character that no name has and that could do harm."""


def tidy(text: str) -> str:
    """A line as it is stored: NFC, single spaces, none at the ends; raises `RefusedCharacter`.

    A tab or a line break that came along with a paste counts as a space, a text without anything
    to see as empty.
    """
    text = _SPACES.sub(" ", text).strip()
    for character in text:
        if character in _REFUSED:
            raise RefusedCharacter
        category = unicodedata.category(character)
        if category in _REFUSED_CATEGORIES and not (
            category == "Cn" and any(low <= ord(character) <= high for low, high in _NEWER)
        ):
            raise RefusedCharacter
    if not any(_shows(character) for character in text):
        return ""
    return unicodedata.normalize("NFC", text)


def _shows(character: str) -> bool:
    category = unicodedata.category(character)
    return (category[0] in "LNPS" or category == "Cn") and character not in _BLANK


def full(first: str, last: str) -> str:
    if ERASED in {first, last}:
        return ERASED
    return f"{first} {last}".strip()


def short(first: str, last: str) -> str:
    """A first name and one letter: "Anna V."; what an overview shows of somebody."""
    if not last or ERASED in {first, last}:
        return first
    # "van den Berg" is known by its B; scripts without capitals by their first letter.
    start = next((i for i, c in enumerate(last) if c.isupper()), 0)
    letter = _first_cluster(last[start:])
    cased = letter.isupper() or letter.islower()
    return f"{first} {letter}." if cased else f"{first} {letter}"


def _first_cluster(text: str) -> str:
    """The first letter with the marks that belong to it."""
    end = 1
    while end < len(text) and (
        unicodedata.combining(text[end]) or unicodedata.category(text[end]) in {"Mn", "Mc"}
    ):
        end += 1
    return text[:end]


# Letters that Unicode does not take apart into a plain one and a mark.
_PLAIN = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe"}
)


def folded(text: str) -> str:
    """For searching: without case, accents and invisible characters: "lukasz" finds "Łukasz"."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(c for c in decomposed if unicodedata.category(c) not in {"Mn", "Cf"})
    # What was compatible with a capital ("℡") has only now become one.
    return letters.casefold().translate(_PLAIN)


def in_order(named: Iterable[Named], name: Callable[[Named], str]) -> list[Named]:
    """By name as a list shows it: Å beside A, Ł beside L, whatever the case, on either engine.

    Languages place some of them elsewhere; where several are spoken, this is found again.
    """
    return sorted(named, key=lambda each: (folded(name(each)), name(each)))
