"""Whom people ask about their data, and where an organiser says what is done with it."""

from urllib.parse import urlsplit

from flask_babel import gettext as _

from ticketing.asking.addresses import clean_email
from ticketing.members import audit
from ticketing.members.audit import Actor
from ticketing.models import Organiser
from ticketing.organising.shops import InvalidSettings
from ticketing.storing.locking import lock
from ticketing.storing.transactions import write

MAX_NOTICE = 500


def change(organiser_id: int, contact: str, notice: str, actor: Actor) -> Organiser:
    """Say whom to ask (an address) and where to read (https://…); "" for none.

    Raises `InvalidSettings`.
    """
    contact, notice = contact.strip(), notice.strip()
    errors = {}
    if contact:
        try:
            contact = clean_email(contact)
        except ValueError as error:
            errors["contact"] = str(error)
    if notice and not _is_page(notice):
        errors["notice"] = _("Please give the whole address, beginning with https://.")
    if errors:
        raise InvalidSettings(errors)
    with write() as session:
        organiser = lock(session, Organiser, organiser_id)
        organiser.privacy_contact = contact
        organiser.privacy_notice = notice
        audit.record(session, audit.NOTICE_CHANGED, actor, organiser_id=organiser_id)
    return organiser


def _is_page(address: str) -> bool:
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return False
    plain = address.isprintable() and " " not in address and len(address) <= MAX_NOTICE
    return plain and parts.scheme == "https" and bool(host) and parts.username is None
