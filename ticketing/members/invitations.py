"""Invitations to an organiser's team: sent by mail, accepted once, good for a week.

The link follows from the row under a key outside the database (`links.py`).
"""

import datetime as dt
from collections.abc import Mapping
from typing import Final

from flask_babel import gettext as _
from flask_security.utils import hash_password
from sqlalchemy import Select, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from ticketing import links
from ticketing.asking import fields
from ticketing.extensions import db
from ticketing.links import Kind, UnknownLink
from ticketing.members import passwords
from ticketing.members.accounts import clean_name, new_uniquifier
from ticketing.members.team import ROLES
from ticketing.models import Invitation, Membership, Organiser, OutboxMail, User, now
from ticketing.posting import outbox
from ticketing.refusals import InvitationOver, TooManyMails
from ticketing.storing.locking import lock
from ticketing.storing.transactions import write
from ticketing.vault import revoked

GOOD_FOR: Final = dt.timedelta(days=7)
# Invitation mails of one day: to one address from anywhere, and of one organiser.
_MAILS_TO_ADDRESS: Final = 5
_MAILS_OF_ORGANISER: Final = 100


class InvalidInvitation(Exception):
    """What was filled in can't be right: {field: what to do about it}."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(*errors)
        self.errors = dict(errors)


class OtherAccount(Exception):
    """The invitation is for another address than the one signed in with."""


class HasAccount(Exception):
    """The address has an account: its password has to be shown, not chosen."""


def invite(organiser_id: int, email: str, role: str, *, by: User, locale: str) -> Invitation:
    """Ask somebody to join; a mail with the link goes out, in this language (see `_mail`).

    Raises `InvalidInvitation`, `TooManyMails`.
    """
    errors: dict[str, str] = {}
    try:
        email = fields.clean_email(email.strip()).lower()
    except ValueError as error:
        errors["email"] = str(error)
    if len(email) > 255:
        errors["email"] = _("Please use at most %(n)d characters.", n=255)
    if role not in ROLES:
        errors["role"] = _("Please choose one of these.")
    if errors:
        raise InvalidInvitation(errors)
    by_id = by.id
    with write() as session:
        lock(session, Organiser, organiser_id)
        if _is_member(session, organiser_id, email):
            raise InvalidInvitation({"email": _("They are in the team already.")})
        for other in session.scalars(unanswered(organiser_id).where(Invitation.email == email)):
            if _stands(other):
                raise InvalidInvitation(
                    {"email": _("They are invited already. You can send it again below.")}
                )
            other.revoked_at = now()
        invitation = Invitation(
            organiser_id=organiser_id,
            email=email,
            role=role,
            invited_by_id=by_id,
            expires_at=now() + GOOD_FOR,
        )
        session.add(invitation)
        session.flush()
        _mail(session, invitation, locale)
    return invitation


def send_again(invitation: Invitation, *, locale: str) -> Invitation:
    """Mail the same link once more; the week begins anew, even if it was over.

    Raises `InvitationOver`, `TooManyMails`.
    """
    ids = invitation.id, invitation.organiser_id
    with write() as session:
        invitation = _locked(session, *ids, though_late=True)
        invitation.expires_at = now() + GOOD_FOR
        _mail(session, invitation, locale)
    return invitation


def revoke(invitation: Invitation) -> None:
    """Its link opens nothing any more. Raises `InvitationOver` if somebody accepted meanwhile."""
    ids = invitation.id, invitation.organiser_id
    with write() as session:
        invitation = _locked(session, *ids, though_late=True)
        invitation.revoked_at = now()
        revoked.note_invitation(session, invitation)


def read(token: str) -> Invitation:
    """The invitation that a link is for; raises `UnknownLink`, `InvitationOver`."""
    link = links.read(links.keys(), Kind.INVITATION, token)
    invitation = db.session.scalar(
        select(Invitation)
        .where(Invitation.link_id == link.link_id)
        .options(joinedload(Invitation.organiser), joinedload(Invitation.invited_by))
    )
    if invitation is None:
        raise UnknownLink
    if not _stands(invitation):
        raise InvitationOver
    return invitation


def account_of(invitation: Invitation) -> User | None:
    """The account that the invited address has, if any."""
    return _account(db.session(), invitation.email)


def accept(invitation: Invitation, user: User) -> Membership:
    """Join with the account that is signed in. Raises `InvitationOver`, `OtherAccount`."""
    if user.email.lower() != invitation.email.lower():
        raise OtherAccount
    ids = invitation.id, invitation.organiser_id
    user_id = user.id
    with write() as session:
        return _join(session, _locked(session, *ids), user_id)


def accept_as_new(invitation: Invitation, name: str, password: str) -> User:
    """Join with an account that is made for it.

    Raises `InvalidInvitation` ({field: text}), `InvitationOver`, `HasAccount`.
    """
    errors: dict[str, str] = {}
    hashed = ""
    try:
        name = clean_name(name)
    except ValueError as error:
        errors["name"] = str(error)
    try:
        hashed = hash_password(
            passwords.checked(password, invitation.email, name, invitation.organiser.name)
        )
    except passwords.BadPassword as error:
        errors["password"] = str(error)
    if errors:
        raise InvalidInvitation(errors)
    ids = invitation.id, invitation.organiser_id
    with write() as session:
        invitation = _locked(session, *ids)
        if _account(session, invitation.email) is not None:
            raise HasAccount
        user = User(
            email=invitation.email, name=name, password=hashed, fs_uniquifier=new_uniquifier()
        )
        session.add(user)
        try:
            session.flush()
        except IntegrityError as error:  # by another organiser's invitation, at this moment
            raise HasAccount from error
        _join(session, invitation, user.id)
    return user


def unanswered(organiser_id: int) -> Select[Invitation]:
    """The invitations that nobody accepted or withdrew, those that ran out included."""
    return select(Invitation).where(
        Invitation.organiser_id == organiser_id,
        Invitation.accepted_at.is_(None),
        Invitation.revoked_at.is_(None),
    )


def mails_of(organiser_id: int) -> dict[int, OutboxMail]:
    """{invitation id: its newest mail} of those that were mailed in the last weeks."""
    found = db.session.scalars(
        select(OutboxMail)
        .where(
            OutboxMail.kind == outbox.INVITATION,
            OutboxMail.created_at > now() - 4 * GOOD_FOR,
            outbox.number_in_params("organiser_id") == organiser_id,
        )
        .order_by(OutboxMail.id)
    )
    return {mail.params["invitation_id"]: mail for mail in found}


def _stands(invitation: Invitation) -> bool:
    unanswered = invitation.accepted_at is None and invitation.revoked_at is None
    return unanswered and invitation.expires_at > now()


def _locked(
    session: Session, invitation_id: int, organiser_id: int, *, though_late: bool = False
) -> Invitation:
    """The invitation as it is now, if it still stands; raises `InvitationOver`."""
    lock(session, Organiser, organiser_id)
    invitation = session.get_one(Invitation, invitation_id, populate_existing=True)
    answered = invitation.accepted_at is not None or invitation.revoked_at is not None
    if answered or not (though_late or _stands(invitation)):
        raise InvitationOver
    return invitation


def _join(session: Session, invitation: Invitation, user_id: int) -> Membership:
    invitation.accepted_at = now()
    member = session.scalar(
        select(Membership).where(
            Membership.user_id == user_id, Membership.organiser_id == invitation.organiser_id
        )
    )
    if member is None:  # else they came in another way meanwhile, and stay what they are
        member = Membership(
            user_id=user_id, organiser_id=invitation.organiser_id, role=invitation.role
        )
        session.add(member)
    revoked.note_member(
        session, session.get_one(User, user_id), invitation.organiser_id, member.role
    )
    return member


def _is_member(session: Session, organiser_id: int, email: str) -> bool:
    found = session.scalar(
        select(Membership.id)
        .join(User)
        .where(Membership.organiser_id == organiser_id, func.lower(User.email) == email)
    )
    return found is not None


def _account(session: Session, email: str) -> User | None:
    return session.scalar(select(User).where(func.lower(User.email) == email.lower()))


def _mail(session: Session, invitation: Invitation, locale: str) -> None:
    """In the language of whoever has an account that says one; of others nobody knows better."""
    invited = _account(session, invitation.email)
    mine = outbox.number_in_params("organiser_id") == invitation.organiser_id
    limits = (
        (outbox.to(invitation.email), _MAILS_TO_ADDRESS),
        (mine, _MAILS_OF_ORGANISER),
    )
    if not outbox.within_limits(session, outbox.INVITATION, *limits):
        raise TooManyMails
    outbox.enqueue_for_account(
        session,
        outbox.INVITATION,
        invitation.email,
        (invited and invited.locale) or locale,
        params={"invitation_id": invitation.id, "organiser_id": invitation.organiser_id},
    )
