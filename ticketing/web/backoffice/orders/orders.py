"""*Ticketing → Orders*: the list, searched, filtered and in pages; the address keeps the query."""

import datetime as dt
from operator import attrgetter
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import make_response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext, pgettext
from sqlalchemy.orm import joinedload

from ticketing import search
from ticketing.asking import names
from ticketing.extensions import db
from ticketing.models import Event, Order, Shop
from ticketing.search import Wanted
from ticketing.web.backoffice import news, scope
from ticketing.web.backoffice.guard import blueprint
from ticketing.web.backoffice.orders.order_view import order_status
from ticketing.words.formats import number

PAGE_SIZE: Final = 50
LONGEST_QUERY: Final = 200


@blueprint.get("/orders")
def orders() -> ResponseReturnValue:
    events = list(db.session.scalars(scope.select_events().order_by(Event.starts_at.desc())))
    shops = names.in_order(
        db.session.scalars(scope.select_shops().order_by(Shop.id)), attrgetter("name")
    )
    query, wanted = asked_for(events)
    everything = scope.select_orders()
    page = search.find(
        db.session(),
        everything.options(joinedload(Order.shop).joinedload(Shop.event)),
        wanted,
        size=PAGE_SIZE,
        before=scope.cursor("before"),
        after=scope.cursor("after"),
    )
    personalised = search.personalised_of(db.session(), page.orders)
    count = search.count(db.session(), wanted)
    filters = {key: value for key, value in query.items() if key != "sort"}
    context = {
        "nav": "orders",
        "query": query,
        "filtered": bool(filters),
        "event_choices": [(event.id, event.name) for event in events],
        "shop_choices": [(shop.id, shop.name) for shop in shops],
        "sorts": _sorts(),
        "states": _states(),
        "rows": [
            {
                "order": order,
                "name": names.full(order.first_name, order.last_name),
                "status": order_status(order, *personalised.get(order.id, (0, 0))),
            }
            for order in page.orders
        ],
        "counted": counted(count),
        "export_url": address(query, "export_orders") if scope.may("manager") else None,
        "previous_url": address(query, before=page.before) if page.before else None,
        "next_url": address(query, after=page.after) if page.after else None,
    }
    response = make_response(
        news.page_or_block("backoffice/orders/orders.html", "results", "results", **context)
    )
    response.headers["HX-Replace-Url"] = address(query)
    return response


def asked_for(events: list[Event] | None = None) -> tuple[dict[str, str], Wanted]:
    """The query in the address, and the orders that it means; `events` are all of the organiser's,
    if they have been loaded."""
    query = _query()
    if events is None:
        events = list(db.session.scalars(scope.select_events().order_by(Event.starts_at.desc())))
    return query, _wanted(query, events)


def _query() -> dict[str, str]:
    """The parts of the query that say something, as the address keeps them."""
    found = {}
    for key in ("q", "event", "shop", "state", "from", "to", "sort"):
        value = request.args.get(key, "").strip()[:LONGEST_QUERY]
        if value and (key, value) != ("sort", "newest"):
            found[key] = value
    return found


def _wanted(query: dict[str, str], events: list[Event]) -> Wanted:
    event_id = number_in(query.get("event"))
    chosen = [event for event in events if event.id == event_id]
    # A day begins where the event is; over several events, where the latest of them is.
    places = chosen or events
    zone = ZoneInfo(places[0].timezone if places else "UTC")
    since, until = day_in(query.get("from"), zone), day_in(query.get("to"), zone)
    sort = query.get("sort", "newest")
    return Wanted(
        scope.organiser_id(),
        text=query.get("q", ""),
        event_id=event_id,
        shop_id=number_in(query.get("shop")),
        state=query.get("state", ""),
        since=since,
        until=until + dt.timedelta(days=1) if until else None,
        sort=sort if sort in search.SORTS else "newest",
        regions=tuple(sorted({event.country for event in events})),
    )


def number_in(text: str | None) -> int | None:
    if not text:
        return None
    # A number that no row has finds nothing, as it should.
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else 0


def day_in(text: str | None, zone: ZoneInfo) -> dt.datetime | None:
    try:
        day = dt.date.fromisoformat(text or "")
    except ValueError:
        return None
    if not 2000 <= day.year <= 2100:
        return None
    return dt.datetime.combine(day, dt.time(), zone)


def address(query: dict[str, str], of: str = "orders", **cursor: Any) -> str:
    """Where a page of this query is."""
    values: dict[str, Any] = {**query, **cursor}
    return url_for(f"backoffice.{of}", **values)


def counted(count: int) -> str:
    if count > search.COUNTED_UP_TO:
        return str(_("More than %(n)s orders", n=number(search.COUNTED_UP_TO)))
    return str(ngettext("One order", "%(n)s orders", count, n=number(count)))


def _sorts() -> list[tuple[str, str]]:
    return [
        ("newest", _("Newest first")),
        ("oldest", _("Oldest first")),
        ("name", _("Booker’s name")),
        ("code", _("Order code")),
    ]


def _states() -> list[tuple[str, str]]:
    return [
        ("none", _("None personalised")),
        ("some", _("Some personalised")),
        ("all", _("All personalised")),
        ("cancelled", pgettext("order", "Cancelled")),
    ]
