"""Languages: those that we have words in, and those in which organisers may write their own."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from babel import Locale
from flask import has_app_context

from ticketing.words import catalogues

# Spoken where nobody asked for another; the words in the code are in it.
FIRST: Final = "en"

# What an organiser's own texts can be written in: {code: its name in itself}.
CONTENT: Final = {
    "en": "English",
    "nl": "Nederlands",
    "de": "Deutsch",
    "fr": "Français",
    "es": "Español",
    "pl": "Polski",
}


_RIGHT_TO_LEFT: Final = frozenset({"ar", "fa", "he", "ur"})


def is_right_to_left(locale: str) -> bool:
    return locale.replace("_", "-").partition("-")[0] in _RIGHT_TO_LEFT


def spoken() -> tuple[str, ...]:
    """The languages that we have all our words in, the first of them first."""
    read = catalogues.of_app() if has_app_context() else {}
    return (FIRST, *(one for one in CONTENT if one in read), *(read.keys() - CONTENT.keys()))


def name_of(language: str) -> str:
    """A language's name in itself."""
    return CONTENT.get(language) or str(Locale.parse(language).get_display_name(language))


def known(locale: str) -> str:
    """The locale if we speak it, else the language we fall back on."""
    return locale if locale in spoken() else FIRST


def best(wanted: str, offered: Sequence[str]) -> str:
    """What somebody asked for ("nl-BE") if it is spoken here ("nl"), else the shop's first."""
    language = wanted.strip().replace("_", "-").partition("-")[0].lower()
    if language in spoken() or language in offered:
        return language
    return offered[0] if offered else FIRST


def text_in(texts: Mapping[str, Any], locale: str, others: Sequence[str] = ()) -> str:
    """An organiser's text in this locale, else in the first of the others, else in any."""
    for language in (locale, locale.partition("-")[0], *others, *texts):
        if found := texts.get(language):
            return str(found)
    return ""
