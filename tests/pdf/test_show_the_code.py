"""The QR code on pages and as a picture."""

from __future__ import annotations

import io
from xml.etree import ElementTree

import pytest
import zxingcpp
from PIL import Image, ImageDraw

from ticketing.carried.qr import qr_bits, qr_png, qr_svg

from .sheets import BARCODE


def test_the_picture_is_read() -> None:
    picture = Image.open(io.BytesIO(qr_png(BARCODE, scale=3)))
    assert [code.text for code in zxingcpp.read_barcodes(picture)] == [BARCODE]


def test_a_picture_at_scale_1_has_one_pixel_a_module() -> None:
    assert Image.open(io.BytesIO(qr_png(BARCODE))).width == qr_bits(BARCODE)[0]


def test_the_picture_the_bits_and_the_svg_are_the_same_code() -> None:
    side, bits = qr_bits(BARCODE)
    packed = Image.frombytes("1", (side, side), bits).convert("L")
    assert packed.tobytes() == Image.open(io.BytesIO(qr_png(BARCODE))).convert("L").tobytes()
    assert _drawn(qr_svg(BARCODE, title="Code"), side).tobytes() == packed.tobytes()


def _drawn(svg: str, side: int) -> Image.Image:
    """The SVG's dark path, drawn: segno writes it as horizontal strokes, row by row."""
    image = Image.new("L", (side, side), 255)
    pen = ImageDraw.Draw(image)
    path = ElementTree.fromstring(svg).findall("{*}path")[-1].attrib["d"]  # noqa: S314 - our own
    x = y = 0.0
    for command in path.replace("M", "\nM").replace("m", "\nm").replace("h", "\nh").split("\n"):
        if not command:
            continue
        numbers = [float(n) for n in command[1:].replace(",", " ").replace("-", " -").split()]
        if command[0] == "M":
            x, y = numbers
        elif command[0] == "m":
            x, y = x + numbers[0], y + numbers[1]
        else:
            pen.line((x, int(y), x + numbers[0] - 1, int(y)), fill=0)
            x += numbers[0]
    return image


def test_the_svg_fits_its_box_and_breaks_no_policy() -> None:
    svg = qr_svg(BARCODE, title="Ticket 1 of 3", css_class="code")
    root = ElementTree.fromstring(svg)  # noqa: S314 - our own
    assert "width" not in root.attrib
    assert root.attrib["viewBox"].startswith("0 0 ")
    assert root.attrib["class"] == "code"
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == "Ticket 1 of 3"
    assert "style" not in svg


@pytest.mark.parametrize("title", ['"><script>alert(1)</script>', "Zoë & 'Co' <b>"])
def test_a_title_is_only_text(title: str) -> None:
    root = ElementTree.fromstring(qr_svg(BARCODE, title=title))  # noqa: S314 - our own
    assert root.attrib["aria-label"] == title
    assert root.findtext("{*}title") == title
    assert not root.findall(".//{*}script")
