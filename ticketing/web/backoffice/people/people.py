"""*People*: who is in the team, as what, and who is invited."""

from operator import attrgetter

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from ticketing import links
from ticketing.asking import names
from ticketing.config import settings
from ticketing.extensions import db
from ticketing.members import invitations, team, two_step
from ticketing.members.invitations import InvalidInvitation
from ticketing.models import Invitation, Membership, User, now
from ticketing.refusals import EditedMeanwhile, TooManyMails
from ticketing.web.backoffice import news, roles, scope
from ticketing.web.backoffice.confirming import fresh, fresh_to_look
from ticketing.web.backoffice.forms import BackofficeForm
from ticketing.web.backoffice.guard import blueprint
from ticketing.web.backoffice.people.forms_people import (
    InvitationForm,
    OrganisationForm,
    RoleForm,
    show,
)
from ticketing.web.backoffice.roles import needs


@blueprint.get("/people")
@needs("owner")
def people() -> ResponseReturnValue:
    return _page(InvitationForm(formdata=None))


@blueprint.post("/people/invitations")
@needs("owner")
@fresh
def invite() -> ResponseReturnValue:
    form = InvitationForm()
    if form.validate_on_submit():
        try:
            invitation = invitations.invite(
                scope.organiser_id(),
                form.email.data or "",
                form.role.data or "",
                by=scope.user(),
                locale=str(get_locale()),
            )
        except InvalidInvitation as invalid:
            show(form, invalid.errors)
        except TooManyMails:
            form.email.errors = [_("Today has seen too many invitations. Please try it tomorrow.")]
            return _page(form), 429
        else:
            _said(_("%(email)s is invited.", email=invitation.email))
            return redirect(url_for(".people"), 303)
    return _page(form), 422


@blueprint.post("/people/invitations/<int:invitation_id>/send")
@needs("owner")
@fresh
def resend_invitation(invitation_id: int) -> ResponseReturnValue:
    invitation = scope.invitation_or_404(invitation_id)
    invitations.send_again(invitation, locale=str(get_locale()))
    _said(_("%(email)s is invited once more.", email=invitation.email))
    return redirect(url_for(".people"), 303)


@blueprint.get("/people/invitations/<int:invitation_id>/link")
@needs("owner")
@fresh_to_look
def invitation_link(invitation_id: int) -> ResponseReturnValue:
    """To hand it over another way, for instance where no mail server is set up."""
    invitation = scope.invitation_or_404(invitation_id)
    return news.dialog(
        "backoffice/people/invitation_link.html",
        nav="people",
        invitation=invitation,
        url=links.invitation_url(invitation),
    )


@blueprint.route("/people/invitations/<int:invitation_id>/withdraw", methods=["GET", "POST"])
@needs("owner")
def revoke_invitation(invitation_id: int) -> ResponseReturnValue:
    invitation = scope.invitation_or_404(invitation_id)
    form = BackofficeForm()
    if form.validate_on_submit():
        invitations.revoke(invitation)
        flash(_("The invitation of %(email)s was withdrawn.", email=invitation.email), "success")
        return redirect(url_for(".people"), 303)
    return news.dialog(
        "backoffice/people/revoke_invitation.html", nav="people", invitation=invitation, form=form
    )


@blueprint.route("/people/<int:member_id>/role", methods=["GET", "POST"])
@needs("owner")
@fresh
def change_role(member_id: int) -> ResponseReturnValue:
    member = scope.member_or_404(member_id)
    form = RoleForm(data={"role": member.role})
    if form.validate_on_submit():
        role = form.role.data
        if role in team.ROLES:
            team.change_role(member, role, by=scope.user())
            # TRANSLATORS: %(role)s is “Owner”, “Manager” or “Desk”.
            text = _("%(name)s is %(role)s now.", name=_called(member), role=roles.words()[role])
            flash(text, "success")
            return redirect(url_for(".people"), 303)
        form.role.errors = [_("Please choose one of these.")]
    return news.dialog("backoffice/people/change_role.html", nav="people", member=member, form=form)


@blueprint.route("/people/<int:member_id>/remove", methods=["GET", "POST"])
@needs("owner")
@fresh
def remove_member(member_id: int) -> ResponseReturnValue:
    """Of somebody else, or of oneself: then it is leaving."""
    member = scope.member_or_404(member_id)
    form = BackofficeForm()
    if form.validate_on_submit():
        name = _called(member)
        team.remove(member)
        flash(_("%(name)s is no longer in the team.", name=name), "success")
        return redirect(url_for(".people"), 303)
    return news.dialog(
        "backoffice/people/remove_member.html",
        nav="people",
        member=member,
        form=form,
        myself=member.user_id == scope.user().id,
    )


