"""Whether an answer is what the OpenAPI document promises."""

from functools import cache
from typing import Any

import jsonschema_rs
from werkzeug.test import TestResponse

from ticketing.api.document.openapi import document


@cache
def promised() -> dict[str, Any]:
    return document("http://127.0.0.1:8000")


def check(operation: str, response: TestResponse) -> None:
    """Raises `AssertionError` for a status or a body that the document doesn't know.

    `operation` is the document's operationId.
    """
    answers = _operation(operation)["responses"]
    assert str(response.status_code) in answers, f"{operation} promises no {response.status}"
    assert response.mimetype == "application/json"
    schema = answers[str(response.status_code)]["content"]["application/json"]["schema"]
    # Formats too: the links are addresses, the moments are moments.
    jsonschema_rs.Draft202012Validator(
        {**schema, "components": promised()["components"]}, validate_formats=True
    ).validate(response.get_json())
    for name in answers[str(response.status_code)].get("headers", {}):
        assert name in response.headers
    assert response.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in response.headers


def _operation(name: str) -> dict[str, Any]:
    for item in promised()["paths"].values():
        for found in item.values():
            if isinstance(found, dict) and found.get("operationId") == name:
                return found
    raise AssertionError(f"the document has no {name}")
