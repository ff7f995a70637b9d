"""The blueprint of the backoffice and what stands before each of its pages."""

from typing import Final

from flask import (
    Blueprint,
    Response,
    abort,
    g,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.sansio.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_security import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import Forbidden, HTTPException

from ticketing.extensions import csrf
from ticketing.members import sessions, two_step
from ticketing.posting import delivery
from ticketing.refusals import Refusal
from ticketing.running import security_log
from ticketing.web import errors
from ticketing.web.accounts.sign_in import token_refused
from ticketing.web.around import leading, noted
from ticketing.web.around.protection import SAFE_METHODS
from ticketing.web.backoffice import confirming, roles, scope, tabs, wording
from ticketing.web.backoffice.people import audited, wording_audit
from ticketing.web.backoffice.programs import wording_programs
from ticketing.words import localtime

blueprint = Blueprint("backoffice", __name__, url_prefix="/backoffice")
# The guard asks for the token itself, and lets the forms below say so without losing anything.
csrf.exempt(blueprint)

# Forms in which people type more than a word; each refuses a bad token in `validate_on_submit`.
SAY_IT_THEMSELVES: Final = frozenset(
    {
        "backoffice.edit_contact",
        "backoffice.edit_ticket",
        "backoffice.reopen",
        "backoffice.cancel_order",
        "backoffice.cancel_ticket",
        "backoffice.shop",
        "backoffice.event_fields",
        "backoffice.type_fields",
        "backoffice.ask_details_of_event",
        "backoffice.reminders",
        "backoffice.new_question",
        "backoffice.question",
        "backoffice.new_shop",
        "backoffice.archive_shop",
        "backoffice.new_event",
        "backoffice.edit_event",
        "backoffice.event_picture",
        "backoffice.new_ticket_type",
        "backoffice.ticket_type",
        "backoffice.delete_ticket_type",
        "backoffice.shop_logo",
        "backoffice.shop_import",
        "backoffice.shop_pretix",
        "backoffice.pretix_items",
        "backoffice.invite",
        "backoffice.account",
        "backoffice.change_password",
        "backoffice.change_email",
        "backoffice.turn_on_two_step",
        "backoffice.mail_texts",
        "backoffice.mail_text",
        "backoffice.reset_mail_text",
        "backoffice.organisation",
        "backoffice.new_organiser",
        "backoffice.new_webhook",
        "backoffice.edit_webhook",
        "backoffice.new_api_key",
        "backoffice.apple_wallet",
        "backoffice.google_wallet",
        "backoffice.event_privacy",
        "backoffice.erase_event",
        "backoffice.privacy_notice",
        "backoffice.person",
    }
)

# Files may be larger than anything that is typed, in bytes: what is too large for a picture is
# then told beside its field.
UPLOADS: Final = dict.fromkeys(("backoffice.event_picture", "backoffice.shop_logo"), 32 * 1024**2)


class NotForThisRole(Forbidden):
    """The account's role doesn't reach this page."""


@blueprint.before_request
def guard() -> ResponseReturnValue | None:
    """Nobody gets past here who isn't signed in, and no unsafe request without its token."""
    if not current_user.is_authenticated:
        return _to_sign_in()
    sessions.note_use(g.sign_in)
    audited.begin()
    needed = roles.needed()
    if needed != roles.ANYONE:
        scope.organiser_id()  # 403 for who works for nobody
    if not scope.may(needed):
        noted.note(security_log.WRONG_ROLE)
        raise NotForThisRole
    place = scope.membership()
    if needed != roles.ANYONE and place and two_step.has_to_set_up(scope.user(), place.organiser):
        return _to("backoffice.turn_on_two_step")
    numbers = [each for each in (request.view_args or {}).values() if isinstance(each, int)]
    if any(number > scope.LARGEST_ID for number in numbers):
        abort(404)  # no row has it, and the database couldn't even be asked
    if request.endpoint in UPLOADS:
        request.max_content_length = UPLOADS[request.endpoint]
    if request.method not in SAFE_METHODS and request.endpoint not in SAY_IT_THEMSELVES:
        try:
            csrf.protect()
        except CSRFError as error:
            return token_refused(error)
    return confirming.asked_first()


def _to_sign_in() -> ResponseReturnValue:
    """The sign-in page, and from there back to where the person is.

    Nobody is led away from a form that they have filled in: they sign in beside it.
    """
    if leading.is_sent_for_browser():
        html = render_template("backoffice/account/signed_out.html")
        return leading.beside_the_form(make_response(html, 401))
    if place := _beside_a_form():
        answer = make_response(render_template("backoffice/account/signed_out_notice.html"), 401)
        answer.headers["HX-Retarget"] = place
        answer.headers["HX-Reswap"] = "innerHTML"
        return answer
    if "HX-Request" in request.headers:
        here = leading.page_it_stands_on()
        back = f"{here.path}?{here.query}" if here.query else here.path
        return _whole_page(url_for("security.login", next=back or None), 401)
    back = request.full_path.rstrip("?") if request.method in SAFE_METHODS else ""
    return redirect(url_for("security.login", next=back or None))


def _beside_a_form() -> str:
    """Where on the page to say something to somebody who is filling in a form; "" if nobody is.

    They have sent a form that stands in a part of the page, or are shown what comes of it.
    """
    target = request.headers.get("HX-Target", "")
    if target == "dialog" and request.method not in SAFE_METHODS:
        return "#dialog [data-notice]"
    sends = target == "contact" and request.method not in SAFE_METHODS
    return "#notice" if sends or target.endswith("-preview") else ""


def _to(endpoint: str) -> ResponseReturnValue:
    if "HX-Request" in request.headers:
        return _whole_page(url_for(endpoint), 403)
    return redirect(url_for(endpoint), 303)


def _whole_page(url: str, status: int) -> Response:
    """Have htmx load another page: it would follow a redirect into a fragment."""
    answer = make_response("", status)
    answer.headers["HX-Redirect"] = url
    return answer


# The last to be asked, for Flask goes backwards: the answer is complete by then.
blueprint.after_request(audited.note)


@blueprint.after_request
def keep_nothing(response: Response) -> Response:
    """Browsers keep no copy, of PDFs neither: the next person at the desk is somebody else."""
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.after_request
def leave_the_dialog(response: Response) -> Response:
    """A dialog that ends on another page sends the browser there.

    Had htmx followed the redirect itself, the message for the page would have been shown to it.
    """
    if response.status_code == 303 and request.headers.get("HX-Target") == "dialog":
        response.headers["HX-Redirect"] = response.headers.pop("Location")
        response.status_code = 200
        response.set_data("")
    return response


@blueprint.after_request
def remember_the_form(response: Response) -> Response:
    """What takes a form's place is a page of its own: Back leads to the form, as without scripts.

    Not so the form itself, with what is wrong with it, and what is shown over it.
    """
    stays = response.status_code in {302, 303, 409, 422} or "HX-Retarget" in response.headers
    if leading.is_sent_for_browser() and response.mimetype == "text/html" and not stays:
        here = leading.page_it_stands_on()
        response.headers["HX-Push-Url"] = here._replace(scheme="", netloc="").geturl() or "false"
    return response


@blueprint.errorhandler(Refusal)
def refused(refusal: Refusal) -> ResponseReturnValue:
    answer = errors.ANSWERS[type(refusal)]
    return _told(str(answer.title), str(answer.text), answer.status)


@blueprint.errorhandler(404)
def not_found(_error: HTTPException) -> ResponseReturnValue:
    noted.note(security_log.NOT_THEIRS)
    title, text = _("There is nothing here"), _("The address may be mistyped or out of date.")
    return _told(title, text, 404)


@blueprint.errorhandler(403)
def not_allowed(error: HTTPException) -> ResponseReturnValue:
    if isinstance(error, scope.WorksForNobody):
        text = _("Your account isn’t part of an organiser’s team. Ask whoever made it for you.")
        return _told(_("There is nothing for you here yet"), text, 403)
    if isinstance(error, NotForThisRole):
        text = _("Your account can’t do this. Ask an owner of your team to do it, or to let you.")
        return _told(_("This is for others of your team"), text, 403)
    text = _("Please open the page anew and try it from there.")
    return _told(_("This isn’t allowed"), text, 403)


def _told(title: str, text: str, status: int) -> Response:
    """Why not: in the backoffice's own shell, or for htmx as a dialog."""
    over_a_form = leading.is_sent_for_browser()
    for_dialog = over_a_form or "HX-Request" in request.headers
    html = render_template(
        "error.html" if for_dialog else "backoffice/refused.html",
        title=title,
        text=text,
        order=g.get("order"),
        typed=[] if over_a_form else errors.typed(),
        in_dialog=True,
    )
    response = make_response(html, status)
    return leading.beside_the_form(response) if over_a_form else response


@blueprint.context_processor
def shell() -> dict[str, object]:
    """What the layout around every page shows."""
    if not current_user.is_authenticated:
        return {}
    place = scope.membership()
    return {
        "user_name": scope.user().name or scope.user().email,
        "organiser_name": place.organiser.name if place else "",
        "other_places": [each for each in scope.memberships() if each is not place],
        "sign_out_url": url_for("security.logout"),
        "nav_items": tabs.main(),
        "nav_more": tabs.more(),
        "event_tabs": tabs.of_event,
        "shop_tabs": tabs.of_shop,
        "privacy_tabs": tabs.of_privacy,
        "may": scope.may,
    }


@blueprint.record_once
def filters(state: BlueprintSetupState) -> None:
    """What templates call to say things in words."""
    state.app.jinja_env.filters.update(
        history_what=wording.what,
        history_who=wording.who,
        history_changes=wording.changes,
        history_icon=wording.icon_of,
        history_reason=wording.reason,
        mail_kind=wording.mail_kind,
        mail_badge=wording.mail_badge,
        mail_error=delivery.error_of,
        mail_why=wording.mail_why,
        moment_in=localtime.moment_in,
        audit_details=wording_audit.details,
        endpoint_badge=wording_programs.endpoint_badge,
        call_badge=wording_programs.call_badge,
    )


@blueprint.get("/")
def home() -> ResponseReturnValue:
    return redirect(url_for("backoffice.orders"))
