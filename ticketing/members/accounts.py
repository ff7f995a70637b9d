"""Who may sign in, and what they are called."""

import uuid

from flask_babel import gettext as _

from ticketing.asking import names
from ticketing.models import User
from ticketing.storing.transactions import write
from ticketing.words import languages

MAX_NAME = 200


def new_uniquifier() -> str:
    """What a session is bound to; never used twice."""
    return uuid.uuid4().hex


def change(user_id: int, name: str, locale: str) -> User:
    """How a person is called in the history, and the language they are spoken to in.

    An empty one is the browser's. Raises `ValueError` with what to do about the name.
    """
    name = clean_name(name)
    with write() as session:
        user = session.get_one(User, user_id)
        user.name = name
        user.locale = locale if locale in languages.spoken() else ""
    return user


def clean_name(text: str) -> str:
    """A person's name as it is stored; raises `ValueError` with what to do about it."""
    return one_line(text, _("Please fill in your name."))


def one_line(text: str, missing: str) -> str:
    """A name of somebody or something as it is stored; raises `ValueError` with what to do."""
    try:
        name = names.tidy(text)
    except names.RefusedCharacter:
        raise ValueError(
            _("This holds a character that can’t be printed. Please type it anew.")
        ) from None
    if not name:
        raise ValueError(missing)
    if len(name) > MAX_NAME:
        raise ValueError(_("Please use at most %(n)d characters.", n=MAX_NAME))
    return name
