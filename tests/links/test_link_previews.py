"""A link is sent to friends: what their messenger shows beneath it, before anybody opens it."""

import io
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale
from PIL import Image as Pillow
from PIL import ImageChops
from werkzeug.test import TestResponse

from tests import builders
from tests.organising.test_images import file_of, half_red_half_blue
from ticketing import links
from ticketing.models import Order, Shop
from ticketing.organising import event_previews, images
from ticketing.pdf import Renderer
from ticketing.previews import drawing
from ticketing.previews.failed import FOR_SECONDS, MOST, Failed
from ticketing.previews.preview import Preview
from ticketing.storing.transactions import write
from ticketing.web.around.assets import YEAR

RENDERER = "passalong.pdf_renderer"
RIVERSIDE = Preview(
    name="Riverside Festival",
    when="Saturday, 12 June 2027, 14:00 – 23:00 (CEST)",
    place="Rivierpark",
    day="12",
    month="Jun",
    organiser="Riverside Collective",
    colour="#83245f",
    lang="en",
)


class Counting(Renderer):
    """How often it was asked for a picture."""

    asked = 0

    def draw(self, preview: Preview, picture: bytes = b"") -> bytes:
        self.asked += 1
        return super().draw(preview, picture)


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    """A process that draws, for all tests: it takes a second to start."""
    made = Renderer(workers=1, timeout=60)
    yield made
    made.close()


@pytest.fixture
def drawn(app: Flask, renderer: Renderer) -> Flask:
    app.extensions[RENDERER] = renderer
    return app


@pytest.fixture
def shop(app: Flask) -> Shop:
    return builders.make_shop()


def meta(page: TestResponse) -> dict[str, str]:
    found = re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)"', page.text)
    return dict(found)


def address(client: FlaskClient, path: str) -> str:
    """Where the page at this path says that its picture is."""
    found = meta(client.get(path))["og:image"]
    assert found.startswith("http://127.0.0.1:8000/")
    return found.removeprefix("http://127.0.0.1:8000")


def opened(picture: bytes) -> Pillow.Image:
    with Pillow.open(io.BytesIO(picture)) as image:
        return image.convert("RGB")


def ink(picture: Pillow.Image, box: tuple[int, int, int, int]) -> tuple[int, int, int, int] | None:
    """Where letters stand within a part of a picture that is white on dark."""
    part = picture.crop(box).convert("L").point(lambda value: 255 * (value > 190))
    return part.getbbox()


class TestWhoSendsALink:
    def test_a_picture_that_messengers_show_and_keep(
        self, drawn: Flask, client: FlaskClient, shop: Shop
    ) -> None:
        page = client.get(f"/shop/{shop.slug}")
        said = meta(page)
        answer = client.get(address(client, f"/shop/{shop.slug}"))
        picture = opened(answer.data)
        assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
        assert picture.size == (1200, 630)
        assert (said["og:image:width"], said["og:image:height"]) == ("1200", "630")
        assert (said["og:image:type"], said["twitter:card"]) == (
            "image/jpeg",
            "summary_large_image",
        )
        assert said["og:image:alt"].startswith("Riverside Festival · ")
        assert len(answer.data) <= drawing.MOST_BYTES
        assert f"max-age={YEAR}, immutable" in answer.headers["Cache-Control"]
        assert "Set-Cookie" not in answer.headers
        again = client.get(
            address(client, f"/shop/{shop.slug}"), headers={"If-None-Match": answer.headers["ETag"]}
        )
        assert again.status_code == 304

    def test_it_stands_among_the_first_that_a_messenger_reads(
        self, client: FlaskClient, shop: Shop
    ) -> None:
        page = client.get(f"/shop/{shop.slug}").data
        assert 0 < page.index(b"og:image:alt") < 8_000

    def test_nobody_is_in_it(self, client: FlaskClient, order_of_five: Order) -> None:
        """Whoever's link it is: the picture is the shop's."""
        one = order_of_five.tickets[0]
        paths = [f"/o/{links.order_token(order_of_five)}", builders.share(one)]
        paths.append(f"/t/{links.ticket_token(builders.claim(one))}")
        known = address(client, f"/shop/{order_of_five.shop.slug}")
        assert {address(client, path) for path in paths} == {known}

    def test_in_the_readers_language(self, drawn: Flask, client: FlaskClient, shop: Shop) -> None:
        english = address(client, f"/shop/{shop.slug}")
        with force_locale("de"):  # as on a page in German
            german = event_previews.path_of(shop)
        assert german != english
        assert client.get(english).data != client.get(german).data

    @pytest.mark.parametrize("where", ["nowhere/en", "{slug}/xx", "{slug}/%2e%2e"])
    def test_no_picture_of_what_is_not_there(
        self, client: FlaskClient, shop: Shop, where: str
    ) -> None:
        path = f"/images/preview/{where.format(slug=shop.slug)}/{RIVERSIDE.mark()}.jpg"
        assert client.get(path).status_code == 404


