"""*Embed*: the snippet for a page of one's own, made as one chooses."""

import html
import re

import pytest

from tests.backoffice.browsing import Browser
from ticketing.config import PROJECT
from ticketing.models import Shop
from ticketing.storing.transactions import write

BASE = "http://127.0.0.1:8000"


@pytest.fixture
def framed(shop: Shop) -> Shop:
    with write():
        shop.embed_origins = ["https://festival.example"]
    return shop


def snippet_in(page: str, name: str = "snippet") -> str:
    found = re.search(rf'<textarea id="{name}"[^>]*>(.*?)</textarea>', page, re.S)
    assert found, page
    return html.unescape(found[1])


def test_one_script_one_element_and_a_link(olga: Browser, framed: Shop) -> None:
    answer = olga.get(f"/backoffice/shops/{framed.id}/embed")
    assert answer.status_code == 200
    assert snippet_in(answer.text) == (
        f'<script async src="{BASE}/embed.js"></script>\n'
        f'<passalong-frame src="{BASE}/shop/{framed.slug}">\n'
        f'  <a href="{BASE}/shop/{framed.slug}">Tickets for {framed.event.name}</a>\n'
        "</passalong-frame>"
    )
    assert "https://festival.example" in answer.text
    assert "frame-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "DENY"


def test_it_is_made_as_one_chooses(olga: Browser, framed: Shop) -> None:
    query = "language=en&theme=dark&width=640&accent=FC0&radius=4"
    for headers in ({}, {"HX-Request": "true", "HX-Target": "embed-snippet"}):
        answer = olga.get(f"/backoffice/shops/{framed.id}/embed?{query}", headers=headers)
        assert answer.status_code == 200
        snippet = snippet_in(answer.text)
        wishes = 'lang="en" theme="dark" max-width="640" accent="#ffcc00" radius="4"'
        assert f'/shop/{framed.slug}" {wishes}>' in snippet
        assert f"/shop/{framed.slug}?lang=en" in snippet
        assert (
            f'<passalong-frame src="http://localhost/shop/{framed.slug}" {wishes}>' in answer.text
        )
        assert ("<html" in answer.text) == (not headers)


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("language", "xx", "choose one of these"),
        ("theme", "pink", "choose one of these"),
        ("width", "12", "from 320 to 1600"),
        ("width", "wide", "from 320 to 1600"),
        ("width", "٦٤٠", "from 320 to 1600"),
        ("radius", "33", "from 0 to 32"),
        ("accent", 'red" onload="x', "like #4f46e5"),
    ],
)
def test_wrong_wishes_are_told_and_kept(
    olga: Browser, framed: Shop, field: str, typed: str, said: str
) -> None:
    wishes = {
        "language": "",
        "theme": "auto",
        "width": "",
        "accent": "",
        "radius": "",
        field: typed,
    }
    path = f"/backoffice/shops/{framed.id}/embed"
    answer = olga.get(path, query_string=wishes)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert said in answer.text
    assert field in {"language", "theme"} or html.escape(typed, quote=True) in answer.text.replace(
        "&#34;", "&quot;"
    )
    assert 'id="snippet"' not in answer.text
    swapped = olga.get(path, query_string=wishes, headers={"HX-Target": "embed-snippet"})
    assert swapped.status_code == 422
    assert said in swapped.text


def test_an_event_s_name_is_text(olga: Browser, framed: Shop) -> None:
    with write():
        framed.event.name = "<b>Böb & “Co”</b>"
    snippet = snippet_in(olga.get(f"/backoffice/shops/{framed.id}/embed").text)
    assert "Tickets for &lt;b&gt;Böb &amp; “Co”&lt;/b&gt;</a>" in snippet


def test_who_sells_elsewhere_shows_an_order(olga: Browser, framed: Shop) -> None:
    page = olga.get(f"/backoffice/shops/{framed.id}/embed?theme=dark").text
    snippet = snippet_in(page, "order-snippet")
    assert '<passalong-frame src="OVERVIEW_URL" theme="dark">' in snippet
    assert '<a href="OVERVIEW_URL">Tickets for' in snippet


def test_the_language_chosen_is_not_the_pages_own(olga: Browser, framed: Shop) -> None:
    page = olga.get(f"/backoffice/shops/{framed.id}/embed?lang=en&theme=auto").text
    assert 'lang="en"' not in snippet_in(page)


def test_what_a_pages_own_styles_and_policy_need(olga: Browser, framed: Shop) -> None:
    page = olga.get(f"/backoffice/shops/{framed.id}/embed").text
    assert snippet_in(page, "csp-sample") == f"script-src {BASE};\nframe-src {BASE}"
    styles = snippet_in(page, "css-sample")
    script = (PROJECT / "static" / "embed.js").read_text()
    assert "--passalong-${name}" in script
    for name in re.findall(r"--passalong-(\w+): ", styles):
        assert f"wish('{name}')" in script


def test_where_no_page_may_show_it(olga: Browser, shop: Shop) -> None:
    page = olga.get(f"/backoffice/shops/{shop.id}/embed").text
    assert "No page may show it yet" in page
    assert "<passalong-frame src" not in page
    assert "passalong-frame" in snippet_in(page)
    assert f"/backoffice/shops/{shop.id}#embed_origins" in page
