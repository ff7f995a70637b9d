"""A forgotten password: ask for the mail, open its link, choose a new one."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from ticketing.asking import fields
from ticketing.config import settings
from ticketing.members import passwords
from ticketing.members.passwords import BadPassword, ResetOver
from ticketing.web import browsers, by_link
from ticketing.web.accounts.blueprint import blueprint
from ticketing.web.backoffice.people.forms_people import ForgotPasswordForm, NewPasswordForm


@blueprint.route("/new-password", methods=["GET", "POST"])
def forgot_password() -> ResponseReturnValue:
    """The answer is the same whether there is such an account or not."""
    form = ForgotPasswordForm()
    if form.validate_on_submit():
        try:
            email = fields.clean_email((form.email.data or "").strip())
        except ValueError as error:
            form.email.errors = [str(error)]
        else:
            passwords.ask_for_reset(
                email, locale=str(get_locale()), asked_from=by_link.asked_from()
            )
            return render_template("accounts/reset_asked.html", email=email)
    html = render_template(
        "accounts/forgot_password.html", form=form, mails_go_out=bool(settings().mail_server)
    )
    return html, 422 if form.errors else 200


@blueprint.route("/new-password/<token>", methods=["GET", "POST"])
def new_password(token: str) -> ResponseReturnValue:
    form = NewPasswordForm()
    try:
        user = passwords.account_of_reset(token)
        if form.validate_on_submit():
            user = passwords.reset(token, form.password.data or "", locale=str(get_locale()))
            # Whoever has the mailbox gets in though somebody else is using up the account's tries.
            browsers.remember(user.email)
            flash(_("Your new password is saved. Please sign in with it."), "success")
            return redirect(url_for("security.login"), 303)
    except BadPassword as bad:
        form.password.errors = [str(bad)]
    except ResetOver:
        return render_template("accounts/reset_over.html"), 410
    html = render_template("accounts/new_password.html", form=form, token=token, email=user.email)
    return html, 422 if form.errors else 200
