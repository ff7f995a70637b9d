"""What somebody's own page loads, and how ours look and speak inside it."""

import gzip
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import builders
from ticketing import links
from ticketing.config import PROJECT
from ticketing.models import Shop
from ticketing.web.around import packing
from ticketing.web.around.assets import BRAND_MARK

STATIC = PROJECT / "static"
IN_A_FRAME = {"Sec-Fetch-Dest": "iframe"}
AROUND = "https://festival.example"


@pytest.fixture
def shop(app: Flask) -> Shop:
    return builders.make_shop(embed_origins=[AROUND, "https://other.example"])


class TestTheScript:
    def test_it_is_light(self, client: FlaskClient) -> None:
        packed = client.get("/embed.js", headers={"Accept-Encoding": "gzip"})
        assert packed.headers["Content-Encoding"] == "gzip"
        assert len(packed.data) <= 3000
        sent = packing.file_at(STATIC / "embed.js").plain
        assert gzip.decompress(packed.data) == sent
        assert client.get("/embed.js").data == sent

    def test_every_page_may_load_it(self, client: FlaskClient) -> None:
        answer = client.get("/embed.js", headers={"Origin": AROUND})
        assert answer.mimetype == "text/javascript"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in answer.headers

    @pytest.mark.parametrize("encoding", ["gzip", "identity"])
    def test_it_is_asked_for_again_soon_and_rarely_sent_again(
        self, client: FlaskClient, encoding: str
    ) -> None:
        first = client.get("/embed.js", headers={"Accept-Encoding": encoding})
        lasts = re.fullmatch(r"public, max-age=(\d+)", first.headers["Cache-Control"])
        assert lasts is not None
        assert int(lasts[1]) <= 3600
        again = client.get(
            "/embed.js",
            headers={"Accept-Encoding": encoding, "If-None-Match": first.headers["ETag"]},
        )
        assert again.status_code == 304
        assert again.data == b""

    def test_plain_and_packed_are_told_apart(self, client: FlaskClient) -> None:
        packed = client.get("/embed.js", headers={"Accept-Encoding": "gzip"})
        assert packed.headers["ETag"] != client.get("/embed.js").headers["ETag"]
        assert "Accept-Encoding" in packed.headers["Vary"]

    def test_it_asks_nobody_else_and_tells_nobody_else(self) -> None:
        """S10: each message goes to an exact origin."""
        for name in ("embed.js", "framed.js"):
            code = (STATIC / name).read_text()
            assert "http:" not in code
            assert "https:" not in code
            sent = re.findall(r"postMessage\((.+)\)", code)
            assert len(sent) == 1
            assert sent[0].endswith((", this.origin", ", home"))
            assert "'*'" not in code


