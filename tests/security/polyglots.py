"""Files that are pictures and something else, and what is left of one that was drawn anew."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from PIL import Image as Pillow
from PIL import PngImagePlugin

from tests.organising.test_images import GPS, file_of, half_red_half_blue

# What others could read in a file, if somebody handed it on as it came.
PHP = b"<?php system($_GET['x']); ?>"
SCRIPT = b"<script>alert(document.cookie)</script>"
PDF = b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\n%%EOF\n"
WORDS = (PHP, SCRIPT, PDF, b"alert(", b"Anna Visser", b"PK\x03\x04", b"Rivierpark")
SMUGGLED = PHP + SCRIPT + PDF


def plain(kind: str) -> bytes:
    return file_of(half_red_half_blue(), kind, **({"quality": 95} if kind == "JPEG" else {}))


def archive() -> bytes:
    """As a JAR or an office document is one; readers look for its end, whatever stands before."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("META-INF/MANIFEST.MF", "Main-Class: Anna Visser")
        packed.writestr("x.php", PHP)
    return out.getvalue()


def png_with(*chunks: tuple[bytes, bytes], after_end: bytes = b"") -> bytes:
    """The plain PNG with chunks more, behind its head."""
    whole = plain("PNG")
    more = b"".join(
        len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")
        for name, data in chunks
    )
    return whole[:33] + more + whole[33:] + after_end


def jpeg_with(*segments: tuple[int, bytes]) -> bytes:
    """The plain JPEG with segments more, right behind its beginning."""
    whole = plain("JPEG")
    more = b"".join(
        bytes([0xFF, marker]) + (len(data) + 2).to_bytes(2, "big") + data
        for marker, data in segments
    )
    return whole[:2] + more + whole[2:]


def jpeg_that_is_a_script() -> bytes:
    """Its first segment is as long as `/*` is as a number, so that a script begins there."""
    head = b"JFIF\0\1\1\0\0\1\0\1\0\0".ljust(0x2F2A - 2, b"\0")
    return b"\xff\xd8\xff\xe0/*" + head + jpeg_with((0xFE, b"*/=1;alert(1);/*"))[2:]


def gif_with(extension: bytes, data: bytes) -> bytes:
    """The plain GIF with an extension before its picture."""
    whole = plain("GIF")
    palette = 13 + 3 * 2 ** ((whole[10] & 7) + 1) if whole[10] & 0x80 else 13
    blocks = b"".join(
        bytes([len(data[at : at + 255])]) + data[at : at + 255] for at in range(0, len(data), 255)
    )
    return whole[:palette] + b"!" + extension + blocks + b"\0" + whole[palette:]


def webp_with(name: bytes, data: bytes) -> bytes:
    whole = plain("WEBP") + name + len(data).to_bytes(4, "little") + data + bytes(len(data) % 2)
    return whole[:4] + (len(whole) - 8).to_bytes(4, "little") + whole[8:]


def photo(kind: str, orientation: int = 1) -> bytes:
    """Of a phone: it says who took it, where, and how the phone was held."""
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Anna Visser"
    exif.get_ifd(GPS)[1] = "N"
    exif.get_ifd(GPS)[2] = (52.0, 22.0, 12.0)
    exif.get_ifd(GPS)[28] = b"ASCII\0\0\0Rivierpark"
    return file_of(half_red_half_blue(), kind, exif=exif)


def texts() -> PngImagePlugin.PngInfo:
    found = PngImagePlugin.PngInfo()
    found.add_text("Author", SCRIPT.decode())
    found.add_text("Comment", SCRIPT.decode(), zip=True)
    found.add_itxt("XML:com.adobe.xmp", f"<x:xmpmeta>{PHP.decode()}</x:xmpmeta>")
    return found


def moving(kind: str, **options: Any) -> bytes:
    """Of three pictures; the first is the usual one."""
    frames = [half_red_half_blue(), *(Pillow.new("RGB", (400, 300), n) for n in ("blue", "white"))]
    return file_of(frames[0], kind, save_all=True, append_images=frames[1:], **options)


