"""People's names, whatever they are."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ticketing.asking import names
from ticketing.asking.names import RefusedCharacter

GOOD = [
    "Anna",
    "O'Brien-Łukasz",
    "Ó Súilleabháin",
    "Nguyễn Thị Ánh",
    "Ελένη",
    "Володимир",
    "אַבְרָהָם",
    "مُحَمَّد",
    "می‌خواهم",  # with a zero-width non-joiner, as Persian is written
    "王小明",
    "𠮷野家",  # a Chinese character beyond the first plane
    "田中さくら",
    "김민수",
    "श्रीनिवास",
    "สมชาย",
    "ክብረት",
    "Zoë & Bob 🎟️",
    "👩‍👩‍👧",
    "🏴󠁧󠁢󠁷󠁬󠁳󠁿",
    "\U0001fac8",  # an emoji newer than Python's tables
    "\U00031350",  # a Chinese character newer than Python's tables
    "<script>alert(1)</script>",
    "{{ 7*7 }}",
    "=1+1",
    "x" * 200,
    "a",
]


@pytest.mark.parametrize("name", GOOD)
def test_it_is_kept_as_it_is(name: str) -> None:
    assert names.tidy(name) == name


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Anna   Maria ", "Anna Maria"),
        ("Anna\tMaria\r\n", "Anna Maria"),
        ("Anna\u00a0\u3000Maria", "Anna Maria"),
        ("Zoe\u0308", "Zoë"),
        ("\u1112\u1161\u11ab", "한"),
        ("", ""),
        (" \t ", ""),
    ],
)
def test_it_is_tidied(typed: str, kept: str) -> None:
    assert names.tidy(typed) == kept


@pytest.mark.parametrize("typed", ["\u200b", "\u200d\u2060", "\ufeff \u00ad", "\u3164", "\u0301"])
def test_what_nobody_can_see_is_no_name(typed: str) -> None:
    assert names.tidy(typed) == ""


@pytest.mark.parametrize(
    "character",
    [
        "\x00", "\x07", "\x1b", "\x7f", "\x9f", "\u202e", "\u202a", "\u2066", "\u2069",
        "\ud800", "\ue000", "\ufdd0", "\uffff", "\U0001ffff", "\U0003ffff", "\U0010ffff",
    ],
)  # fmt: skip
def test_what_can_do_harm_is_refused(character: str) -> None:
    for text in (character, f"A{character}nna", f"{character}Anna", f"Anna{character}"):
        with pytest.raises(RefusedCharacter):
            names.tidy(text)


@given(st.text())
def test_tidying_once_is_enough(text: str) -> None:
    try:
        tidied = names.tidy(text)
    except RefusedCharacter:
        return
    assert names.tidy(tidied) == tidied
    assert unicodedata.is_normalized("NFC", tidied)
    assert tidied == tidied.strip()
    assert "  " not in tidied
    assert not {"Cc", "Cs", "Zl", "Zp"} & {unicodedata.category(c) for c in tidied}


BLANK = "\u2800\u115f\u1160\u3164\uffa0"  # letters and symbols that show nothing
letters = st.characters(categories=["L", "N", "P", "S"], exclude_characters=BLANK)


@given(st.text(letters, min_size=1))
def test_no_letter_of_any_script_is_lost(text: str) -> None:
    assert names.tidy(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [
        ("Anna", "Visser", "Anna V."),
        ("Anna", "", "Anna"),
        ("Zoë", "Ó Súil", "Zoë Ó."),
        ("Ольга", "Иванова", "Ольга И."),
        ("Anna", "王", "Anna 王"),
        ("Anna", "श्रीनिवास", "Anna श्"),
        ("Bob", "🎟️ x", "Bob 🎟️"),
    ],
)
def test_an_overview_shows_no_more_than_one_letter(first: str, last: str, shown: str) -> None:
    assert names.short(first, last) == shown


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Zoë", "zoe"),
        ("ZOË", "Zoe\u0308"),
        ("Łukasz", "lukasz"),
        ("Straße", "STRASSE"),
        ("Søren Ærø", "soren aero"),
        ("İpek Işık", "ipek isik"),
        ("Müller", "muller"),
        ("김", "김"),
        ("ＡＢＣ", "abc"),
        ("℡", "tel"),
        ("می‌خواهم", "میخواهم"),
    ],
)
def test_it_is_found_however_it_is_typed(name: str, typed: str) -> None:
    assert names.folded(name) == names.folded(typed)


@given(st.text())
@example("ϓ")
@example("ΐ")
@example("K")
def test_folding_once_is_enough(text: str) -> None:
    assert names.folded(names.folded(text)) == names.folded(text)
    assert names.folded(unicodedata.normalize("NFD", text)) == names.folded(text)


def test_in_a_list_accents_and_case_stand_beside_their_letter() -> None:
    by_bytes = ["Zoë", "anna", "Ängel", "Åsa", "Łukasz", "Lars", "Öz", "ola"]
    told = ["Ängel", "anna", "Åsa", "Lars", "Łukasz", "ola", "Öz", "Zoë"]
    assert names.in_order(by_bytes, str) == told
