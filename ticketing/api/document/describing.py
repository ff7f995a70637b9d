"""The words that operations of the document are put together from."""

from typing import Any, Final

from ticketing.api.shapes.orders import CODE

_REFUSALS: Final = {
    "400": "The body isn't JSON.",
    "401": "No key, an unknown one, or a revoked one.",
    "403": "The key lacks the scope.",
    "404": "Not there, or another organiser's.",
    "413": "The body is larger than 2 MB.",
    "415": "The body isn't sent as `application/json`, or is compressed.",
    "422": "What was sent can be read, but isn't what this address takes.",
    "503": "Very busy; nothing was written. Try again after `Retry-After` seconds.",
}
BODY: Final = ("400", "413", "415", "422")  # what a body may be refused for

CODE_IN_PATH: Final = {
    "name": "code",
    "in": "path",
    "required": True,
    "description": "The order's code.",
    "schema": {"type": "string", "pattern": f"^{CODE.pattern}$"},
    "example": "K7XQ9P",
}
EVENT_IN_PATH: Final = {
    "name": "event_id",
    "in": "path",
    "required": True,
    "description": "The event's `id`, as `GET /api/v1/events` lists it.",
    "schema": {"type": "integer", "minimum": 1, "maximum": 2**63 - 1},
    "example": 1,
}
TICKET_IN_PATH: Final = {
    "name": "ticket",
    "in": "path",
    "required": True,
    "description": "The ticket's `id`.",
    "schema": {"type": "string", "pattern": f"^{CODE.pattern}-[1-9][0-9]{{0,4}}$"},
    "example": "K7XQ9P-1",
}


def refusals(*codes: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for code in codes:
        found[code] = {"description": _REFUSALS[code], **json("Errors")}
        if code in {"401", "403"}:
            found[code]["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}}}
        if code == "503":
            found[code]["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    return found


def json(name: str) -> dict[str, Any]:
    return {"content": content(name)}


def content(name: str, examples: dict[str, Any] | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {"schema": {"$ref": f"#/components/schemas/{name}"}}
    if examples:
        found["examples"] = examples
    return {"application/json": found}
