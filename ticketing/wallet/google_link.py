"""The link that saves a ticket to Google Wallet: a JWT that holds all of it, signed.

Claims: https://developers.google.com/wallet/reference/rest/v1/Jwt; the event is an
`eventTicketClass`, the ticket an `eventTicketObject`. What has been saved under an id once, Google
keeps as it was, whatever a later link says. So an id follows from what it stands for: a changed
event, holder or barcode has another.
"""

import base64
import datetime as dt
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from ticketing.asking import names
from ticketing.carried import barcodes
from ticketing.models import Event, Ticket
from ticketing.organising import brand
from ticketing.wallet import opaque

GOOGLE: Final = "https://pay.google.com"
SAVE: Final = f"{GOOGLE}/gp/v/save/"
# "The safe length of an encoded JWT is 1800 characters" for a link, some browsers cut longer ones
# off: https://developers.google.com/wallet/generic/web
SAFE: Final = 1800

_HEADER: Final = {"alg": "RS256", "typ": "JWT"}


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """Who signs: the address that Google knows, and its key."""

    address: str
    key: RSAPrivateKey


@dataclass(frozen=True, slots=True)
class _Pass:
    """What the ticket says; the rest where there is room for it."""

    issuer: str  # the organiser
    event: str
    holder: str
    ticket_type: str
    ticket_code: str
    barcode: str
    starts: str
    ends: str | None
    lang: str
    colour: str | None
    place: tuple[str, str] | None  # its name and address, of which Google wants both or none


def claims_of(
    ticket: Ticket, issuer_id: str, signer: ServiceAccount, lang: str, at: dt.datetime
) -> dict[str, Any]:
    """What the link says, as much of it as fits; the holder's name and the barcode always do."""
    claims: dict[str, Any] = {}
    for content in _shorter_and_shorter(_whole(ticket, lang)):
        claims = _claims(content, ticket, issuer_id, signer, at)
        if _length(claims, signer) <= SAFE:
            break
    return claims


def signed(claims: dict[str, Any], signer: ServiceAccount) -> str:
    """The claims as a JWT, RS256."""
    said = _unsigned(claims)
    return f"{said}.{_base64(signer.key.sign(said.encode(), PKCS1v15(), SHA256()))}"


def _whole(ticket: Ticket, lang: str) -> _Pass:
    order = ticket.order
    shop, event = order.shop, order.shop.event
    name, _line, address = event.place.partition("\n")
    return _Pass(
        issuer=shop.organiser.name,
        event=event.name,
        holder=names.full(ticket.first_name, ticket.last_name),
        ticket_type=ticket.type.name,
        ticket_code=ticket.code,
        barcode=barcodes.text_of(ticket),
        starts=_moment(event.starts_at, event),
        ends=_moment(event.ends_at, event) if event.ends_at else None,
        lang=lang,
        colour=brand.ground_for_labels(shop.colour),
        place=(name, address.replace("\n", ", ") or name),
    )


def _shorter_and_shorter(content: _Pass) -> Iterator[_Pass]:
    """First without what is nice to have, then without what stands on the ticket page as well."""
    yield content
    steps: tuple[Callable[[_Pass], _Pass], ...] = (
        lambda it: replace(it, place=it.place and (it.place[0], it.place[0])),
        lambda it: replace(it, colour=None),
        lambda it: replace(it, place=None),
        lambda it: _with_names(it, 60),
        lambda it: replace(_with_names(it, 24), ends=None),
    )
    for step in steps:
        content = step(content)
        yield content


def _with_names(content: _Pass, most: int) -> _Pass:
    """With names of so many characters at most; the holder's is never shortened."""

    def short(text: str) -> str:
        return text if len(text) <= most else text[: most - 1].rstrip() + "…"

    return replace(
        content,
        issuer=short(content.issuer),
        event=short(content.event),
        ticket_type=short(content.ticket_type),
    )


def _claims(
    content: _Pass, ticket: Ticket, issuer_id: str, signer: ServiceAccount, at: dt.datetime
) -> dict[str, Any]:
    event = _event(content)
    event_name = opaque.name("google class", json.dumps(event), size=12)
    holder = _ticket(content)
    # Of the two barcodes of a ticket that was issued anew each is a pass of its own.
    ticket_name = opaque.name(
        "google object", ticket.link_id, json.dumps(holder), event_name, size=12
    )
    class_id = f"{issuer_id}.{event_name}"
    return {
        "iss": signer.address,
        "aud": "google",
        "typ": "savetowallet",
        "iat": int(at.timestamp()),
        "payload": {
            "eventTicketClasses": [{"id": class_id, **event}],
            "eventTicketObjects": [
                {"id": f"{issuer_id}.{ticket_name}", "classId": class_id, **holder}
            ],
        },
    }


def _event(content: _Pass) -> dict[str, Any]:
    """https://developers.google.com/wallet/reference/rest/v1/eventticketclass"""
    found: dict[str, Any] = {
        "issuerName": content.issuer,
        "reviewStatus": "UNDER_REVIEW",
        "eventName": _said(content.event, content.lang),
        "dateTime": {"start": content.starts},
    }
    if content.ends is not None:
        found["dateTime"]["end"] = content.ends
    if content.place is not None:
        name, address = content.place
        found["venue"] = {
            "name": _said(name, content.lang),
            "address": _said(address, content.lang),
        }
    if content.colour is not None:
        found["hexBackgroundColor"] = content.colour
    return found


def _ticket(content: _Pass) -> dict[str, Any]:
    """https://developers.google.com/wallet/reference/rest/v1/eventticketobject"""
    found: dict[str, Any] = {
        "state": "ACTIVE",
        "barcode": {"type": "QR_CODE", "value": content.barcode},
        "ticketNumber": content.ticket_code,  # which begins with the order's
        "ticketType": _said(content.ticket_type, content.lang),
    }
    if content.holder:
        found["ticketHolderName"] = content.holder
    return found


def _said(text: str, lang: str) -> dict[str, Any]:
    return {"defaultValue": {"language": lang, "value": text}}


def _moment(at: dt.datetime, event: Event) -> str:
    return at.astimezone(ZoneInfo(event.timezone)).isoformat(timespec="minutes")


def _length(claims: dict[str, Any], signer: ServiceAccount) -> int:
    signature = -(-signer.key.key_size // 8)
    return len(_unsigned(claims)) + 1 + -(-signature * 4 // 3)


def _unsigned(claims: dict[str, Any]) -> str:
    return f"{_base64(_json(_HEADER))}.{_base64(_json(claims))}"


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
