"""The words of mails about accounts and invitations, one function a kind.

They concern no order and stand in nobody's outbox. Their links are made here, when they are sent.
"""

import datetime as dt
from collections.abc import Callable
from typing import Final
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import ngettext

from ticketing import links
from ticketing.config import settings
from ticketing.extensions import db
from ticketing.mailing.letter import Letter, Reason, Withdrawn, one_line, presentable
from ticketing.members import email_changes, passwords, two_step
from ticketing.models import AppleWallet, EmailChange, Invitation, OutboxMail, User, now
from ticketing.posting import outbox
from ticketing.wallet.accounts import WARN
from ticketing.words import localtime


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
    return _notice(
        _("Your password was changed"),
        _(
            "The password of your Passalong account was changed, and whoever was signed in with it "
            "elsewhere is signed out."
        ),
        _("It wasn’t you? Then choose a new password at once: “Forgot your password?”"),
    )


def new_browser(mail: OutboxMail) -> Letter:
    _account(mail)
    at = dt.datetime.fromisoformat(mail.params["at"])
    browser = mail.params["browser"] or _("a browser that doesn’t say which")
    return _notice(
        _("Somebody signed in with a new browser"),
        _(
            "Your Passalong account was opened with %(browser)s on %(when)s, which it hasn’t been "
            "before.",
            browser=browser,
            when=_in_words(at),
        ),
        _("It wasn’t you? Then choose a new password at once: “Forgot your password?”"),
    )


def two_step_on(mail: OutboxMail) -> Letter:
    _account(mail)
    return _notice(
        _("Two-step sign-in is on"),
        _(
            "Signing in to your Passalong account asks for a code from your phone now. Whoever was "
            "signed in elsewhere is signed out."
        ),
        _("It wasn’t you? Then ask an owner of your team to reset it, and change your password."),
    )


def two_step_off(mail: OutboxMail) -> Letter:
    _account(mail)
    return _notice(
        _("Two-step sign-in is off"),
        _(
            "Your Passalong account opens with the password alone now. Whoever was signed in with "
            "it is signed out."
        ),
        _(
            "Neither you nor an owner of your team did this? Then choose a new password at once: "
            "“Forgot your password?”"
        ),
    )


def recovery_code_used(mail: OutboxMail) -> Letter:
    user = _account(mail)
    left = two_step.recovery_codes_left(user.id)
    return _notice(
        _("A recovery code was used"),
        ngettext(
            "One of the recovery codes of your Passalong account was used. One is left.",
            "One of the recovery codes of your Passalong account was used. %(num)d are left.",
            left,
        ),
        _("It wasn’t you? Then change your password and renew the recovery codes at once."),
    )


def recovery_codes_renewed(mail: OutboxMail) -> Letter:
    _account(mail)
    return _notice(
        _("Your recovery codes were renewed"),
        _("Your Passalong account has ten new recovery codes; the former ones are void."),
        _("It wasn’t you? Then choose a new password at once: “Forgot your password?”"),
    )


def email_change(mail: OutboxMail) -> Letter:
    change = db.session.get(EmailChange, mail.params["email_change_id"], populate_existing=True)
    if change is None or change.asked_at + email_changes.GOOD_FOR <= now():
        raise Withdrawn(Reason.ASKED_LONG_AGO)
    minutes = int(email_changes.GOOD_FOR.total_seconds() // 60)
    return Letter(
        subject=_("Confirm your email address"),
        heading=_("Confirm your email address"),
        paragraphs=(_("Somebody, probably you, wants to sign in to Passalong with this address."),),
        button=(_("Confirm the address"), links.email_change_url(change)),
        notes=(
            ngettext(
                "The link works once, for one minute.",
                "The link works once, for %(num)d minutes.",
                minutes,
            ),
            _("It wasn’t you? Then ignore this mail; nothing will happen."),
        ),
        footer=_for_account(),
    )


def email_changed(_mail: OutboxMail) -> Letter:
    """To the former address; the new one isn't named: the mailbox may be another's."""
    return _notice(
        _("Your email address was changed"),
        _(
            "Your Passalong account has another email address now, and this one opens it no more. "
            "Whoever was signed in is signed out."
        ),
        _("It wasn’t you? Then tell an owner of your team at once."),
    )


def wallet_ending(mail: OutboxMail) -> Letter:
    _account(mail)
    wallet = db.session.get(AppleWallet, mail.params["wallet_id"], populate_existing=True)
    ends = wallet.expires_at if wallet else None
    if wallet is None or ends is None or ends > mail.created_at + WARN:
        raise Withdrawn(Reason.CERTIFICATE_REPLACED)
    organiser, day = one_line(wallet.organiser.name), localtime.day_short(ends.date())
    return Letter(
        subject=_("The certificate for Apple Wallet runs out on %(day)s", day=day),
        heading=_("The certificate for Apple Wallet runs out"),
        paragraphs=(
            _(
                "On %(day)s the certificate with which %(organiser)s signs tickets for Apple "
                "Wallet runs out.",
                day=day,
                organiser=organiser,
            ),
            _(
                "From then on the button is gone from the ticket pages; what is in wallets stays "
                "good. Apple makes a new certificate within minutes."
            ),
        ),
        button=(_("Replace the certificate"), f"{settings().base_url}/backoffice/wallet"),
        notes=(_("It is for the Pass Type ID %(name)s.", name=wallet.pass_type_id),),
        footer=_for_account(),
    )


LETTERS: Final[dict[str, Callable[[OutboxMail], Letter]]] = {
    outbox.INVITATION: invitation,
    outbox.PASSWORD_RESET: password_reset,
    outbox.PASSWORD_CHANGED: password_changed,
    outbox.NEW_BROWSER: new_browser,
    outbox.TWO_STEP_ON: two_step_on,
    outbox.TWO_STEP_OFF: two_step_off,
    outbox.RECOVERY_CODE_USED: recovery_code_used,
    outbox.RECOVERY_CODES_RENEWED: recovery_codes_renewed,
    outbox.EMAIL_CHANGE: email_change,
    outbox.EMAIL_CHANGED: email_changed,
    outbox.WALLET_ENDING: wallet_ending,
}


def _notice(happened: str, told: str, otherwise: str) -> Letter:
    """What happened to an account, in a sentence more, and what to do if it wasn't them."""
    return Letter(
        subject=happened,
        heading=happened,
        paragraphs=(told,),
        button=(_("Sign in"), f"{settings().base_url}/backoffice"),
        notes=(otherwise,),
        footer=_for_account(),
    )


def _account(mail: OutboxMail) -> User:
    user = db.session.get(User, mail.params["user_id"], populate_existing=True)
    if user is None or not user.active:
        raise Withdrawn(Reason.ACCOUNT_GONE)
    if user.email != mail.recipient:
        raise Withdrawn(Reason.ADDRESS_CHANGED)
    return user


def _in_words(moment: dt.datetime) -> str:
    """Day and time; a team's members may live anywhere, so the zone is said."""
    return localtime.moment_in(moment, ZoneInfo("UTC"))


def _for_account() -> str:
    return str(
        _("You get this mail because you have an account at %(url)s.", url=settings().base_url)
    )
