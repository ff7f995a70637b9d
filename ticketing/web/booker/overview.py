"""The overview itself, its news as stream and poll, and the files of the whole order."""

from flask import current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, get_locale

from ticketing import feed
from ticketing.carried import calendar, downloads, tickets_pdf
from ticketing.links import Link
from ticketing.models import Order
from ticketing.web import by_link, embed, send
from ticketing.web.around import leading
from ticketing.web.booker import drawn, parts
from ticketing.web.booker.parts import blueprint


@blueprint.get("")
def overview(token: str) -> ResponseReturnValue:
    def draw(order: Order, link: Link) -> str:
        return render_template(
            "booker/overview.html",
            placed="placed" in request.args,
            **parts.page_of(order, link, token),
        )

    return drawn.overview(token, draw)


@blueprint.get("/changes")
def changes(token: str) -> ResponseReturnValue:
    """The poll: 204 while nothing is newer than `since`."""
    since = request.args.get("since", 0, type=int)
    _order_id, version = by_link.order_version_of(token)
    if version <= since:
        return "", 204
    order, link = by_link.order_of(token)
    return parts.changes_of(order, link, token, since)


@blueprint.get("/stream")
def stream(token: str) -> ResponseReturnValue:
    order_id, _version = by_link.order_version_of(token)
    since = request.args.get("since", 0, type=int)
    since = request.headers.get("Last-Event-ID", since, type=int)
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    locale, asked = str(get_locale()), embed.kept()

    def render(since: int) -> tuple[str, int] | None:
        with force_locale(locale):
            order, link = by_link.order_of(token)
            if order.version <= since:
                return None
            html = parts.changes_of(order, link, token, since)
            return leading.leading_on(html, asked), order.version

    try:
        events = feed.stream(app, order_id, since, render, memo_key=(token, locale, *asked.items()))
    except feed.TooManyStreams:
        return "", 204  # EventSource gives up at this; the page polls
    return send.events(events)


@blueprint.get("/tickets.pdf")
def tickets_file(token: str) -> ResponseReturnValue:
    order, _link = by_link.order_of(token)
    downloads.ready_tickets(order)  # else the refusal that fits
    return send.pdf(lambda: tickets_pdf.pdf_of_order(order), "tickets.pdf")


@blueprint.get("/event.ics")
def event_file(token: str) -> ResponseReturnValue:
    order, _link = by_link.order_of(token)
    return send.calendar(calendar.ics_of(order.shop.event))
