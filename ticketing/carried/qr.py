"""QR codes: for a page as inline SVG, for a PDF as the smallest PNG."""

from __future__ import annotations

import io

import segno
from markupsafe import Markup, escape


def _code(text: str) -> segno.QRCode:
    # Level M: a fold or a smear across the code is forgiven, and the modules stay large.
    # One mask for all: the barcode is random, so every mask is as good, and trying all eight is
    # four fifths of the work. Decoders read which one it is.
    return segno.make_qr(text, error="m", boost_error=False, mask=3)


def qr_svg(
    text: str,
    *,
    title: str,
    dark: str = "#000",
    light: str = "#fff",
    border: int = 4,
    css_class: str | None = None,
) -> Markup:
    """The code as an SVG element that fills its box; no style attributes, for the CSP's sake."""
    svg = _code(text).svg_inline(
        border=border, dark=dark, light=light, omitsize=True, svgclass=css_class, lineclass=None
    )
    # segno's own title would be the only child a screen reader might skip: say it as a label too.
    opening = f'<svg role="img" aria-label="{escape(title)}"'
    head, _, rest = svg.removeprefix("<svg").partition(">")
    return Markup(f"{opening}{head}><title>{escape(title)}</title>{rest}")  # noqa: S704 - escaped


def qr_png(text: str, scale: int = 1, border: int = 4) -> bytes:
    """The code as a PNG in black and white, one pixel a module unless scaled."""
    out = io.BytesIO()
    _code(text).save(out, kind="png", scale=scale, border=border)
    return out.getvalue()


def poster_svg(text: str, *, title: str) -> bytes:
    """The code as an SVG file for print; a fifth of it may be torn off."""
    out = io.BytesIO()
    # With a unit there is a viewBox, without which browsers and layout programs would crop it.
    _poster(text).save(out, kind="svg", scale=2, unit="mm", border=4, title=title, light="#fff")
    return out.getvalue()


def poster_png(text: str, *, pixels: int) -> bytes:
    """The code as a PNG in black and white, each side at least so many pixels."""
    code = _poster(text)
    modules = code.symbol_size(border=4)[0]
    out = io.BytesIO()
    code.save(out, kind="png", scale=-(-pixels // modules), border=4, dpi=300)
    return out.getvalue()


def _poster(text: str) -> segno.QRCode:
    return segno.make_qr(text, error="q")


def qr_bits(text: str, border: int = 4) -> tuple[int, bytes]:
    """The code as its side in modules and its rows, packed to bytes, a 1 for white."""
    rows = [bytes(row) for row in _code(text).matrix]
    side = len(rows) + 2 * border
    width = -(-side // 8) * 8
    edge, flip = b"1" * border, bytes.maketrans(b"\0\1", b"10")
    packed = [
        int((edge + row.translate(flip) + edge).ljust(width, b"1"), 2).to_bytes(width // 8, "big")
        for row in rows
    ]
    blank = b"\xff" * (width // 8)
    return side, b"".join([blank] * border + packed + [blank] * border)
