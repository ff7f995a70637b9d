"""How much each detail is needed: an event's settings, and what a ticket type has otherwise."""

from collections.abc import Mapping
from typing import Final

from flask_babel import gettext as _

from ticketing.asking import fields
from ticketing.models import Event, TicketType
from ticketing.organising.shops import InvalidSettings
from ticketing.refusals import EditedMeanwhile
from ticketing.storing.locking import lock, lock_if_there
from ticketing.storing.transactions import write

NEEDS: Final = ("required", "optional", "off")
AS_EVENT: Final = "as_event"  # a type's own choice: none
# A ticket without a name would be nobody's, so the first name is no setting.
SETTINGS: Final = tuple(each.key for each in fields.FIELDS if each.key != "first_name")


def offered(key: str) -> tuple[str, ...]:
    """What can be chosen; an address is typed twice or not, for its second time isn't an answer."""
    return ("required", "off") if key == "email_check" else NEEDS


def of_event(event: Event) -> dict[str, str]:
    return {key: event.fields.get(key) or fields.BY_KEY[key].need for key in SETTINGS}


def of_type(ticket_type: TicketType) -> dict[str, str]:
    """What a type has otherwise than its event, for each detail and each question asked."""
    return {key: ticket_type.fields.get(key) or AS_EVENT for key in type_settings(ticket_type)}


def type_settings(ticket_type: TicketType) -> list[str]:
    asked = [each.key for each in ticket_type.event.questions if each.archived_at is None]
    return [*SETTINGS, *asked]


def change_event(event: Event, given: Mapping[str, str], *, revision: int) -> Event:
    """Change what an event asks for; `given` has one of `offered` for each of `SETTINGS`.

    Whatever was answered before stays stored. `revision` is the event's when the form was drawn.
    Raises `InvalidSettings`, and `EditedMeanwhile` if somebody changed the event since.
    """
    cleaned = _clean(SETTINGS, given)
    if cleaned["email"] == "off" and cleaned["email_check"] != "off":
        raise InvalidSettings(
            {"email_check": _("An address that isn’t asked for can’t be typed once more.")}
        )
    event_id = event.id
    with write() as session:
        event = lock(session, Event, event_id)
        if event.revision != revision:
            raise EditedMeanwhile
        event.fields = {**event.fields, **cleaned}
        event.revision += 1
    return event


def change_type(ticket_type: TicketType, given: Mapping[str, str], *, revision: int) -> TicketType:
    """Change what one type asks for otherwise; `given` may also say `AS_EVENT`.

    Raises as `change_event`; `revision` is the type's.
    """
    asked = type_settings(ticket_type)
    cleaned = _clean(asked, given, AS_EVENT)
    event = ticket_type.event
    needs = TicketType(fields=_without(cleaned, AS_EVENT))
    if cleaned["email_check"] == "required" and fields.need_of("email", event, needs) == "off":
        raise InvalidSettings(
            {"email_check": _("An address that isn’t asked for can’t be typed once more.")}
        )
    type_id = ticket_type.id
    with write() as session:
        found = lock_if_there(session, TicketType, type_id)
        if found is None or found.revision != revision:
            raise EditedMeanwhile
        others = {key: need for key, need in found.fields.items() if key not in asked}
        found.fields = {**others, **_without(cleaned, AS_EVENT)}
        found.revision += 1
    return found


def _clean(
    keys: tuple[str, ...] | list[str], given: Mapping[str, str], *also: str
) -> dict[str, str]:
    problem = _("Please choose one of these.")
    errors = {key: problem for key in keys if given.get(key) not in {*offered(key), *also}}
    if errors:
        raise InvalidSettings(errors)
    return {key: given[key] for key in keys}


def _without(needs: Mapping[str, str], unset: str) -> dict[str, str]:
    return {key: need for key, need in needs.items() if need != unset}
