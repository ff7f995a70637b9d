"""What is wrong with a catalogue: what is missing, and what would break the page it stands on."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from gettext import c2py
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.plurals import get_plural

from ticketing.translating.source import template, told_apart_by_plural
from ticketing.words.catalogues import forms_of, is_said, languages_in, path_of, read

_FORMAT: Final = re.compile(r"%(?:\((\w+)\))?(.|$)", re.DOTALL)
_BRACES: Final = re.compile(r"\{\{|\}\}|\{\w+\}|[{}]")
_TAG: Final = re.compile(r"</?[A-Za-z][^<>]*>|&#?\w+;")
_NUMBERS: Final = frozenset({"n", "num"})  # what a placeholder that counts is called
_COUNTED: Final = range(1_000)
# Directions overridden, and characters without width that nobody meant: S16.
_UNSEEN: Final = re.compile("[\u200b\u2028-\u202e\u2066-\u2069\ufeff\ufffd\x00-\x09\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Problem:
    """`said` are the English words that it is about, if it is about any."""

    language: str
    what: str
    said: str = ""

    def __str__(self) -> str:
        about = f": “{self.said}”" if self.said else ""
        return f"{self.language}: {self.what}{about}"


def problems_in(folder: Path) -> list[Problem]:
    """Of every catalogue. One in which nothing is said yet is no problem, but isn't offered."""
    source = template()
    twice = [Problem("en", "has several plurals", each) for each in told_apart_by_plural()]
    return twice + [
        problem
        for language in languages_in(folder)
        for problem in problems_of(read(path_of(folder, language)), source, language)
    ]


def problems_of(catalogue: Catalog, source: Catalog, language: str) -> Iterator[Problem]:
    """Those of one catalogue, beside the words that the code says."""
    wanted = {_key(message): message for message in source if message.id}
    found = {_key(message): message for message in catalogue if message.id}
    for key in wanted.keys() - found.keys():
        yield Problem(language, "not in the catalogue; flask i18n update", key[1])
    for key in found.keys() - wanted.keys():
        yield Problem(language, "no longer said; flask i18n update", key[1])
    for message in catalogue.obsolete.values():
        yield Problem(language, "obsolete; flask i18n update", _english(message))
    begun = any(any(forms_of(message)) for message in found.values())
    for key, message in found.items():
        if key not in wanted:
            continue
        if message.pluralizable != wanted[key].pluralizable:
            yield Problem(language, "counted, or not; flask i18n update", key[1])
        elif message.fuzzy:
            yield Problem(language, "fuzzy: look whether it still fits", key[1])
        elif not is_said(message):
            if begun:
                yield Problem(language, "not translated", key[1])
        else:
            for what in _broken(message, language):
                yield Problem(language, what, key[1])


def _broken(message: Message, language: str) -> Iterator[str]:
    """Why what is said can't stand where the English does."""
    forms = forms_of(message)
    if message.pluralizable:
        plural = get_plural(language)
        if len(forms) != plural.num_plurals:
            yield f"{len(forms)} forms of {plural.num_plurals}"
            return
        serves = Counter(_form_of(plural.plural_expr, n) for n in _COUNTED)
        for number, form in enumerate(forms):
            # "One ticket": the form that serves a single number may say it in words.
            yield from _differs(str(message.id[1]), form, may_count=serves[number] == 1)
    else:
        yield from _differs(str(message.id), forms[0])


def _differs(english: str, said: str, *, may_count: bool = False) -> Iterator[str]:
    for what, of in (("placeholders", _placeholders), ("{placeholders}", _braces), ("tags", _tags)):
        wanted, found = of(english), of(said)
        if may_count:
            for each in [each for each in wanted if each[0] in _NUMBERS and each not in found]:
                del wanted[each]
        if set(wanted) != set(found) or (what == "tags" and wanted != found):
            yield f"{what} differ: {_shown(wanted)} in English, {_shown(found)} here"
    if (english[:1].isspace(), english[-1:].isspace()) != (said[:1].isspace(), said[-1:].isspace()):
        yield "space or line break at its edge differs"
    if english.count("\n") != said.count("\n"):
        yield "line breaks differ"
    if _UNSEEN.search(said):
        yield "holds a character that can’t be seen"


def _placeholders(text: str) -> Counter[tuple[str, str]]:
    """`%(name)s` by name and kind; `%%` too, and a sign that stands alone, which would break."""
    return Counter((name or "", kind) for name, kind in _FORMAT.findall(text))


def _braces(text: str) -> Counter[str]:
    return Counter(_BRACES.findall(text))


def _tags(text: str) -> Counter[str]:
    return Counter(_TAG.findall(text))


def _shown(found: Counter[tuple[str, str]] | Counter[str]) -> str:
    named = (each if isinstance(each, str) else f"%({each[0]}){each[1]}" for each in found)
    return " ".join(sorted(named)) or "none"


def _form_of(expression: str, n: int) -> int:
    """Which form a language takes for a number; the expressions are Babel's own, in C."""
    return int(c2py(expression)(n))


def _english(message: Message) -> str:
    return message.id if isinstance(message.id, str) else str(message.id[0])


def _key(message: Message) -> tuple[str, str]:
    """Whether two are the same to gettext: by context and singular."""
    return message.context or "", _english(message)
