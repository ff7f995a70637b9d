"""Finding mails in the outbox: its filters, and how many fit."""

import unicodedata
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from ticketing.models import Order, OutboxMail, Shop
from ticketing.posting import outbox

STATES: Final = ("waiting", "sending", "sent", "failed", "withdrawn")
# What stands in an organiser's outbox; mails about accounts don't.
KINDS: Final = (
    outbox.CONFIRMATION,
    outbox.SHARE,
    outbox.TICKET,
    outbox.TICKETS,
    outbox.ADDED,
    outbox.REMINDER,
    outbox.ALL_READY,
    outbox.REOPENED,
    outbox.DETAILS_MISSING,
    outbox.CANCELLED,
    outbox.TEST,
)
COUNTED_UP_TO: Final = 1000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which mails; `text` is a part of the recipient's address."""

    state: str = ""
    kind: str = ""
    event_id: int | None = None
    text: str = ""


def narrowed(mails: Select[OutboxMail], wanted: Wanted) -> Select[OutboxMail]:
    """Those of the selected mails that are wanted."""
    if wanted.state:
        mails = mails.where(OutboxMail.state == wanted.state)
    if wanted.kind:
        mails = mails.where(OutboxMail.kind == wanted.kind)
    if wanted.event_id is not None:
        orders = select(Order.id).join(Order.shop).where(Shop.event_id == wanted.event_id)
        tests = and_(
            OutboxMail.kind == outbox.TEST,
            outbox.number_in_params("event") == wanted.event_id,
        )
        mails = mails.where(or_(OutboxMail.order_id.in_(orders), tests))
    text = "".join(c for c in wanted.text if unicodedata.category(c) != "Cc" or c.isspace())
    for word in text.split():
        # SQLite's lower() knows A to Z alone, PostgreSQL's all letters.
        simply = "".join(c.lower() if c.isascii() else c for c in word)
        recipient = func.lower(OutboxMail.recipient)
        spellings = dict.fromkeys([simply, word.lower()])
        mails = mails.where(or_(*(recipient.contains(one, autoescape=True) for one in spellings)))
    return mails


def count(session: Session, mails: Select[OutboxMail]) -> int:
    """How many there are, counted up to one more than `COUNTED_UP_TO`."""
    some = mails.with_only_columns(OutboxMail.id).order_by(None).limit(COUNTED_UP_TO + 1)
    return session.scalar(select(func.count()).select_from(some.subquery())) or 0
