"""Pictures as people have them, and files that only look like some."""

import io
import threading
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow
from PIL import ImageCms, ImageDraw, PngImagePlugin

from ticketing.organising import decoding, images
from ticketing.organising.decoding import Refused
from ticketing.organising.images import InvalidImage
from ticketing.running import confined

FONTS = Path(__file__).parents[2] / "ticketing" / "pdf" / "fonts"
GPS = 0x8825


def file_of(image: Pillow.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def half_red_half_blue(mode: str = "RGB", size: tuple[int, int] = (400, 300)) -> Pillow.Image:
    """Red above, blue below."""
    image = Pillow.new("RGB", size, "red")
    ImageDraw.Draw(image).rectangle((0, size[1] // 2, *size), fill="blue")
    return image.convert(mode)


def opened(made: decoding.Made) -> Pillow.Image:
    data, content_type, width, height = made
    image = Pillow.open(io.BytesIO(data))
    assert Pillow.MIME[str(image.format)] == content_type
    assert image.size == (width, height)
    return image


def colour_at(image: Pillow.Image, x: float, y: float) -> str:
    """Its name, roughly."""
    pixel = image.convert("RGBA").getpixel((int(x * image.width), int(y * image.height)))
    assert isinstance(pixel, tuple)
    red, green, blue, alpha = pixel
    if alpha < 20:
        return "nothing"
    names = {"red": (255, 0, 0), "blue": (0, 0, 255), "white": (255, 255, 255), "black": (0, 0, 0)}
    names |= {"grey": (128, 128, 128), "green": (0, 128, 0)}
    found = min(names, key=lambda name: _far(names[name], (red, green, blue)))
    assert _far(names[found], (red, green, blue)) < 60, pixel
    return found


def _far(one: tuple[int, int, int], other: tuple[int, int, int]) -> int:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


# ---- Pictures that people have ----


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_phones_photo_is_turned_and_says_nothing_of_the_place(orientation: int) -> None:
    photo = half_red_half_blue()
    upright = photo.copy()
    # As the camera stored it: the opposite of what a viewer does to show it.
    stored = upright.transpose(_BACK[orientation]) if orientation in _BACK else upright
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Camera of Anna Visser"
    exif.get_ifd(GPS)[1] = "N"
    exif.get_ifd(GPS)[2] = (52.0, 22.0, 12.0)
    uploaded = file_of(stored, "JPEG", exif=exif, comment=b"secret comment", quality=95)
    assert b"Anna Visser" in uploaded
    for make in (decoding.event_picture, decoding.logo):
        made = make(uploaded)
        image = opened(made)
        assert image.width > image.height
        assert colour_at(image, 0.5, 0.2) == "red"
        assert colour_at(image, 0.5, 0.8) == "blue"
        assert not image.getexif()
        for trace in (b"Exif", b"Anna Visser", b"secret comment", b"XMP"):
            assert trace not in made[0]


_BACK = {
    2: Pillow.Transpose.FLIP_LEFT_RIGHT,
    3: Pillow.Transpose.ROTATE_180,
    4: Pillow.Transpose.FLIP_TOP_BOTTOM,
    5: Pillow.Transpose.TRANSPOSE,
    6: Pillow.Transpose.ROTATE_90,
    7: Pillow.Transpose.TRANSVERSE,
    8: Pillow.Transpose.ROTATE_270,
}


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_metadata_that_nobody_can_read_is_no_reason_to_refuse_a_photo() -> None:
    photo = file_of(half_red_half_blue(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f broken")
    assert colour_at(opened(decoding.event_picture(photo)), 0.5, 0.2) == "red"


def test_texts_of_a_png_are_gone() -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Author", "Anna Visser")
    texts.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta>Anna Visser</x:xmpmeta>")
    made = decoding.logo(file_of(half_red_half_blue(), "PNG", pnginfo=texts))
    assert b"Anna" not in made[0]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
@pytest.mark.parametrize("make", [decoding.event_picture, decoding.logo])
def test_each_format_is_taken(kind: str, make: Callable[[bytes], decoding.Made]) -> None:
    image = opened(make(file_of(half_red_half_blue(), kind)))
    assert image.size == (400, 300)
    assert colour_at(image, 0.5, 0.2) == "red"
    assert colour_at(image, 0.5, 0.8) == "blue"


def test_of_an_animation_the_first_picture_is_taken() -> None:
    frames = [Pillow.new("RGB", (64, 64), name) for name in ("red", "blue", "white")]
    for kind in ("GIF", "WEBP"):
        moving = file_of(frames[0], kind, save_all=True, append_images=frames[1:], duration=50)
        image = opened(decoding.event_picture(moving))
        assert not getattr(image, "is_animated", False)
        assert colour_at(image, 0.5, 0.5) == "red"


@pytest.mark.parametrize("transparency", [None, 0])
def test_sixteen_bits_a_pixel(transparency: int | None) -> None:
    rows = [0] * 32 + [32768] * 32
    deep = Pillow.frombytes("I;16", (64, 64), b"".join(64 * n.to_bytes(2, "little") for n in rows))
    options = {} if transparency is None else {"transparency": transparency}
    uploaded = file_of(deep, "PNG", **options)
    for make in (decoding.event_picture, decoding.logo):
        image = opened(make(uploaded))
        assert colour_at(image, 0.5, 0.2) == "black"
        assert colour_at(image, 0.5, 0.8) == "grey"


def test_a_printers_jpeg() -> None:
    """CMYK, as layout programs write it."""
    uploaded = file_of(half_red_half_blue("CMYK"), "JPEG", quality=95)
    image = opened(decoding.event_picture(uploaded))
    assert image.mode == "RGB"
    assert colour_at(image, 0.5, 0.2) == "red"
    assert colour_at(image, 0.5, 0.8) == "blue"


def test_colours_of_another_space_are_those_that_were_meant() -> None:
    # Lab's profile is for no RGB picture: such a one is left aside, as is a broken one.
    for profile in (
        ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes(),
        b"no profile at all",
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    ):
        uploaded = file_of(half_red_half_blue(), "PNG", icc_profile=profile)
        made = decoding.event_picture(uploaded)
        assert colour_at(opened(made), 0.5, 0.2) == "red"
        assert "icc_profile" not in opened(made).info


@pytest.mark.parametrize("mode", ["P", "RGB", "L", "1"])
def test_one_transparent_colour(mode: str) -> None:
    """A palette's, as old logos have it, or any picture's."""
    image = Pillow.new("RGB", (64, 64), "white")
    ImageDraw.Draw(image).rectangle((16, 16, 48, 48), fill="black")
    image = image.convert(mode)
    corner = image.getpixel((0, 0))
    uploaded = file_of(image, "PNG", transparency=corner)
    made = opened(decoding.logo(uploaded))
    assert colour_at(made, 0.05, 0.05) == "nothing"
    assert colour_at(made, 0.5, 0.5) == "black"
    flat = opened(decoding.event_picture(uploaded))
    assert colour_at(flat, 0.05, 0.05) == "white"  # a JPEG has no holes


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_a_logo_keeps_its_transparency(mode: str) -> None:
    image = Pillow.new("RGBA", (900, 300), (0, 0, 0, 0))
    ImageDraw.Draw(image).rectangle((300, 0, 600, 300), fill=(0, 0, 0, 255))
    kind = "PNG" if mode != "PA" else "GIF"
    uploaded = file_of(image if mode != "LA" else image.convert("LA"), kind)
    made = opened(decoding.logo(uploaded))
    assert made.size in {(400, 133), (400, 134)}
    assert colour_at(made, 0.1, 0.5) == "nothing"
    assert colour_at(made, 0.5, 0.5) == "black"


def test_a_large_photo_fits_what_messengers_preview() -> None:
    noise = Pillow.effect_noise((3000, 2000), 90).convert("RGB")
    made = decoding.event_picture(file_of(noise, "JPEG", quality=70))
    assert made[2:] == (1200, 800)
    assert len(made[0]) <= decoding.PICTURE_BYTES


def test_a_small_picture_is_not_blown_up() -> None:
    assert decoding.event_picture(file_of(half_red_half_blue(), "PNG"))[2:] == (400, 300)


# ---- Files that are none ----

DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
NO_PICTURES = {
    "svg": DRAWING,
    "svg with a head": b'<?xml version="1.0"?>' + DRAWING,
    "html": b"<!doctype html><script>alert(1)</script>",
    "html after a gif's name": b"GIF89a/*<script>alert(1)</script>*/=1;",
    "pdf": b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>",
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 64\n(id) (w) file\n",
    "zip": b"PK\x03\x04" + bytes(200),
    "text": b"not a picture",
    "a null": b"\0",
    "a jpeg's first bytes": b"\xff\xd8\xff\xe0",
    "a png's first bytes": b"\x89PNG\r\n\x1a\n",
    "a webp's first bytes": b"RIFF\x0c\0\0\0WEBPVP8 ",
    "bmp": file_of(half_red_half_blue(), "BMP"),
    "tiff": file_of(half_red_half_blue(), "TIFF"),
    "ico": file_of(half_red_half_blue(size=(64, 64)), "ICO"),
    "ppm": file_of(half_red_half_blue(), "PPM"),
    "a font": next(FONTS.iterdir()).read_bytes()[:50_000],
}


@pytest.mark.parametrize("name", NO_PICTURES)
def test_what_is_no_picture_is_refused(name: str) -> None:
    for make in (decoding.event_picture, decoding.logo):
        with pytest.raises(Refused, match="broken"):
            make(NO_PICTURES[name])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_file_that_broke_off_is_refused(kind: str) -> None:
    noise = Pillow.effect_noise((300, 300), 90).convert("RGB")
    whole = file_of(noise, kind)
    for part in (0.1, 0.5, 0.9):
        with pytest.raises(Refused, match="broken"):
            decoding.event_picture(whole[: int(len(whole) * part)])


def test_what_hangs_on_to_a_picture_is_left_behind() -> None:
    both = file_of(half_red_half_blue(), "JPEG") + b"<script>alert(1)</script>" + DRAWING
    assert b"script" not in decoding.event_picture(both)[0]


@pytest.mark.parametrize("size", [(1, 1), (15, 300), (5000, 3), (3, 5000)])
def test_a_dot_or_a_line_is_too_small(size: tuple[int, int]) -> None:
    with pytest.raises(Refused, match="small"):
        decoding.logo(file_of(Pillow.new("L", size), "PNG"))


def png_that_claims(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it were this large."""

    def chunk(name: bytes, data: bytes) -> bytes:
        check = zlib.crc32(name + data).to_bytes(4, "big")
        return len(data).to_bytes(4, "big") + name + data + check

    sides = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", sides + b"\x08\x06\0\0\0"),
            chunk(b"IDAT", zlib.compress(bytes(100_000))),
            chunk(b"IEND", b""),
        ]
    )


@pytest.mark.parametrize(
    "size", [(6325, 6325), (40_000_001, 1), (50_000, 50_000), (2**31 - 1, 2**31 - 1)]
)
def test_a_small_file_that_would_unpack_to_gigabytes(size: tuple[int, int]) -> None:
    with pytest.raises(Refused, match="pixels"):
        decoding.event_picture(png_that_claims(*size))


def test_a_text_that_would_unpack_to_gigabytes() -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", "x" * 100_000_000, zip=True)
    uploaded = file_of(half_red_half_blue(), "PNG", pnginfo=texts)
    assert len(uploaded) < 200_000
    with pytest.raises(Refused, match="broken"):
        decoding.event_picture(uploaded)


# ---- The process ----


def test_the_process_makes_the_same() -> None:
    uploaded = file_of(half_red_half_blue("RGBA"), "PNG")
    for here, apart in (
        (decoding.event_picture, images.event_picture),
        (decoding.logo, images.logo),
    ):
        made = apart(uploaded)
        assert (made.data, made.content_type, made.width, made.height) == here(uploaded)


@pytest.mark.parametrize(
    ("uploaded", "told"),
    [
        (b"", "choose a file"),
        (bytes(images.MAX_BYTES + 1), "at most 8 MB"),
        (NO_PICTURES["svg"], "picture we can read"),
        (png_that_claims(20_000, 20_000), "too many pixels"),
        (png_that_claims(4000, 3), "too small"),
    ],
    ids=["nothing", "too large", "no picture", "too many pixels", "too small"],
)
def test_each_refusal_says_what_to_do(app: object, uploaded: bytes, told: str) -> None:
    with pytest.raises(InvalidImage) as refused:
        images.event_picture(uploaded)
    assert told in str(refused.value.text)


def slow_jpeg() -> bytes:
    """A JPEG whose 4,000 passes over 36 million pixels take minutes, in 500 kB."""
    whole = file_of(Pillow.new("L", (6000, 6000), 7), "JPEG", progressive=True)
    last = whole.rfind(b"\xff\xda")
    return whole[:-2] + whole[last:-2] * 4000 + whole[-2:]


def test_one_that_would_take_minutes_is_given_up(
    app: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confined, "SECONDS", 1)
    began = time.monotonic()
    with pytest.raises(InvalidImage):
        images.event_picture(slow_jpeg())
    assert time.monotonic() - began < 10
    # And the next one isn't kept waiting by it.
    monkeypatch.undo()
    assert images.event_picture(file_of(half_red_half_blue(), "PNG")).width == 400


def test_one_that_needs_more_memory_than_it_gets(
    app: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = file_of(Pillow.new("RGBA", (6000, 6000)), "PNG")
    monkeypatch.setattr(confined, "MEGABYTES", 200)
    with pytest.raises(InvalidImage):
        images.event_picture(large)


def test_a_decoder_that_crashes_takes_nobody_along(
    app: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    crashing = tmp_path / "decoding.py"
    crashing.write_text("import os, sys; sys.stdin.buffer.read(); os.abort()")
    monkeypatch.setattr(images, "_DECODER", crashing)
    with pytest.raises(InvalidImage):
        images.logo(file_of(half_red_half_blue(), "PNG"))


def test_several_at_once_each_get_their_own(app: object) -> None:
    sizes = [(40 + 10 * number, 30) for number in range(3)]
    found: dict[int, tuple[int, int]] = {}

    def make(number: int) -> None:
        picture = images.logo(file_of(Pillow.new("RGB", sizes[number], "red"), "PNG"))
        found[number] = (picture.width, picture.height)

    threads = [threading.Thread(target=make, args=(number,)) for number in range(len(sizes))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert found == dict(enumerate(sizes))


def test_the_process_knows_no_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    telling = tmp_path / "telling.py"
    telling.write_text("import os; KINDS = {'all': lambda given: (dict(os.environ), given)}")
    monkeypatch.setenv("PASSALONG_MAIL_PASSWORD", "hunter2")
    told, back = confined.ask(telling, "all", b"given")
    assert told["PATH"]
    assert back == b"given"
    assert "hunter2" not in str(told)
