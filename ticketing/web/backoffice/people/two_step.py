"""*Your account → Two-step sign-in*: set it up, renew the recovery codes, turn it off."""

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_security.utils import login_user

from ticketing.carried import qr
from ticketing.members import two_step
from ticketing.members.two_step import WrongCode
from ticketing.web.accounts import proof
from ticketing.web.backoffice import news, scope
from ticketing.web.backoffice.confirming import fresh
from ticketing.web.backoffice.forms import BackofficeForm
from ticketing.web.backoffice.guard import blueprint
from ticketing.web.backoffice.people.forms_people import TurnOnForm
from ticketing.web.backoffice.roles import ANYONE, needs


@blueprint.route("/account/two-step", methods=["GET", "POST"])
@needs(ANYONE)
@fresh
def turn_on_two_step() -> ResponseReturnValue:
    """The QR code for the app; the first code shows that it has it."""
    user, form = scope.user(), TurnOnForm()
    if user.totp_secret is not None:
        return redirect(url_for(".account"), 303)
    if form.validate_on_submit():
        place = scope.membership()
        try:
            codes = two_step.turn_on(
                user, form.sealed.data or "", form.code.data or "", locale=str(get_locale())
            )
        except WrongCode:
            form.code.errors = [proof.wrong_code()]
        else:
            login_user(user, authn_via=["code"])  # every session ended, this one begins anew
            if place is not None:
                scope.choose(place.organiser_id)
            return _shown_once(codes, new=True), 201
    place = scope.membership()
    beginning = two_step.begin(user, form.sealed.data or "")
    form.sealed.data = beginning.sealed
    html = news.page(
        "backoffice/account/two_step_set_up.html",
        form=form,
        secret=beginning.secret,
        qr=qr.qr_svg(beginning.uri, title=_("QR code for the app on your phone")),
        has_to=two_step.has_to_set_up(user, place.organiser if place else None),
    )
    return html, 422 if form.errors else 200


@blueprint.route("/account/two-step/recovery-codes", methods=["GET", "POST"])
@needs(ANYONE)
@fresh
def renew_recovery_codes() -> ResponseReturnValue:
    form = BackofficeForm()
    if form.validate_on_submit():
        if scope.user().totp_secret is None:
            return redirect(url_for(".account"), 303)
        codes = two_step.renew_recovery_codes(scope.user().id, locale=str(get_locale()))
        return _shown_once(codes, new=False), 201
    return news.dialog("backoffice/account/renew_recovery_codes.html", form=form)


@blueprint.route("/account/two-step/off", methods=["GET", "POST"])
@needs(ANYONE)
@fresh
def turn_off_two_step() -> ResponseReturnValue:
    form = BackofficeForm()
    user = scope.user()
    if form.validate_on_submit():
        place = scope.membership()
        two_step.turn_off(user, locale=str(get_locale()))
        login_user(user, authn_via=["code"])
        if place is not None:
            scope.choose(place.organiser_id)
        flash(_("Two-step sign-in is off. You are signed out everywhere else."), "success")
        return redirect(url_for(".account"), 303)
    return news.dialog("backoffice/account/turn_off_two_step.html", form=form)


def _shown_once(codes: list[str], *, new: bool) -> str:
    """Not after a redirect: then an address or a cookie would have to know them."""
    return news.page("backoffice/account/recovery_codes.html", codes=codes, new=new)
