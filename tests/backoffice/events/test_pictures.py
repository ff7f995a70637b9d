"""Pictures by pages: uploaded, shown to everybody, replaced, removed; and refused with a reason."""

import io
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image as Pillow
from werkzeug.test import TestResponse as Answer

from tests import builders
from tests.backoffice.browsing import Browser, forms_in, refused_in
from tests.backoffice.conftest import PASSWORD
from tests.organising.test_images import NO_PICTURES, file_of, half_red_half_blue
from tests.seen import changes, digest, rows
from ticketing import links
from ticketing.config import settings
from ticketing.extensions import db
from ticketing.models import Image, Order, Shop
from ticketing.organising import images
from ticketing.organising.images import path_of
from ticketing.web.around.assets import YEAR


class Place:
    """Where a picture is uploaded: an event's page, or a shop's."""

    def __init__(self, shop: Shop, kind: str) -> None:
        self.shop = shop
        self.kind = kind
        self.page = {
            "event": f"/backoffice/events/{shop.event_id}/edit",
            "shop": f"/backoffice/shops/{shop.id}",
        }[kind]
        self.upload = {
            "event": f"/backoffice/events/{shop.event_id}/picture",
            "shop": f"/backoffice/shops/{shop.id}/logo",
        }[kind]

    def image(self) -> Image | None:
        db.session.rollback()
        return self.shop.event.image if self.kind == "event" else self.shop.logo

    def path(self) -> str:
        found = self.image()
        assert found is not None
        return path_of(found)


@pytest.fixture(params=["event", "shop"])
def place(shop: Shop, request: pytest.FixtureRequest) -> Place:
    return Place(shop, request.param)


def photo(size: tuple[int, int] = (400, 300), kind: str = "PNG") -> bytes:
    return file_of(half_red_half_blue(size=size), kind)


def upload(browser: Browser, place: Place, data: bytes, name: str = "photo.png") -> Answer:
    known = browser.fields(place.page, place.upload)
    return send(browser, place, known, data, name)


def send(
    browser: Browser, place: Place, known: dict[str, list[str]], data: bytes, name: str = "p.png"
) -> Answer:
    fields = {key: value for key, value in known.items() if key != "picture"}
    return browser.post(
        place.upload,
        {**fields, "picture": (io.BytesIO(data), name)},
        content_type="multipart/form-data",
    )


def test_a_picture_is_uploaded_and_shown(olga: Browser, place: Place) -> None:
    assert "<img" not in olga.get(place.page).text
    before = rows()
    answer = upload(olga, place, photo())
    assert (answer.status_code, answer.location) == (303, place.page)
    assert set(changes(before)) == {"images", "events" if place.kind == "event" else "shops"}
    text = olga.get(place.page).text
    assert "The picture was saved." in text
    [shown] = re.findall(r'<img class="picture"[^>]*>', text)
    assert f'src="{place.path()}"' in shown
    assert 'width="400" height="300"' in shown
    assert re.search(r'alt="[^"]+"', shown)
    data = olga.get(place.path()).data
    assert Pillow.open(io.BytesIO(data)).size == (400, 300)


def test_it_is_replaced_and_removed(olga: Browser, place: Place) -> None:
    upload(olga, place, photo())
    former = place.path()
    upload(olga, place, photo((300, 400)))
    assert place.path() != former
    assert olga.get(former).status_code == 404
    assert db.session.query(Image).count() == 1
    answer = olga.submit(place.page, action=f"{place.upload}/remove")
    assert (answer.status_code, answer.location) == (303, place.page)
    assert place.image() is None
    assert db.session.query(Image).count() == 0
    assert "was removed" in olga.get(place.page).text


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "choose a file"),
        (NO_PICTURES["svg"], "can read"),
        (NO_PICTURES["html"], "can read"),
        (NO_PICTURES["pdf"], "can read"),
        (photo()[:300], "can read"),
        (bytes(images.MAX_BYTES + 1), "at most 8 MB"),
    ],
    ids=["nothing", "svg", "html", "pdf", "broken off", "too large"],
)
def test_what_is_refused_is_told_beside_the_field(
    olga: Browser, shop: Shop, data: bytes, told: str
) -> None:
    place = Place(shop, "event")
    upload(olga, place, photo())
    before = digest()
    answer = upload(olga, place, data, "photo.jpg")
    assert answer.status_code == 422
    assert told in refused_in(answer.text)["picture"]
    assert digest() == before
    # The other form of the page stands as it was.
    assert forms_in(answer.text)[place.page]["name"] == ["Riverside Festival"]
    assert place.path() in answer.text


