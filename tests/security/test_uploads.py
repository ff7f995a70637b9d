"""Whatever somebody uploads: of a picture the pixels are kept, of anything else nothing."""

import html
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from tests import builders, seen
from tests.backoffice.browsing import Browser, refused_in
from tests.backoffice.conftest import PASSWORD
from tests.backoffice.events.test_pictures import Place
from tests.backoffice.files import made_of, of, row
from tests.backoffice.files import upload as upload_orders
from tests.organising.test_images import colour_at, file_of, half_red_half_blue, opened
from tests.security import polyglots
from tests.wallet import authority
from ticketing.config import settings
from ticketing.imports import steps
from ticketing.models import Shop
from ticketing.organising import decoding
from ticketing.organising.decoding import Refused
from ticketing.wallet import apple_settings, certificates
from ticketing.wallet.accounts import APPLE_KEY
from ticketing.wallet.apple_settings import Upload
from ticketing.wallet.certificates import Unreadable

Make = Callable[[bytes], decoding.Made]

both = pytest.mark.parametrize("make", [decoding.event_picture, decoding.logo])
# JFIF's head, tables, the frame, the scans; in a WebP the pixels, and their transparency.
PIXELS = {"e0", "db", "c0", "c2", "c4", "da", "VP8 ", "VP8L", "VP8X", "ALPH"}
NAMES = [
    "../../../etc/passwd",
    "..\\..\\web.config",
    "/etc/cron.d/x",
    "C:\\Windows\\x.png",
    "logo.php",
    "logo.png.html",
    "logo.svg",
    ".htaccess",
    "..",
    "CON",
    "a\0.png",
    'a"; filename="b.php',
    "a\r\nSet-Cookie: a=b\r\n\r\n<script>.png",
    "\u202egnp.exe",
    "<img src=x onerror=alert(1)>.png",
    "x" * 300 + ".png",
    "логотип 标志 🎟️.png",
    "=cmd|' /C calc'!A0.csv",
    "",
]


@pytest.fixture
def shop(app: Flask) -> Shop:
    return builders.make_shop()


@pytest.fixture
def olga(app: Flask, shop: Shop) -> Browser:
    builders.make_user(shop.organiser, password=PASSWORD)
    browser = Browser(app)
    browser.sign_in("olga@example.org", PASSWORD)
    return browser


# Pictures:


@both
@pytest.mark.parametrize("name", polyglots.TAKEN)
def test_of_a_file_that_is_more_than_a_picture_the_pixels_are_kept(name: str, make: Make) -> None:
    uploaded = polyglots.TAKEN[name]
    made = make(uploaded)
    image = opened(made)
    assert colour_at(image, 0.5, 0.2) == "red"
    assert colour_at(image, 0.5, 0.8) == "blue"
    assert polyglots.parts_of(made[0]) <= PIXELS
    assert not any(word in made[0] for word in polyglots.WORDS)
    assert not zipfile.is_zipfile(io.BytesIO(made[0]))
    assert getattr(image, "n_frames", 1) == 1


def test_these_files_are_what_they_are_called() -> None:
    """Else the test above would show nothing."""
    for name, uploaded in polyglots.TAKEN.items():
        assert (b"PK\x03\x04" in uploaded) == ("ZIP" in name or "JAR" in name)
        assert zipfile.is_zipfile(io.BytesIO(uploaded)) or "PK" not in str(uploaded), name
        if "texts" not in name and "profile" not in name:  # these two are packed
            assert any(word in uploaded for word in polyglots.WORDS), name
        with pytest.raises(AssertionError):
            assert polyglots.parts_of(uploaded) <= PIXELS


@both
@pytest.mark.parametrize("name", polyglots.REFUSED)
def test_what_is_no_picture_of_ours_is_refused(name: str, make: Make) -> None:
    with pytest.raises(Refused, match="broken"):
        make(polyglots.REFUSED[name])


@both
@pytest.mark.parametrize("name", polyglots.BOMBS)
def test_a_small_file_unpacks_to_nothing_large(name: str, make: Make) -> None:
    assert len(polyglots.BOMBS[name]) < 2_000_000
    with pytest.raises(Refused, match=r"pixels|broken"):
        make(polyglots.BOMBS[name])


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
@pytest.mark.parametrize(("orientation", "above"), [(1, "red"), (3, "blue"), (4, "blue")])
def test_every_format_is_turned_as_its_phone_was_held(
    kind: str, orientation: int, above: str
) -> None:
    image = opened(decoding.logo(polyglots.photo(kind, orientation)))
    assert colour_at(image, 0.5, 0.2) == above


# What it is called:


