"""The organiser brings 5,000 tickets in with a phone, and takes them out again."""

import csv
import io
import re
import time
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests import builders
from tests.backoffice.files import ANNA, NOBODY, made_of, row
from tests.browser.people import PHONE, Company, sign_in
from ticketing.models import Shop


def open_import(page: Page, shop: Shop) -> None:
    sign_in(page, shop.organiser, f"olga-import-{shop.id}@example.org")
    page.goto(f"/backoffice/shops/{shop.id}/import")


def upload(page: Page, content: bytes, button: str = "Upload and check") -> None:
    page.get_by_label("CSV file").set_input_files(
        {"name": "orders.csv", "mimeType": "text/csv", "buffer": content}
    )
    page.get_by_role("button", name=button).click()


def looks_right(page: Page) -> None:
    """No sideways scrolling, and nothing that axe minds."""
    width = page.viewport_size["width"] if page.viewport_size else 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_five_thousand_rows_within_a_minute(company: Company, app: object) -> None:
    shop = builders.make_shop()
    page = company.phone()
    open_import(page, shop)
    looks_right(page)
    rows = [
        row(f"R-{n // 2}", "Fri pass" if n % 3 else "weekend", holder=ANNA if n % 2 else NOBODY)
        for n in range(5_000)
    ]
    # Which numbers were on the screen while it was checked.
    page.add_init_script(
        """addEventListener('htmx:afterSettle', () => {
          const bar = document.querySelector('#import-state progress')
          if (bar) (window.seen ||= []).push(bar.value)
        })"""
    )
    started = time.monotonic()
    upload(page, made_of(*rows))
    expect(page.get_by_role("heading", name="What are these ticket types?")).to_be_visible()
    looks_right(page)
    page.get_by_label("“Fri pass” is").select_option("friday")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    ready = page.get_by_role("heading", name="2,500 orders with 5,000 tickets are ready to import")
    expect(ready).to_be_visible(timeout=60_000)
    seen = page.evaluate("window.seen")
    assert len(seen) >= 5, seen
    assert seen == sorted(seen)
    expect(page.locator("#announcer")).to_have_text(
        "2,500 orders with 5,000 tickets are ready to import"
    )
    looks_right(page)
    page.get_by_label("Send each booker").uncheck()
    page.get_by_role("button", name="Import 2,500 orders").click()
    expect(
        page.get_by_role("heading", name="2,500 orders with 5,000 tickets were added")
    ).to_be_visible(timeout=60_000)
    took = time.monotonic() - started
    print(f"5,000 rows in {took:.1f} s, from choosing the file to the orders")
    assert took < 60
    looks_right(page)
    page.get_by_role("link", name="See the orders").click()
    expect(page.get_by_text("More than 1,000 orders")).to_be_visible()


def test_errors_are_corrected_and_the_file_goes_in(company: Company, app: object) -> None:
    shop = builders.make_shop()
    page = company.phone()
    open_import(page, shop)
    page.get_by_role("button", name="Upload and check").click()
    expect(page.get_by_role("alert").get_by_text("Please choose a file.")).to_be_visible()
    upload(page, b"PK\x03\x04 no text at all")
    expect(page.get_by_text("This is a spreadsheet, not a CSV file.").first).to_be_visible()
    looks_right(page)
    upload(page, made_of(row("A-1"), row("A-2", "weekend", ("", "", "nonsense", ""))))
    expect(page.get_by_role("heading", name="2 things to correct")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Line 3")).to_have_count(2)
    looks_right(page)
    upload(page, made_of(row("A-1"), row("A-2")), "Upload the corrected file")
    page.get_by_role("button", name="Import 2 orders").click()
    expect(page.get_by_role("heading", name="2 orders with 2 tickets were added")).to_be_visible()


def test_without_javascript(company: Company, app: object) -> None:
    shop = builders.make_shop()
    context = company.context(**PHONE, java_script_enabled=False)
    page = context.new_page()
    open_import(page, shop)
    upload(page, made_of(*[row(f"A-{n}") for n in range(700)]))
    for _ in range(20):
        button = page.get_by_role("button", name="Continue")
        if not button.count():
            break
        button.click()
    page.get_by_role("button", name="Import 700 orders").click()
    expect(
        page.get_by_role("heading", name="700 orders with 700 tickets were added")
    ).to_be_visible()


def test_orders_go_out_from_the_list(company: Company, app: object, tmp_path: Path) -> None:
    shop = builders.make_shop()
    order = builders.make_order(shop, tickets=3)
    builders.make_order(shop, tickets=2, first_name="Zoë", email="zoe@example.org")
    page = company.phone()
    sign_in(page, shop.organiser, f"olga-export-{shop.id}@example.org")
    page.get_by_label("Search orders").fill("bea")
    expect(page.get_by_role("heading", name="One order")).to_be_visible()
    page.get_by_role("link", name="Export").click()
    dialog = page.get_by_role("dialog", name="Export orders")
    expect(dialog).to_contain_text("One order, those that the list shows")
    looks_right(page)
    with page.expect_download() as download:
        dialog.get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename == "orders.csv"
    text = Path(download.value.path()).read_text("utf-8-sig")
    codes = {each["Order"] for each in csv.DictReader(io.StringIO(text))}
    assert codes == {order.code}
    with page.expect_download() as download:
        dialog.get_by_role("link", name=re.compile("XLSX")).click()
    assert Path(download.value.path()).read_bytes().startswith(b"PK")
