"""A shop is opened, archived and taken up again by pages; its link stands in a QR code."""

import io
import re
import xml.etree.ElementTree as ET

import zxingcpp
from flask import Flask
from PIL import Image

from tests import builders
from tests.backoffice.browsing import Browser, forms_in, refused_in
from tests.backoffice.conftest import PASSWORD
from tests.seen import changes, digest, rows
from ticketing.carried.qr import poster_svg
from ticketing.config import settings
from ticketing.extensions import db
from ticketing.models import Organiser, Shop
from ticketing.storing.transactions import write

NEW = "/backoffice/shops/new"
HTMX = {"HX-Request": "true", "HX-Target": "address-preview"}


def page(shop: Shop, of: str = "") -> str:
    return f"/backoffice/shops/{shop.id}{of}"


def is_archived(shop: Shop) -> bool:
    return shop.archived_at is not None


def newest() -> Shop:
    return db.session.query(Shop).order_by(Shop.id.desc()).limit(1).one()


# ---- A new one ----


def test_a_shop_is_opened(olga: Browser, shop: Shop) -> None:
    before = rows()
    answer = olga.submit(f"{NEW}?event={shop.event_id}", name="Members", slug="For-Members")
    made = newest()
    assert (answer.status_code, answer.location) == (303, page(made, "/link"))
    assert set(changes(before)) == {"shops"}
    assert (made.name, made.slug, made.event_id) == ("Members", "for-members", shop.event_id)
    text = olga.get(answer.location).text
    assert "The shop is open" in text
    assert f"{settings().base_url}/shop/for-members" in text
    assert olga.get("/shop/for-members").status_code == 200


def test_without_an_address_one_is_made_of_the_name(olga: Browser, shop: Shop) -> None:
    olga.submit(NEW, event=str(shop.event_id), name="Żółć & Friends", slug="")
    assert newest().slug == "zolc-friends"


def test_a_first_shop_needs_an_event(app: Flask) -> None:
    with write() as session:
        organiser = Organiser(name="New")
        session.add(organiser)
    builders.make_user(organiser, email="new@example.org", password=PASSWORD)
    person = Browser(app)
    person.sign_in("new@example.org", PASSWORD)
    text = person.get(NEW).text
    assert "An event comes first" in text
    assert "/backoffice/events/new" in text
    assert NEW not in forms_in(text)
    data = {"csrf_token": person.token(), "name": "X", "event": "1"}
    assert person.post(NEW, data).status_code == 422


def test_wrong_input_is_told_beside_its_field_and_nothing_is_lost(
    olga: Browser, shop: Shop
) -> None:
    before = digest()
    answer = olga.submit(NEW, event="999", name="  ", slug="no/slash")
    assert answer.status_code == 422
    told = refused_in(answer.text)
    assert set(told) == {"event", "name", "slug"}
    assert all(len(text) > 10 for text in told.values())
    assert forms_in(answer.text)[NEW]["slug"] == ["no/slash"]
    answer = olga.submit(NEW, event=str(shop.event_id), name="Mine", slug=shop.slug)
    assert set(refused_in(answer.text)) == {"slug"}
    assert "is taken" in refused_in(answer.text)["slug"]
    known = forms_in(answer.text)[NEW]
    assert (known["name"], known["event"]) == (["Mine"], [str(shop.event_id)])
    assert digest() == before


def test_another_organisers_event_is_none(rival: Browser, shop: Shop) -> None:
    assert "Riverside Festival" in rival.get(NEW).text  # its own has the same name
    answer = rival.submit(NEW, event=str(shop.event_id), name="Stolen")
    assert "event" in refused_in(answer.text)


def test_the_address_is_shown_while_the_name_is_typed(olga: Browser, shop: Shop) -> None:
    at = f"{NEW}/address"
    base = f"{settings().base_url}/shop"
    answer = olga.get(f"{at}?name=Members+Only", headers=HTMX)
    assert f"{base}/members-only" in answer.text
    assert "<html" not in answer.text
    assert "<html" in olga.get(f"{at}?name=Members").text  # without JavaScript
    assert "is taken" in olga.get(f"{at}?slug={shop.slug}", headers=HTMX).text
    assert "letters a–z" in olga.get(f"{at}?slug=a/b&name=Members", headers=HTMX).text
    assert base not in olga.get(at, headers=HTMX).text  # nothing typed yet
    hostile = olga.get(f"{at}?slug=%3Cscript%3E&name=%3Cscript%3E", headers=HTMX).text
    assert "<script" not in hostile


# ---- Its link and QR code ----


def read(data: bytes | Image.Image) -> zxingcpp.Barcode:
    image = data if isinstance(data, Image.Image) else Image.open(io.BytesIO(data))
    [code] = zxingcpp.read_barcodes(image.convert("RGB"))
    return code


