"""What a ticket for a wallet costs, against the one RSA signature that it can't do without.

    uv run python -m benchmarks.wallet

Ratios are of processor time in this one run; the best of several rounds, which the machine's other
work disturbs least.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from flask_migrate import upgrade

from tests import builders
from tests.browser.scenes.set_up import drawing
from tests.wallet import authority
from ticketing import create_app, links
from ticketing.config import Settings
from ticketing.models import AppleWallet, GoogleWallet
from ticketing.organising import events, images, shops
from ticketing.wallet import accounts, offers

ROUNDS = 7
TIMES = 40


def seconds(work: Callable[[], object]) -> float:
    """Processor time of one, in the best of `ROUNDS` rounds."""
    work()
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(TIMES):
            work()
        best = min(best, (time.process_time() - began) / TIMES)
    return best


def told(what: str, ours: float, other: float) -> None:
    print(f"{what}: {ours * 1000:.2f} ms to {other * 1000:.2f} ms = {ours / other:.2f}")


def main() -> None:
    key = authority.key_named("pass")
    signature = seconds(lambda: key.sign(b"x" * 1000, PKCS1v15(), SHA256()))
    with tempfile.TemporaryDirectory() as folder:
        app = create_app({"TESTING": True}, Settings(instance_path=Path(folder)))
        with app.app_context():
            upgrade()
            ticket = builders.claim(builders.make_order().tickets[0])
            shop = ticket.order.shop
            events.set_picture(shop.event, images.event_picture(drawing((1200, 630))), seen=0)
            shops.set_logo(shop, images.logo(drawing((400, 200))), seen=0)
            apple = authority.sign_for_apple(shop.organiser_id)
            google = authority.sign_for_google(shop.organiser_id)
            began = time.process_time()
            file = offers.pkpass(ticket, apple, "en")
            took = (time.process_time() - began) * 1000
            print(f"a shop's first pass, its pictures drawn: {took:.0f} ms, {len(file)} bytes")
            a_pass = seconds(lambda: offers.pkpass(ticket, apple, "en"))
            told("a pass to a bare signature", a_pass, signature)
            a_link = seconds(lambda: offers.save_url(ticket, google, "en"))
            told("a save link to a bare signature", a_link, signature)
            client = app.test_client(use_cookies=False)
            page = f"/t/{links.ticket_token(ticket)}"
            with_buttons = seconds(lambda: client.get(page))
            accounts.forget(AppleWallet, shop.organiser_id)
            accounts.forget(GoogleWallet, shop.organiser_id)
            without = seconds(lambda: client.get(page))
            told("a ticket page with both buttons to one without", with_buttons, without)


if __name__ == "__main__":
    main()
