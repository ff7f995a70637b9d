"""Names are printed as they are written, whatever script they are written in."""

from __future__ import annotations

import unicodedata
from collections import Counter
from typing import Any

import arabic_reshaper  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw, ImageFont, ImageStat

from ticketing.pdf import faces, render
from ticketing.pdf.scripts import Shaped, base_direction, compose

from . import sheets
from .sheets import note, ticket

NAMES = {
    "Latin": "Zoë Ørsted-Łukasiewicz",
    "Latin with marks": "Ọlọ́run J̌ẹ́",
    "Vietnamese": "Nguyễn Thị Ngọc Ánh",
    "Greek": "Ελένη Παπαδοπούλου",
    "Cyrillic": "Наталія Ющенко",
    "Hebrew": "דוד בן־גוריון",
    "Arabic": "محمد عبد الله الأحمد",
    "Persian": "ژاله گلچین",
    "Urdu": "فیض احمد",
    "Chinese": "王小明",
    "Chinese, traditional": "歐陽菲菲",
    "Japanese": "山田 太郎 やまだ タロウ",
    "Korean": "김민수",
    "Devanagari": "श्रीकृष्ण द्विवेदी",
    "Thai": "น้ำผึ้ง กิ่งแก้ว",
    "Bengali": "ক্ষিতীশ",
    "Tamil": "தமிழ்ச்செல்வி",
    "Telugu": "శ్రీనివాస్",
    "Georgian": "შოთა რუსთაველი",
    "Armenian": "Արամ Խաչատրյան",
    "Amharic": "ኃይለ ሥላሴ",
    "Khmer": "សុខា",
    "Burmese": "အောင်ဆန်း",
    "Tibetan": "བསྟན་འཛིན",
    "emoji": "Anna 👩‍👩‍👧‍👦 🇩🇪🇳🇱 👋🏽 ❤️ 1️⃣ 🏴󠁧󠁢󠁳󠁣󠁴󠁿",
    "a mixture": "Ana 山田 Мария 😀 ไทย",
}
BOTH_WAYS = {
    "Arabic within Latin": "Ali علي Smith",
    "Latin within Arabic": "محمد Smith علي",
    "a number in Hebrew": "דוד 123 לוי",
    "brackets in Arabic": "أحمد (علي) محمد",
}


def shaped(text: str, **options: Any) -> list[Shaped]:
    pieces = compose(text, base=base_direction(text), **options)
    return [piece for piece in pieces if isinstance(piece, Shaped)]


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_the_name_can_be_read_and_copied(name: str) -> None:
    pdf = render(ticket(holder=name, event_name=name, place=name, ticket_type=name))
    found = sheets.squeezed(sheets.text(pdf))
    assert found.count(sheets.squeezed(name)) == 4
    assert sheets.squeezed(name) in sheets.squeezed(sheets.pdfium_text(pdf))


@pytest.mark.parametrize("name", [*NAMES.values(), *BOTH_WAYS.values()])
def test_every_character_has_a_glyph(name: str) -> None:
    for bold in (False, True):
        for cluster in shaped(name, bold=bold):
            assert cluster.family is not None
            assert all(glyph != 0 for glyph, _, _ in cluster.glyphs)
    assert sheets.ink(sheets.holder_room(render(ticket(holder=name)))).width > 20


@pytest.mark.parametrize("name", BOTH_WAYS.values(), ids=BOTH_WAYS)
def test_text_that_runs_both_ways_keeps_all_its_characters(name: str) -> None:
    found = sheets.pdfium_text(render(ticket(holder=name)))
    assert not Counter(sheets.squeezed(name)) - Counter(sheets.squeezed(found))
    for word in name.replace("(", " ").replace(")", " ").split():
        assert word in found


def test_arabic_within_latin_stands_in_reading_order() -> None:
    pieces = compose("Ali علي Smith", base="L")
    drawn = "".join(piece if isinstance(piece, str) else piece.text for piece in pieces)
    assert drawn == "Ali " + "علي"[::-1] + " Smith"


def test_latin_within_arabic_stands_in_reading_order() -> None:
    text = "محمد Smith علي"
    pieces = compose(text, base=base_direction(text))
    drawn = "".join(piece if isinstance(piece, str) else piece.text for piece in pieces)
    assert drawn == "علي"[::-1] + " Smith " + "محمد"[::-1]


# Pillow draws these without any shaping of its own: characters that need none, and Arabic whose
# joined forms and order another library worked out. Ours must look the same.
LIKE_PILLOW = {
    "אבגדה"[::-1]: ("אבגדה", "NotoSansHebrew"),
    "王": ("王", faces.HAN),
    "明": ("明", faces.HAN),
    "あ": ("あ", faces.HAN),
    "한": ("한", faces.HAN),
    "ก": ("ก", "NotoSansThai"),
    "क": ("क", "NotoSansDevanagari"),
    "Ж": ("Ж", faces.TEXT),
    "Ω": ("Ω", faces.TEXT),
    arabic_reshaper.reshape("محمد")[::-1]: ("محمد", "NotoSansArabic"),
    arabic_reshaper.reshape("بيت")[::-1]: ("بيت", "NotoSansArabic"),
    arabic_reshaper.reshape("سلام")[::-1]: ("سلام", "NotoSansArabic"),
}


