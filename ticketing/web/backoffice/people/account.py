"""One's own account: name, password, and for which organisers one works."""

from zoneinfo import ZoneInfo

from flask import abort, flash, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, refresh
from flask_babel import gettext as _
from flask_security.utils import login_user

from ticketing.config import settings
from ticketing.members import accounts, email_changes, passwords, sessions, team, two_step
from ticketing.members.passwords import BadPassword, WrongPassword
from ticketing.refusals import TooManyMails
from ticketing.running import security_log
from ticketing.web.accounts import proof
from ticketing.web.around import noted
from ticketing.web.around.locale import LANGUAGE
from ticketing.web.backoffice import news, roles, scope
from ticketing.web.backoffice.confirming import fresh
from ticketing.web.backoffice.guard import blueprint
from ticketing.web.backoffice.people.forms_people import (
    ChangePasswordForm,
    EmailForm,
    OrganisationForm,
    PersonForm,
)
from ticketing.web.backoffice.roles import ANYONE, needs


@blueprint.route("/account", methods=["GET", "POST"])
@needs(ANYONE)
def account() -> ResponseReturnValue:
    form = PersonForm(data=_person())
    if form.validate_on_submit():
        try:
            accounts.change(scope.user().id, form.name.data or "", form.language.data or "")
        except ValueError as error:
            form.name.errors = [str(error)]
        else:
            session.pop(LANGUAGE, None)  # was chosen before, for as long as nothing else was
            refresh()  # said in the language that was just chosen
            flash(_("Your settings were saved."), "success")
            return redirect(url_for(".account"), 303)
    return _page(form, ChangePasswordForm(formdata=None)), 422 if form.errors else 200


@blueprint.post("/account/password")
@needs(ANYONE)
def change_password() -> ResponseReturnValue:
    form = ChangePasswordForm()
    user = scope.user()
    if form.validate_on_submit():
        place = scope.membership()
        attempt = proof.at_password(user.email)
        if not attempt.allowed:
            noted.note(security_log.TOO_MANY_TRIES)
            form.present.errors = [proof.wrong_password()]
            return _page(PersonForm(formdata=None, data=_person()), form), 422
        try:
            user = passwords.change(
                user,
                form.present.data or "",
                form.password.data or "",
                locale=str(get_locale()),
            )
        except WrongPassword:
            noted.note(security_log.WRONG_PASSWORD)
            form.present.errors = [proof.wrong_password()]
        except BadPassword as bad:
            attempt.succeeded()
            form.password.errors = [str(bad)]
        else:
            attempt.succeeded()
            login_user(user, authn_via=["change"])  # every session ended, this one begins anew
            if place is not None:
                scope.choose(place.organiser_id)
            flash(_("Your password was changed. You are signed out everywhere else."), "success")
            return redirect(url_for(".account"), 303)
    return _page(PersonForm(formdata=None, data=_person()), form), 422


@blueprint.route("/account/email", methods=["GET", "POST"])
@needs(ANYONE)
@fresh
def change_email() -> ResponseReturnValue:
    """The new address counts once the link that is mailed there was used."""
    form = EmailForm()
    if form.validate_on_submit():
        try:
            email = email_changes.ask(scope.user(), form.email.data or "", locale=str(get_locale()))
        except ValueError as error:
            form.email.errors = [str(error)]
        except TooManyMails:
            form.email.errors = [_("That’s enough for today. Please try it tomorrow.")]
        else:
            text = _(
                "A link is on its way to %(email)s, unless the address has an account already. It "
                "works once, for an hour; until then nothing changes.",
                email=email,
            )
            flash(text, "info")
            return redirect(url_for(".account"), 303)
    return news.dialog(
        "backoffice/account/change_email.html", form=form, mails_go_out=bool(settings().mail_server)
    )


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
    html = news.page("backoffice/people/new_organiser.html", form=form)
    return html, 422 if form.errors else 200


def _person() -> dict[str, str]:
    user = scope.user()
    return {"name": user.name, "language": user.locale}


def _page(form: PersonForm, password_form: ChangePasswordForm) -> str:
    return news.page(
        "backoffice/account/account.html",
        form=form,
        password_form=password_form,
        email=scope.user().email,
        places=scope.memberships(),
        place=scope.membership(),
        role_names=roles.words(),
        two_step=scope.user().totp_secret is not None,
        recovery_codes_left=two_step.recovery_codes_left(scope.user().id),
        sign_ins=sessions.of_user(scope.user().id),
        here=g.sign_in.id,
        zone=scope.timezone() if scope.membership() else ZoneInfo("UTC"),
    )
