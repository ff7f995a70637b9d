"""The words that people see on a page, and those among them that nobody translated."""

import html.parser
import re
from collections.abc import Iterator
from typing import Final

from tests.translations.pseudo import CLOSE, OPEN
from ticketing.extensions import db
from ticketing.models import Base

_WORD: Final = re.compile(r"[^\W\d_]+")
# Addresses, timezones, placeholders, codes.
_NO_WORDS: Final = re.compile(r"https?://\S+|\S+@\S+|[\w-]+(?:[./][\w-]+)+|\{\w+\}|\b[A-Z\d]{2,}\b")
_TRANSLATED: Final = re.compile(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}")
_ENGLISH: Final = re.compile(r"[A-Za-z]{2,}")
_SEEN: Final = frozenset(
    "title aria-label alt placeholder data-label data-copied-text data-copy-failed-text "
    "data-copy-text data-share-title data-share-text".split()
)
# Programs' own: code, addresses, and what is only there for a script.
_UNSEEN: Final = {"script", "style", "code", "pre", "textarea"}
# Names are the same in every language, and so are languages' names in themselves.
NAMES: Final = frozenset(
    "passalong whatsapp apple google wallet pretix pdf csv xlsx json jpeg png webp gif svg qr "
    "alice smith api openapi html css utf webhook webhooks english nederlands deutsch "
    "français español polski "
    "cet cest gmt utc".split()
)


class _Page(html.parser.HTMLParser):
    def __init__(self, source: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._hidden: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag in _UNSEEN or known.get("translate") == "no":
            self._hidden.append(tag)
        self.texts += [value or "" for name, value in attrs if name in _SEEN]
        if tag == "meta" and (known.get("property") or "").startswith("og:title"):
            self.texts.append(known.get("content") or "")
        if tag == "input" and known.get("type") in {"submit", "button"}:
            self.texts.append(known.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        if self._hidden and tag == self._hidden[-1]:
            self._hidden.pop()

    def handle_data(self, data: str) -> None:
        if not self._hidden and data.strip():
            self.texts.append(data.strip())


def untranslated(page: str, data: set[str]) -> list[str]:
    """The texts of a page, or of plain text, that hold English beside what people wrote."""
    texts = _Page(page).texts if "<" in page else page.splitlines()
    return [text for text in texts if _english_in(text, data)]


def data_words() -> set[str]:
    """Every word that stands in the database: what people wrote, and what we call things there."""
    db.session.rollback()
    found: set[str] = set(NAMES)
    for table in Base.metadata.sorted_tables:
        for row in db.session.execute(table.select()):
            for value in row:
                found |= {word.casefold() for word in _words_of(value)}
    db.session.rollback()
    return found


def _english_in(text: str, data: set[str]) -> bool:
    """Texts stand in texts: the inner ones go first."""
    former = None
    while former != text:
        former, text = text, _TRANSLATED.sub(" ", text)
    left = _NO_WORDS.sub(" ", text)
    return any(
        _ENGLISH.fullmatch(word) and word.casefold() not in data for word in _WORD.findall(left)
    )


def _words_of(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield from _WORD.findall(value)
    elif isinstance(value, dict):
        for each in value.values():
            yield from _words_of(each)
    elif isinstance(value, list):
        for each in value:
            yield from _words_of(each)
