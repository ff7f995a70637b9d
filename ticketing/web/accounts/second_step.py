"""The second step of signing in: a code from the phone, or a recovery code."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_security.utils import login_user, validate_redirect_url

from ticketing.web.accounts import proof
from ticketing.web.accounts.blueprint import blueprint
from ticketing.web.accounts.sign_in import half_signed_in
from ticketing.web.backoffice.people.forms_people import CodeForm, RecoveryCodeForm


@blueprint.route("/sign-in/code", methods=["GET", "POST"])
def second_step() -> ResponseReturnValue:
    """`?with=recovery` asks for a recovery code; either is taken on both pages."""
    user = half_signed_in()
    onwards = request.values.get("next", "")
    if not validate_redirect_url(onwards):
        onwards = ""
    if user is None:
        return redirect(url_for("security.login", next=onwards or None))
    recovery = request.values.get("with") == "recovery"
    form = RecoveryCodeForm() if recovery else CodeForm()
    if form.validate_on_submit():
        if proof.is_code(user, form.code.data or ""):
            login_user(user, authn_via=["password", "code"])
            return redirect(onwards or url_for("backoffice.orders"), 303)
        form.code.errors = [proof.wrong_code()]
    html = render_template(
        "accounts/second_step.html", form=form, recovery=recovery, onwards=onwards
    )
    return html, 422 if form.errors else 200
