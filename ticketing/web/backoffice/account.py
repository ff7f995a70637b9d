"""One's own account: name, password, and for which organisers one works."""

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_security.utils import login_user

from ticketing import accounts, passwords, team
from ticketing.passwords import BadPassword, WrongPassword
from ticketing.web.backoffice import news, roles, scope
from ticketing.web.backoffice.forms_people import (
    ChangePasswordForm,
    OrganisationForm,
    PersonForm,
)
from ticketing.web.backoffice.guard import blueprint
from ticketing.web.backoffice.roles import ANYONE, needs


@blueprint.route("/account", methods=["GET", "POST"])
@needs(ANYONE)
def account() -> ResponseReturnValue:
    form = PersonForm(data={"name": scope.user().name})
    if form.validate_on_submit():
        try:
            accounts.rename(scope.user().id, form.name.data or "")
        except ValueError as error:
            form.name.errors = [str(error)]
        else:
            flash(_("Your name was saved."), "success")
            return redirect(url_for(".account"), 303)
    return _page(form, ChangePasswordForm(formdata=None)), 422 if form.errors else 200


@blueprint.post("/account/password")
@needs(ANYONE)
def change_password() -> ResponseReturnValue:
    form = ChangePasswordForm()
    user = scope.user()
    if form.validate_on_submit():
        place = scope.membership()
        try:
            user = passwords.change(
                user,
                form.present.data or "",
                form.password.data or "",
                locale=str(get_locale()),
            )
        except WrongPassword:
            form.present.errors = [_("That isn’t your present password.")]
        except BadPassword as bad:
            form.password.errors = [str(bad)]
        else:
            login_user(user, authn_via=["change"])  # every session ended, this one begins anew
            if place is not None:
                scope.choose(place.organiser_id)
            flash(_("Your password was changed. You are signed out everywhere else."), "success")
            return redirect(url_for(".account"), 303)
    return _page(PersonForm(formdata=None, data={"name": user.name}), form), 422


@blueprint.post("/account/organiser")
@needs(ANYONE)
def switch_organiser() -> ResponseReturnValue:
    """Work for another of one's organisers from now on."""
    wanted = request.form.get("organiser_id", type=int)
    if wanted not in {each.organiser_id for each in scope.memberships()}:
        abort(404)
    scope.choose(wanted)
    return redirect(url_for(".home"), 303)


@blueprint.route("/organisers/new", methods=["GET", "POST"])
@needs("owner")
def new_organiser() -> ResponseReturnValue:
    """An owner founds another organiser: it shares nothing with theirs but the installation."""
    form = OrganisationForm()
    if form.validate_on_submit():
        try:
            organiser = team.found(form.name.data or "", scope.user())
        except ValueError as error:
            form.name.errors = [str(error)]
        else:
            scope.choose(organiser.id)
            flash(_("You now work for %(name)s.", name=organiser.name), "success")
            return redirect(url_for(".home"), 303)
    html = news.page("backoffice/new_organiser.html", form=form)
    return html, 422 if form.errors else 200


def _page(form: PersonForm, password_form: ChangePasswordForm) -> str:
    return news.page(
        "backoffice/account.html",
        form=form,
        password_form=password_form,
        email=scope.user().email,
        places=scope.memberships(),
        place=scope.membership(),
        role_names=roles.words(),
    )
