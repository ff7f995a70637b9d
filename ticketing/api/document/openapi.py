"""The API's own description, written from the classes that check bodies and shape answers."""

from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from ticketing.api.access import DOOR, READ, WRITE
from ticketing.api.blueprint import blueprint
from ticketing.api.document import at_doors, operations
from ticketing.api.document.describing import CODE_IN_PATH, EVENT_IN_PATH, TICKET_IN_PATH
from ticketing.api.shapes.doors import CheckIn, CheckInIn, DoorEvents, RefusedOut
from ticketing.api.shapes.orders import (
    CancelIn,
    Errors,
    OrderIn,
    OrderOut,
    OrderPlaced,
    OrdersOut,
    ShopsOut,
)
from ticketing.api.shapes.tickets import AddIn
from ticketing.config import settings

_VERSION: Final = "1.2.0"
_MODELS: Final[list[tuple[type[BaseModel], JsonSchemaMode]]] = [
    (OrderIn, "validation"),
    (AddIn, "validation"),
    (CancelIn, "validation"),
    (OrderPlaced, "serialization"),
    (OrderOut, "serialization"),
    (OrdersOut, "serialization"),
    (ShopsOut, "serialization"),
    (CheckInIn, "validation"),
    (CheckIn, "serialization"),
    (DoorEvents, "serialization"),
    (RefusedOut, "serialization"),
    (Errors, "serialization"),
]


@blueprint.get("/openapi.json")
def openapi() -> dict[str, Any]:
    return document(settings().base_url)


def document(base_url: str) -> dict[str, Any]:
    _refs, schemas = models_json_schema(_MODELS, ref_template="#/components/schemas/{model}")
    order, ticket, event = [CODE_IN_PATH], [CODE_IN_PATH, TICKET_IN_PATH], [EVENT_IN_PATH]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Passalong",
            "version": _VERSION,
            "description": (
                "Orders of a shop become personal tickets. Every call shows an API key of the "
                'organiser: `Authorization: Bearer <key>`. Errors are `{"errors": {field: '
                "[text]}}`, in the language of `Accept-Language` where we speak it. Whatever "
                "writes may be sent again without harm."
            ),
        },
        "servers": [{"url": base_url}],
        "paths": {
            "/api/v1/orders": {"get": operations.list_orders(), "post": operations.place()},
            "/api/v1/orders/{code}": {"parameters": order, "get": operations.look_up()},
            "/api/v1/orders/{code}/cancel": {"parameters": order, "post": operations.cancel()},
            "/api/v1/orders/{code}/tickets": {"parameters": order, "post": operations.add()},
            "/api/v1/orders/{code}/tickets/{ticket}/cancel": {
                "parameters": ticket,
                "post": operations.cancel_ticket(),
            },
            "/api/v1/shops": {"get": operations.list_shops()},
            "/api/v1/events": {"get": at_doors.list_events()},
            "/api/v1/events/{event_id}/refused-barcodes": {
                "parameters": event,
                "get": at_doors.list_refused(),
            },
            "/api/v1/events/{event_id}/check-ins": {
                "parameters": event,
                "post": at_doors.check_in(),
            },
            "/api/openapi.json": {"get": operations.itself()},
        },
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": f"An API key; its scopes are `{WRITE}`, `{READ}` and `{DOOR}`.",
                }
            },
        },
    }
