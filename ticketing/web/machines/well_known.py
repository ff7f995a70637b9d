"""What programs look for at addresses that all sites have in common (RFC 8615)."""

import datetime as dt
from typing import Final

from flask import Blueprint, Response, abort, redirect, url_for
from flask.typing import ResponseReturnValue

from ticketing.config import settings

blueprint = Blueprint("well_known", __name__, url_prefix="/.well-known")

# RFC 9116 wants to know until when it is good, less than a year ahead. An installation that
# answers is one that is looked after, so the day moves along.
_GOOD_FOR: Final = dt.timedelta(days=90)


@blueprint.get("/security.txt")
def security_txt() -> Response:
    """Whom to tell of a hole in this installation; 404 where its operator names nobody."""
    contact = settings().security_contact
    if not contact:
        abort(404)
    until = dt.datetime.now(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0) + _GOOD_FOR
    lines = (
        f"Contact: {contact}",
        f"Expires: {until:%Y-%m-%dT%H:%M:%SZ}",
        f"Canonical: {settings().base_url}/.well-known/security.txt",
        "Preferred-Languages: en",
    )
    return Response("".join(f"{line}\n" for line in lines), mimetype="text/plain")


@blueprint.get("/change-password")
def change_password() -> ResponseReturnValue:
    """Where password managers lead people: https://w3c.github.io/webappsec-change-password-url/"""
    return redirect(url_for("backoffice.account"), 303)
