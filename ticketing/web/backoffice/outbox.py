"""*Outbox*: which mails were sent, to whom, and what to do about those that weren't."""

from typing import Any, Final

from flask import flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from ticketing import mail_queue, mails
from ticketing.extensions import db
from ticketing.mails import Composed
from ticketing.models import Order, OutboxMail, Shop
from ticketing.web.backoffice import news, scope
from ticketing.web.backoffice.guard import blueprint
from ticketing.web.backoffice.wording import mail_states

PAGE_SIZE: Final = 50
# Mail programs know no stylesheets, so a mail carries its styles inside; nothing else may happen.
MAIL_CSP: Final = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)


@blueprint.get("/outbox")
def outbox() -> ResponseReturnValue:
    state = request.args.get("state", "")
    state = state if state in mail_states() else ""
    before = scope.cursor("before")
    after = scope.cursor("after")
    wanted = scope.select_mails().options(
        joinedload(OutboxMail.ticket),
        joinedload(OutboxMail.order).joinedload(Order.shop).joinedload(Shop.event),
    )
    if state:
        wanted = wanted.where(OutboxMail.state == state)
    if before is not None:  # the newest stand first, so what comes before has a greater id
        rows = wanted.where(OutboxMail.id > before).order_by(OutboxMail.id)
    elif after is not None:
        rows = wanted.where(OutboxMail.id < after).order_by(OutboxMail.id.desc())
    else:
        rows = wanted.order_by(OutboxMail.id.desc())
    found = list(db.session.scalars(rows.limit(PAGE_SIZE + 1)))
    more, shown = len(found) > PAGE_SIZE, found[:PAGE_SIZE]
    if before is not None:
        shown.reverse()
    has_newer = more if before is not None else after is not None
    has_older = before is not None or more
    address: dict[str, Any] = {"state": state or None}
    return news.page(
        "backoffice/outbox.html",
        nav="outbox",
        mails=shown,
        state=state,
        states=mail_states(),
        previous_url=url_for(".outbox", **address, before=shown[0].id)
        if shown and has_newer
        else None,
        next_url=url_for(".outbox", **address, after=shown[-1].id) if shown and has_older else None,
    )


@blueprint.get("/outbox/<int:mail_id>")
def mail(mail_id: int) -> ResponseReturnValue:
    found = scope.mail_or_404(mail_id)
    composed, withdrawn = _composed(found)
    g.frames_own_pages = True
    return news.page(
        "backoffice/mail.html",
        nav="outbox",
        mail=found,
        order=found.order,
        composed=composed,
        withdrawn=withdrawn,
    )


@blueprint.get("/outbox/<int:mail_id>/html")
def mail_html(mail_id: int) -> ResponseReturnValue:
    """The mail's HTML, for the frame on its page: no script, no request, no link to follow."""
    composed, withdrawn = _composed(scope.mail_or_404(mail_id))
    g.content_security_policy = MAIL_CSP
    return composed.html if composed else withdrawn


@blueprint.post("/outbox/<int:mail_id>/retry")
def retry_mail(mail_id: int) -> ResponseReturnValue:
    found = scope.mail_or_404(mail_id)
    if mail_queue.retry(found.id):
        flash(_("The mail is tried again now."), "success")
    else:
        flash(_("This mail was sent or withdrawn meanwhile."), "warning")
    return redirect(url_for(".mail", mail_id=mail_id), 303)


def _composed(mail: OutboxMail) -> tuple[Composed | None, str]:
    """The mail as it would be now, or why it would not be sent any more."""
    try:
        return mails.compose(mail, attach=False), ""
    except mails.Withdrawn as withdrawn:
        return None, str(mails.REASONS[withdrawn.reason])
