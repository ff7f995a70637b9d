"""*Your account → Where you are signed in*: one's own sessions, and ending them."""

from flask import flash, g, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from ticketing.members import sessions
from ticketing.web.backoffice import confirming, scope
from ticketing.web.backoffice.confirming import fresh
from ticketing.web.backoffice.guard import blueprint
from ticketing.web.backoffice.roles import ANYONE, needs


@blueprint.post("/account/sign-ins/<int:sign_in_id>/end")
@needs(ANYONE)
@fresh
def end_sign_in(sign_in_id: int) -> ResponseReturnValue:
    sessions.end(scope.user().id, scope.sign_in_or_404(sign_in_id).id)
    flash(_("Signed out there."), "success")
    return redirect(url_for(".account"), 303)


@blueprint.post("/account/sign-ins/end-others")
@needs(ANYONE)
@fresh
def end_other_sign_ins() -> ResponseReturnValue:
    sessions.end_others(scope.user().id, g.sign_in.id)
    flash(_("You are signed out everywhere else."), "success")
    return redirect(url_for(".account"), 303)


@blueprint.post("/confirm")
@needs(ANYONE)
@fresh
def confirm() -> ResponseReturnValue:
    """Where the question leads on from what was to be looked at."""
    return confirming.lead_on()
