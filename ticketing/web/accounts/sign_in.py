"""Signing in to the backoffice: Flask-Security, told how we want it.

Its sign-in asks `SecondStep` after a right password, and its signals tell when somebody is in or
out. What it has for second factors, recovery codes and asking anew is not in use: see
docs/decisions/signing-in.md.
"""

import datetime as dt
import time
from typing import Any, Final

from flask import (
    Flask,
    Request,
    Response,
    after_this_request,
    g,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import user_logged_out  # type: ignore[import-untyped]
from flask_security import LoginForm, Security, SQLAlchemyUserDatastore, user_authenticated
from flask_security.tf_plugin import TfPlugin
from flask_security.utils import set_request_attr, validate_redirect_url
from flask_wtf.csrf import CSRFError
from sqlalchemy import select
from wtforms import Field

from ticketing import links
from ticketing.config import Settings
from ticketing.extensions import db
from ticketing.members import passwords, sessions
from ticketing.members.accounts import new_uniquifier
from ticketing.models import User
from ticketing.posting import outbox
from ticketing.running import security_log
from ticketing.storing import limits
from ticketing.vault.keys import Keys
from ticketing.web import browsers
from ticketing.web.accounts import proof
from ticketing.web.around import leading, noted
from ticketing.web.around.locale import LANGUAGE

__all__ = ["init_sign_in", "new_uniquifier", "session_settings", "sign_in_settings"]

SECRET: Final = "sign_in"  # noqa: S105 - in the cookie: what `sessions.find` knows it by
_HALF_IN: Final = "half_in"
HALF_IN_SECONDS: Final = 600


def session_settings(settings: Settings) -> dict[str, Any]:
    """Cookies that only our own pages send; over HTTPS bound to the exact host."""
    return {
        "SESSION_COOKIE_NAME": "__Host-session" if settings.secure else "session",
        "SESSION_COOKIE_SECURE": settings.secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_PATH": "/",
    }


def sign_in_settings(keys: Keys) -> dict[str, Any]:
    return {
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_SALT": keys.session.hex()[:32],
        "SECURITY_PASSWORD_LENGTH_MIN": passwords.SHORTEST,
        "SECURITY_RESET_PASSWORD_WITHIN": passwords.RESET_WITHIN,
        "SECURITY_URL_PREFIX": "/backoffice",
        "SECURITY_LOGIN_URL": "/sign-in",
        "SECURITY_LOGOUT_URL": "/sign-out",
        "SECURITY_LOGOUT_METHODS": ["POST"],
        "SECURITY_POST_LOGIN_VIEW": "/backoffice/orders",
        "SECURITY_POST_LOGOUT_VIEW": "/backoffice/sign-in",
        "SECURITY_LOGIN_USER_TEMPLATE": "backoffice/account/sign_in.html",
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        "SECURITY_SEND_REGISTER_EMAIL": False,
        "SECURITY_DEFAULT_REMEMBER_ME": False,
        "SECURITY_CLI_USERS_NAME": None,  # `flask user` knows our rules
        "SECURITY_CLI_ROLES_NAME": None,
        "SECURITY_STATIC_FOLDER": None,  # our own pages, our own files
        "SECURITY_FRESHNESS": dt.timedelta(seconds=-1),  # backoffice/confirming.py asks again
        "SECURITY_API_ENABLED_METHODS": ["session"],
        "SECURITY_MSG_GENERIC_AUTHN_FAILED": (
            "That email address and password don't fit together.",
            "error",
        ),
        "WTF_CSRF_TIME_LIMIT": None,  # a sign-in page left open overnight still works
    }


def init_sign_in(app: Flask, security: Security, db: Any, user: type, role: type) -> None:
    security.init_app(
        app,
        SQLAlchemyUserDatastore(db, user, role),
        register_blueprint=True,
        login_form=SignInForm,
        render_template=_render,
    )
    # Nobody asks for the permissions of Flask-Principal, who would look for a user on every page.
    security.principal.identity_loaders.clear()
    security.want_json(_never)
    # Flask-Security would look for a token in address, headers and JSON body of every request.
    app.login_manager.request_loader(_nobody)  # type: ignore[attr-defined]
    app.login_manager.user_loader(_user_of_session)  # type: ignore[attr-defined]
    security.two_factor_plugins = SecondStep()
    app.register_error_handler(CSRFError, token_refused)
    user_authenticated.connect(_begin_anew, app)
    user_logged_out.connect(_end_everywhere, app)


class SignInForm(LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email.label.text = _("Email")
        self.password.label.text = _("Password")

    def validate(self, **kwargs: Any) -> bool:
        """Too many guesses are answered like a wrong one, after as much work."""
        attempt = proof.at_password(self.email.data or "")
        if not attempt.allowed:
            noted.note(security_log.TOO_MANY_TRIES)
            passwords.take_as_long(self.password.data or "")
            self.password.errors = [""]
            return False
        if not super().validate(**kwargs) or not isinstance(self.user, User):
            noted.note(security_log.WRONG_PASSWORD, user=getattr(self.user, "id", None))
            return False
        passwords.keep_newer_hash(self.user)
        attempt.succeeded()
        return True

    def validate_next(self, field: Field) -> None:
        """An address elsewhere is forgotten; it is no reason not to let somebody in."""
        if not validate_redirect_url(field.data or ""):
            field.data = ""


class SecondStep(TfPlugin):
    """What Flask-Security asks when the password was right."""

    def tf_enter(
        self, user: Any, remember_me: bool | None, primary_authn_via: str, next_loc: str | None
    ) -> Response | None:
        """The page that asks for a code, if the user signs in in two steps."""
        if user.totp_secret is None:
            return None
        session[_HALF_IN] = [user.fs_uniquifier, int(time.time())]
        return make_response(redirect(url_for("accounts.second_step", next=next_loc or None)))


def half_signed_in() -> User | None:
    """Who has given the right password in this browser a moment ago, and now needs a code."""
    uniquifier, at = session.get(_HALF_IN, ("", 0))
    if not 0 <= time.time() - at <= HALF_IN_SECONDS:
        return None
    return db.session.scalar(
        select(User).where(User.fs_uniquifier == uniquifier, User.active.is_(True))
    )


def _user_of_session(uniquifier: str) -> User | None:
    g.sign_in = found = sessions.find(uniquifier, str(session.get(SECRET, "")))
    if found is None:
        return None
    noted.its_user(found.user_id)
    set_request_attr("fs_authn_via", "session")
    set_request_attr("fs_paa", found.confirmed_at.timestamp())
    return found.user


def _render(template: str, **context: Any) -> ResponseReturnValue:
    """Flask-Security's pages in our own templates; a refused form is no 200."""
    return make_response(
        render_template(template, **context), 422 if request.method == "POST" else 200
    )


def _never(_request: Request) -> bool:
    """People sign in on a page; programs have keys, so no sign-in hands out a token."""
    return False


def _nobody(_request: Request) -> None:
    """Who is signed in stands in the session alone."""


def token_refused(_error: CSRFError) -> ResponseReturnValue:
    """An unsafe request whose form came from another session: nothing was done."""
    noted.note(security_log.WRONG_FORM)
    if request.endpoint == "security.login":
        form = SignInForm(request.form)
        form.csrf_token.errors = [
            _("This page was open for a long time. Nothing is lost: please send it again.")
        ]
        return _render("backoffice/account/sign_in.html", login_user_form=form)
    over_a_form = leading.is_sent_for_browser()
    html = render_template(
        "backoffice/token_refused.html",
        in_dialog=over_a_form or "HX-Request" in request.headers,
    )
    response = make_response(html, 400)
    return leading.beside_the_form(response) if over_a_form else response


def _begin_anew(_app: Flask, user: User, authn_via: list[str] | None = None, **_more: Any) -> None:
    """What the session held before the sign-in, its form token included, counts no more."""
    email = user.email
    session_secret = sessions.begin(
        user.id,
        browsers.in_words(request.user_agent.string),
        known=bool(browsers.known_as(email)),
        locale=str(get_locale()),
        address=outbox.address_digest(
            links.keys().address, limits.network_of(request.remote_addr or "")
        ),
    )
    browsers.remember(email)
    kept = {
        LANGUAGE,
        "_user_id",
        "_fresh",
        "_id",
        "fs_paa",
        "fs_cc",
        "identity.name",
        "identity.auth_type",
    }
    for key in set(session) - kept:
        session.pop(key)
    g.pop("csrf_token", None)
    session[SECRET] = session_secret
    noted.note(security_log.SIGNED_IN, user=user.id, by="+".join(sorted(authn_via or ())))


def _end_everywhere(_app: Flask, user: User, **_more: Any) -> None:
    """The session lives in a cookie, and copies of a cookie outlive its deletion."""

    @after_this_request
    def keep_nothing(response: Response) -> Response:
        # Not the cookies: by one this browser is known again, see browsers.py.
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response

    noted.note(security_log.SIGNED_OUT, user=user.id)
    sessions.end_all(user.id)
