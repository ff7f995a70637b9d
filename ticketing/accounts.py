"""Who may sign in, and what ends a session."""

import uuid

from ticketing.models import User
from ticketing.transactions import write


def new_uniquifier() -> str:
    """What a session is bound to; never used twice."""
    return uuid.uuid4().hex


def end_sessions(user_id: int) -> None:
    """End every session of a user on the server: a copied cookie opens nothing any more."""
    with write() as session:
        user = session.get_one(User, user_id)
        user.fs_uniquifier = new_uniquifier()
