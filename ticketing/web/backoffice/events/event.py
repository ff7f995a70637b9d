"""An event's overview: how far its tickets have come, and which orders need a hand."""

from flask.typing import ResponseReturnValue

from ticketing.extensions import db
from ticketing.organising import dashboard
from ticketing.web.backoffice import news, scope
from ticketing.web.backoffice.events.chart import chart_of, table_of
from ticketing.web.backoffice.guard import blueprint


@blueprint.get("/events/<int:event_id>")
def event(event_id: int) -> ResponseReturnValue:
    found = scope.event_or_404(event_id)
    session = db.session()
    days = dashboard.over_time(session, found)
    return news.page(
        "backoffice/events/event.html",
        nav="events",
        event=found,
        counts=dashboard.count(session, found),
        types=dashboard.by_type(session, found),
        chart=chart_of(days) if days else None,
        table=table_of(days) if days else [],
        last=days[-1] if days else None,
        attention=dashboard.attention(session, found),
    )
