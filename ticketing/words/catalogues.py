"""Our words in other languages, read once a process.

A catalogue is `<folder>/<language>/LC_MESSAGES/messages.po`, as translators know it. What programs
read of it, `messages.mo`, is made at the start where that hasn't happened yet, and kept beside it
where one may write; it is in no repository, so the two can't say different things.

A language is offered to people once its catalogue is complete. An unfinished one is compiled to
an empty file, which says just that.
"""

import io
import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, current_app
from flask_babel import Babel, Domain, get_locale

from ticketing.config import Settings

DOMAIN: Final = "messages"
_EXTENSION: Final = "passalong.catalogues"
_ENGLISH: Final = NullTranslations()  # what stands in the code is English
# What may not end a line: Polish words of one letter stay with the next one. Nobody types such
# spaces; they are put in on the way to what programs read.
_STAYS: Final = {"pl": re.compile(r"(?<![^\s(„])([aiouwz]) (?=\S)", re.IGNORECASE)}


class _OurWords(Domain):
    """Flask-Babel's, but with the catalogues that the app has read."""

    def get_translations(self) -> NullTranslations:
        locale = get_locale()
        return _ENGLISH if locale is None else of_app().get(locale.language, _ENGLISH)


def init_app(app: Flask, babel: Babel, settings: Settings) -> None:
    """Read every catalogue of the settings' folder that is complete, or all of them."""
    babel.domain_instance = _OurWords()
    app.extensions[_EXTENSION] = {
        language: found
        for language in languages_in(settings.translations)
        if (found := _read(path_of(settings.translations, language), settings))
    }


def of_app() -> dict[str, Translations]:
    """{language: its words} of the running app, beside English."""
    found: dict[str, Translations] = current_app.extensions[_EXTENSION]
    return found


def languages_in(folder: Path) -> list[str]:
    """Which languages have a catalogue there, complete or not."""
    return sorted(po.parent.parent.name for po in folder.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))


def path_of(folder: Path, language: str) -> Path:
    return folder / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def read(po: Path) -> Catalog:
    """A catalogue as translators write it. Raises Babel's `PoFileError` where it can't be read."""
    with po.open("rb") as file:
        return read_po(file, locale=po.parent.parent.name, abort_invalid=True)


def is_complete(catalogue: Catalog) -> bool:
    """Whether everything in it is said, and looked at since the English changed."""
    return all(is_said(message) and not message.fuzzy for message in catalogue if message.id)


def is_said(message: Message) -> bool:
    """Whether it is translated, in all of its forms."""
    return all(forms_of(message))


def forms_of(message: Message) -> list[str]:
    """What is said in its place: one text, or one for each kind of number."""
    found = message.string or ""
    return [found] if isinstance(found, str) else list(found)


def compiled(po: Path) -> bytes:
    """What programs read of a catalogue, made if need be; nothing of an unfinished one."""
    mo, made_of = po.with_suffix(".mo"), po.stat().st_mtime_ns
    with suppress(FileNotFoundError):
        if mo.stat().st_mtime_ns == made_of:
            return mo.read_bytes()
    catalogue = read(po)
    data = _mo(catalogue) if is_complete(catalogue) else b""
    with suppress(OSError):  # of somebody else's, or read-only: made anew at each start then
        _keep(mo, data, made_of)
    return data


def compile_all(folder: Path) -> None:
    """Before the start would do it: while an image is built, for instance."""
    for language in languages_in(folder):
        compiled(path_of(folder, language))


def _read(po: Path, settings: Settings) -> Translations | None:
    data = _mo(read(po)) if settings.unfinished_languages else compiled(po)
    return Translations(io.BytesIO(data), DOMAIN) if data else None


def _mo(catalogue: Catalog) -> bytes:
    if stays := _STAYS.get(catalogue.locale.language if catalogue.locale else ""):
        _keep_together(catalogue, stays)
    file = io.BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def _keep_together(catalogue: Catalog, words: re.Pattern[str]) -> None:
    """Each of these words and what follows it, by a no-break space."""
    for message in catalogue:
        if message.id:
            forms = [words.sub("\\1\u00a0", form) for form in forms_of(message)]
            message.string = tuple(forms) if message.pluralizable else forms[0]


def _keep(mo: Path, data: bytes, made_of: int) -> None:
    """Whole or not at all: several processes may start at once."""
    handle, name = tempfile.mkstemp(dir=mo.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        os.fchmod(file.fileno(), 0o644)
    os.utime(name, ns=(made_of, made_of))
    try:
        Path(name).replace(mo)
    except OSError:
        Path(name).unlink()
        raise
