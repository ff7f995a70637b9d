"""Every refusal's status and page: the one table."""

from dataclasses import dataclass
from typing import Final

from flask import Flask, Response, current_app, g, make_response, render_template, request
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from werkzeug.exceptions import HTTPException

from ticketing import refusals
from ticketing.api import answers as api_answers
from ticketing.api.answers import RETRY_SECONDS
from ticketing.asking import fields
from ticketing.links import LinkWithdrawn, UnknownLink
from ticketing.members import attempts
from ticketing.pdf import RenderFailed
from ticketing.running import security_log
from ticketing.storing.transactions import DATABASE_ERRORS, Busy, Unavailable, unavailable
from ticketing.web.around import leading, noted


@dataclass(frozen=True, slots=True)
class Answer:
    """`desk`: whether the page points to the shop's consumer desk.

    `no_desk`: the text where the shop has none.
    """

    status: int
    title: LazyString
    text: LazyString
    desk: bool = False
    no_desk: LazyString | None = None


ANSWERS: Final[dict[type[Exception], Answer]] = {
    UnknownLink: Answer(
        404,
        _l("This link doesn’t work"),
        _l(
            "It may have been cut off on the way. Open it again from the message it came in, or "
            "ask whoever sent it for a new one."
        ),
    ),
    refusals.TooManyUnknownLinks: Answer(
        429,
        _l("These links don’t work"),
        _l(
            "Many links that we never made were opened from your network. Links that are right "
            "go on working; please try this one again in some minutes."
        ),
    ),
    LinkWithdrawn: Answer(
        410,
        _l("This link is no longer valid"),
        _l(
            "It was withdrawn or replaced by a newer one. Look for a newer message, or ask "
            "whoever sent it to share the ticket with you again."
        ),
        desk=True,
    ),
    refusals.ShareReplaced: Answer(
        410,
        _l("This link is no longer valid"),
        _l("It was replaced or recalled meanwhile. Close this and share the ticket again."),
    ),
    refusals.AlreadyClaimed: Answer(
        409,
        _l("This ticket has already been claimed"),
        _l(
            "Somebody was first, so it can’t be claimed again. Was that not meant to happen? "
            "The consumer desk can put it right."
        ),
        desk=True,
        no_desk=_l(
            "Somebody was first, so it can’t be claimed again. Was that not meant to happen? "
            "The organiser can put it right."
        ),
    ),
    refusals.ReopenedMeanwhile: Answer(
        409,
        _l("The organiser has opened this ticket again"),
        _l("Meanwhile the ticket was opened for new details. Please look at it once more."),
        desk=True,
    ),
    refusals.TicketCancelled: Answer(
        410,
        _l("This ticket was cancelled"),
        _l("It can’t be used any more. If that surprises you, please ask the consumer desk."),
        desk=True,
        no_desk=_l("It can’t be used any more. If that surprises you, please ask the organiser."),
    ),
    refusals.DeadlinePassed: Answer(
        403,
        _l("The time for personalising tickets is over"),
        _l("Details can’t be filled in or changed here any more. The consumer desk can help."),
        desk=True,
        no_desk=_l("Details can’t be filled in or changed here any more. The organiser can help."),
    ),
    refusals.EditedMeanwhile: Answer(
        409,
        _l("Somebody changed this meanwhile"),
        _l("Nothing was overwritten. Please look at it as it is now."),
    ),
    refusals.NotShared: Answer(
        409,
        _l("There is no link to recall"),
        _l("The link is out of use already. The overview shows how things stand."),
    ),
    refusals.FormExpired: Answer(
        422,
        _l("This page was open for a long time"),
        _l("Nothing was changed. Please open the page anew and try it once more."),
    ),
    refusals.NotPersonalised: Answer(
        409,
        _l("This ticket has no holder yet"),
        _l("It has to be personalised before it can be sent."),
    ),
    refusals.NoDetailsNeeded: Answer(
        409,
        _l("This ticket needs no name"),
        _l("Tickets of its type are good for whoever holds them: there is nothing to edit."),
    ),
    refusals.NothingMissing: Answer(
        409,
        _l("Nothing is missing here"),
        _l("This ticket has all the details that are asked for."),
    ),
    refusals.AskedLately: Answer(
        409,
        _l("The holder was asked already"),
        _l("Nobody is asked for missing details twice within a day. Please try it tomorrow."),
    ),
    refusals.NothingToReopen: Answer(
        409,
        _l("There is nothing to open"),
        _l("None of these tickets can be opened again."),
    ),
    refusals.DownloadSwitchedOff: Answer(
        403,
        _l("This ticket can’t be downloaded here"),
        _l("The organiser hands the tickets out another way, or closer to the event."),
        desk=True,
    ),
    refusals.WalletNotOffered: Answer(
        404,
        _l("This ticket can’t be added to that wallet"),
        _l("The code on the ticket page is good all the same, and so is the PDF."),
    ),
    refusals.ShopArchived: Answer(
        410,
        _l("This shop is closed"),
        _l("It takes no new orders. Tickets that were ordered here stay valid."),
        desk=True,
    ),
    refusals.OrderCancelled: Answer(
        409,
        _l("This order was cancelled"),
        _l("A cancelled order takes no more tickets. Please place a new one."),
    ),
    refusals.TypeInUse: Answer(
        409,
        _l("There are tickets of this type"),
        _l("It can’t be deleted any more, but you can stop selling it."),
    ),
    refusals.TooManyShares: Answer(
        429,
        _l("That’s enough links for today"),
        _l("This ticket was shared very often. Please try it again tomorrow."),
        desk=True,
    ),
    refusals.TooManyMails: Answer(
        429,
        _l("That’s enough mail for today"),
        _l("To keep inboxes safe only a few mails a day may be sent. Please try it tomorrow."),
        desk=True,
    ),
    refusals.LastOwner: Answer(
        409,
        _l("Somebody has to decide"),
        _l("A team needs an owner who can sign in. Make somebody else an owner first."),
    ),
    refusals.NotOwnRole: Answer(
        409,
        _l("That’s you"),
        _l("You can’t change your own role. Ask another owner of your team to do it."),
    ),
    refusals.TwoStepRequired: Answer(
        409,
        _l("Your team asks for it"),
        _l("Two-step sign-in can’t be turned off while an organisation you work for requires it."),
    ),
    refusals.NotTheirOwnerAlone: Answer(
        409,
        _l("They work for others too"),
        _l(
            "This account belongs to several organisers. Whoever runs the installation can reset "
            "it with “flask user reset-two-step”."
        ),
    ),
    refusals.InvitationOver: Answer(
        410,
        _l("This invitation is over"),
        _l("It was accepted, withdrawn, or its week has passed. Ask for a new one."),
    ),
    RenderFailed: Answer(
        503,
        _l("The PDF could not be made just now"),
        _l("Your ticket itself is fine. Please try again in a moment."),
    ),
    Busy: Answer(
        503,
        _l("Very busy right now"),
        _l("Nothing was lost. Please try again in a moment."),
    ),
    Unavailable: Answer(
        503,
        _l("We’ll be back in a moment"),
        _l(
            "Our database can’t be reached just now. Please try again shortly, and have a look "
            "before you repeat something: it may have been saved."
        ),
    ),
}