def test_without_a_file_a_browser_sends_an_empty_one(olga: Browser, place: Place) -> None:
    answer = upload(olga, place, b"", "")
    assert answer.status_code == 422
    assert "choose a file" in refused_in(answer.text)["picture"]
    known = olga.fields(place.page, place.upload)
    assert olga.post(place.upload, {**known, "picture": "text"}).status_code == 422


def test_a_file_far_too_large_isn_t_even_read(olga: Browser, shop: Shop) -> None:
    place = Place(shop, "shop")
    answer = upload(olga, place, bytes(33 * 1024**2))
    assert answer.status_code == 413
    assert "What was sent is too large." in answer.text
    assert place.image() is None


def test_a_picture_that_somebody_chose_meanwhile_stays(olga: Browser, place: Place) -> None:
    known = olga.fields(place.page, place.upload)
    upload(olga, place, photo())
    gone = olga.fields(place.page, f"{place.upload}/remove")
    theirs = place.path()
    answer = send(olga, place, known, photo((300, 400)))
    assert answer.status_code == 409
    assert "changed the picture meanwhile" in refused_in(answer.text)["picture"]
    assert theirs in answer.text
    assert place.path() == theirs
    # The page shows theirs now, so choosing it anew replaces it.
    drawn = forms_in(answer.text)[place.upload]
    assert send(olga, place, drawn, photo((300, 400))).status_code == 303
    mine = place.path()
    assert olga.send(f"{place.upload}/remove", gone).status_code == 409
    assert place.path() == mine


def test_the_desk_can_t_change_pictures(app: Flask, place: Place) -> None:
    organiser = place.shop.organiser
    builders.make_user(organiser, email="desk@example.org", role="desk", password=PASSWORD)
    desk = Browser(app)
    desk.sign_in("desk@example.org", PASSWORD)
    answer = send(desk, place, {"csrf_token": [desk.token()], "seen": ["0"]}, photo())
    assert answer.status_code == 403
    assert place.image() is None


# ---- For everybody ----


@pytest.fixture
def with_pictures(olga: Browser, order: Order) -> Order:
    for kind in ("event", "shop"):
        assert upload(olga, Place(order.shop, kind), photo()).status_code == 303
    return order


def test_everybody_sees_them(with_pictures: Order, client: FlaskClient) -> None:
    order = with_pictures
    ticket = builders.claim(order.tickets[0])
    shared = builders.share(order.tickets[1])
    assert order.shop.event.image is not None
    assert order.shop.logo is not None
    picture, logo = path_of(order.shop.event.image), path_of(order.shop.logo)
    for path in (
        f"/shop/{order.shop.slug}",
        f"/o/{links.order_token(order)}",
        f"/t/{links.ticket_token(ticket)}",
        shared,
    ):
        text = client.get(path).text
        assert re.search(rf'<img[^>]*src="{logo}"[^>]*>', text), path
        head, _, body = text.partition("</head>")
        assert re.search(rf'<img[^>]*src="{picture}"[^>]*>', body), path
        preview = re.search(r'<meta property="og:image" content="([^"]*)">', head)
        assert preview is not None
        assert preview[1].startswith(f"{settings().base_url}/images/preview/{order.shop.slug}/")


def test_they_may_be_kept_for_a_year(with_pictures: Order, client: FlaskClient) -> None:
    for image in (with_pictures.shop.event.image, with_pictures.shop.logo):
        assert image is not None
        answer = client.get(path_of(image))
        assert answer.status_code == 200
        assert answer.mimetype == image.content_type
        headers = answer.headers
        assert headers["Cache-Control"] == f"public, max-age={YEAR}, immutable"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "Set-Cookie" not in headers
        again = client.get(path_of(image), headers={"If-None-Match": headers["ETag"]})
        assert again.status_code == 304
        assert again.data == b""
        assert client.head(path_of(image)).status_code == 200


def test_what_is_no_picture_s_address_is_nothing(with_pictures: Order, client: FlaskClient) -> None:
    image = with_pictures.shop.event.image
    assert image is not None
    digest_of = image.digest
    for name in (
        digest_of,
        f"{digest_of}.webp",
        f"{digest_of}.html",
        f"{digest_of}.jpg.html",
        f"{digest_of.upper()}.jpg",
        f"{digest_of[:-1]}.jpg",
        f"{'0' * 64}.jpg",
        "1.jpg",
        "..%2F..%2Fetc%2Fpasswd",
    ):
        assert client.get(f"/images/{name}").status_code == 404, name
