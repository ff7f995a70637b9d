"""The page behind an invitation's link. Looking changes nothing; joining is a POST."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_security import current_user
from flask_security.utils import login_user

from ticketing.members import invitations
from ticketing.members.invitations import HasAccount, InvalidInvitation, OtherAccount
from ticketing.models import Invitation
from ticketing.web.accounts.blueprint import blueprint
from ticketing.web.backoffice import roles, scope
from ticketing.web.backoffice.forms import BackofficeForm
from ticketing.web.backoffice.people.forms_people import JoinForm, NewAccountForm, show


@blueprint.route("/invitations/<token>", methods=["GET", "POST"])
def invitation(token: str) -> ResponseReturnValue:
    found = invitations.read(token)
    if current_user.is_authenticated:
        return _join(found, token)
    if invitations.account_of(found) is not None:
        # Who has an account shows that it is theirs; the link alone doesn't tell.
        return _page(found, token, None, "sign_in")
    return _join_as_new(found, token)


def _join(found: Invitation, token: str) -> ResponseReturnValue:
    """With the account that is signed in, if the invitation is for it."""
    user = scope.user()
    if user.email.lower() != found.email.lower():
        return _page(found, token, None, "other_account")
    form = JoinForm()
    if form.validate_on_submit():
        try:
            member = invitations.accept(found, user)
        except OtherAccount:
            return _page(found, token, None, "other_account")
        return _welcome(member.organiser_id, found.organiser.name)
    return _page(found, token, form, "join")


def _join_as_new(found: Invitation, token: str) -> ResponseReturnValue:
    form = NewAccountForm()
    if form.validate_on_submit():
        try:
            user = invitations.accept_as_new(found, form.name.data or "", form.password.data or "")
        except InvalidInvitation as invalid:
            show(form, invalid.errors)
        except HasAccount:
            return redirect(url_for(".invitation", token=token), 303)
        else:
            login_user(user, authn_via=["password"])
            return _welcome(found.organiser_id, found.organiser.name)
    return _page(found, token, form, "new")


def _welcome(organiser_id: int, name: str) -> ResponseReturnValue:
    scope.choose(organiser_id)
    flash(_("Welcome to the team of %(name)s.", name=name), "success")
    return redirect(url_for("backoffice.home"), 303)


def _page(
    found: Invitation, token: str, form: BackofficeForm | None, stage: str
) -> ResponseReturnValue:
    """`stage`: what the person has to do: sign_in, join, new; or other_account."""
    html = render_template(
        "accounts/invitation.html",
        invitation=found,
        here=url_for(".invitation", token=token),
        form=form,
        stage=stage,
        role=roles.words()[found.role],
        role_means=roles.meanings()[found.role],
        signed_in_as=scope.user().email if current_user.is_authenticated else "",
    )
    return html, 422 if request.method == "POST" else 200
