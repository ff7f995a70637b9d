"""The page behind the link that confirms another email address. Looking changes nothing."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from ticketing.members import email_changes
from ticketing.members.email_changes import EmailChangeOver
from ticketing.web.accounts.blueprint import blueprint
from ticketing.web.backoffice.forms import BackofficeForm


@blueprint.route("/new-email/<token>", methods=["GET", "POST"])
def new_email(token: str) -> ResponseReturnValue:
    form = BackofficeForm()
    try:
        change = email_changes.read(token)
        if form.validate_on_submit():
            email_changes.confirm(token, locale=str(get_locale()))
            flash(_("Please sign in with your new address from now on."), "success")
            return redirect(url_for("security.login"), 303)
    except EmailChangeOver:
        return render_template("accounts/email_over.html"), 410
    html = render_template("accounts/new_email.html", form=form, token=token, email=change.email)
    return html, 422 if form.errors else 200
