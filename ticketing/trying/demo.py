"""A festival to try everything with: made at the first start, found again ever after."""

import json
import logging
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from flask_security.utils import hash_password
from sqlalchemy import func, select

from ticketing import links
from ticketing.config import settings
from ticketing.extensions import db
from ticketing.members import api_keys
from ticketing.members.accounts import new_uniquifier
from ticketing.members.sessions import end_all_of
from ticketing.models import HistoryEntry, Membership, Order, Organiser, Shop, User
from ticketing.ordering import orders
from ticketing.ordering.orders import Line
from ticketing.organising import events, images
from ticketing.organising.shops import MAX_ORIGINS
from ticketing.storing.installation import one_at_a_time
from ticketing.storing.locking import to_change
from ticketing.storing.transactions import write
from ticketing.trying import demo_orders
from ticketing.trying.demo_orders import BOOKER, demo_event

EMAIL: Final = "demo@example.org"
SLUG: Final = "riverside"
SCOPES: Final = ("orders:read", "orders:write")

_PICTURE: Final = Path(__file__).with_name("demo_pictures") / "festival.webp"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Demo:
    """What one needs to look around; `flask demo --json` prints exactly these."""

    shop_url: str
    overview_url: str
    backoffice_url: str
    email: str
    password: str
    api_key: str
    shop: str
    ticket_types: list[str]


@dataclass(frozen=True, slots=True)
class _Secrets:
    password: str
    api_key: str


def holds_an_organiser() -> bool:
    """Whether the database is in use already, by the demo or in earnest."""
    return db.session.scalar(select(Organiser.id).limit(1)) is not None


def is_there() -> bool:
    """Whether the demo's organiser is in the database."""
    return organiser() is not None


def organiser() -> Organiser | None:
    shop = _shop()
    return None if shop is None else shop.organiser


def demo() -> Demo:
    """The demo, made if it isn't there; the order it shows has 5 tickets nobody touched."""
    with one_at_a_time():
        db.session.rollback()  # what was read before our turn came isn't true any more
        known, fresh = _secrets()
        shop = _shop()
        if shop is None:
            shop = _found(known)
            _show_a_picture(shop)
            demo_orders.place_examples(shop)
        elif fresh:
            _renew_sign_in(shop, known)
        order = _untouched_order(shop)
    base = settings().base_url
    return Demo(
        shop_url=f"{base}/shop/{SLUG}",
        overview_url=links.order_url(order),
        backoffice_url=f"{base}/backoffice",
        email=EMAIL,
        password=known.password,
        api_key=known.api_key,
        shop=SLUG,
        ticket_types=[each.code for each in shop.event.ticket_types],
    )


def let_frame(origin: str) -> None:
    """Let this page show the demo's shop."""
    with write() as session:
        shop = session.scalar(to_change(select(Shop).where(Shop.slug == SLUG)))
        if shop is not None and origin not in shop.embed_origins:
            shop.embed_origins = [*shop.embed_origins, origin][-MAX_ORIGINS:]
            shop.revision += 1


def as_json(found: Demo) -> str:
    return json.dumps(asdict(found), indent=2)


def _shop() -> Shop | None:
    return db.session.scalar(select(Shop).where(Shop.slug == SLUG))


def _secrets() -> tuple[_Secrets, bool]:
    """Password and key in plain text, which the database doesn't have; and whether new."""
    path = settings().instance_path / "demo.json"
    if path.exists():
        stored = json.loads(path.read_text())
        return _Secrets(stored["password"], stored["api_key"]), False
    made = _Secrets(f"river-{secrets.token_urlsafe(9)}", api_keys.generate())
    written = path.with_suffix(".new")
    with os.fdopen(os.open(written, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
        json.dump(asdict(made), file, indent=2)
    written.replace(path)
    return made, True


def _found(known: _Secrets) -> Shop:
    """The organiser with its event, shop, user and key."""
    hashed = hash_password(known.password)
    with write() as session:
        organiser = Organiser(name="Riverside Collective")
        event = demo_event(organiser)
        shop = Shop(
            organiser=organiser,
            event=event,
            slug=SLUG,
            name="Riverside Festival tickets",
            colour="#83245f",
            consumer_desk="+31201234567",
            delivery_note="You get your ticket by email a week before the festival.",
        )
        user = User(email=EMAIL, name="Dana Demo", password=hashed, fs_uniquifier=new_uniquifier())
        session.add_all([shop, user])
        session.flush()
        user.memberships.append(Membership(organiser_id=organiser.id, role="owner"))
        api_keys.register(session, organiser, "Demo", SCOPES, known.api_key)
    return shop


def _show_a_picture(shop: Shop) -> None:
    """The event's picture comes as an organiser's would: uploaded, decoded, encoded anew."""
    try:
        picture = images.event_picture(_PICTURE.read_bytes())
    except images.InvalidImage as refused:  # pictures can't be read on this machine
        _log.warning("the demo goes without a picture: %s", refused.text)
    else:
        events.set_picture(shop.event, picture, seen=0)


def _renew_sign_in(shop: Shop, known: _Secrets) -> None:
    """Somebody removed the file with the password: the new one has to open the door."""
    hashed = hash_password(known.password)
    with write() as session:
        user = session.scalar(select(User).where(User.email == EMAIL))
        if user is not None:
            user.password = hashed
            end_all_of(session, user)
        api_keys.register(session, shop.organiser, "Demo", SCOPES, known.api_key)


def _untouched_order(shop: Shop) -> Order:
    """The oldest of the demo's orders of 5 to which nothing happened but a restore; else one more.

    By its history, for a restore gives it another version, and its tickets other links.
    """
    of_demo = (Order.shop_id == shop.id, Order.reference.startswith("DEMO-", autoescape=True))
    happened = select(HistoryEntry.id).where(
        HistoryEntry.order_id == Order.id, HistoryEntry.action.not_in(("placed", "restored"))
    )
    untouched = db.session.scalar(
        select(Order).where(*of_demo, ~happened.exists()).order_by(Order.id).limit(1)
    )
    if untouched is not None:
        return untouched
    number = (db.session.scalar(select(func.count()).where(*of_demo)) or 0) + 1
    order, _new = orders.place(shop.id, f"DEMO-{number}", BOOKER, [Line("weekend", 5)], locale="en")
    return order
