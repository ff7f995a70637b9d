"""Orders in which people are called whatever somebody may be called."""

from collections.abc import Sequence

from tests import builders
from ticketing.asking import fields
from ticketing.models import Order, Shop
from ticketing.ordering import orders
from ticketing.ordering.arriving import NewTicket
from ticketing.ordering.orders import Booker

MAIL = "anna@example.org"


def make_shop() -> Shop:
    """Of an event that asks for everything there is, and for two things of its own."""
    shop = builders.make_shop()
    asked = {each.key: "optional" for each in fields.FIELDS[2:] if each.key != "email_check"}
    builders.require(shop.event, **asked)
    builders.ask(shop.event, "Diet?")
    builders.ask(shop.event, "Anything else?", "long_text")
    return shop


def place(shop: Shop, texts: Sequence[str], reference: str) -> Order:
    """A ticket for each text, which is its holder's name, their street and city, and its number."""
    holders = [
        NewTicket(
            "weekend",
            {"first_name": text, "last_name": text, "email": MAIL, "street": text, "city": text},
            str(number),
        )
        for number, text in enumerate(texts)
    ]
    order, _new = orders.place(
        shop.id,
        reference,
        Booker(texts[0], texts[-1], MAIL),
        holders,
        locale="en",
        mail_holders=False,
    )
    return order
