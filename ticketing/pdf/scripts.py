"""From a line of text in any script to the pieces a page is set from, left to right.

What reportlab draws well by itself (Latin, Greek, Cyrillic without combining marks) stays text.
Everything else is shaped by HarfBuzz, in the order of the Unicode bidi algorithm, into clusters:
a few glyphs that stand for one or more characters.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, pairwise

import uharfbuzz as hb  # type: ignore[import-untyped]
from xhtml2pdf.bidi import CONTROL_CHARS, display_order

from . import faces

ZWJ = "\u200d"
EMOJI_STYLE, TEXT_STYLE = "\ufe0f", "\ufe0e"

# Below U+1F000, these are pictures by themselves (Emoji_Presentation in Unicode's emoji-data);
# other symbols become one with U+FE0F.
PICTURES = frozenset(
    "⌚⌛⏩⏪⏫⏬⏰⏳◽◾☔☕♈♉♊♋♌♍♎♏♐♑♒♓♿⚓⚡⚪⚫⚽⚾⛄⛅⛎⛔⛪⛲⛳⛵⛺⛽✅✊✋✨❌❎❓❔❕❗➕➖➗➰➿⬛⬜⭐⭕"
)


@dataclass(frozen=True, slots=True)
class Shaped:
    """Glyphs that stand for some characters: what one code of the cluster font draws."""

    family: str | None  # None: no font has it, its code points are written out
    bold: bool
    glyphs: tuple[tuple[int, float, float], ...]  # glyph, x, y in ems
    advance: float  # in ems
    text: str


Piece = str | Shaped  # a string is set in the text face as it is


@dataclass(frozen=True, slots=True)
class Cluster:
    start: int
    text: str
    family: str | None
    plain: bool
    level: int

    @property
    def run_key(self) -> tuple[object, ...]:
        hangul = "\u1100" <= self.text[0] <= "\u11ff" or "\uac00" <= self.text[0] <= "\ud7ff"
        return self.plain, self.family, self.level, hangul


@lru_cache(maxsize=20_000)
def is_plain(char: str) -> bool:
    """Whether reportlab draws this character rightly on its own, from the text face."""
    return char == " " or (
        unicodedata.category(char)[0] not in "MZC"
        and unicodedata.bidirectional(char) not in {"R", "AL", "AN"}
        and faces.family_of(char) == faces.TEXT
    )


def _ignorable(char: str) -> bool:
    """Characters that steer others and show nothing themselves."""
    code = ord(char)
    return (
        char in "\u00ad\u034f\u180e\u3164\uffa0"
        or 0x200B <= code <= 0x200F
        or 0x202A <= code <= 0x202E
        or 0x2060 <= code <= 0x206F
        or code == 0x061C
        or 0xFE00 <= code <= 0xFE0F
        or 0xE0000 <= code <= 0xE0FFF
        or code == 0xFEFF
    )


def _joins(before: str, char: str) -> bool:
    """Whether the character belongs to the cluster before it."""
    code, last = ord(char), before[-1]
    if unicodedata.category(char)[0] == "M" or _ignorable(char) or 0x1F3FB <= code <= 0x1F3FF:
        return True
    if last == ZWJ:
        return code >= 0x2000 and unicodedata.category(char) == "So"
    if 0x1F1E6 <= code <= 0x1F1FF:  # flags are pairs of these
        return len(before) == 1 and 0x1F1E6 <= ord(last) <= 0x1F1FF
    return 0x1160 <= code <= 0x11FF and 0x1100 <= ord(last) <= 0x11FF


def split_clusters(text: str) -> Iterator[str]:
    """The text in pieces that no font change and no line break may cut."""
    current = ""
    for char in text:
        if current and _joins(current, char):
            current += char
            continue
        if current:
            yield current
        current = char
    if current:
        yield current


def _family(cluster: str) -> str | None:
    base = cluster[0]
    if unicodedata.category(base) in {"Cc", "Co", "Cs"}:
        return None  # whatever a font keeps there is its own affair
    picture = EMOJI_STYLE in cluster or base in PICTURES or ord(base) >= 0x1F000
    if picture and TEXT_STYLE not in cluster and faces.face(faces.EMOJI).has(base):
        return faces.EMOJI
    needed = [char for char in cluster if not _ignorable(char)]
    if not needed:
        return faces.TEXT
    if len(needed) > 1:
        for family in faces.ORDER:
            if all(faces.face(family).has(char) for char in needed):
                return family
    return faces.family_of(needed[0])


def font_clusters(text: str, levels: list[int]) -> list[Cluster]:
    found = []
    at = 0
    for part in split_clusters(text):
        level = levels[at]
        # Spaces of right-to-left text too are set from the cluster font: readers of a PDF turn
        # such text round one stretch of a font at a time, and would mix up its words.
        plain = len(part) == 1 and level % 2 == 0 and is_plain(part)
        family = faces.TEXT if plain else _family(part)
        found.append(Cluster(at, part, family, plain, level))
        at += len(part)
    return found


def base_direction(text: str) -> str:
    """ "R" where the first strong character is written right to left, else "L"."""
    for char in text:
        kind = unicodedata.bidirectional(char)
        if kind in {"L", "R", "AL"}:
            return "L" if kind == "L" else "R"
    return "L"


def compose(text: str, *, bold: bool = False, lang: str = "en", base: str = "L") -> list[Piece]:
    """One line of text as pieces in the order they are drawn, left to right."""
    if all(map(is_plain, text)):
        return [text] if text else []
    order, levels = display_order(text, base)
    drawn_at = {index: position for position, index in enumerate(order)}
    runs = []
    for (plain, *_), members in groupby(font_clusters(text, levels), key=lambda c: c.run_key):
        run = list(members)
        place = min(drawn_at[c.start] for c in run)
        pieces: list[Piece]
        if plain:
            pieces = ["".join(c.text for c in run)]
        else:
            pieces = list(shape(text, run, bold=bold, lang=lang))
        runs.append((place, pieces))
    return [piece for _, pieces in sorted(runs, key=lambda r: r[0]) for piece in pieces]


def shape(text: str, run: list[Cluster], *, bold: bool, lang: str) -> Iterator[Shaped]:
    family, rtl = run[0].family, run[0].level % 2 == 1
    if family is None:
        for cluster in reversed(run) if rtl else run:
            yield _spelled(cluster.text, bold)
        return
    face = faces.face(family, bold)
    start, end = run[0].start, run[-1].start + len(run[-1].text)
    buffer = hb.Buffer()
    # The neighbours go along: an Arabic letter joins across a change of run.
    buffer.add_codepoints([ord(char) for char in text], start, end - start)
    buffer.direction = "rtl" if rtl else "ltr"
    # Before the guess, which would take the machine's locale: same input, same bytes.
    buffer.language = _language(text, lang) if family == faces.HAN else lang
    buffer.guess_segment_properties()
    hb.shape(face.font, buffer)
    glyphs = list(zip(buffer.glyph_infos, buffer.glyph_positions, strict=True))
    starts = [*sorted({info.cluster for info, _ in glyphs}), end]
    ends = dict(pairwise(starts))
    unit = 1 / face.units
    for cluster, members in groupby(glyphs, key=lambda g: g[0].cluster):
        shown = text[cluster : ends[cluster]]
        placed, x, missing = [], 0.0, False
        for info, position in members:
            missing = missing or info.codepoint == 0
            placed.append(
                (info.codepoint, (x + position.x_offset) * unit, position.y_offset * unit)
            )
            x += position.x_advance
        if missing:
            yield _spelled(shown, bold)
        elif all(char in CONTROL_CHARS for char in shown):
            yield Shaped(faces.TEXT, False, (), 0.0, shown)
        else:
            yield from _with_text(Shaped(family, bold, tuple(placed), x * unit, shown), rtl=rtl)


def _with_text(shaped: Shaped, *, rtl: bool) -> Iterator[Shaped]:
    """The cluster with its characters where readers of the PDF look for them.

    They turn right-to-left text round one character at a time, so the second and later
    characters of such a cluster become codes of their own that draw nothing, on its left.
    """
    if not rtl or len(shaped.text) == 1:
        yield shaped
        return
    for char in reversed(shaped.text[1:]):
        yield Shaped(faces.TEXT, False, (), 0.0, char)
    yield Shaped(shaped.family, shaped.bold, shaped.glyphs, shaped.advance, shaped.text[0])


def _language(text: str, lang: str) -> str:
    """Which of the Han forms: kana or hangul in the text say it, then the page's language."""
    if any("\u3040" <= char <= "\u30ff" for char in text):
        return "ja"
    if any("\uac00" <= char <= "\ud7a3" for char in text):
        return "ko"
    return lang if lang.split("-")[0] in {"ja", "ko", "zh"} else "zh-Hans"


def _spelled(text: str, bold: bool) -> Shaped:
    """A character that no font has, as its code point in a small frame ("U+1F9FF")."""
    label = " ".join(f"U+{ord(char):04X}" for char in text if not _ignorable(char)) or "U+"
    face = faces.face(faces.TEXT, bold)
    size = 0.5
    x = 0.12
    placed = []
    for char in label:
        glyph = face.font.get_nominal_glyph(ord(char)) or 0
        placed.append((glyph, x, 0.12))
        x += face.font.get_glyph_h_advance(glyph) / face.units * size
    return Shaped(None, bold, tuple(placed), x + 0.12, text)
