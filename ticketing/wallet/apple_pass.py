"""What a pass says: `pass.json` and its words in each language.

Keys and their types: https://developer.apple.com/documentation/walletpasses/pass
"""

import datetime as dt
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask_babel import force_locale, pgettext
from flask_babel import gettext as _

from ticketing.asking import names
from ticketing.carried import barcodes
from ticketing.models import CHECKED_IN, AppleWallet, Event, Image, Ticket
from ticketing.organising import brand
from ticketing.wallet import opaque
from ticketing.words import languages, localtime

_BEFORE: Final = dt.timedelta(hours=2)  # on the lock screen, on the way there
_WITHOUT_END: Final = dt.timedelta(hours=6)  # how long an event counts that names no end
_AFTER: Final = dt.timedelta(hours=12)  # then Wallet puts the pass away
_DAY: Final = dt.timedelta(hours=24)  # Apple's longest interval of relevance
_MOST_DAYS: Final = 14

Field = dict[str, Any]


def pass_of(ticket: Ticket, account: AppleWallet, lang: str) -> dict[str, Any]:
    """`pass.json`; what isn't the organiser's or holder's own words is said in `lang`."""
    shop = ticket.order.shop
    event, organiser = shop.event, shop.organiser
    with force_locale(lang):
        description = _("Ticket for %(event)s", event=event.name)
    ends = over_at(event)
    content = {
        "formatVersion": 1,
        "passTypeIdentifier": account.pass_type_id,
        "teamIdentifier": account.team_id,
        "organizationName": organiser.name,
        "description": description,
        # The same for each barcode of a ticket: a pass that is added again takes the place of the
        # one on the phone, whose barcode may be refused by now.
        "serialNumber": opaque.name("apple pass", organiser.id, ticket.link_id, size=24),
        "groupingIdentifier": opaque.name("apple group", organiser.id, event.id),
        "sharingProhibited": True,
        "voided": ticket.state == CHECKED_IN,
        "relevantDates": _relevant(event, ends),
        "expirationDate": _moment(ends + _AFTER, event),
        "barcodes": [
            {
                "format": "PKBarcodeFormatQR",
                "message": barcodes.text_of(ticket),
                "messageEncoding": "iso-8859-1",
                "altText": ticket.code,
            }
        ],
        **_colours(shop.colour),
        "semantics": _semantics(event),
        "eventTicket": _fields(ticket, _words(lang)),
    }
    if not _tells_who(shop.logo):
        content["logoText"] = organiser.name
    if localtime.is_one_evening(event):
        # What phones before iOS 18 know. Of a festival of days they would take the first evening
        # for its end.
        content["relevantDate"] = _moment(event.starts_at, event)
    return content


def strings_of(content: dict[str, Any], lang: str) -> dict[str, dict[str, str]]:
    """{language: {what the pass says in `lang`: how that language says it}}.

    Wallet translates whatever text equals a key, people's own as well: a word that somebody is
    called stays as it is.
    """
    own = _own_words(content)
    said = {key: text for key, text in _words(lang).items() if text not in own}
    return {
        language.replace("_", "-"): {text: words[key] for key, text in said.items()}
        for language, words in ((each, _words(each)) for each in languages.spoken())
    }


def over_at(event: Event) -> dt.datetime:
    """When the event is over, as far as it says."""
    return event.ends_at or event.starts_at + _WITHOUT_END


def _words(lang: str) -> dict[str, str]:
    """Our own words on a pass."""
    with force_locale(lang):
        return {
            "date": _("Date"),
            "event": _("Event"),
            "holder": pgettext("of a person", "Name"),
            "type": _("Ticket type"),
            "place": _("Place"),
            "starts": _("Starts"),
            "ends": _("Ends"),
            "order": _("Order"),
            "ticket": _("Ticket"),
            "desk": _("Consumer desk"),
            "organiser": _("Organiser"),
            "note": _("Please note"),
            "personal": _(
                "This ticket is personal. Bring an ID with the same name. Don’t publish the code: "
                "it lets in one person, once."
            ),
            "impersonal": _("Don’t publish the code: it lets in one, once."),
        }