@blueprint.route("/people/<int:member_id>/sign-out", methods=["GET", "POST"])
@needs("owner")
@fresh
def sign_out_member(member_id: int) -> ResponseReturnValue:
    """For a phone or laptop that was lost."""
    member = scope.member_or_404(member_id)
    form = BackofficeForm()
    if form.validate_on_submit():
        name = _called(member)
        team.sign_out(member)
        flash(_("%(name)s is signed out everywhere.", name=name), "success")
        return redirect(url_for(".people"), 303)
    return news.dialog(
        "backoffice/people/sign_out_member.html", nav="people", member=member, form=form
    )


@blueprint.route("/people/<int:member_id>/two-step", methods=["GET", "POST"])
@needs("owner")
@fresh
def reset_two_step(member_id: int) -> ResponseReturnValue:
    """For somebody who lost their phone and their recovery codes."""
    member = scope.member_or_404(member_id)
    form = BackofficeForm()
    if form.validate_on_submit():
        name = _called(member)
        team.reset_two_step(member, locale=str(get_locale()))
        flash(_("%(name)s can sign in with the password alone now.", name=name), "success")
        return redirect(url_for(".people"), 303)
    return news.dialog(
        "backoffice/people/reset_two_step.html", nav="people", member=member, form=form
    )


@blueprint.route("/people/two-step", methods=["GET", "POST"])
@needs("owner")
@fresh
def require_two_step() -> ResponseReturnValue:
    """Whether everybody in the team has to sign in in two steps; turns it the other way."""
    form = BackofficeForm()
    required = scope.organiser().two_step_required
    if form.validate_on_submit():
        wanted = request.form.get("required") == "yes"
        two_step.require(scope.organiser_id(), wanted)
        flash(
            _("Everybody in the team signs in in two steps from now on.")
            if wanted
            else _("Two-step sign-in is up to each of the team now."),
            "success",
        )
        return redirect(url_for(".people"), 303)
    return news.dialog(
        "backoffice/people/require_two_step.html",
        nav="people",
        form=form,
        required=required,
        mine=scope.user().totp_secret is not None,
    )


@blueprint.route("/organisation", methods=["GET", "POST"])
@needs("owner")
def organisation() -> ResponseReturnValue:
    """What the organiser is called, on every page and in every mail."""
    name = scope.organiser().name
    form = OrganisationForm(data={"name": name, "seen": name})
    status = 200
    if form.validate_on_submit():
        try:
            team.rename(scope.organiser_id(), form.name.data or "", seen=form.seen.data or "")
        except ValueError as error:
            form.name.errors = [str(error)]
        except EditedMeanwhile:
            name = form.seen.data = scope.organiser().name
            form.name.errors = [
                _("Somebody else changed it to “%(name)s” meanwhile. Yours?", name=name)
            ]
            status = 409
        else:
            flash(_("The name was saved."), "success")
            return redirect(url_for(".people"), 303)
    return news.dialog(
        "backoffice/people/organisation.html", nav="people", form=form, status=status
    )


def _page(form: InvitationForm) -> str:
    members = db.session.scalars(
        scope.select_members().join(User).options(joinedload(Membership.user)).order_by(User.email)
    )
    asked = db.session.scalars(
        invitations.unanswered(scope.organiser_id())
        .options(joinedload(Invitation.invited_by))
        .order_by(Invitation.id.desc())
    )
    mails = invitations.mails_of(scope.organiser_id())
    return news.page(
        "backoffice/people/people.html",
        nav="people",
        form=form,
        members=names.in_order(members, attrgetter("user.name")),
        invitations=[(each, mails.get(each.id), each.expires_at > now()) for each in asked],
        role_names=roles.words(),
        me=scope.user().id,
        mails_go_out=bool(settings().mail_server),
        two_step_required=scope.organiser().two_step_required,
    )


def _called(member: Membership) -> str:
    return member.user.name or member.user.email


def _said(done: str) -> None:
    if settings().mail_server:
        flash(_("%(done)s The mail is on its way.", done=done), "success")
    else:
        text = _("%(done)s No mail server is set up: copy the link and hand it over.", done=done)
        flash(text, "warning")
