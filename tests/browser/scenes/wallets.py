"""What an owner gives for the wallets of phones, and what holders see of it."""

import datetime as dt

from playwright.sync_api import FilePayload, Page, Route, expect

from tests import builders
from tests.browser.people import sign_in
from tests.browser.scenes import scene
from tests.wallet import authority
from ticketing import links
from ticketing.models import Shop, now
from ticketing.storing.transactions import write

WALLET = "/backoffice/wallet"


def an_owner(page: Page, *, signs: bool = True, days: int = 300) -> Shop:
    """Who signs for both, with a certificate that is good for so many days."""
    shop = builders.make_shop()
    if signs:
        account = authority.sign_for_apple(shop.organiser_id)
        authority.sign_for_google(shop.organiser_id)
        with write():
            account.expires_at = now() + dt.timedelta(days=days)
    sign_in(page, shop.organiser, f"wallet-{shop.id}@example.org")
    page.goto(WALLET)
    return shop


@scene
def desk_wallet_off(page: Page) -> None:
    an_owner(page, signs=False)
    expect(page.get_by_text("Off", exact=True)).to_have_count(2)


@scene
def desk_wallet_with_slips(page: Page) -> None:
    an_owner(page, signs=False)
    page.get_by_label("Pass Type ID certificate").set_input_files(
        FilePayload(name="pass.cer", mimeType="", buffer=authority.certificate().pem)
    )
    page.get_by_role("button", name="Check and save").first.click()
    expect(page.get_by_text("came without its private key").first).to_be_visible()


@scene
def desk_wallet_on(page: Page) -> None:
    an_owner(page)
    expect(page.get_by_text(authority.TEAM)).to_be_visible()


@scene
def desk_wallet_runs_out(page: Page) -> None:
    an_owner(page, days=12)
    expect(page.get_by_text("The certificate runs out on")).to_be_visible()


@scene
def desk_wallet_ran_out(page: Page) -> None:
    an_owner(page, days=-1)
    expect(page.get_by_text("The certificate ran out on")).to_be_visible()


@scene
def desk_stop_wallet(page: Page) -> None:
    an_owner(page)
    page.get_by_role("link", name="Stop").first.click()
    expect(page.get_by_role("dialog", name="Stop signing for Apple Wallet")).to_be_visible()


@scene
def ticket_page_with_wallets(page: Page) -> None:
    """As somebody sees it who has neither an iPhone nor an Android."""
    shop = builders.make_shop()
    authority.sign_for_apple(shop.organiser_id)
    authority.sign_for_google(shop.organiser_id)
    mine = builders.claim(builders.make_order(shop).tickets[0])
    page.route("**/t/*", as_at_a_desk)
    page.goto(f"/t/{links.ticket_token(mine)}")
    expect(page.get_by_text("Add to Apple Wallet")).to_be_visible()
    expect(page.get_by_text("Add to Google Wallet")).to_be_visible()


def as_at_a_desk(route: Route) -> None:
    route.continue_(headers={**route.request.headers, "user-agent": "Firefox on Linux"})