class TestAnOrganiserChangesTheEvent:
    def test_a_new_name_has_another_picture(
        self, drawn: Flask, client: FlaskClient, shop: Shop
    ) -> None:
        before = address(client, f"/shop/{shop.slug}")
        picture = client.get(before).data
        with write():
            shop.event.name = "Lakeside Festival"
        after = address(client, f"/shop/{shop.slug}")
        assert after != before
        assert client.get(after).data != picture
        moved = client.get(before)
        assert (moved.status_code, moved.location) == (302, after)
        assert moved.headers["Cache-Control"] == "no-store"

    def test_the_events_own_picture_is_in_it(
        self, drawn: Flask, client: FlaskClient, shop: Shop
    ) -> None:
        with write() as session:
            own = images.event_picture(file_of(half_red_half_blue(size=(1200, 600)), "PNG"))
            shop.event.image = images.store(session, shop.organiser_id, own)
        seen = opened(client.get(address(client, f"/shop/{shop.slug}")).data)
        assert is_like(seen.getpixel((600, 40)), (255, 0, 0))
        assert is_like(seen.getpixel((600, 260)), (0, 0, 255))

    def test_nothing_can_be_drawn_just_now(
        self, app: Flask, client: FlaskClient, shop: Shop
    ) -> None:
        app.extensions[RENDERER] = Renderer(workers=0, queue=0)
        answer = client.get(address(client, f"/shop/{shop.slug}"), follow_redirects=True)
        assert (answer.status_code, answer.mimetype) == (200, "image/png")

    def test_what_cannot_be_drawn_is_left_alone_for_some_minutes(
        self, app: Flask, client: FlaskClient, shop: Shop
    ) -> None:
        drawer, clock = Counting(workers=1, timeout=60), [1_000.0]
        app.extensions[RENDERER] = drawer
        app.extensions["passalong.previews_failed"] = Failed(clock=lambda: clock[0])
        with write() as session:
            broken = images.Picture(b"no JPEG", "image/jpeg", 1, 1)
            shop.event.image = images.store(session, shop.organiser_id, broken)
        path = address(client, f"/shop/{shop.slug}")
        for _ in range(3):
            assert "/static/preview" in client.get(path).location
        assert drawer.asked == 1
        clock[0] += FOR_SECONDS
        client.get(path)
        assert drawer.asked == 2
        with write():
            shop.event.image = None
        repaired = client.get(address(client, f"/shop/{shop.slug}"))
        assert repaired.mimetype == "image/jpeg", "another picture is tried at once"
        drawer.close()

    def test_who_finds_everybody_busy_may_try_again(
        self, drawn: Flask, client: FlaskClient, shop: Shop
    ) -> None:
        path, ready = address(client, f"/shop/{shop.slug}"), drawn.extensions[RENDERER]
        drawn.extensions[RENDERER] = Renderer(workers=0, queue=0)
        assert client.get(path).status_code == 302
        drawn.extensions[RENDERER] = ready
        assert client.get(path).mimetype == "image/jpeg"

    def test_what_failed_is_kept_within_bounds(self) -> None:
        failed = Failed()
        for number in range(MOST + 10):
            failed.note(str(number))
        assert len(failed) == MOST
        assert "0" not in failed
        assert str(MOST + 9) in failed


class TestWhatIsDrawn:
    NAME = (60, 150, 920, 470)

    @pytest.mark.parametrize(
        "name", ["Łódź Ωμέγα Київ", "山の夏祭り", "नदी महोत्सव", "เทศกาลแม่น้ำ", "თბილისი", "N" * 200]
    )
    def test_names_of_every_script(self, name: str) -> None:
        plain, named = (opened(drawing.draw(named_as(each))) for each in ("", name))
        assert ImageChops.difference(plain, named).getbbox() is not None
        assert ink(named, self.NAME) is not None
        assert ink(named, (925, 40, 940, 560)) is None, "nothing reaches the tear-off"

    def test_a_name_from_right_to_left_begins_at_the_right(self) -> None:
        for name, at_the_right in (("فرح", True), ("Joy", False)):
            found = ink(opened(drawing.draw(named_as(name))), self.NAME)
            assert found is not None
            assert (found[2] > 780, found[0] < 80) == (at_the_right, not at_the_right)

    def test_emoji_have_their_colours(self) -> None:
        seen = opened(drawing.draw(named_as("🍏🍏🍏", colour="#000000"))).crop(self.NAME)
        greens = [p for _n, p in seen.getcolors(1 << 20) or [] if is_greener(p)]
        assert greens

    def test_any_colour_and_a_large_photo_stay_light(self) -> None:
        noise = Pillow.effect_noise((1200, 1600), 120).convert("RGB")
        for colour in ("#000000", "#ffffff", "#ffff00"):
            made = drawing.draw(named_as("Joy", colour=colour), file_of(noise, "JPEG"))
            assert len(made) <= drawing.MOST_BYTES
            assert opened(made).size == (1200, 630)

    def test_it_survives_the_way_to_the_process(self) -> None:
        there = Preview.from_bytes(named_as("Zoë \ud83d\n{}").to_bytes(b"\xff\n\xd8"))
        assert there == (named_as("Zoë \ud83d\n{}"), b"\xff\n\xd8")


def named_as(name: str, colour: str = RIVERSIDE.colour) -> Preview:
    return replace(RIVERSIDE, name=name, colour=colour)


def is_greener(pixel: object) -> bool:
    red, green, blue = rgb(pixel)
    return green > red + 40 and green > blue + 40


def is_like(pixel: object, wanted: tuple[int, int, int]) -> bool:
    return all(abs(one - two) < 40 for one, two in zip(rgb(pixel), wanted, strict=True))


def rgb(pixel: object) -> tuple[int, int, int]:
    assert isinstance(pixel, tuple)
    red, green, blue = pixel
    return red, green, blue
