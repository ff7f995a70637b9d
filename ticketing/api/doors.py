"""Doors: which events there are, who is let in, and what to refuse without a network."""

import datetime as dt
from typing import Final

from flask.typing import ResponseReturnValue
from sqlalchemy import select

from ticketing.api import bodies
from ticketing.api.access import DOOR, needs
from ticketing.api.answers import not_found
from ticketing.api.blueprint import blueprint
from ticketing.api.orders import by, json_of
from ticketing.api.shapes import parameters
from ticketing.api.shapes.doors import (
    CheckIn,
    CheckInIn,
    DoorEvent,
    DoorEvents,
    RefusedBarcode,
    RefusedOut,
    RefusedWanted,
)
from ticketing.asking import names
from ticketing.carried import admission, barcodes, doors
from ticketing.extensions import db
from ticketing.models import ApiKey, Event, now

# What was being written while a list was read comes with the next one.
_OVERLAP: Final = dt.timedelta(minutes=1)


@blueprint.get("/v1/events")
@needs(DOOR)
def list_events(key: ApiKey) -> ResponseReturnValue:
    found = [
        DoorEvent(
            id=event.id,
            name=event.name,
            place=event.place,
            starts_at=event.starts_at,
            ends_at=event.ends_at,
            timezone=event.timezone,
            barcode_key=barcodes.public_key(event.id).hex(),
        )
        for event in doors.events_of(key.organiser_id)
    ]
    return json_of(DoorEvents(events=found))


@blueprint.get("/v1/events/<int:event_id>/refused-barcodes")
@needs(DOOR)
def list_refused(key: ApiKey, event_id: int) -> ResponseReturnValue:
    _check_own(key, event_id)
    wanted = parameters.read(RefusedWanted)
    as_of = now() - _OVERLAP
    after = None if wanted.after is None else int(wanted.after, 16)
    found = doors.refused(event_id, since=wanted.updated_since, after=after, most=wanted.limit + 1)
    shown = [
        RefusedBarcode(id=f"{each.barcode_id:016x}", up_to=each.up_to, reason=each.reason)
        for each in found[: wanted.limit]
    ]
    following = shown[-1].id if len(found) > len(shown) else None
    return json_of(RefusedOut(refused=shown, next=following, as_of=as_of))


@blueprint.post("/v1/events/<int:event_id>/check-ins")
@needs(DOOR)
def check_in(key: ApiKey, event_id: int) -> ResponseReturnValue:
    """Whether the bearer is let in; a no is an answer, too."""
    _check_own(key, event_id)
    sent = bodies.read(CheckInIn)
    try:
        ticket = admission.check_in(sent.barcode, by(key), event_id=event_id)
    except barcodes.BarcodeRefused as refused:
        return json_of(
            CheckIn.model_validate(
                {"admitted": False, "reason": refused.reason, "ticket": None, "holder": None}
            )
        )
    holder = names.full(ticket.first_name, ticket.last_name)
    return json_of(CheckIn(admitted=True, reason=None, ticket=ticket.code, holder=holder or None))


def _check_own(key: ApiKey, event_id: int) -> None:
    own = select(Event.id).where(Event.id == event_id, Event.organiser_id == key.organiser_id)
    if db.session.scalar(own) is None:
        raise not_found()