_HTTP: Final[dict[int, tuple[LazyString, LazyString]]] = {
    400: (_l("That didn’t work"), _l("The request was incomplete. Please go back and try again.")),
    403: (_l("This isn’t allowed"), _l("Please open the page anew and try it from there.")),
    404: (_l("There is nothing here"), _l("The address may be mistyped or out of date.")),
    405: (_l("That didn’t work"), _l("Please go back and try again from the page.")),
    413: (_l("That is too much at once"), _l("What was sent is too large.")),
    415: (_l("That didn’t work"), _l("Please go back and try again from the page.")),
}
_OTHER: Final = (_l("Something went wrong"), _l("It’s our fault, not yours. Please try again."))


def init_app(app: Flask) -> None:
    for refusal in ANSWERS:
        app.register_error_handler(refusal, answer_refusal)
    app.register_error_handler(UnknownLink, answer_unknown_link)
    app.register_error_handler(HTTPException, answer_http)
    for kind in DATABASE_ERRORS:
        app.register_error_handler(kind, answer_database_error)


def answer_refusal(refusal: Exception) -> Response:
    return page_for(refusal)


def answer_unknown_link(unknown: UnknownLink) -> Response:
    """Every way to be unknown comes by here, and is one guess."""
    seconds = attempts.at_link(request.remote_addr or "")
    if not seconds:
        return page_for(unknown)
    response = page_for(refusals.TooManyUnknownLinks())
    response.headers["Retry-After"] = str(seconds)
    return response


