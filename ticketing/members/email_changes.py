"""Another email address for an account: it counts once the link that was sent there was used.

The former address hears of it, so that nobody loses an account without noticing.
"""

import datetime as dt
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from ticketing import links
from ticketing.asking import fields
from ticketing.extensions import db
from ticketing.links import Kind
from ticketing.members.sessions import end_all_of
from ticketing.models import EmailChange, User, now
from ticketing.posting import outbox
from ticketing.refusals import TooManyMails
from ticketing.storing.locking import lock
from ticketing.storing.transactions import write
from ticketing.vault import revoked

GOOD_FOR: Final = dt.timedelta(hours=1)
# Mails of one day: to one new address, and of one account.
_MAILS_TO_ADDRESS: Final = 3
_MAILS_OF_ACCOUNT: Final = 5


class EmailChangeOver(Exception):
    """The link was used or replaced, is too old, or somebody else has the address meanwhile."""


def ask(user: User, email: str, *, locale: str) -> str:
    """Mail the link that confirms a new address; returns the address as it would be kept.

    Whether somebody else has it already isn't told; they get no mail then. Raises `ValueError`
    with what to do about what was typed, `TooManyMails`.
    """
    email = fields.clean_email(email.strip()).lower()
    user_id = user.id
    with write() as session:
        user = lock(session, User, user_id)
        mine = outbox.number_in_params("user_id") == user_id
        limits = ((outbox.to(email), _MAILS_TO_ADDRESS), (mine, _MAILS_OF_ACCOUNT))
        if not outbox.within_limits(session, outbox.EMAIL_CHANGE, *limits):
            raise TooManyMails
        session.execute(delete(EmailChange).where(EmailChange.user_id == user_id))
        if _is_taken(session, email):
            return email
        change = EmailChange(user_id=user_id, email=email)
        session.add(change)
        session.flush()
        outbox.enqueue_for_account(
            session,
            outbox.EMAIL_CHANGE,
            email,
            user.locale or locale,
            params={"user_id": user_id, "email_change_id": change.id},
        )
    return email


def read(token: str) -> EmailChange:
    """The change that a link is for, with its user; raises `UnknownLink`, `EmailChangeOver`."""
    link = links.read(links.keys(), Kind.EMAIL, token)
    change = db.session.scalar(
        select(EmailChange)
        .where(EmailChange.link_id == link.link_id)
        .options(joinedload(EmailChange.user))
        .execution_options(populate_existing=True)
    )
    if change is None or not change.user.active or change.asked_at + GOOD_FOR <= now():
        raise EmailChangeOver
    return change


def confirm(token: str, *, locale: str) -> User:
    """Sign in with the new address from now on; every session ends.

    Raises `UnknownLink`, `EmailChangeOver`.
    """
    user_id = read(token).user_id
    try:
        with write() as session:
            user = lock(session, User, user_id)
            change = read(token)  # as it is now: of two who send it at once, one is too late
            if _is_taken(session, change.email):
                raise EmailChangeOver
            outbox.tell_user(session, outbox.EMAIL_CHANGED, user, locale)
            user.email = change.email
            revoked.note_address(session, user)
            end_all_of(session, user)  # this link, too
    except IntegrityError as error:  # somebody else took it at this very moment
        raise EmailChangeOver from error
    return user


def _is_taken(session: Session, email: str) -> bool:
    return session.scalar(select(User.id).where(func.lower(User.email) == email)) is not None