class TestPagesInAFrame:
    def test_only_framed_pages_load_what_frames_need(self, client: FlaskClient, shop: Shop) -> None:
        path = f"/shop/{shop.slug}"
        framed = client.get(path, headers=IN_A_FRAME).text
        assert f'data-origins="{AROUND} https://other.example"' in framed
        assert "framed.js" in framed
        alone = client.get(path, headers={"Sec-Fetch-Dest": "document"}).text
        assert "framed." not in alone
        assert "data-origins" not in alone
        # Browsers of old don't say: the script looks for itself.
        assert "framed.js" in client.get(path).text

    def test_a_shop_that_is_framed_nowhere_never_does(self, client: FlaskClient) -> None:
        shop = builders.make_shop()
        assert "framed." not in client.get(f"/shop/{shop.slug}", headers=IN_A_FRAME).text

    def test_the_wishes_of_the_page_around(self, client: FlaskClient, shop: Shop) -> None:
        order = builders.make_order(shop)
        for path in (f"/shop/{shop.slug}", f"/o/{links.order_token(order)}"):
            page = client.get(f"{path}?theme=dark&accent=00aaff&radius=4", headers=IN_A_FRAME).text
            assert 'data-theme="dark"' in page
            assert f'href="/brand/{BRAND_MARK}/00aaff.css?theme=dark&amp;radius=4"' in page

    @pytest.mark.parametrize(
        "query",
        ["theme=purple", "accent=red", "accent=%2300aaff", "accent=00AAFF;", "radius=33",
         "radius=-1", "radius=%D9%A3", 'theme=%22%3E%3Cscript%3E', "lang=xx",
         "theme=", "radius=1e1"],
    )  # fmt: skip
    def test_what_is_no_wish_changes_nothing(
        self, client: FlaskClient, shop: Shop, query: str
    ) -> None:
        page = client.get(f"/shop/{shop.slug}?{query}", headers=IN_A_FRAME)
        assert page.status_code == 200
        assert "data-theme" not in page.text
        assert f'href="/brand/{BRAND_MARK}/{shop.colour[1:]}.css"' in page.text

    def test_wishes_outlive_a_form(self, client: FlaskClient, shop: Shop) -> None:
        asked = f"/shop/{shop.slug}?lang=en&theme=dark&radius=4&other=1"
        page = client.get(asked).text
        form = dict(re.findall(r'name="(csrf_token|reference)"[^>]*value="([^"]*)"', page))
        assert len(form) == 2
        done = client.post(
            asked,
            data={**form, f"quantity_{shop.event.ticket_types[0].id}": "1",
                  "first_name": "Bea", "last_name": "B", "email": "bea@example.org"},
        )  # fmt: skip
        assert done.status_code == 303
        path, _question, query = done.location.partition("?")
        assert path.startswith("/o/")
        assert query.split("&") == ["lang=en", "theme=dark", "radius=4", "placed=1"]

    def test_other_redirects_stay_as_they_are(self, client: FlaskClient) -> None:
        to = client.get("/backoffice/orders?theme=dark&radius=4").location
        assert to.startswith("/backoffice/sign-in")
        assert not to.endswith("&radius=4")


class TestColours:
    def test_browsers_keep_what_we_make_of_a_colour_now(self, client: FlaskClient) -> None:
        now = client.get(f"/brand/{BRAND_MARK}/00aaff.css")
        former = client.get("/brand/0123abcd/00aaff.css")
        assert "immutable" in now.headers["Cache-Control"]
        assert former.headers["Cache-Control"] == "no-cache"
        assert former.text == now.text

    def test_one_theme_whatever_the_device_says(self, client: FlaskClient) -> None:
        both = client.get(f"/brand/{BRAND_MARK}/00aaff.css").text
        light = client.get(f"/brand/{BRAND_MARK}/00aaff.css?theme=light").text
        dark = client.get(f"/brand/{BRAND_MARK}/00aaff.css?theme=dark").text
        assert both.count(":root") == 2
        assert "prefers-color-scheme" in both
        assert light.count(":root") == 1
        assert light in both
        assert dark == both.replace(" and (prefers-color-scheme:dark)", "")
        assert "--radius:4px;" in client.get(f"/brand/{BRAND_MARK}/00aaff.css?radius=4").text
        assert (
            client.get(
                f"/brand/{BRAND_MARK}/00aaff.css", query_string={"radius": "4}x{", "theme": "x"}
            ).text
            == both
        )

    def test_forced_themes_have_the_colours_of_the_usual_ones(self) -> None:
        usual = (STATIC / "app.css").read_text()
        forced = (STATIC / "framed.css").read_text()
        in_light = _tokens(usual, ":root {")
        in_dark = _tokens(usual, "  :root {\n    --paper")
        for theme, wanted in (("light", in_light), ("dark", in_dark)):
            colours = {k: v for k, v in wanted.items() if k in in_dark and "accent" not in k}
            assert _tokens(forced, f":root[data-theme={theme}] {{") == colours


def _tokens(css: str, start: str) -> dict[str, str]:
    rule = css[css.index(start) :].partition("}")[0]
    return dict(re.findall(r"--([\w-]+): ([^;]+);", rule))
