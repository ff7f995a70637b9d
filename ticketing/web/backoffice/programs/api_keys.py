"""*API keys*: which programs may do what; each key is shown once, to whoever made it."""

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from ticketing.config import settings
from ticketing.extensions import db
from ticketing.members import api_keys as rules
from ticketing.members.api_keys import InvalidKey
from ticketing.models import ApiKey
from ticketing.web.backoffice import news, scope
from ticketing.web.backoffice.confirming import fresh
from ticketing.web.backoffice.forms import BackofficeForm
from ticketing.web.backoffice.forms_set_up import show
from ticketing.web.backoffice.guard import blueprint
from ticketing.web.backoffice.programs import wording_programs
from ticketing.web.backoffice.programs.forms_programs import ApiKeyForm
from ticketing.web.backoffice.roles import needs


@blueprint.get("/api-keys")
@needs("owner")
def api_keys() -> ResponseReturnValue:
    found = db.session.scalars(
        scope.select_api_keys().order_by(ApiKey.revoked_at.is_not(None), ApiKey.id.desc())
    )
    return news.page(
        "backoffice/programs/api_keys.html",
        nav="api_keys",
        keys=list(found),
        scope_names=wording_programs.scope_names(),
        zone=scope.timezone(),
    )


@blueprint.route("/api-keys/new", methods=["GET", "POST"])
@needs("owner")
@fresh
def new_api_key() -> ResponseReturnValue:
    form = ApiKeyForm()
    if form.validate_on_submit():
        try:
            key, plain = rules.issue(
                scope.organiser_id(), form.name.data or "", form.scopes.data or []
            )
        except InvalidKey as invalid:
            show(form, invalid.errors)
        else:
            # Not after a redirect: then an address or a cookie would have to know it.
            html = news.page(
                "backoffice/programs/api_key_made.html",
                nav="api_keys",
                key=key,
                plain=plain,
                base_url=settings().base_url,
            )
            return html, 201
    html = news.page("backoffice/programs/new_api_key.html", nav="api_keys", form=form)
    return html, 422 if form.errors else 200


@blueprint.route("/api-keys/<int:key_id>/revoke", methods=["GET", "POST"])
@needs("owner")
@fresh
def revoke_api_key(key_id: int) -> ResponseReturnValue:
    key = scope.api_key_or_404(key_id)
    form = BackofficeForm()
    if form.validate_on_submit():
        name = key.name
        rules.revoke(key)
        flash(_("The key “%(name)s” was revoked.", name=name), "success")
        return redirect(url_for(".api_keys"), 303)
    return news.dialog(
        "backoffice/programs/revoke_api_key.html",
        nav="api_keys",
        key=key,
        form=form,
        zone=scope.timezone(),
    )
