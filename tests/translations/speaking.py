"""Catalogues of a test's own."""

import io
from collections.abc import Mapping

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.support import Translations

from ticketing.words import catalogues


def words(language: str, said: Mapping[str, str]) -> Translations:
    """{English: how this language says it}, as the app has them."""
    catalogue = Catalog(language)
    for english, text in said.items():
        catalogue.add(english, text)
    file = io.BytesIO()
    write_mo(file, catalogue)
    file.seek(0)
    return Translations(file, catalogues.DOMAIN)


def teach(monkeypatch: pytest.MonkeyPatch, language: str, said: Mapping[str, str]) -> None:
    """Have the running app speak a language, as far as these words go."""
    monkeypatch.setitem(catalogues.of_app(), language, words(language, said))