@pytest.mark.parametrize("in_visual_order", LIKE_PILLOW)
def test_the_page_shows_what_pillow_draws(in_visual_order: str) -> None:
    text, family = LIKE_PILLOW[in_visual_order]
    printed = sheets.ink(sheets.note_room(render(note(text))))
    font = ImageFont.truetype(
        str(faces.font_file(family)), 100, layout_engine=ImageFont.Layout.BASIC
    )
    canvas = Image.new("L", (1200, 300), 255)
    ImageDraw.Draw(canvas).text((50, 50), in_visual_order, font=font, fill=0)
    drawn = sheets.ink(canvas)
    assert printed.width / printed.height == pytest.approx(drawn.width / drawn.height, rel=0.06)
    assert _difference(printed, drawn) < 0.06


def test_the_comparison_tells_letters_apart() -> None:
    printed = sheets.ink(sheets.note_room(render(note("王"))))
    other = sheets.ink(sheets.note_room(render(note("明"))))
    assert _difference(printed, other) > 0.15


def _difference(one: Image.Image, other: Image.Image) -> float:
    difference = ImageChops.difference(one.resize((300, 300)), other.resize((300, 300)))
    return ImageStat.Stat(difference).mean[0] / 255


def test_devanagari_conjuncts_are_one_and_vowels_stand_before() -> None:
    assert len(shaped("क्ष")) == 1
    (cluster,) = shaped("कि")
    face = faces.face("NotoSansDevanagari")
    ka = face.font.get_nominal_glyph(ord("क"))
    leftmost, *_, rightmost = sorted(cluster.glyphs, key=lambda glyph: glyph[1])
    assert rightmost[0] == ka
    assert leftmost[0] != ka


def test_thai_marks_stand_on_their_consonant() -> None:
    (cluster,) = shaped("น้")
    assert len(cluster.glyphs) == 2
    assert cluster.advance == pytest.approx(shaped("น")[0].advance)


@pytest.mark.parametrize(
    "emoji", ["👩‍👩‍👧‍👦", "🇩🇪", "👋🏽", "❤️", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "1️⃣", "👨🏿‍🚒", "😀", "⚽", "☕"]
)
def test_an_emoji_is_one_picture(emoji: str) -> None:
    (cluster,) = shaped(emoji)
    assert cluster.family == faces.EMOJI
    pictures = [
        glyph
        for glyph, _, _ in cluster.glyphs
        if faces.face(faces.EMOJI).font.get_glyph_color_png(glyph).data
    ]
    assert len(pictures) == 1
    room = sheets.holder_room(render(ticket(holder=emoji)))
    assert sheets.ink(room).width > 60
    if emoji != "👩‍👩‍👧‍👦":  # Unicode 15.1 draws families as grey figures
        strong = room.convert("HSV").getchannel("S").histogram()[60:]
        assert sum(strong) > 500  # in colour


def test_pictures_are_sharp_in_print() -> None:
    """At the largest size of a name, an emoji still has its 300 dots an inch."""
    font = faces.face(faces.EMOJI).font
    glyph = font.get_nominal_glyph(ord("😀"))
    wide = font.get_glyph_extents(glyph).width / faces.face(faces.EMOJI).units
    assert 136 / (25 * wide / 72) > 300


def test_symbols_stay_text_unless_asked_to_be_pictures() -> None:
    assert compose("© 2027 ®") == ["© 2027 ®"]
    assert all(cluster.family != faces.EMOJI for cluster in shaped("♥ ☎"))


def test_han_characters_take_the_form_of_their_language() -> None:
    forms = {lang: shaped("直", lang=lang)[0].glyphs for lang in ("ja", "zh-Hans", "zh-Hant")}
    assert forms["ja"] != forms["zh-Hans"]
    assert shaped("直")[0].glyphs == forms["zh-Hans"]
    assert shaped("直や")[0].glyphs == forms["ja"]


@pytest.mark.parametrize("char", ["\U0002a700", "\U000130b8", "\ue000", "\U000f0001", "\x07"])
def test_a_character_no_font_has_is_written_as_its_code(char: str) -> None:
    (cluster,) = shaped(char)
    assert cluster.family is None
    code = [faces.face(faces.TEXT).font.get_nominal_glyph(ord(c)) for c in f"U+{ord(char):04X}"]
    assert [glyph for glyph, _, _ in cluster.glyphs] == code
    pdf = render(ticket(holder=f"Ann {char} B"))
    assert sheets.ink(sheets.holder_room(pdf)).width > 200


def test_controls_of_direction_stay_within_their_text() -> None:
    pdf = render(ticket(holder="Ann\u202eevil", ticket_type="Weekend"))
    assert "Weekend" in sheets.text(pdf)


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=40))
def test_any_text_at_all_makes_a_page(name: str) -> None:
    pdf = render(ticket(holder=name, event_name=name, place=name))
    assert sheets.pages(pdf) == 1
    assert sheets.decoded(pdf, dpi=100) == [sheets.BARCODE]


@settings(max_examples=60, deadline=None)
@given(
    st.text(
        st.characters(min_codepoint=0x20, max_codepoint=0x1FFFF, categories=["L", "M", "N", "So"]),
        min_size=1,
        max_size=30,
    ).filter(lambda name: bool(name.strip()))
)
def test_a_line_keeps_every_character(name: str) -> None:
    name = unicodedata.normalize("NFC", name)
    pieces = compose(name, base=base_direction(name))
    drawn = "".join(piece if isinstance(piece, str) else piece.text for piece in pieces)
    assert sorted(drawn) == sorted(name)
