"""From a body's tickets to those of the rules, and from the rules' refusals to a body's fields."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask_babel import gettext as _

from ticketing.api.shapes.tickets import AddedIn, HolderIn, LineIn
from ticketing.asking import fields
from ticketing.asking.fields import InvalidDetails
from ticketing.models import Event
from ticketing.ordering import arriving
from ticketing.ordering.arriving import MAX_TICKETS, Line, NewTicket

Lines = Sequence[LineIn | AddedIn]
Errors = dict[str, list[str]]
_NO_DETAILS: Final = {*fields.OF_TICKET, "email_check"}
_OF_LINE: Final = ("holder", "external_id")


def wanted_of(lines: Lines) -> list[Line | NewTicket]:
    """The lines as the rules take them, each in its place."""
    return [_wanted(line) for line in lines]


def unfit(lines: Lines, event: Event) -> Errors:
    """What is wrong with the lines for this event, before anybody looks at holders' answers.

    What was withdrawn since is fine here: an order sent again may hold it.
    """
    sold = {each.code for each in event.ticket_types}
    named = any(line.holder for line in lines)
    known = fields.known_fields(event).keys() - _NO_DETAILS if named else set()
    errors: Errors = {}
    for place, line in enumerate(lines):
        if line.type not in sold:
            errors[f"tickets.{place}.type"] = [_("This event has no such ticket type.")]
        for key in line.holder.details.keys() - known if line.holder else ():
            errors[f"tickets.{place}.holder.details.{key}"] = [_("There is no such field.")]
    return errors


def unfit_holders(lines: Lines, event: Event) -> Errors:
    """What is wrong with the holders, for who is told everything at once."""
    types = {each.code: each for each in event.ticket_types}
    found: dict[int, dict[str, str]] = {}
    for place, line in enumerate(lines):
        if line.holder is not None and line.type in types:
            try:
                arriving.details_of(event, types[line.type], _given(line.holder))
            except InvalidDetails as invalid:
                found[place] = invalid.errors
    return errors_of(lines, found)


def errors_of(lines: Lines, found: Mapping[int, Mapping[str, str]]) -> Errors:
    """What `InvalidTickets` says, by the fields of the body."""
    return {
        f"tickets.{place}.{_path(key)}": [_text(lines[place], key, text)]
        for place, errors in found.items()
        for key, text in errors.items()
        if key != "email_check"
    }


def unknown_types(lines: Lines, type_code: str) -> Errors:
    """Each line of a type that the event doesn't sell, or no longer."""
    return {
        f"tickets.{place}.type": [_("This ticket type is no longer sold.")]
        for place, line in enumerate(lines)
        if line.type == type_code
    }


def too_many() -> Errors:
    return {"tickets": [_("One order holds at most %(n)d tickets.", n=MAX_TICKETS)]}


def _wanted(line: LineIn | AddedIn) -> Line | NewTicket:
    if isinstance(line, LineIn) and line.holder is None and line.external_id is None:
        return Line(line.type, line.quantity)
    holder = None if line.holder is None else _given(line.holder)
    return NewTicket(line.type, holder, line.external_id)


def _given(holder: HolderIn) -> dict[str, Any]:
    """Only what was sent: an empty last name says something else than none."""
    given = holder.model_dump(exclude_unset=True)
    return {**given.pop("details", {}), **given}


def _path(key: str) -> str:
    if key in _OF_LINE:
        return key
    return f"holder.{key}" if key in fields.OF_TICKET else f"holder.details.{key}"


def _text(line: LineIn | AddedIn, key: str, text: str) -> str:
    if key == "last_name" and line.holder and "last_name" not in line.holder.model_fields_set:
        return _("This is missing. An empty one says that the person has one name.")
    return text