@pytest.mark.engine("sqlite")  # a picture's name reaches no database
def test_a_pictures_name_is_nobodys_business(olga: Browser, shop: Shop) -> None:
    """Neither where it is kept, nor as what, nor on any page; its ending least of all."""
    place = Place(shop, "shop")
    known = olga.fields(place.page, place.upload)
    files = folder_of(settings().instance_path)
    for name in NAMES[2::4]:
        answer = olga.post(
            place.upload,
            {**known, "picture": (io.BytesIO(polyglots.SVG), name, "image/png")},
            content_type="multipart/form-data",
        )
        assert answer.status_code == 422, name
        assert refused_in(answer.text)["picture"]
        assert not name or name not in html.unescape(answer.text)
    picture = file_of(half_red_half_blue(), "PNG")
    for name in ("../../x.php", "x.svg"):
        answer = olga.post(
            place.upload,
            {
                **olga.fields(place.page, place.upload),
                "picture": (io.BytesIO(picture), name, "text/html"),
            },
            content_type="multipart/form-data",
        )
        assert answer.status_code == 303
        shown = olga.get(place.path())
        assert shown.mimetype == "image/webp"
        assert name not in olga.get(place.page).text
    assert folder_of(settings().instance_path) == files


def folder_of(path: Path) -> list[str]:
    """Its files, but for the database's own."""
    found = (each for each in path.rglob("*") if not each.name.startswith("passalong.db"))
    return sorted(str(each) for each in found)


@pytest.mark.engine("sqlite")
def test_of_two_files_in_one_field_the_first_counts(olga: Browser, shop: Shop) -> None:
    place = Place(shop, "shop")
    known = olga.fields(place.page, place.upload)
    picture = file_of(half_red_half_blue(), "PNG")
    for files, status in (
        ([(io.BytesIO(polyglots.SVG), "a.svg"), (io.BytesIO(picture), "a.png")], 422),
        ([(io.BytesIO(picture), "a.png"), (io.BytesIO(polyglots.SVG), "a.svg")], 303),
    ):
        answer = olga.post(
            place.upload, {**known, "picture": files}, content_type="multipart/form-data"
        )
        assert answer.status_code == status


def test_a_file_of_orders_is_called_what_can_be_shown(olga: Browser, shop: Shop) -> None:
    for number, name in enumerate(NAMES):
        answer = upload_orders(olga, shop, made_of(row(f"A-{number}")), name)
        if not name or "\n" in name:  # no such part can be sent: there is no file then
            assert "Please choose a file." in answer.text
            continue
        assert answer.status_code == 303, name
        kept = of(answer.location).filename
        assert 0 < len(kept) <= steps.MAX_FILENAME
        assert kept.isprintable()
        assert not set(kept) & set("/\\\u202e\0")
        page = olga.get(answer.location)
        assert "<img src=x" not in page.text
        assert kept in html.unescape(page.text)


# Orders, and what tickets are signed with:


def test_a_file_of_orders_is_nothing_else(olga: Browser, shop: Shop) -> None:
    orders = made_of(row("A-1"))
    before = seen.digest()
    for content in (
        *polyglots.TAKEN.values(),
        orders + polyglots.archive(),
        polyglots.archive() + orders,
        orders + b"\x1b]0;x\x07",
        orders + file_of(half_red_half_blue(), "PNG"),
        polyglots.PDF + orders,
        orders.decode().encode("utf-16") + b"\0",
        b"\x1f\x8b" + orders,
        b"+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    ):
        assert upload_orders(olga, shop, content).status_code == 422, content[:40]
    assert seen.digest() == before


@pytest.mark.engine("sqlite")
def test_of_a_certificate_nothing_is_kept_but_itself(shop: Shop) -> None:
    """Whatever stands before, after and between what was looked for."""
    made, above = authority.certificate(), authority.intermediate()
    around = polyglots.plain("PNG") + polyglots.SMUGGLED + polyglots.archive()
    file = around.join([b"", made.pem, made.key_pem, above.pem, b""])
    account = apple_settings.save(shop.organiser_id, Upload(file), revision=0)
    for kept, given in ((account.certificate, made), (account.intermediate, above)):
        assert kept.encode() == given.pem
    key = authority.pem_of(made.key).decode()
    assert APPLE_KEY.unseal(account.private_key, account.link_id) == key


@pytest.mark.parametrize(
    "file",
    [
        *(polyglots.TAKEN[each] for each in ("GIF and JAR", "JPEG and PDF", "PNG and ZIP")),
        polyglots.SVG,
        polyglots.archive(),
        b"",
        b"\x30\x84\xff\xff\xff\xff",
        b"\x30\x80" * 20_000,
        b"-----BEGIN CERTIFICATE-----\n" + b"A" * 60_000 + b"\n-----END CERTIFICATE-----",
        b"-----BEGIN " * 5_000,
        b"-----BEGIN CERTIFICATE-----" * 200,
    ],
    ids=range(11),
)
def test_what_is_no_certificate_is_refused(file: bytes) -> None:
    with pytest.raises(Unreadable):
        certificates.unpack(file, "a password")
