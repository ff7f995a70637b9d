"""Files of orders, as people upload them, and what a browser does with an import's pages."""

import csv
import io
import re
from collections.abc import Sequence

from werkzeug.test import TestResponse

from tests.backoffice.browsing import Browser, forms_in
from ticketing.extensions import db
from ticketing.models import Import, Shop

HEADER = (
    "Reference,Booker first name,Booker last name,Booker email,Booker phone,Language,"
    "Ticket type,Holder first name,Holder last name,Holder email,Holder phone"
).split(",")
BEA = ("Bea", "Booker", "bea@example.org", "")
ANNA = ("Anna", "Visser", "anna@example.org", "06 12345678")
NOBODY = ("", "", "", "")


def row(
    reference: str = "",
    type_code: str = "weekend",
    booker: Sequence[str] = BEA,
    holder: Sequence[str] = NOBODY,
    language: str = "",
) -> list[str]:
    return [reference, *booker, language, type_code, *holder]


def made_of(*rows: Sequence[str], header: Sequence[str] = HEADER, delimiter: str = ",") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows([header, *rows])
    return text.getvalue().encode()


def upload(
    browser: Browser, shop: Shop, content: bytes, name: str = "orders.csv", **more: str
) -> TestResponse:
    page = f"/backoffice/shops/{shop.id}/import"
    data = {**browser.fields(page), **more, "file": (io.BytesIO(content), name)}
    return browser.post(page, data, content_type="multipart/form-data")


def checked(browser: Browser, shop: Shop, content: bytes) -> str:
    """Upload a file and press "Continue" until all of it is checked; the page's path."""
    answer = upload(browser, shop, content)
    assert answer.status_code == 303, answer.text
    return go_on(browser, answer.location)


def go_on(browser: Browser, path: str) -> str:
    steps = 0
    while f"{path}/check" in forms_in(browser.get(path).text):
        assert browser.submit(path, action=f"{path}/check").status_code == 303
        steps += 1
        assert steps < 100, "the check doesn't end"
    return path


def place(browser: Browser, path: str, **typed: str | None) -> TestResponse:
    return browser.submit(path, action=f"{path}/place", **typed)


def of(path: str) -> Import:
    """The import behind a page, as it is now."""
    db.session.rollback()
    return db.session.get_one(Import, int(path.rpartition("/")[2]))


def errors(path: str) -> list[tuple[int, str]]:
    """[(line, column)] of everything that is wrong."""
    return [(each["line"], each["column"]) for each in of(path).errors]


def told(browser: Browser, path: str) -> str:
    """The page's text, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", browser.get(path).text))
