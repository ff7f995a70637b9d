"""Who may sign in to the backoffice, made from the command line."""

from typing import Final

from flask_security.utils import hash_password
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from ticketing.asking import fields
from ticketing.extensions import db
from ticketing.members import passwords, sessions, two_step
from ticketing.members.accounts import new_uniquifier
from ticketing.models import Membership, Organiser, User
from ticketing.storing.locking import lock, queue_for
from ticketing.storing.transactions import write
from ticketing.vault import revoked
from ticketing.words.languages import FIRST

ROLES: Final = ("owner", "manager", "desk")


class CannotCreate(Exception):
    """Why this account can't be made or changed, in one sentence."""


def create(email: str, organiser_name: str, role: str, password: str, *, name: str = "") -> User:
    """An account and its place with an organiser, who is founded if they aren't there yet.

    Raises `CannotCreate`.
    """
    try:
        email = fields.clean_email(email.strip()).lower()
    except ValueError as error:
        raise CannotCreate(str(error)) from error
    hashed = _hashed(password, email, name, organiser_name)
    taken = CannotCreate(f"{email} has an account already.")
    with write() as session:
        queue_for(session, f"organiser {organiser_name}")
        if session.scalar(select(User.id).where(func.lower(User.email) == email)) is not None:
            raise taken
        organiser = session.scalar(select(Organiser).where(Organiser.name == organiser_name))
        if organiser is None:
            organiser = Organiser(name=organiser_name)
            session.add(organiser)
            session.flush()
        user = User(email=email, name=name, password=hashed, fs_uniquifier=new_uniquifier())
        user.memberships = [Membership(organiser_id=organiser.id, role=role)]
        session.add(user)
        try:
            session.flush()
        except IntegrityError as error:  # in this very moment
            raise taken from error
    return user


def set_password(email: str, password: str) -> User:
    """Give an account a new password, where no mail server can send the link to choose one.

    Raises `CannotCreate`.
    """
    user = _account(email)
    return passwords.put(user.id, _hashed(password, *passwords.known_of(user)), locale=FIRST)


def sign_out(email: str) -> None:
    """End every session of an account. Raises `CannotCreate` if there is none."""
    sessions.end_all(_account(email).id)


def switch(email: str, *, on: bool) -> None:
    """Close an account, whose sessions end, or let it in again. Raises `CannotCreate`."""
    user_id = _account(email).id
    with write() as session:
        user = lock(session, User, user_id)
        user.active = on
        revoked.note_account(session, user)
        sessions.end_all_of(session, user)


def reset_two_step(email: str) -> None:
    """Let somebody who lost phone and recovery codes sign in with the password alone.

    Raises `CannotCreate` if there is no such account, or it is off already.
    """
    user = _account(email)
    if user.totp_secret is None:
        raise CannotCreate(f"{email} signs in with the password alone.")
    two_step.reset(user.id, locale=FIRST)


def _account(email: str) -> User:
    user = db.session.scalar(select(User).where(func.lower(User.email) == email.strip().lower()))
    if user is None:
        raise CannotCreate(f"{email} has no account.")
    return user


def _hashed(password: str, *known: str) -> str:
    try:
        return str(hash_password(passwords.checked(password, *known)))
    except passwords.BadPassword as problem:
        raise CannotCreate(f"The password won't do. {problem}") from problem
