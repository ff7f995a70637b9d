"""A shop's program: it calls the API with a key."""

import copy
import json
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.api import promises
from ticketing.members import api_keys
from ticketing.models import Organiser, Shop

SCOPES = api_keys.SCOPES
BEA = {
    "first_name": "Bea",
    "last_name": "Booker",
    "email": "bea@example.org",
    "phone": "+31687654321",
}


def make_key(organiser: Organiser, *scopes: str) -> str:
    _key, plain = api_keys.create(organiser, "Test", scopes or SCOPES)
    return plain


def order_body(shop: Shop, /, **changed: Any) -> dict[str, Any]:
    """A good order of three tickets; what is named here is as given, `...` leaves it out."""
    body = {
        "shop": shop.slug,
        "reference": "2026-000123",
        "locale": "en",
        "booker": dict(BEA),
        "tickets": [{"type": "weekend", "quantity": 2}, {"type": "parking", "quantity": 1}],
        **changed,
    }
    return {key: value for key, value in body.items() if value is not ...}


def with_value(body: Any, path: str, value: Any) -> Any:
    """The body with another value at "tickets.0.type"; `...` leaves the key out."""
    changed = copy.deepcopy(body)
    *way, last = path.split(".")
    inner = changed
    for step in way:
        inner = inner[int(step) if isinstance(inner, list) else step]
    if value is ...:
        del inner[last]
    else:
        inner[int(last) if isinstance(inner, list) else last] = value
    return changed


@dataclass
class Caller:
    client: FlaskClient
    key: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def place(self, body: Any) -> TestResponse:
        return self.place_raw(json.dumps(body).encode())

    def place_raw(
        self, data: bytes, content_type: str = "application/json", **headers: str
    ) -> TestResponse:
        response = self.client.post(
            "/api/v1/orders",
            data=data,
            content_type=content_type,
            headers={**self.headers, **headers},
        )
        return self._kept("placeOrder", response)

    def look_up(self, code: str) -> TestResponse:
        response = self.client.get(f"/api/v1/orders/{code}", headers=self.headers)
        return self._kept("getOrder", response)

    def cancel(self, code: str, body: Any = None) -> TestResponse:
        path = f"/api/v1/orders/{code}/cancel"
        response = self.client.post(
            path, headers=self.headers, **({} if body is None else {"json": body})
        )
        return self._kept("cancelOrder", response)

    def add(self, code: str, body: Any) -> TestResponse:
        path = f"/api/v1/orders/{code}/tickets"
        return self._kept("addTickets", self.client.post(path, headers=self.headers, json=body))

    def cancel_ticket(self, ticket: str, body: Any = None, *, code: str = "") -> TestResponse:
        code = code or ticket.partition("-")[0]
        response = self.client.post(
            f"/api/v1/orders/{code}/tickets/{ticket}/cancel",
            headers=self.headers,
            **({} if body is None else {"json": body}),
        )
        return self._kept("cancelTicket", response)

    def list_orders(self, **parameters: Any) -> TestResponse:
        response = self.client.get("/api/v1/orders", headers=self.headers, query_string=parameters)
        return self._kept("listOrders", response)

    def list_shops(self, **headers: str) -> TestResponse:
        response = self.client.get("/api/v1/shops", headers={**self.headers, **headers})
        return self._kept("listShops", response)

    def list_events(self) -> TestResponse:
        response = self.client.get("/api/v1/events", headers=self.headers)
        return self._kept("listEvents", response)

    def list_refused(self, event_id: int, **parameters: Any) -> TestResponse:
        path = f"/api/v1/events/{event_id}/refused-barcodes"
        response = self.client.get(path, headers=self.headers, query_string=parameters)
        return self._kept("listRefusedBarcodes", response)

    def check_in(self, event_id: int, barcode: Any) -> TestResponse:
        response = self.client.post(
            f"/api/v1/events/{event_id}/check-ins", headers=self.headers, json={"barcode": barcode}
        )
        return self._kept("checkIn", response)

    @staticmethod
    def _kept(operation: str, response: TestResponse) -> TestResponse:
        """Every answer, whatever the test is about, must be as the document says."""
        promises.check(operation, response)
        return response


def errors_of(response: TestResponse) -> dict[str, list[str]]:
    """What the answer names as wrong; its form is checked on the way."""
    assert response.mimetype == "application/json", response.data[:300]
    body = response.get_json()
    assert set(body) == {"errors"}
    found: dict[str, list[str]] = body["errors"]
    assert found
    for texts in found.values():
        assert texts
        assert all(isinstance(text, str) and text for text in texts)
    return found
