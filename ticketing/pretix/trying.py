"""What somebody types to connect a shop, and whether pretix takes it.

It is tried before it is saved, so that what is wrong is said while they sit in front of it.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from flask_babel import gettext as _

from ticketing.calls import outbound
from ticketing.calls.outbound import NotReached, TargetRefused
from ticketing.models import PretixConnection
from ticketing.pretix import catalogue, sealed
from ticketing.pretix.client import Client, PretixError
from ticketing.pretix.problems import Problem, stored, words
from ticketing.pretix.sealed import Unsealable

SETTINGS: Final = ("base_url", "organizer", "event", "token")
_SLUG: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,99}")
_BEHIND: Final = ("/api/v1", "/api", "/control")  # what people copy along with the address
_MAX_URL: Final = 500
_MAX_TOKEN: Final = 200

# Where the answer to a problem is typed.
_FIELD_OF: Final = {
    Problem.TOKEN: "token",
    Problem.RIGHTS: "token",
    Problem.EVENT: "event",
    Problem.SERIES: "event",
}


class InvalidConnection(Exception):
    """What was typed can't be, or pretix doesn't take it: {field: what to do about it}."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(errors)
        self.errors = errors


def client(given: Mapping[str, str], kept: PretixConnection | None) -> Client:
    """pretix's API by what was typed; raises `InvalidConnection`."""
    errors: dict[str, str] = {}
    base_url = ""
    try:
        base_url = clean_base_url(given.get("base_url", ""))
    except ValueError as error:
        errors["base_url"] = str(error)
    slugs = {key: given.get(key, "").strip() for key in ("organizer", "event")}
    for key, slug in slugs.items():
        if not _SLUG.fullmatch(slug):
            errors[key] = _(
                "Please give the short name as it stands in the address of your pretix shop."
            )
    token = given.get("token", "").strip()
    if not token and kept is not None:
        # A token goes to the pretix that gave it and to nobody else.
        if kept.base_url == base_url:
            try:
                token = sealed.unseal(kept.token, kept.link_id)
            except Unsealable:
                errors["token"] = words(stored(Problem.SEALED))
        elif base_url:
            errors["token"] = _("The address is another one: please give its API token as well.")
    elif not token:
        errors["token"] = _("Please give the API token.")
    elif len(token) > _MAX_TOKEN or not re.fullmatch(r"[!-~]+", token):
        errors["token"] = _("This is no API token of pretix’s. Please copy it once more.")
    if errors:
        raise InvalidConnection(errors)
    return Client(base_url, slugs["organizer"], slugs["event"], token)


def products(client: Client, spoken: list[str]) -> list[dict[str, Any]]:
    """What the event sells, once all that we need has been read; raises `InvalidConnection`."""
    try:
        event = client.event()
        if event.get("has_subevents") is True:
            raise InvalidConnection({"event": words(stored(Problem.SERIES))})
        client.paid_orders()
        return catalogue.read(client.items(), spoken)
    except NotReached as error:
        text = _("pretix can’t be reached there. %(why)s", why=error.text)
        raise InvalidConnection({"base_url": text}) from None
    except PretixError as error:
        if error.problem is Problem.EVENT:
            _check_organizer(client)
        field = _FIELD_OF.get(error.problem, "base_url")
        raise InvalidConnection({field: words(error.text)}) from None


def _check_organizer(client: Client) -> None:
    """Where there is no such event, the organizer may be wrong; raises `InvalidConnection`."""
    try:
        slugs = client.organizers()
    except (NotReached, PretixError):
        return
    if slugs and client.organizer not in slugs:
        told = stored(Problem.ORGANIZER, ", ".join(slugs)[:_MAX_TOKEN])
        raise InvalidConnection({"organizer": words(told)}) from None


def clean_base_url(text: str) -> str:
    """pretix's address as it is kept, without what stands behind it; raises `ValueError`."""
    url = text.strip()
    if not url:
        raise ValueError(_("Please give the address of your pretix, like https://pretix.eu."))
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", url):
        url = f"https://{url}"
    url = url.partition("?")[0].partition("#")[0].rstrip("/")
    url = next((url.removesuffix(each) for each in _BEHIND if url.endswith(each)), url)
    if len(url) > _MAX_URL:
        raise ValueError(_("Please use at most %(n)d characters.", n=_MAX_URL))
    try:
        outbound.parse(url)
    except TargetRefused as refused:
        raise ValueError(refused.text) from None
    return url.rstrip("/")
