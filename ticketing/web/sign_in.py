"""Signing in to the backoffice: Flask-Security, told how we want it."""

import datetime as dt
from typing import Any

from flask import Flask, Request, g, make_response, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import user_logged_out  # type: ignore[import-untyped]
from flask_security import LoginForm, Security, SQLAlchemyUserDatastore, user_authenticated
from flask_security.utils import validate_redirect_url
from flask_wtf.csrf import CSRFError
from wtforms import Field

from ticketing import accounts, passwords
from ticketing.accounts import new_uniquifier
from ticketing.config import Settings
from ticketing.keys import Keys
from ticketing.models import User

__all__ = ["init_sign_in", "new_uniquifier", "session_settings", "sign_in_settings"]


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
        "SECURITY_LOGIN_USER_TEMPLATE": "backoffice/sign_in.html",
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        "SECURITY_SEND_REGISTER_EMAIL": False,
        "SECURITY_DEFAULT_REMEMBER_ME": False,
        "SECURITY_STATIC_FOLDER": None,  # our own pages, our own files
        "SECURITY_FRESHNESS": dt.timedelta(seconds=-1),  # nothing asks for the password again
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
    security.want_json(_never)
    # Flask-Security would look for a token in address, headers and JSON body of every request.
    app.login_manager.request_loader(_nobody)  # type: ignore[attr-defined]
    app.register_error_handler(CSRFError, token_refused)
    user_authenticated.connect(_begin_anew, app)
    user_logged_out.connect(_end_everywhere, app)


class SignInForm(LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email.label.text = _("Email")
        self.password.label.text = _("Password")

    def validate_next(self, field: Field) -> None:
        """An address elsewhere is forgotten; it is no reason not to let somebody in."""
        if not validate_redirect_url(field.data or ""):
            field.data = ""


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
    if request.endpoint == "security.login":
        form = SignInForm(request.form)
        form.csrf_token.errors = [
            _("This page was open for a long time. Nothing is lost: please send it again.")
        ]
        return _render("backoffice/sign_in.html", login_user_form=form)
    return make_response(
        render_template(
            "backoffice/token_refused.html",
            in_dialog="HX-Request" in request.headers,
        ),
        400,
    )


def _begin_anew(_app: Flask, **_more: Any) -> None:
    """What the session held before the sign-in, its form token included, counts no more."""
    kept = {"_user_id", "_fresh", "_id", "fs_paa", "fs_cc", "identity.name", "identity.auth_type"}
    for key in set(session) - kept:
        session.pop(key)
    g.pop("csrf_token", None)


def _end_everywhere(_app: Flask, user: User, **_more: Any) -> None:
    """The session lives in a cookie, and copies of a cookie outlive its deletion."""
    accounts.end_sessions(user.id)
