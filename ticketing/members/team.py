"""An organiser's team: who is in it, as what, and that somebody always decides.

Each change locks the organiser, so two owners can't take the role from each other at once.
"""

from typing import Final

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from ticketing.members import sessions, two_step
from ticketing.members.accounts import one_line
from ticketing.models import Membership, Organiser, User
from ticketing.refusals import EditedMeanwhile, LastOwner, NotOwnRole, NotTheirOwnerAlone
from ticketing.storing.locking import lock
from ticketing.storing.transactions import write
from ticketing.vault import revoked

ROLES: Final = ("owner", "manager", "desk")  # from the most to the least that they may


def change_role(member: Membership, role: str, *, by: User) -> Membership:
    """Give somebody of the team another role; they have to sign in anew.

    Raises `NotOwnRole`, `LastOwner`, and `EditedMeanwhile` if they left the team.
    """
    if role not in ROLES:
        raise ValueError(role)
    ids = member.id, member.organiser_id
    by_id = by.id
    with write() as session:
        member = _locked(session, *ids)
        if member.user_id == by_id:
            raise NotOwnRole
        if member.role != role:
            member.role = role
            revoked.note_member(session, member.user, member.organiser_id, role)
            _keep_an_owner(session, member.organiser_id)
            sessions.end_all_of(session, member.user)
    return member


def remove(member: Membership) -> None:
    """Take somebody out of the team; the account stays, its sessions end.

    Raises `LastOwner`, and `EditedMeanwhile` if they left already.
    """
    ids = member.id, member.organiser_id
    with write() as session:
        member = _locked(session, *ids)
        sessions.end_all_of(session, member.user)
        revoked.note_member(session, member.user, member.organiser_id, None)
        session.delete(member)
        _keep_an_owner(session, member.organiser_id)


def sign_out(member: Membership) -> None:
    """End every session of somebody in the team. Raises `EditedMeanwhile` if they left."""
    ids = member.id, member.organiser_id
    with write() as session:
        sessions.end_all_of(session, _locked(session, *ids).user)


def reset_two_step(member: Membership, *, locale: str) -> None:
    """Let somebody in the team who lost their phone sign in with the password alone.

    Raises `NotTheirOwnerAlone`, and `EditedMeanwhile` if they left.
    """
    ids = member.id, member.organiser_id
    with write() as session:
        member = _locked(session, *ids)
        places = select(func.count()).select_from(Membership)
        if session.scalar(places.where(Membership.user_id == member.user_id)) != 1:
            raise NotTheirOwnerAlone
        two_step.turn_off_of(session, member.user, member.user.locale or locale)


def found(name: str, owner: User) -> Organiser:
    """A new organiser, of whom this person is the owner. Raises `ValueError` with what to do."""
    name = clean_organiser_name(name)
    owner_id = owner.id
    with write() as session:
        organiser = Organiser(name=name)
        session.add(organiser)
        session.flush()
        session.add(Membership(user_id=owner_id, organiser_id=organiser.id, role="owner"))
    return organiser


def rename(organiser_id: int, name: str, *, seen: str) -> Organiser:
    """Call an organiser differently; `seen` is the name on the page that the form was on.

    Raises `ValueError` with what to do, and `EditedMeanwhile` if somebody else was faster.
    """
    name = clean_organiser_name(name)
    with write() as session:
        organiser = lock(session, Organiser, organiser_id)
        if organiser.name != seen:
            raise EditedMeanwhile
        organiser.name = name
    return organiser


def clean_organiser_name(text: str) -> str:
    return one_line(text, _("Please give the organisation a name."))


def _locked(session: Session, member_id: int, organiser_id: int) -> Membership:
    lock(session, Organiser, organiser_id)
    member = session.scalar(
        select(Membership)
        .where(Membership.id == member_id, Membership.organiser_id == organiser_id)
        .options(joinedload(Membership.user))
        .execution_options(populate_existing=True)
    )
    if member is None:
        raise EditedMeanwhile
    return member


def _keep_an_owner(session: Session, organiser_id: int) -> None:
    """Somebody who can sign in must be left to decide."""
    session.flush()
    owners = session.scalar(
        select(func.count())
        .select_from(Membership)
        .join(User)
        .where(
            Membership.organiser_id == organiser_id,
            Membership.role == "owner",
            User.active.is_(True),
        )
    )
    if not owners:
        raise LastOwner