TAKEN: dict[str, bytes] = {
    "GIF and JAR": plain("GIF") + archive(),
    "PNG and ZIP": plain("PNG") + archive(),
    "PNG, and ZIP in a chunk": png_with((b"prVt", archive())),
    "JPEG and ZIP in a comment": jpeg_with((0xFE, archive())),
    "WebP and ZIP": webp_with(b"JUNK", archive()),
    "JPEG and PHP in a comment": jpeg_with((0xFE, PHP)),
    "JPEG and a page": jpeg_with((0xFE, b"-->" + SCRIPT + b"<!--")) + SCRIPT,
    "JPEG and script": jpeg_that_is_a_script(),
    "JPEG and PDF": jpeg_with((0xFE, PDF)) + PDF,
    "JPEG and all its segments": jpeg_with(*((each, SMUGGLED) for each in range(0xE1, 0xEE))),
    "JPEG of two pictures": moving("MPO") + SMUGGLED,
    "PNG and texts": file_of(half_red_half_blue(), "PNG", pnginfo=texts()),
    "PNG and what follows its end": png_with(after_end=SMUGGLED),
    "PNG, and a profile that is none": png_with((b"iCCP", b"x\0\0" + zlib.compress(SMUGGLED))),
    "PNG that moves": moving("PNG", duration=50) + SMUGGLED,
    "GIF and a comment": gif_with(b"\xfe", SMUGGLED),
    "GIF and an application's": gif_with(b"\xff\x0bXMP DataXMP", SMUGGLED),
    "GIF that moves": moving("GIF", duration=50, comment=SMUGGLED),
    "WebP that moves": moving("WEBP", duration=50) + SMUGGLED,
    "WebP and its metadata": file_of(
        half_red_half_blue(), "WEBP", exif=photo("JPEG"), xmp=SMUGGLED, icc_profile=SMUGGLED
    ),
    "JPEG of a phone": photo("JPEG"),
    "PNG of a phone": photo("PNG"),
    "WebP of a phone": photo("WEBP"),
}

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
_SMALL = half_red_half_blue(size=(64, 64))
REFUSED: dict[str, bytes] = {
    "SVG": SVG,
    "SVG in UTF-16": SVG.decode().encode("utf-16"),
    "SVG, packed": zlib.compress(SVG, wbits=31),
    "SVG behind a PNG's name": b"\x89PNG\r\n\x1a\n" + SVG,
    "ICO": file_of(_SMALL, "ICO"),
    "ICO with a PNG in it": file_of(_SMALL, "ICO", bitmap_format="png"),
    "ICNS": file_of(_SMALL, "ICNS"),
    "AVIF": file_of(_SMALL, "AVIF"),
    "HEIC": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(600),
    "TIFF": file_of(_SMALL, "TIFF"),
    "BMP": file_of(_SMALL, "BMP"),
    "JPEG 2000": file_of(_SMALL, "JPEG2000"),
    "JPEG XL": b"\xff\x0a" + bytes(600),
    "PSD": b"8BPS\0\1" + bytes(600),
    "TGA": file_of(_SMALL, "TGA"),
    "PCX": file_of(_SMALL, "PCX"),
    "EPS, which is a program": file_of(_SMALL, "EPS"),
    "PDF with a picture": file_of(_SMALL, "PDF"),
    "PDF with a PNG's end": PDF + plain("PNG"),
    "ZIP before a PNG": archive() + plain("PNG"),
    "page before a JPEG": SCRIPT + plain("JPEG"),
    "script that begins as a GIF": b"GIF89a/*" + bytes(40) + b"*/=1;alert(1)",
    "nothing": b"",
    "one byte": b"\xff",
    "zeros": bytes(100_000),
}


def _claims(kind: str, width: int, height: int) -> bytes:
    """A small file whose head says that it were this large."""
    if kind == "JPEG":
        whole = bytearray(plain("JPEG"))
        at = whole.index(b"\xff\xc0") + 5
        whole[at : at + 4] = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    elif kind == "GIF":
        whole = bytearray(plain("GIF"))
        whole[6:10] = width.to_bytes(2, "little") + height.to_bytes(2, "little")
    else:
        whole = bytearray(webp_with(b"VP8X", b""))
        sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        whole = bytearray(b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + sides + whole[12:])
        whole[4:8] = (len(whole) - 8).to_bytes(4, "little")
    return bytes(whole)


BOMBS: dict[str, bytes] = {
    "a large JPEG": _claims("JPEG", 65_500, 65_500),
    "a large GIF": _claims("GIF", 65_535, 65_535),
    "a large WebP": _claims("WEBP", 16_383, 16_383),
    "a profile": png_with((b"iCCP", b"x\0\0" + zlib.compress(bytes(200_000_000), 9))),
    "a text": png_with((b"zTXt", b"x\0\0" + zlib.compress(bytes(200_000_000), 9))),
    "texts": png_with(*[(b"zTXt", b"x\0\0" + zlib.compress(bytes(60_000_000), 9))] * 20),
}


def parts_of(picture: bytes) -> set[str]:
    """What a JPEG or WebP is made of, by the names that its format has for it.

    Raises `AssertionError` if anything stands before, between or after these.
    """
    return set(_of_webp(picture) if picture.startswith(b"RIFF") else _of_jpeg(picture))


def _of_webp(picture: bytes) -> Iterator[str]:
    assert picture[8:12] == b"WEBP"
    assert int.from_bytes(picture[4:8], "little") == len(picture) - 8, "something follows"
    at = 12
    while at < len(picture):
        yield picture[at : at + 4].decode()
        length = int.from_bytes(picture[at + 4 : at + 8], "little")
        at += 8 + length + length % 2
    assert at == len(picture)


def _of_jpeg(picture: bytes) -> Iterator[str]:
    assert picture.startswith(b"\xff\xd8")
    at = 2
    while (marker := picture[at : at + 2]) != b"\xff\xd9":
        assert marker[0] == 0xFF, f"something stands between, at {at}"
        yield marker.hex()[2:]
        length = int.from_bytes(picture[at + 2 : at + 4], "big")
        if marker == b"\xff\xe0":
            assert picture[at + 4 : at + 9] == b"JFIF\0"
            assert length == 16, "without a smaller picture in it"
        at += 2 + length
        while marker == b"\xff\xda" and not (
            picture[at] == 0xFF and picture[at + 1] not in {0, *range(0xD0, 0xD8)}
        ):
            at += 1  # the pixels themselves
    assert at + 2 == len(picture), "something follows"
