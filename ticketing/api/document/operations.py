"""The operations of the document, one function each."""

from typing import Any, Final

from ticketing.api.access import READ, WRITE
from ticketing.api.document.describing import BODY, content, json, refusals
from ticketing.api.shapes import parameters

_BOOKER: Final = {"first_name": "Bea", "last_name": "Booker", "email": "bea@example.org"}
_ANNA: Final = {"first_name": "Anna", "last_name": "Visser", "email": "anna@example.org"}
_EXAMPLES: Final = {
    "counted": {
        "summary": "Two tickets, nobody named yet",
        "value": {
            "shop": "riverside",
            "reference": "2026-000123",
            "locale": "en",
            "booker": _BOOKER,
            "tickets": [{"type": "weekend", "quantity": 2}],
        },
    },
    "named": {
        "summary": "One ticket with its holder, one with the shop's number alone",
        "value": {
            "shop": "riverside",
            "reference": "2026-000124",
            "booker": _BOOKER,
            "tickets": [
                {"type": "weekend", "external_id": "2026-000124/1", "holder": _ANNA},
                {"type": "weekend", "external_id": "2026-000124/2"},
            ],
            "mail_holders": False,
        },
    },
}
_MORE: Final = {
    "one": {
        "summary": "One ticket more, for a holder who is known",
        "value": {
            "tickets": [{"type": "weekend", "external_id": "2026-000124/3", "holder": _ANNA}]
        },
    }
}


def place() -> dict[str, Any]:
    location = {"description": "Where the order can be looked up.", "schema": {"type": "string"}}
    placed = {**json("OrderPlaced"), "headers": {"Location": location}}
    return {
        "operationId": "placeOrder",
        "summary": "Place an order",
        "description": (
            "The same shop and reference again, with the same booker and tickets, is the same "
            "order: it may be sent again as often as it takes, and the booker gets one mail. "
            "Tickets added since, or cancelled, don't make it another one."
        ),
        "security": [{"key": [WRITE]}],
        "requestBody": {"required": True, "content": content("OrderIn", _EXAMPLES)},
        "responses": {
            "200": {"description": "This order had been placed before.", **placed},
            "201": {"description": "A new order.", **placed},
            "409": {
                "description": "The reference belongs to an order with another content.",
                **json("Errors"),
            },
            **refusals("401", "403", *BODY, "503"),
        },
    }


def list_orders() -> dict[str, Any]:
    return {
        "operationId": "listOrders",
        "summary": "List orders",
        "description": (
            "Those that changed longest ago stand first; one that changes meanwhile comes again "
            "later, so that a program that reads page after page misses none. To keep up, ask "
            "again with `updated_since` a minute before the newest that you have."
        ),
        "security": [{"key": [READ]}],
        "parameters": parameters.described(parameters.OrdersWanted),
        "responses": {
            "200": {"description": "A page of orders.", **json("OrdersOut")},
            **refusals("401", "403", "422", "503"),
        },
    }


def look_up() -> dict[str, Any]:
    return {
        "operationId": "getOrder",
        "summary": "Look an order up",
        "security": [{"key": [READ]}],
        "responses": {
            "200": {
                "description": "The order, with each ticket's state and holder.",
                **json("OrderOut"),
            },
            **refusals("401", "403", "404", "503"),
        },
    }


def cancel() -> dict[str, Any]:
    return {
        "operationId": "cancelOrder",
        "summary": "Cancel an order and all its tickets",
        "description": "The booker gets a mail. Once more is the same as once.",
        "security": [{"key": [WRITE]}],
        "requestBody": {"required": False, "content": content("CancelIn")},
        "responses": {
            "200": {"description": "The order as it is now.", **json("OrderOut")},
            **refusals("401", "403", "404", *BODY, "503"),
        },
    }


def add() -> dict[str, Any]:
    return {
        "operationId": "addTickets",
        "summary": "Add tickets to an order",
        "description": (
            "The booker gets a mail, open overviews show the new tickets by themselves. Each "
            "ticket has the shop's own number: one that the order knows already adds nothing, "
            "whatever has become of it since, so that this may be sent again without harm. All "
            "of the tickets are added, or none."
        ),
        "security": [{"key": [WRITE]}],
        "requestBody": {"required": True, "content": content("AddIn", _MORE)},
        "responses": {
            "200": {"description": "The order had all of them.", **json("OrderOut")},
            "201": {"description": "The order, with what was added.", **json("OrderOut")},
            "409": {
                "description": (
                    "The order was cancelled, its shop archived, or a number belongs to a ticket "
                    "of another type."
                ),
                **json("Errors"),
            },
            **refusals("401", "403", "404", *BODY, "503"),
        },
    }


def cancel_ticket() -> dict[str, Any]:
    return {
        "operationId": "cancelTicket",
        "summary": "Cancel one ticket",
        "description": (
            "For good; its links and its barcode stop working. Once more is the same as once."
        ),
        "security": [{"key": [WRITE]}],
        "requestBody": {"required": False, "content": content("CancelIn")},
        "responses": {
            "200": {"description": "The order as it is now.", **json("OrderOut")},
            **refusals("401", "403", "404", *BODY, "503"),
        },
    }


def list_shops() -> dict[str, Any]:
    return {
        "operationId": "listShops",
        "summary": "List shops",
        "description": "Each with its ticket types, and what their holders are asked for.",
        "security": [{"key": [READ]}],
        "responses": {
            "200": {"description": "The organiser's shops.", **json("ShopsOut")},
            **refusals("401", "403", "503"),
        },
    }


def itself() -> dict[str, Any]:
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