def answer_database_error(error: Exception) -> Response:
    """A page that only reads meets the database's own errors; those that don't pass are ours."""
    named = unavailable(error)
    if named is None:
        raise error
    return _later(named)


def _later(named: Unavailable) -> Response:
    if request.path.startswith("/api/"):
        return api_answers.answer_unavailable(named)
    return page_for(named)


def page_for(refusal: Exception) -> Response:
    answer = next(ANSWERS[each] for each in type(refusal).__mro__ if each in ANSWERS)
    if type(refusal) is Unavailable:
        _ask_no_more()
    response = _page(
        answer.status, answer.title, answer.text, desk=answer.desk, no_desk=answer.no_desk
    )
    if answer.status == 429:
        noted.note(security_log.LIMIT)
    if answer.status == 503:
        response.headers["Retry-After"] = RETRY_SECONDS
    return response


def _ask_no_more() -> None:
    """The page that says so is drawn without shop and account: both would have to be read anew."""
    g.pop("shop", None)
    nobody = current_app.login_manager.anonymous_user()  # type: ignore[attr-defined]
    g._login_user = nobody  # where Flask-Login keeps who is signed in


def answer_http(error: HTTPException) -> Response | HTTPException:
    if error.code is None or error.code < 400 or error.response is not None:
        return error
    cause = getattr(error, "original_exception", None)
    if isinstance(cause, DATABASE_ERRORS) and (named := unavailable(cause)):
        return _later(named)  # it was while another refusal's page was drawn
    title, text = _HTTP.get(error.code, _OTHER)
    if request.path.startswith("/api/"):
        return api_answers.answer_http(error)
    # None of these pages leads on: whoever has filled in a form is better off with the form.
    over_a_form = leading.is_sent_for_browser()
    response = _page(error.code, title, text, in_dialog=over_a_form)
    return leading.beside_the_form(response) if over_a_form else response


def _page(
    status: int,
    title: LazyString,
    text: LazyString,
    *,
    desk: bool = False,
    no_desk: LazyString | None = None,
    in_dialog: bool = False,
) -> Response:
    shop = g.shop if desk and "shop" in g else None
    return make_response(
        render_template(
            "error.html",
            title=title,
            text=text if no_desk is None or (shop and shop.consumer_desk) else no_desk,
            status=status,
            shop=shop,
            order_code=g.get("order_code"),
            typed=typed(),
            in_dialog=in_dialog or request.headers.get("HX-Target") == "dialog",
            whole=not in_dialog and _fills_the_page(),
        ),
        status,
    )


def _fills_the_page() -> bool:
    """Whether this is what somebody looks at next, rather than a dialog or a notice's words."""
    target = request.headers.get("HX-Target")
    if target or "HX-Request" in request.headers:
        return target == "main"
    return request.headers.get("Sec-Fetch-Dest", "document") in {"document", "iframe"}


def typed() -> list[tuple[str, str]]:
    """The details that came with a refused form: shown, so that nobody types them twice."""
    if request.method != "POST":
        return []
    try:
        sent = request.form
    except HTTPException:  # too large to be read: that is why it was refused
        return []
    return [
        (str(field.label), value)
        for field in g.get("asked", fields.FIELDS)
        if field.kind != "email_check"
        and (value := fields.in_words(field, sent.getlist(field.key)).strip())
    ]
