"""The fonts that lie beside this file, opened once, and which of them draws a character.

HarfBuzz reads them through a memory map, so the big ones cost nothing until a name needs them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

import uharfbuzz as hb  # type: ignore[import-untyped]

FOLDER = Path(__file__).resolve().parent / "fonts"

TEXT = "NotoSans"
EMOJI = "NotoColorEmoji"
HAN = "NotoSansCJKsc"

# The order is the order of asking. Text faces first, pictures last.
ORDER = (
    TEXT,
    *("NotoSansHebrew", "NotoSansArabic", "NotoSansDevanagari", "NotoSansThai"),
    *("NotoSansBengali", "NotoSansTamil", "NotoSansTelugu", "NotoSansGujarati"),
    *("NotoSansGurmukhi", "NotoSansKannada", "NotoSansMalayalam", "NotoSansOriya"),
    *("NotoSansSinhala", "NotoSansMyanmar", "NotoSansKhmer", "NotoSansLao"),
    *("NotoSansGeorgian", "NotoSansArmenian", "NotoSansEthiopic", "NotoSansThaana"),
    *("NotoSansSyriac", "NotoSansNKo", "NotoSansAdlam", "NotoSansTifinagh"),
    *("NotoSansCherokee", "NotoSansCanadianAboriginal", "NotoSansMongolian"),
    *("NotoSansJavanese", "NotoSansBalinese", "NotoSansSundanese", "NotoSansOlChiki"),
    *("NotoSansTaiTham", "NotoSansVai", "NotoSansYi", "NotoSerifTibetan"),
    HAN,
    *("NotoSansSymbols", "NotoSansSymbols2", "NotoSansMath"),
    EMOJI,
)
# Faces with a bold of their own; the others are thickened by HarfBuzz.
WITH_BOLD = frozenset(
    {TEXT, "NotoSansHebrew", "NotoSansArabic", "NotoSansDevanagari", "NotoSansThai"}
)
THICKEN = 0.032  # of the em: what sets Noto's Bold apart from its Regular, by eye


def font_file(family: str, *, bold: bool = False) -> Path:
    """The file of a family in one of its two weights."""
    style = "-Bold" if bold and family in WITH_BOLD else "-Regular"
    if family == EMOJI:
        style = ""
    return FOLDER / f"{family}{style}{'.otf' if family == HAN else '.ttf'}"


@cache
def _hb_face(path: Path) -> hb.Face:
    return hb.Face(hb.Blob.from_file_path(str(path)))


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One family in one weight."""

    family: str
    bold: bool
    font: hb.Font
    units: int
    outlines: dict[int, str] = field(default_factory=dict)  # as PDF path operators

    def has(self, char: str) -> bool:
        """Whether this face has a glyph of its own for the character."""
        return bool(self.font.get_nominal_glyph(ord(char)))

    def outline(self, glyph: int) -> str:
        """The glyph's outline in PDF path operators, in thousandths of the em, unplaced."""
        if glyph not in self.outlines:
            pen = _Pen(1000 / self.units)
            self.font.draw_glyph(glyph, _draw_funcs(), pen)
            self.outlines[glyph] = "\n".join(pen.ops)
        return self.outlines[glyph]


@cache
def face(family: str, bold: bool = False) -> Face:
    """The face, opened at the first asking."""
    hb_face = _hb_face(font_file(family, bold=bold))
    font = hb.Font(hb_face)
    if bold and family not in WITH_BOLD and family != EMOJI:
        font.synthetic_bold = (THICKEN, THICKEN, True)
    return Face(family, bold, font, hb_face.upem)


@lru_cache(maxsize=20_000)
def family_of(char: str) -> str | None:
    """The first family that has the character, or None."""
    return next((family for family in ORDER if face(family).has(char)), None)


def open_all() -> None:
    """Open every face before the first ticket, so that no ticket waits for a file."""
    for family in ORDER:
        face(family)


class _Pen:
    """Collects an outline as PDF operators; quadratic curves become cubic ones."""

    def __init__(self, scale: float) -> None:
        self.scale = scale
        self.ops: list[str] = []
        self.at = (0.0, 0.0)

    def put(self, operator: str, *points: tuple[float, float]) -> None:
        scale = self.scale
        self.at = points[-1]
        numbers = " ".join(f"{round(x * scale, 1):g} {round(y * scale, 1):g}" for x, y in points)
        self.ops.append(f"{numbers} {operator}")


def _move(x: float, y: float, pen: _Pen) -> None:
    pen.put("m", (x, y))


def _line(x: float, y: float, pen: _Pen) -> None:
    pen.put("l", (x, y))


def _cubic(ax: float, ay: float, bx: float, by: float, x: float, y: float, pen: _Pen) -> None:
    pen.put("c", (ax, ay), (bx, by), (x, y))


def _quadratic(ax: float, ay: float, x: float, y: float, pen: _Pen) -> None:
    fx, fy = pen.at
    pen.put(
        "c",
        (fx + 2 / 3 * (ax - fx), fy + 2 / 3 * (ay - fy)),
        (x + 2 / 3 * (ax - x), y + 2 / 3 * (ay - y)),
        (x, y),
    )


def _close(pen: _Pen) -> None:
    pen.ops.append("h")


@cache
def _draw_funcs() -> hb.DrawFuncs:
    funcs = hb.DrawFuncs()
    calls: dict[str, Callable[..., None]] = {
        "move_to": _move,
        "line_to": _line,
        "cubic_to": _cubic,
        "quadratic_to": _quadratic,
        "close_path": _close,
    }
    for name, call in calls.items():
        getattr(funcs, f"set_{name}_func")(call)
    return funcs
