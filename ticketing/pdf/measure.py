"""How wide the parts of a paragraph are, and where a line of it may break."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from xhtml2pdf.bidi import display_order

from . import faces
from .scripts import Piece, base_direction, font_clusters, is_plain, shape

# Scripts that are written without spaces: a line may break between any two of their clusters.
_UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x2E80, 0x9FFF),  # Han, kana
    (0xA000, 0xA4CF),  # Yi
    (0xAC00, 0xD7FF),  # Hangul
    (0xF900, 0xFAFF),
    (0xFE30, 0xFE4F),
    (0xFF00, 0xFFEF),
    (0x1F000, 0x3FFFF),  # emoji, rare Han
)
_NOT_FIRST = frozenset(
    "、。，．・：；？！）」』】〉》〕］｝ー々ゝゞぁぃぅぇぉっゃゅょァィゥェォッャュョ,.!?:;)]}%…"
)
_NOT_LAST = frozenset("（「『【〈《〔［｛([{")


@dataclass(frozen=True, slots=True)
class Measured:
    """A cluster in reading order, with its width in ems and whether a line may begin with it."""

    text: str
    width: float
    may_begin: bool


def measure(text: str, *, bold: bool = False, lang: str = "en") -> list[Measured]:
    """The clusters of a paragraph in reading order, for breaking it into lines."""
    widths = _cluster_widths(text, bold=bold, lang=lang)
    measured: list[Measured] = []
    before = ""
    for cluster, width in widths:
        begins = bool(before) and cluster != " " and _may_break(before, cluster)
        measured.append(Measured(cluster, width, begins))
        before = cluster
    return measured


def _may_break(before: str, after: str) -> bool:
    if before == " ":
        return True
    if after[0] in _NOT_FIRST or before[0] in _NOT_LAST or after == " ":
        return False
    if before[-1] in "-–—/" or before == "\u200b":
        return True
    return _unspaced(before[0]) or _unspaced(after[0])


def _unspaced(char: str) -> bool:
    if char < "\u0e00":
        return False
    code = ord(char)
    return any(first <= code <= last for first, last in _UNSPACED)


def _cluster_widths(text: str, *, bold: bool, lang: str) -> list[tuple[str, float]]:
    if all(map(is_plain, text)):
        return [(char, _char_width(char, bold)) for char in text]
    _, levels = display_order(text, base_direction(text))
    clusters = font_clusters(text, levels)
    widths = [text_width(c.text, bold) if c.plain else 0.0 for c in clusters]
    owner = [number for number, c in enumerate(clusters) for _ in c.text]
    for (is_text, *_), members in groupby(clusters, key=lambda c: c.run_key):
        run = list(members)
        if is_text:
            continue
        at = run[0].start
        shaped = list(shape(text, run, bold=bold, lang=lang))
        for piece in reversed(shaped) if run[0].level % 2 else shaped:
            # A ligature may hold several clusters: its width goes to the first.
            widths[owner[at]] += piece.advance
            at += len(piece.text)
    return [(c.text, w) for c, w in zip(clusters, widths, strict=True)]


@lru_cache(maxsize=20_000)
def _char_width(char: str, bold: bool) -> float:
    face = faces.face(faces.TEXT, bold)
    glyph = face.font.get_nominal_glyph(ord(char)) or 0
    return float(face.font.get_glyph_h_advance(glyph) / face.units)


def text_width(text: str, bold: bool) -> float:
    """The width in ems of plain text, set without kerning as reportlab sets it."""
    return sum(_char_width(char, bold) for char in text)


def pieces_width(pieces: Sequence[Piece], bold: bool) -> float:
    """The width in ems of a composed line."""
    return sum(text_width(p, bold) if isinstance(p, str) else p.advance for p in pieces)
