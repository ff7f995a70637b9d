"""Drawn pages take no more memory than they may."""

import tracemalloc

from flask import Flask
from flask.testing import FlaskClient

from tests import builders
from tests.overview.looking import path_of
from ticketing.web.booker.drawn import Page, Pages


def page(number: int, body: bytes = b"x" * 3000) -> Page:
    return Page(
        body=body,
        encoding="br",
        state=number.to_bytes(16),
        good_until=1e12,
        locale="en",
        framed_by=[],
    )


def asked(number: int) -> tuple[str, ...]:
    return (f"/o/{number:036}", "", "nl-NL,nl;q=0.9,en-GB;q=0.8", "", "br")


def test_the_ones_asked_for_last_are_kept() -> None:
    pages = Pages(most_bytes=50_000)
    for number in range(100):
        pages.keep(asked(number), page(number))
        pages.get(asked(0))
    assert pages.get(asked(0)) is not None
    assert pages.get(asked(99)) is not None
    assert pages.get(asked(50)) is None
    assert 10 <= len(pages) <= 50_000 // 3000


def test_a_page_takes_the_place_of_its_former_self() -> None:
    pages = Pages()
    for number in range(100):
        pages.keep(asked(1), page(number))
    assert len(pages) == 1
    assert pages.bytes < 10_000


def test_one_that_is_too_large_is_not_kept() -> None:
    pages = Pages(most_bytes=5_000)
    pages.keep(asked(1), page(1))
    pages.keep(asked(2), page(2, b"x" * 10_000))
    assert pages.get(asked(2)) is None
    assert pages.bytes <= 5_000


def test_the_memory_they_say_they_take_is_what_they_take() -> None:
    tracemalloc.start()
    try:
        before, _peak = tracemalloc.get_traced_memory()
        pages = Pages()
        for number in range(5000):
            pages.keep(asked(number), page(number, bytes(3000)))
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert len(pages) < 5000, "they don't all fit"
    assert pages.bytes <= pages.most_bytes
    assert 0.7 * pages.bytes <= taken <= 1.05 * pages.bytes


def test_however_many_overviews_are_asked_for(app: Flask, client: FlaskClient) -> None:
    app.extensions["passalong.pages"] = pages = Pages(most_bytes=30_000)
    shop = builders.make_shop()
    for _ in range(12):
        order = builders.make_order(shop, tickets=2)
        for query in ("", "?placed=1"):
            assert client.get(f"{path_of(order)}{query}").status_code == 200
            assert pages.bytes <= 30_000
    assert len(pages) > 0
