"""The API's own description, written from the classes that check bodies and shape answers."""

from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from ticketing.api.access import READ, WRITE
from ticketing.api.blueprint import blueprint
from ticketing.api.schemas import CODE, CancelIn, Errors, OrderIn, OrderOut, OrderPlaced
from ticketing.config import settings

_VERSION: Final = "1.0.0"
_MODELS: Final[list[tuple[type[BaseModel], JsonSchemaMode]]] = [
    (OrderIn, "validation"),
    (CancelIn, "validation"),
    (OrderPlaced, "serialization"),
    (OrderOut, "serialization"),
    (Errors, "serialization"),
]

_REFUSALS: Final = {
    "400": "The body isn't JSON.",
    "401": "No key, an unknown one, or a revoked one.",
    "403": "The key lacks the scope.",
    "404": "Not there, or another organiser's.",
    "413": "The body is larger than 2 MB.",
    "415": "The body isn't sent as `application/json`, or is compressed.",
    "422": "The body is JSON, but not what this address takes.",
    "503": "Very busy; nothing was written. Try again after `Retry-After` seconds.",
}
_BODY_REFUSALS: Final = ("400", "413", "415", "422")


@blueprint.get("/openapi.json")
def openapi() -> dict[str, Any]:
    return document(settings().base_url)


def document(base_url: str) -> dict[str, Any]:
    _refs, schemas = models_json_schema(_MODELS, ref_template="#/components/schemas/{model}")
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Passalong",
            "version": _VERSION,
            "description": (
                "Orders of a shop become personal tickets. Every call shows an API key of the "
                'organiser: `Authorization: Bearer <key>`. Errors are `{"errors": {field: '
                "[text]}}`, in the language of `Accept-Language` where we speak it."
            ),
        },
        "servers": [{"url": base_url}],
        "paths": {
            "/api/v1/orders": {"post": _place()},
            "/api/v1/orders/{code}": {"parameters": [_CODE], "get": _look_up()},
            "/api/v1/orders/{code}/cancel": {"parameters": [_CODE], "post": _cancel()},
            "/api/openapi.json": {"get": _itself()},
        },
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": f"An API key; its scopes are `{WRITE}` and `{READ}`.",
                }
            },
        },
    }


_CODE: Final = {
    "name": "code",
    "in": "path",
    "required": True,
    "description": "The order's code.",
    "schema": {"type": "string", "pattern": f"^{CODE.pattern}$"},
    "example": "K7XQ9P",
}


def _place() -> dict[str, Any]:
    location = {"description": "Where the order can be looked up.", "schema": {"type": "string"}}
    placed = {**_json("OrderPlaced"), "headers": {"Location": location}}
    return {
        "operationId": "placeOrder",
        "summary": "Place an order",
        "description": (
            "The same shop and reference again, with the same booker and tickets, is the same "
            "order: it may be sent again as often as it takes, and the booker gets one mail."
        ),
        "security": [{"key": [WRITE]}],
        "requestBody": {"required": True, "content": _content("OrderIn")},
        "responses": {
            "200": {"description": "This order had been placed before.", **placed},
            "201": {"description": "A new order.", **placed},
            "409": {
                "description": "The reference belongs to an order with another content.",
                **_json("Errors"),
            },
            **_refusals("401", "403", *_BODY_REFUSALS, "503"),
        },
    }


def _look_up() -> dict[str, Any]:
    return {
        "operationId": "getOrder",
        "summary": "Look an order up",
        "security": [{"key": [READ]}],
        "responses": {
            "200": {
                "description": "The order, with each ticket's state and holder.",
                **_json("OrderOut"),
            },
            **_refusals("401", "403", "404", "503"),
        },
    }


def _cancel() -> dict[str, Any]:
    return {
        "operationId": "cancelOrder",
        "summary": "Cancel an order and all its tickets",
        "description": "The booker gets a mail. Once more is the same as once.",
        "security": [{"key": [WRITE]}],
        "requestBody": {"required": False, "content": _content("CancelIn")},
        "responses": {
            "200": {"description": "The order as it is now.", **_json("OrderOut")},
            **_refusals("401", "403", "404", *_BODY_REFUSALS, "503"),
        },
    }


def _itself() -> dict[str, Any]:
    return {
        "operationId": "getOpenAPI",
        "summary": "This document",
        "security": [],
        "responses": {
            "200": {
                "description": "OpenAPI 3.1",
                "content": {"application/json": {"schema": {"type": "object"}}},
            }
        },
    }


def _refusals(*codes: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for code in codes:
        found[code] = {"description": _REFUSALS[code], **_json("Errors")}
        if code in {"401", "403"}:
            found[code]["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}}}
        if code == "503":
            found[code]["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    return found


def _json(name: str) -> dict[str, Any]:
    return {"content": _content(name)}


def _content(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
