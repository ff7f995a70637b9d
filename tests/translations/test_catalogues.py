"""The catalogues say what the code says, and nothing in them can break a page."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.support import Translations
from flask import Flask
from flask_babel import force_locale

from ticketing import create_app
from ticketing.config import Settings
from ticketing.translating import checking, source
from ticketing.words import catalogues, languages
from ticketing.words.formats import labelled

OURS = Settings().translations
# What people, scripts and checks rely on: docs/translating.md.
CONTRACT = (
    "Claim",
    "Share",
    "Email",
    "Copy link",
    "Recall",
    "Download ticket",
    "Download all",
    "Save",
    "Edit",
    "Resend",
    "Open Personalisation",
    "Cancel order",
    "Actions for ticket %(n)s",
    "Actions for order %(code)s",
    "Ticket %(n)s",
    "%(done)s of %(total)s personalised",
    "Not assigned",
    "Link shared, waiting",
    "Link opened",
    "Ready – %(name)s",
    "Checked in %(time)s",
    "First name",
    "Last name",
    "Phone",
)


@pytest.fixture(scope="module")
def said() -> Catalog:
    """Everything that the code says."""
    return source.template()


def test_ours_are_in_order() -> None:
    """What this prints, `flask i18n check` prints too; `flask i18n update` mends the first half."""
    assert [str(each) for each in checking.problems_in(OURS)] == []


def test_there_is_one_for_each_language() -> None:
    assert {languages.FIRST, *catalogues.languages_in(OURS)} == set(languages.CONTENT)


def test_english_words_that_others_rely_on(said: Catalog) -> None:
    found = {message.id if isinstance(message.id, str) else message.id[0] for message in said}
    assert [words for words in CONTRACT if words not in found] == []


# ---- What is wrong with one


def english() -> Catalog:
    catalogue = Catalog()
    catalogue.add("Hello %(name)s")
    catalogue.add("{booker} has <b>news</b>")
    catalogue.add(("One ticket of %(of)s", "%(n)s tickets of %(of)s"))
    return catalogue


def polish(**forms: Any) -> Catalog:
    """A good one, but for what is given."""
    catalogue = Catalog("pl")
    catalogue.add("Hello %(name)s", forms.get("hello", "Cześć, %(name)s"))
    catalogue.add("{booker} has <b>news</b>", forms.get("news", "{booker} ma <b>wieści</b>"))
    counted = ("Bilet z %(of)s", "%(n)s bilety z %(of)s", "%(n)s biletów z %(of)s")
    catalogue.add(
        ("One ticket of %(of)s", "%(n)s tickets of %(of)s"), forms.get("tickets", counted)
    )
    return catalogue


def problems(catalogue: Catalog) -> list[str]:
    return [each.what for each in checking.problems_of(catalogue, english(), "pl")]


def test_a_good_one_has_no_problem() -> None:
    assert problems(polish()) == []


def test_one_that_nobody_has_begun_is_none() -> None:
    catalogue = polish(hello="", news="", tickets=("", "", ""))
    assert problems(catalogue) == []
    assert not catalogues.is_complete(catalogue)


@pytest.mark.parametrize(
    ("forms", "what"),
    [
        ({"hello": ""}, "not translated"),
        ({"tickets": ("Bilet z %(of)s", "%(n)s bilety z %(of)s", "")}, "not translated"),
        ({"hello": "Cześć"}, "placeholders differ: %(name)s in English, none here"),
        ({"hello": "Cześć, %(imię)s"}, "placeholders differ: %(name)s in English, %(imię)s here"),
        ({"hello": "Cześć, %(name)d"}, "placeholders differ: %(name)s in English, %(name)d here"),
        ({"hello": "100 % %(name)s"}, "placeholders differ"),
        ({"hello": "Cześć, %(name)"}, "placeholders differ"),
        ({"news": "Wieści: <b>ma</b>"}, "{placeholders} differ"),
        ({"news": "{booker} ma wieści"}, "tags differ"),
        ({"news": "{booker} ma <b>wieści"}, "tags differ"),
        ({"news": "{booker} ma <b class=x>wieści</b>"}, "tags differ"),
        ({"hello": "Cześć, %(name)s "}, "space or line break at its edge differs"),
        ({"hello": "Cześć,\n%(name)s"}, "line breaks differ"),
        ({"hello": "Cześć, \u202e%(name)s"}, "holds a character that can’t be seen"),
        ({"tickets": ("Bilet z %(of)s",) * 3}, "placeholders differ"),
        ({"tickets": ("Bilet", "%(n)s z %(of)s", "%(n)s z %(of)s")}, "placeholders differ"),
    ],
)
def test_what_would_break_a_page_is_found(forms: dict[str, Any], what: str) -> None:
    found = problems(polish(**forms))
    assert found
    assert all(each.startswith(what) for each in found)


def test_a_form_that_serves_several_numbers_names_them() -> None:
    """In French nothing is singular too: “un billet” would be wrong of none."""
    counted = Catalog()
    counted.add(("One ticket", "%(n)s tickets"))
    french = Catalog("fr")
    french.add(("One ticket", "%(n)s tickets"), ("Un billet", "%(n)s billets"))
    found = [each.what for each in checking.problems_of(french, counted, "fr")]
    assert found == ["placeholders differ: %(n)s in English, none here"]


def test_what_the_code_does_not_say_is_found() -> None:
    catalogue = polish()
    catalogue.add("Goodbye", "Do widzenia")
    catalogue.delete("Hello %(name)s")
    assert problems(catalogue) == [
        "not in the catalogue; flask i18n update",
        "no longer said; flask i18n update",
    ]


def test_what_only_nearly_fits_is_found() -> None:
    catalogue = polish()
    message = catalogue.get("Hello %(name)s")
    assert message is not None
    message.flags.add("fuzzy")
    assert problems(catalogue) == ["fuzzy: look whether it still fits"]
    assert not catalogues.is_complete(catalogue)


# ---- They follow the code


def test_a_new_one_has_every_word(tmp_path: Path, said: Catalog) -> None:
    source.update(tmp_path, ["it"])
    begun = catalogues.read(catalogues.path_of(tmp_path, "it"))
    assert len(begun) == len(said)
    assert not any(message.fuzzy for message in begun if message.id)
    assert checking.problems_in(tmp_path) == []


def test_what_is_said_stays_and_what_has_changed_is_marked(tmp_path: Path, said: Catalog) -> None:
    path = catalogues.path_of(tmp_path, "nl")
    former = Catalog("nl")
    former.add("Save", "Opslaan")
    former.add("This ticket has been claimed alreadyy", "Dit ticket is al geclaimd")
    former.add("Archive", "Archiveren")
    former.add("Nobody says this any more, nor anything like it.", "Weg ermee")
    source.write(former, path)
    source.update(tmp_path)
    now = catalogues.read(path)
    save = now.get("Save")
    assert save is not None
    assert save.string == "Opslaan"
    changed = now.get("This ticket has already been claimed")
    assert changed is not None
    assert changed.string == "Dit ticket is al geclaimd"
    assert changed.fuzzy
    similar = now.get("Archived")
    assert similar is not None
    assert not similar.string, "what is said beside it is no former translation"
    assert "Weg ermee" not in path.read_text()
    assert '#| msgid "This ticket has been claimed alreadyy"' in path.read_text()
    first = path.read_bytes()
    source.update(tmp_path)
    assert path.read_bytes() == first, "a second time changes nothing"


def test_a_second_time_changes_nothing(tmp_path: Path) -> None:
    source.update(tmp_path, ["de"])
    path = catalogues.path_of(tmp_path, "de")
    first = path.read_bytes()
    source.update(tmp_path)
    assert path.read_bytes() == first
    assert b"POT-Creation-Date" not in first


# ---- The app speaks what is complete


@pytest.fixture
def speaking(tmp_path: Path) -> Callable[..., list[str]]:
    """What an app offers that finds these catalogues."""

    def offered(unfinished: bool = False, **said: str) -> list[str]:
        for language, text in said.items():
            catalogue = Catalog(language)
            catalogue.add("Save", text)
            source.write(catalogue, catalogues.path_of(tmp_path / "words", language))
        app = create_app(
            {"TESTING": True},
            Settings(
                instance_path=tmp_path / "instance",
                translations=tmp_path / "words",
                unfinished_languages=unfinished,
            ),
        )
        return _offered(app)

    return offered


def _offered(app: Flask) -> list[str]:
    with app.app_context():
        return list(languages.spoken())


def test_a_complete_one_is_offered_and_another_is_not(speaking: Callable[..., list[str]]) -> None:
    assert speaking(nl="Opslaan", de="") == ["en", "nl"]
    assert speaking(de="Speichern") == ["en", "nl", "de"], "as soon as it is complete"
    assert speaking(nl="") == ["en", "de"], "and no longer than it is"


def test_translators_see_theirs_before(speaking: Callable[..., list[str]]) -> None:
    assert speaking(unfinished=True, nl="") == ["en", "nl"]


def test_it_is_compiled_once(speaking: Callable[..., list[str]], tmp_path: Path) -> None:
    speaking(nl="Opslaan")
    mo = catalogues.path_of(tmp_path / "words", "nl").with_suffix(".mo")
    made = mo.stat().st_ino
    speaking()
    assert mo.stat().st_ino == made
    speaking(nl="Bewaren")
    assert mo.stat().st_ino != made
    assert b"Bewaren" in mo.read_bytes()


def test_polish_words_of_one_letter_stand_at_no_end_of_a_line(tmp_path: Path) -> None:
    catalogue = Catalog("pl")
    catalogue.add("Back", "Wróć z %(place)s i o nic nie pytaj")
    catalogue.add("A", "A w „z bilet” ani w")
    catalogue.add(("One", "%(n)s"), ("i jeden", "z %(n)s", "w %(n)s"))
    path = catalogues.path_of(tmp_path, "pl")
    source.write(catalogue, path)
    said = Translations(io.BytesIO(catalogues.compiled(path)))
    assert said.gettext("Back") == "Wróć z\u00a0%(place)s i\u00a0o\u00a0nic nie pytaj"
    assert said.gettext("A") == "A\u00a0w\u00a0„z\u00a0bilet” ani w"
    assert said.ngettext("One", "%(n)s", 2) == "z\u00a0%(n)s"
    assert "\u00a0" not in path.read_text(), "which translators need not type"


@pytest.mark.engine("sqlite")
def test_french_parts_a_colon_from_what_it_follows(app: Flask) -> None:
    with app.test_request_context(), force_locale("fr"):
        assert labelled("Téléphone", "Requis") == "Téléphone\u00a0: Requis"


def test_where_nobody_may_write_it_is_spoken_all_the_same(
    speaking: Callable[..., list[str]], tmp_path: Path
) -> None:
    in_the_way = catalogues.path_of(tmp_path / "words", "nl").with_suffix(".mo")
    in_the_way.mkdir(parents=True)
    assert speaking(nl="Opslaan") == ["en", "nl"]
    assert {each.name for each in in_the_way.parent.iterdir()} == {"messages.mo", "messages.po"}
