"""The words of mails about accounts and invitations, one function a kind.

They concern no order and stand in nobody's outbox. Their links are made here, when they are sent.
"""

import datetime as dt
from collections.abc import Callable
from typing import Final

from babel.dates import format_datetime
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _

from ticketing import links, outbox, passwords
from ticketing.config import settings
from ticketing.extensions import db
from ticketing.mailing.letter import Letter, Reason, Withdrawn, one_line, presentable
from ticketing.models import Invitation, OutboxMail, User, now


def invitation(mail: OutboxMail) -> Letter:
    found = db.session.get(Invitation, mail.params["invitation_id"], populate_existing=True)
    if (
        found is None
        or found.accepted_at is not None
        or found.revoked_at is not None
        or found.expires_at <= now()
    ):
        raise Withdrawn(Reason.INVITATION_OVER)
    organiser = one_line(found.organiser.name)
    by = presentable(found.invited_by.name) if found.invited_by else ""
    if by:
        asked = _(
            "%(name)s invites you to the team of %(organiser)s.", name=by, organiser=organiser
        )
    else:
        asked = _("You are invited to the team of %(organiser)s.", organiser=organiser)
    return Letter(
        subject=_("You are invited to %(organiser)s", organiser=organiser),
        heading=_("Join %(organiser)s", organiser=organiser),
        paragraphs=(
            asked,
            _("There you look after orders and tickets. Open the link to accept."),
        ),
        button=(_("Look at the invitation"), links.invitation_url(found)),
        notes=(
            _("The link works once, until %(when)s.", when=_in_words(found.expires_at)),
            _("You didn’t expect this? Then ignore this mail; nothing will happen."),
        ),
        footer=_(
            "You get this mail because somebody of %(organiser)s entered your address.",
            organiser=organiser,
        ),
    )


def password_reset(mail: OutboxMail) -> Letter:
    user = _account(mail)
    if mail.created_at + passwords.RESET_WITHIN <= now():
        raise Withdrawn(Reason.ASKED_LONG_AGO)
    minutes = int(passwords.RESET_WITHIN.total_seconds() // 60)
    return Letter(
        subject=_("Choose a new password"),
        heading=_("Choose a new password"),
        paragraphs=(
            _("Somebody, probably you, asked for a new password for your Passalong account."),
        ),
        button=(_("Choose a new password"), passwords.reset_url(user)),
        notes=(
            ngettext(
                "The link works once, for one minute.",
                "The link works once, for %(num)d minutes.",
                minutes,
            ),
            _("It wasn’t you? Then ignore this mail: your password stays as it is."),
        ),
        footer=_for_account(),
    )


def password_changed(mail: OutboxMail) -> Letter:
    _account(mail)
    return Letter(
        subject=_("Your password was changed"),
        heading=_("Your password was changed"),
        paragraphs=(
            _(
                "The password of your Passalong account was changed, and whoever was signed in "
                "with it elsewhere is signed out."
            ),
        ),
        button=(_("Sign in"), f"{settings().base_url}/backoffice"),
        notes=(_("It wasn’t you? Then choose a new password at once: “Forgot your password?”"),),
        footer=_for_account(),
    )


LETTERS: Final[dict[str, Callable[[OutboxMail], Letter]]] = {
    outbox.INVITATION: invitation,
    outbox.PASSWORD_RESET: password_reset,
    outbox.PASSWORD_CHANGED: password_changed,
}


def _account(mail: OutboxMail) -> User:
    user = db.session.get(User, mail.params["user_id"], populate_existing=True)
    if user is None or not user.active:
        raise Withdrawn(Reason.ACCOUNT_GONE)
    if user.email != mail.recipient:
        raise Withdrawn(Reason.ADDRESS_CHANGED)
    return user


def _in_words(moment: dt.datetime) -> str:
    """Day and time; a team's members may live anywhere, so the zone is said."""
    return str(format_datetime(moment, "d MMMM y, HH:mm 'UTC'", tzinfo=dt.UTC, locale=get_locale()))


def _for_account() -> str:
    return str(
        _("You get this mail because you have an account at %(url)s.", url=settings().base_url)
    )
