"""A webhook's deliveries: what was sent, how each try went, and sending it once more."""

import datetime as dt
import json
from typing import Any, Final

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from ticketing.calls import MOST_TRIES
from ticketing.extensions import db
from ticketing.models import Call, now
from ticketing.storing.paging import newest_first
from ticketing.web.backoffice import news, scope
from ticketing.web.backoffice.guard import blueprint
from ticketing.web.backoffice.programs import wording_programs
from ticketing.web.backoffice.programs.webhooks import host_of
from ticketing.web.backoffice.roles import needs
from ticketing.webhooks import endpoints, payload
from ticketing.webhooks.endpoints import REPLAYABLE, WebhookOff

PAGE_SIZE: Final = 50
MOST_SHOWN: Final = 50_000  # characters of a payload
_SOON: Final = dt.timedelta(minutes=1)
_LATELY: Final = dt.timedelta(minutes=2)


@blueprint.get("/webhooks/<int:endpoint_id>/deliveries")
@needs("owner")
def webhook_deliveries(endpoint_id: int) -> ResponseReturnValue:
    endpoint = scope.endpoint_or_404(endpoint_id)
    states = wording_programs.call_states()
    state = request.args.get("state", "")
    state = state if state in states else ""
    wanted = select(Call).where(Call.endpoint_id == endpoint.id).options(joinedload(Call.order))
    if state:
        wanted = wanted.where(Call.state == state)
    page = newest_first(
        db.session(),
        wanted,
        Call.id,
        size=PAGE_SIZE,
        before=scope.cursor("before"),
        after=scope.cursor("after"),
    )
    address: dict[str, Any] = {"endpoint_id": endpoint.id, "state": state or None}
    here = ".webhook_deliveries"
    return news.page(
        "backoffice/programs/webhook_deliveries.html",
        nav="webhooks",
        endpoint=endpoint,
        host=host_of(endpoint),
        calls=page.rows,
        event_names=wording_programs.event_names(),
        state=state,
        states=states,
        previous_url=url_for(here, **address, before=page.before) if page.before else None,
        next_url=url_for(here, **address, after=page.after) if page.after else None,
        zone=scope.timezone(),
    )


@blueprint.get("/webhooks/deliveries/<int:call_id>")
@needs("owner")
def webhook_delivery(call_id: int) -> ResponseReturnValue:
    call = scope.delivery_or_404(call_id)
    endpoint = call.endpoint
    assert endpoint is not None  # noqa: S101 - it was joined
    said = json.dumps(payload.compose(call), ensure_ascii=False, indent=2)
    return news.page_or_block(
        "backoffice/programs/webhook_delivery.html",
        "state",
        "delivery",
        nav="webhooks",
        call=call,
        endpoint=endpoint,
        host=host_of(endpoint),
        event_names=wording_programs.event_names(),
        asks_again=_asks_again(call),
        may_replay=endpoint.disabled_at is None and call.state in {*REPLAYABLE, "waiting"},
        most_tries=MOST_TRIES,
        said=said[:MOST_SHOWN],
        cut=len(said) > MOST_SHOWN,
        zone=scope.timezone(),
    )


@blueprint.post("/webhooks/deliveries/<int:call_id>/replay")
@needs("owner")
def replay_delivery(call_id: int) -> ResponseReturnValue:
    call = scope.delivery_or_404(call_id)
    try:
        if not endpoints.replay_one(call):
            flash(_("It is being sent at this moment."), "info")
    except WebhookOff:
        flash(_("This webhook is switched off. Switch it on first."), "warning")
    return redirect(url_for(".webhook_delivery", call_id=call_id), 303)


def _asks_again(call: Call) -> bool:
    """Whether there will be news in a moment: a page that nobody closes asks for minutes only."""
    due = call.next_attempt_at
    return call.state in {"waiting", "sending"} and due - _SOON < now() < due + _LATELY
