"""The languages that there are words in; the first is spoken where nobody asked for another."""

from typing import Final

LANGUAGES: Final = ("en",)


def known(locale: str) -> str:
    """The locale if we speak it, else the language we fall back on."""
    return locale if locale in LANGUAGES else LANGUAGES[0]
