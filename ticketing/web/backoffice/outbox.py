"""*Outbox*: which mails were sent, to whom, and what to do about those that weren't."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import flash, g, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_timedelta, ngettext
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy.orm import joinedload

from ticketing.config import settings
from ticketing.extensions import db
from ticketing.mailing import mails
from ticketing.mailing.mails import Composed
from ticketing.models import Event, Order, OutboxMail, Shop, now
from ticketing.posting import mail_queue, mail_search
from ticketing.posting.mail_search import Wanted
from ticketing.storing.paging import newest_first
from ticketing.web.backoffice import news, scope
from ticketing.web.backoffice.guard import blueprint
from ticketing.web.backoffice.wording import mail_kinds, mail_states
from ticketing.words import languages, localtime
from ticketing.words.formats import number

PAGE_SIZE: Final = 50
LONGEST_QUERY: Final = 200
_WITH_ORDER: Final = (
    joinedload(OutboxMail.ticket),
    joinedload(OutboxMail.order).joinedload(Order.shop).joinedload(Shop.event),
)
# Mail programs know no stylesheets, so a mail carries its styles inside; nothing else may happen.
MAIL_CSP: Final = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)


@blueprint.get("/outbox")
def outbox() -> ResponseReturnValue:
    query, wanted = _asked_for(request.args)
    mine = scope.select_mails()
    page = newest_first(
        db.session(),
        mail_search.narrowed(mine, wanted).options(*_WITH_ORDER),
        OutboxMail.id,
        size=PAGE_SIZE,
        before=scope.cursor("before"),
        after=scope.cursor("after"),
    )
    count = mail_search.count(db.session(), mail_search.narrowed(mine, wanted))
    failed = mail_search.count(
        db.session(), mail_search.narrowed(mine, replace(wanted, state="failed"))
    )
    if wanted.state not in {"", "failed"}:
        failed = 0  # what isn't shown isn't tried again
    events = list(db.session.scalars(scope.select_events().order_by(Event.starts_at.desc())))
    late = mail_queue.held_up(mine) if settings().mail_server else None
    html = news.page_or_block(
        "backoffice/mails/outbox.html",
        "results",
        "results",
        nav="outbox",
        held_up=late,
        held_up_for=_how_long(late) if late else "",
        query=query,
        filtered=bool(query),
        mails=page.rows,
        event_of=_events_by_mail(page.rows, events),
        when=when,
        states=mail_states(),
        kinds=mail_kinds(),
        event_choices=[(event.id, event.name) for event in events],
        counted=_counted(count),
        failed=failed,
        most=mail_search.COUNTED_UP_TO,
        previous_url=_address(query, before=page.before) if page.before else None,
        next_url=_address(query, after=page.after) if page.after else None,
    )
    response = make_response(html)
    response.headers["HX-Replace-Url"] = _address(query)
    return response


@blueprint.post("/outbox/retry")
def retry_mails() -> ResponseReturnValue:
    """Try all that failed again, of those that the list shows."""
    query, wanted = _asked_for(request.form)
    if wanted.state not in {"", "failed"}:
        wanted = replace(wanted, state="failed")
    tried = mail_queue.retry_all(mail_search.narrowed(scope.select_mails(), wanted))
    flash(
        ngettext("One mail is tried again now.", "%(num)d mails are tried again now.", tried)
        if tried
        else _("Nothing is left to try again."),
        "success" if tried else "info",
    )
    query.pop("state", None)  # they are not failed any more
    return redirect(_address(query), 303)


@blueprint.get("/outbox/<int:mail_id>")
def mail(mail_id: int) -> ResponseReturnValue:
    found = scope.mail_or_404(mail_id)
    composed, withdrawn = _composed(found)
    events = list(db.session.scalars(scope.select_events())) if found.order is None else []
    g.frames_own_pages = True
    return news.page(
        "backoffice/mails/mail.html",
        nav="outbox",
        mail=found,
        order=found.order,
        event=_events_by_mail([found], events).get(found.id),
        when=when,
        composed=composed,
        withdrawn=withdrawn,
    )


@blueprint.get("/outbox/<int:mail_id>/html")
def mail_html(mail_id: int) -> ResponseReturnValue:
    """The mail's HTML, for the frame on its page: no script, no request, no link to follow."""
    found = scope.mail_or_404(mail_id)
    composed, withdrawn = _composed(found)
    g.content_security_policy = MAIL_CSP
    response = make_response(composed.html if composed else withdrawn)
    if composed:
        response.content_language.add(languages.known(found.locale).replace("_", "-"))
    return response


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


def _asked_for(given: Mapping[str, str]) -> tuple[dict[str, str], Wanted]:
    """The parts of the query that say something, as the address keeps them, and what they mean."""
    query = {
        key: value
        for key in ("q", "state", "kind", "event")
        if (value := given.get(key, "").strip()[:LONGEST_QUERY])
    }
    if query.get("state", "") not in mail_states():
        query.pop("state", None)
    if query.get("kind", "") not in mail_kinds():
        query.pop("kind", None)
    return query, Wanted(
        state=query.get("state", ""),
        kind=query.get("kind", ""),
        event_id=_number(query.get("event")),
        text=query.get("q", ""),
    )


def _how_long(mail: OutboxMail) -> str:
    """Since the mail was due: "6 hours"."""
    return str(format_timedelta(now() - mail.next_attempt_at, granularity="minute"))


def _number(text: str | None) -> int | None:
    if not text:
        return None
    # A number that no row has finds nothing, as it should.
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else 0


def _address(query: dict[str, str], **cursor: Any) -> str:
    values: dict[str, Any] = {**query, **cursor}
    return url_for("backoffice.outbox", **values)


def _counted(count: int) -> str:
    if count > mail_search.COUNTED_UP_TO:
        return str(_("More than %(n)s mails", n=number(mail_search.COUNTED_UP_TO)))
    return str(ngettext("One mail", "%(n)s mails", count, n=number(count)))


def when(at: dt.datetime, event: Event | None) -> Markup:
    """A moment where the event is; where there is none, in a zone that is said."""
    words = localtime.moment(at, event) if event else localtime.moment_in(at, ZoneInfo("UTC"))
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(timespec="seconds"), words)


def _events_by_mail(mails_shown: Sequence[OutboxMail], events: Sequence[Event]) -> dict[int, Event]:
    """{mail: the event that it is about}; `events` are the organiser's, for mails of no order."""
    known = {event.id: event for event in events}
    found: dict[int, Event] = {}
    for each in mails_shown:
        event = each.order.shop.event if each.order else known.get(each.params.get("event", 0))
        if event is not None:
            found[each.id] = event
    return found
