"""Languages that nobody speaks, made of everything that the code says.

Whatever stands between ⟦ and ⟧ went through a catalogue; English outside of them never did. A
text is two fifths longer than in English, as German is at its longest. Written in Hebrew letters
it goes from right to left.
"""

import io
import re
from functools import cache
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.plurals import get_plural
from babel.support import Translations

from ticketing.translating import source
from ticketing.words import catalogues

OPEN, CLOSE = "⟦", "⟧"
# What is put in, and what belongs to HTML, stays as it is.
_KEPT: Final = re.compile(r"(%\(\w+\)[sd]|%%|\{\{|\}\}|\{\w+\}|</?[A-Za-z][^<>]*>|&#?\w+;)")
_LATIN: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ACCENTED: Final = "áƀćđéƒğĥíĵķĺḿńóþǫŕśťúṽŵẋýžÁƁĆĐÉƑĞĤÍĴĶĹḾŃÓÞǪŔŚŤÚṼŴẊÝŽ"
_HEBREW: Final = "אבגדהוזחטיכלמנסעפצקרשתאבגד" * 2
_PADDING: Final = "xqzwvxqzwvxqzwvxqz "  # of long words: what doesn't break is what overflows


def said(english: str, *, rtl: bool = False) -> str:
    """How the language that nobody speaks says it."""
    letters = str.maketrans(_LATIN, _HEBREW if rtl else _ACCENTED)
    parts = _KEPT.split(english)
    parts[::2] = [part.translate(letters) for part in parts[::2]]
    more = max(1, len(english) * 2 // 5)
    padding = (_PADDING * (more // len(_PADDING) + 1))[:more].strip().translate(letters)
    return f"{OPEN}{''.join(parts)} {padding}{CLOSE}"


@cache
def catalogue(language: str, *, rtl: bool = False) -> Catalog:
    made = Catalog(language)
    forms = get_plural(language).num_plurals
    for message in source.template():
        if message.pluralizable:
            one, many = (said(text, rtl=rtl) for text in message.id)
            made.add(message.id, (one, *[many] * (forms - 1)), context=message.context)
        elif message.id:
            made.add(message.id, said(str(message.id), rtl=rtl), context=message.context)
    return made


def words(language: str, *, rtl: bool = False) -> Translations:
    """As the app has them."""
    file = io.BytesIO()
    write_mo(file, catalogue(language, rtl=rtl))
    file.seek(0)
    return Translations(file, catalogues.DOMAIN)


def folder(at: Path, **languages: bool) -> Path:
    """A folder of catalogues for `PASSALONG_TRANSLATIONS`: {language: right to left}."""
    for language, rtl in languages.items():
        source.write(catalogue(language, rtl=rtl), catalogues.path_of(at, language))
    return at