def drawn(svg: bytes) -> Image.Image:
    """What a printer makes of the SVG: horizontal lines, one module high."""
    root = ET.fromstring(svg)  # noqa: S314 - our own
    assert root.attrib["width"].endswith("mm")
    assert root.attrib["viewBox"]  # else it would be cropped where it is shown smaller
    light, dark = root.iter("{http://www.w3.org/2000/svg}path")
    assert light.attrib["fill"] == "#fff"
    assert dark.attrib["stroke"] == "#000"
    found = re.match(r"M0 0h(\d+)", light.attrib["d"])
    assert found
    side = int(found[1])
    image = Image.new("L", (side, side), 255)
    x, y = 0.0, 0.0
    for command, numbers in re.findall(r"([Mmh])([^Mmh]*)", dark.attrib["d"]):
        first, *rest = [float(each) for each in re.findall(r"-?[\d.]+", numbers)]
        if command == "h":
            for step in range(int(first)):
                image.putpixel((int(x) + step, int(y)), 0)
            x += first
        else:
            x, y = (first, rest[0]) if command == "M" else (x + first, y + rest[0])
    return image.resize((8 * side, 8 * side), Image.Resampling.NEAREST)


def test_the_png_is_read_as_the_link(olga: Browser, shop: Shop) -> None:
    answer = olga.get(page(shop, "/qr.png"))
    assert answer.mimetype == "image/png"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{shop.slug}-qr.png"'
    code = read(answer.data)
    assert code.text == f"{settings().base_url}/shop/{shop.slug}"
    assert code.format == zxingcpp.BarcodeFormat.QRCode
    image = Image.open(io.BytesIO(answer.data))
    assert image.width >= 1200
    # From afar, printed small, and with its edge dirty.
    assert read(image.convert("L").resize((150, 150), Image.Resampling.BILINEAR)).text == code.text


def test_a_torn_off_corner_doesn_t_matter(olga: Browser, shop: Shop) -> None:
    image = Image.open(io.BytesIO(olga.get(page(shop, "/qr.png")).data)).convert("L")
    side = image.width
    image.paste(255, (int(side * 0.68), int(side * 0.68), side, side))
    assert read(image).text.endswith(f"/shop/{shop.slug}")


def test_the_svg_is_read_as_the_link(olga: Browser, shop: Shop) -> None:
    answer = olga.get(page(shop, "/qr.svg"))
    assert answer.mimetype == "image/svg+xml"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{shop.slug}-qr.svg"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert read(drawn(answer.data)).text == f"{settings().base_url}/shop/{shop.slug}"


def test_a_hostile_shop_name_is_text_in_the_svg(app: Flask) -> None:
    name = '</title><script>alert("1")</script>&'
    root = ET.fromstring(poster_svg("https://example.org/shop/x", title=name))  # noqa: S314
    assert not [each for each in root.iter() if each.tag.endswith("script")]
    [title] = [each for each in root.iter() if each.tag.endswith("title")]
    assert title.text == name


def test_the_desk_has_the_link_too(app: Flask, shop: Shop) -> None:
    builders.make_user(shop.organiser, email="desk@example.org", role="desk", password=PASSWORD)
    desk = Browser(app)
    desk.sign_in("desk@example.org", PASSWORD)
    text = desk.get(page(shop, "/link")).text
    assert f"/shop/{shop.slug}" in text
    assert 'role="img"' in text
    assert page(shop, "/qr.png") in text
    assert desk.get(page(shop, "/qr.svg")).status_code == 200
    assert desk.get(NEW).status_code == 403
    assert f'href="{NEW}"' not in desk.get("/backoffice/shops").text


# ---- Archived ----


def test_a_shop_is_archived_after_a_question(olga: Browser, shop: Shop) -> None:
    before = digest()
    assert "no new orders any more" in olga.get(page(shop, "/archive")).text
    fragment = olga.get(page(shop, "/archive"), headers={**HTMX, "HX-Target": "dialog"}).text
    assert "<html" not in fragment
    assert digest() == before
    answer = olga.submit(page(shop, "/archive"))
    assert (answer.status_code, answer.location) == (303, "/backoffice/shops")
    assert is_archived(shop)
    assert "is archived" in olga.get("/backoffice/shops").text
    assert shop.name in olga.get("/backoffice/shops?archived=1").text
    assert olga.get(f"/shop/{shop.slug}").status_code == 410
    # Who prints its posters is warned, who opens its settings can go back.
    assert "is told that it is closed" in olga.get(page(shop, "/link")).text
    answer = olga.submit(page(shop), action=page(shop, "/unarchive"))
    assert (answer.status_code, answer.location) == (303, page(shop))
    assert not is_archived(shop)
    assert olga.get(f"/shop/{shop.slug}").status_code == 200


def test_settings_that_were_open_meanwhile_don_t_undo_it(olga: Browser, shop: Shop) -> None:
    known = olga.fields(page(shop))
    olga.submit(page(shop, "/archive"))
    answer = olga.send(page(shop), known, name="Mine")
    assert answer.status_code == 409
    assert is_archived(shop)
