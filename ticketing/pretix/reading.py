"""An order of pretix's in our own words, from what its API answers.

https://docs.pretix.eu/dev/api/resources/orders.html
"""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ticketing.asking import fields, names
from ticketing.ordering.orders import Booker

PENDING, PAID, EXPIRED, CANCELLED = "n", "p", "e", "c"
CODE: Final = re.compile(r"[A-Za-z0-9]{1,16}")  # of an order
_NAME: Final = 200


class NotAnOrder(Exception):
    """pretix's answer isn't an order."""


@dataclass(frozen=True, slots=True)
class Position:
    """One thing bought. `holder` has the details that pretix knows, by our own field keys."""

    id: str
    item: str  # pretix's ids, "3" or with a variation "3:7"
    holder: dict[str, str]

    @property
    def named(self) -> bool:
        return "first_name" in self.holder


@dataclass(frozen=True, slots=True)
class PretixOrder:
    code: str
    status: str
    as_of: dt.datetime  # when it last changed: of two states of it the later one counts
    testmode: bool
    valid_if_pending: bool
    locale: str
    email: str
    booker: Booker | None  # None: there is no address to write to
    positions: tuple[Position, ...]

    @property
    def counts(self) -> bool:
        """Whether its tickets are good."""
        return self.status == PAID or (self.status == PENDING and self.valid_if_pending)

    @property
    def over(self) -> bool:
        return self.status in {CANCELLED, EXPIRED}


def read(answer: Mapping[str, Any], *, country: str) -> PretixOrder:
    """An order from the API; `country` reads national phone numbers. Raises `NotAnOrder`."""
    code, status, positions = answer.get("code"), answer.get("status"), answer.get("positions")
    if not isinstance(code, str) or not CODE.fullmatch(code) or not isinstance(positions, list):
        raise NotAnOrder
    if status not in {PENDING, PAID, EXPIRED, CANCELLED}:
        raise NotAnOrder
    found = tuple(_position(each) for each in positions if not _mapping(each).get("canceled"))
    email = _email(answer.get("email")) or next(
        (each.holder["email"] for each in found if "email" in each.holder), ""
    )
    return PretixOrder(
        code=code,
        status=status,
        as_of=_moment(answer.get("last_modified")),
        testmode=answer.get("testmode") is True,
        valid_if_pending=answer.get("valid_if_pending") is True,
        locale=str(answer.get("locale") or ""),
        email=email,
        booker=_booker(answer, found, email, country) if email else None,
        positions=found,
    )


def name_of(parts: Any, whole: Any = None) -> tuple[str, str]:
    """First and last name of pretix's `name_parts`; what comes as one piece stays one piece.

    Nobody can tell where "Maria del Carmen Ruiz" divides, so it isn't divided: the whole is the
    first name, and the last one empty.
    """
    known = _mapping(parts)
    given = " ".join(
        part for key in ("given_name", "middle_name") if (part := line(known.get(key)))
    )
    family = line(known.get("family_name"))
    if given and family:
        return given, family
    piece = given or family or line(known.get("full_name")) or line(known.get("_legacy"))
    return piece or line(whole), ""


def _booker(
    answer: Mapping[str, Any], positions: tuple[Position, ...], email: str, country: str
) -> Booker:
    invoice = _mapping(answer.get("invoice_address"))
    first, last = name_of(invoice.get("name_parts"), invoice.get("name"))
    if not first:
        first = line(invoice.get("company"))
    if not first:
        named = next((each.holder for each in positions if each.named), {})
        first, last = named.get("first_name", ""), named.get("last_name", "")
    # People write to us without a name at all; what stands before the @ is what they are known by.
    return Booker(
        first_name=(first or email.partition("@")[0])[:_NAME],
        last_name=last[:_NAME],
        email=email,
        phone=_phone(answer.get("phone"), country),
    )


def _position(answer: Any) -> Position:
    known = _mapping(answer)
    number, item, variation = known.get("id"), known.get("item"), known.get("variation")
    if not isinstance(number, int) or not isinstance(item, int):
        raise NotAnOrder
    first, last = name_of(known.get("attendee_name_parts"), known.get("attendee_name"))
    given = {
        "first_name": first,
        "last_name": last,
        fields.ONE_NAME: "y" if first and not last else "",
        "email": _email(known.get("attendee_email")),
        "organisation": line(known.get("company")),
        "street": line(known.get("street")),
        "zipcode": line(known.get("zipcode")),
        "city": line(known.get("city")),
        "country": line(known.get("country")),
    }
    return Position(
        id=str(number),
        item=f"{item}:{variation}" if isinstance(variation, int) else str(item),
        holder={key: value for key, value in given.items() if value},
    )


def _moment(value: Any) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(str(value))
    except ValueError:
        raise NotAnOrder from None
    if moment.tzinfo is None:
        raise NotAnOrder
    return moment.astimezone(dt.UTC)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def line(value: Any) -> str:
    """A text without what no form of ours would take; pretix is less strict."""
    if not isinstance(value, str):
        return ""
    try:
        return names.tidy(value)
    except names.RefusedCharacter:
        return names.tidy("".join(c if _allowed(c) else " " for c in value))


def _allowed(character: str) -> bool:
    try:
        names.tidy(character)
    except names.RefusedCharacter:
        return False
    return True


def _email(value: Any) -> str:
    text = line(value)
    try:
        return fields.clean_email(text) if text else ""
    except ValueError:
        return ""


def _phone(value: Any, country: str) -> str:
    text = line(value)
    try:
        return fields.clean_phone(text, country) if text else ""
    except ValueError:
        return ""