def _own_words(content: dict[str, Any]) -> set[str]:
    """Texts that the organiser or the holder gave."""
    fields = [each for group in content["eventTicket"].values() for each in group]
    given = {str(each["value"]) for each in fields if each["key"] != "note"}
    return given | {content["organizationName"], content["description"]}


def _fields(ticket: Ticket, words: dict[str, str]) -> dict[str, list[Field]]:
    order = ticket.order
    shop, event = order.shop, order.shop.event
    day = {"dateStyle": "PKDateStyleMedium", "timeStyle": "PKDateStyleNone"}
    clock = {"dateStyle": "PKDateStyleNone", "timeStyle": "PKDateStyleShort"}
    both = {"dateStyle": "PKDateStyleFull", "timeStyle": "PKDateStyleShort"}
    holder = names.full(ticket.first_name, ticket.last_name)
    place = event.place.partition("\n")[0]

    def text(key: str, value: str, label: str = "", **more: Any) -> Field:
        return {"key": key, "label": words[label or key], "value": value, **more}

    def when(key: str, at: dt.datetime, style: Field, label: str = "") -> Field:
        return text(key, _moment(at, event), label, ignoresTimeZone=True, **style)

    return {
        "headerFields": [when("date", event.starts_at, day)],
        "primaryFields": [text("event", event.name)],
        "secondaryFields": [
            *([text("holder", holder)] if holder else []),
            text("type", ticket.type.name),
        ],
        "auxiliaryFields": [
            text("place", place),
            when("starts", event.starts_at, clock),
        ],
        "backFields": [
            text("order", order.code, dataDetectorTypes=[]),
            text("ticket", ticket.code, dataDetectorTypes=[]),
            when("begins", event.starts_at, both, "starts"),
            *([when("ends", event.ends_at, both)] if event.ends_at else []),
            text("address", event.place, "place"),
            text("note", words["personal" if holder else "impersonal"], dataDetectorTypes=[]),
            text("organiser", shop.organiser.name),
            *([text("desk", shop.consumer_desk)] if shop.consumer_desk else []),
        ],
    }


def _tells_who(logo: Image | None) -> bool:
    """Whether the organiser's name needn't stand beside it: a wide logo is a name already."""
    return logo is not None and logo.width >= 2 * logo.height


def _semantics(event: Event) -> dict[str, Any]:
    """What Siri and the calendar understand; https://developer.apple.com/documentation/walletpasses/semantictags"""
    found = {
        "eventType": "PKEventTypeGeneric",
        "eventName": event.name,
        "eventStartDate": _moment(event.starts_at, event),
        "venueName": event.place.partition("\n")[0],
    }
    if event.ends_at is not None:
        found["eventEndDate"] = _moment(event.ends_at, event)
    return found


def _relevant(event: Event, ends: dt.datetime) -> list[dict[str, str]]:
    """When the pass lies on the lock screen: each interval a day at most."""
    found: list[dict[str, str]] = []
    begins = event.starts_at - _BEFORE
    while begins < ends and len(found) < _MOST_DAYS:
        until = min(begins + _DAY, ends)
        found.append({"startDate": _moment(begins, event), "endDate": _moment(until, event)})
        begins = until
    return found


def _colours(colour: str) -> dict[str, str]:
    """The organiser's, as on pages, and black or white on it: whichever can be read."""
    ground = brand.ground_for_labels(colour)
    text = _rgb(brand.text_on(ground))
    return {"backgroundColor": _rgb(ground), "foregroundColor": text, "labelColor": text}


def _rgb(colour: str) -> str:
    return "rgb({}, {}, {})".format(*bytes.fromhex(colour[1:]))


def _moment(at: dt.datetime, event: Event) -> str:
    """ISO 8601 with the offset that holds at the event: "2027-06-12T14:00:00+02:00"."""
    return at.astimezone(ZoneInfo(event.timezone)).isoformat(timespec="seconds")
