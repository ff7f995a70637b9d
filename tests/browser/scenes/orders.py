"""An order that has everything."""

from tests import builders
from ticketing import cancelling, sharing
from ticketing.models import Order
from ticketing.ordering.orders import Line


def order_in_every_state() -> Order:
    order = builders.make_order(
        builders.make_shop(), lines=[Line("weekend", 6), Line("parking", 1)]
    )
    tickets = order.tickets
    builders.claim(tickets[0], first_name="Bea", last_name="Booker")
    builders.share(tickets[1])
    opened = sharing.next_generation(tickets[2])
    builders.share(tickets[2])
    sharing.opened(tickets[2], opened)
    cancelling.cancel_ticket(tickets[3], builders.ORGANISER)
    builders.claim(tickets[4], first_name="Maximiliane Friederike", last_name="von Hohenlohe")
    return order
