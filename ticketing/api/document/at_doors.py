"""The operations of doors, one function each."""

from typing import Any

from ticketing.api.access import DOOR
from ticketing.api.document.describing import BODY, content, json, refusals
from ticketing.api.shapes import parameters
from ticketing.api.shapes.doors import RefusedWanted


def list_events() -> dict[str, Any]:
    return {
        "operationId": "listEvents",
        "summary": "List events",
        "description": "Each with the public key that its barcodes are signed for.",
        "security": [{"key": [DOOR]}],
        "responses": {
            "200": {"description": "The organiser's events.", **json("DoorEvents")},
            **refusals("401", "403", "503"),
        },
    }


def list_refused() -> dict[str, Any]:
    return {
        "operationId": "listRefusedBarcodes",
        "summary": "List refused barcodes",
        "description": (
            "For a door without a network: a barcode with a good signature is let in unless it "
            "stands here. `docs/doors.md` describes the barcode and how to read it."
        ),
        "security": [{"key": [DOOR]}],
        "parameters": parameters.described(RefusedWanted),
        "responses": {
            "200": {"description": "A page of them, by their ids.", **json("RefusedOut")},
            **refusals("401", "403", "404", "422", "503"),
        },
    }


def check_in() -> dict[str, Any]:
    return {
        "operationId": "checkIn",
        "summary": "Let somebody in",
        "description": (
            "Once for each ticket: the same barcode again isn't admitted. A door that was without "
            "a network sends here whom it let in, as soon as it can."
        ),
        "security": [{"key": [DOOR]}],
        "requestBody": {"required": True, "content": content("CheckInIn")},
        "responses": {
            "200": {"description": "Whether the bearer is let in.", **json("CheckIn")},
            **refusals("401", "403", "404", *BODY, "503"),
        },
    }
