"""Dangerous acts ask people to show that it is them, unless they did within the last minutes.

    @blueprint.post("/people/invitations")
    @needs("owner")
    @fresh
    def invite(): ...

Whoever sits down at somebody else's open laptop gets no further than reading. The question comes
in answer to the form that was sent, carries all that was typed, and leads on to where the form was
going: nothing is lost. It asks for a code from the phone where there are two steps, for a browser
may know the password by itself.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from flask import current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_security.utils import validate_redirect_url
from wtforms import Field, PasswordField, StringField

from ticketing.members import sessions
from ticketing.models import User
from ticketing.running import security_log
from ticketing.web.accounts import proof
from ticketing.web.accounts.sign_in import SECRET
from ticketing.web.around import noted
from ticketing.web.around.protection import SAFE_METHODS
from ticketing.web.backoffice import news, scope
from ticketing.web.backoffice.forms import BackofficeForm
from ticketing.web.details_form import Wanted

View = TypeVar("View", bound=Callable[..., Any])

_asked: dict[str, frozenset[str]] = {}  # {view: methods}
_UNSAFE: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def fresh(view: View) -> View:
    """Ask before what the view does; what it shows to whoever opens its form needs nothing."""
    _asked[_name(view)] = _UNSAFE
    return view


def fresh_to_look(view: View) -> View:
    """Ask before what the view shows: links and files that are as good as an act."""
    _asked[_name(view)] = _UNSAFE | {"GET", "HEAD"}
    return view


class ConfirmPasswordForm(BackofficeForm):
    confirm_with = PasswordField(
        _l("Your password"),
        [Wanted()],
        render_kw={"autocomplete": "current-password", "autofocus": True},
    )


class ConfirmCodeForm(BackofficeForm):
    confirm_with = StringField(
        _l("Code from your phone, or a recovery code"),
        [Wanted()],
        render_kw={
            "autocomplete": "one-time-code",
            "maxlength": "60",
            "autofocus": True,
            "spellcheck": "false",
            "autocapitalize": "none",
        },
    )


def asked_first() -> ResponseReturnValue | None:
    """The question, where the request needs it; None if it may go on."""
    if request.method not in asked_of(request.endpoint) or sessions.is_fresh(g.sign_in):
        return None
    user = scope.user()
    form = ConfirmPasswordForm() if user.totp_secret is None else ConfirmCodeForm()
    if "confirm_with" not in request.form:
        return _question(form)
    if not form.validate_on_submit() or not _shown(user, form.confirm_with):
        return _question(form)
    session[SECRET] = sessions.confirm(g.sign_in)
    noted.note(security_log.CONFIRMED)
    return None


def asked_of(endpoint: str | None) -> frozenset[str]:
    """The methods of a page that ask first."""
    view = current_app.view_functions.get(endpoint or "")
    return _asked.get(_name(view), frozenset()) if view else frozenset()


def lead_on() -> ResponseReturnValue:
    """To what was to be looked at, after the question (`confirm` in account.py)."""
    onwards = request.form.get("next", "")
    good = onwards.startswith(url_for(".home")) and validate_redirect_url(onwards)
    return redirect(onwards if good else url_for(".home"), 303)


def _shown(user: User, field: Field) -> bool:
    """Whether they have shown that it is them; guesses are limited as at the sign-in."""
    if user.totp_secret is None:
        shown, wrong = proof.is_password(user, field.data or ""), proof.wrong_password()
    else:
        shown, wrong = proof.is_code(user, field.data or ""), proof.wrong_code()
    if not shown:
        field.errors = [wrong]
    return shown


def _question(form: BackofficeForm) -> ResponseReturnValue:
    looking = request.method in SAFE_METHODS
    here = request.full_path.rstrip("?")
    own = {"csrf_token", "confirm_with"}
    typed = [
        (name, value)
        for name, values in request.form.lists()
        if name not in own
        for value in values
    ]
    return news.dialog(
        "backoffice/account/confirm_it_is_you.html",
        status=403,
        form=form,
        here=url_for("backoffice.confirm") if looking else here,
        carried=[("next", here)] if looking else typed,
        email=scope.user().email,
        with_code=scope.user().totp_secret is not None,
    )


def _name(view: Callable[..., Any]) -> str:
    return f"{view.__module__}.{view.__qualname__}"
