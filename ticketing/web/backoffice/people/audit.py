"""*Audit*: who looked at people's data, took it out, or changed who may; for owners."""

import csv
import datetime as dt
import io
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Response, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from ticketing.asking import names
from ticketing.extensions import db
from ticketing.members import audit
from ticketing.models import AuditEntry, Membership, Order, User
from ticketing.storing.paging import newest_first
from ticketing.web.backoffice import news, scope
from ticketing.web.backoffice.confirming import fresh_to_look
from ticketing.web.backoffice.guard import blueprint
from ticketing.web.backoffice.orders.orders import day_in, number_in
from ticketing.web.backoffice.people import audited, wording_audit
from ticketing.web.backoffice.roles import needs
from ticketing.words.neutral import neutral

PAGE_SIZE: Final = 50
ROWS_AT_ONCE: Final = 500


@blueprint.get("/audit")
@needs("owner")
def audit_page() -> ResponseReturnValue:
    zone = scope.timezone()
    query: dict[str, Any] = _query()
    page = newest_first(
        db.session(),
        _wanted(query, zone),
        AuditEntry.id,
        size=PAGE_SIZE,
        before=scope.cursor("before"),
        after=scope.cursor("after"),
    )
    return news.page(
        "backoffice/people/audit.html",
        nav="privacy",
        query=query,
        rows=[(entry, wording_audit.what(entry)) for entry in page.rows],
        codes=_codes(page.rows),
        team=_team(),
        actions=wording_audit.actions(),
        zone=zone,
        kept_days=audit.KEPT.days,
        export_url=url_for(".audit_file", **query),
        previous_url=url_for(".audit_page", **query, before=page.before) if page.before else None,
        next_url=url_for(".audit_page", **query, after=page.after) if page.after else None,
    )


@blueprint.get("/audit.csv")
@needs("owner")
@fresh_to_look
def audit_file() -> ResponseReturnValue:
    """All of what the page lists, oldest last."""
    wanted = _wanted(_query(), scope.timezone())
    audit.note(audit.AUDIT_EXPORTED, audited.actor(), organiser_id=scope.organiser_id(), once=False)
    session = Session(db.engine)
    return Response(
        _lines(session, wanted),
        mimetype="text/csv",
        headers={"Content-Disposition": "attachment; filename=audit.csv"},
    )


def _lines(session: Session, wanted: Sequence[Select[AuditEntry]]) -> Iterator[bytes]:
    header = ["at", "user", "key", "action", "order_id", "about", "address"]
    with session:
        yield _line(header)
        last: int | None = None
        while True:
            page = newest_first(session, wanted, AuditEntry.id, size=ROWS_AT_ONCE, after=last)
            last = page.after
            lines = [_line(_cells(entry)) for entry in page.rows]
            # Whoever downloads slowly holds no transaction open. It forgets the entries, too.
            session.rollback()
            yield from lines
            if last is None:
                return


def _cells(entry: AuditEntry) -> list[str]:
    return [
        entry.at.isoformat(timespec="seconds"),
        entry.user.email if entry.user else "",
        entry.api_key.name if entry.api_key else "",
        entry.action,
        str(entry.order_id or ""),
        str(entry.about or ""),
        entry.address[:8],
    ]


def _line(cells: list[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow([neutral(cell) for cell in cells])
    return text.getvalue().encode()


def _query() -> dict[str, str]:
    found = {
        key: request.args.get(key, "").strip()[:40] for key in ("person", "action", "from", "to")
    }
    return {key: value for key, value in found.items() if value}


def _wanted(query: dict[str, str], zone: ZoneInfo) -> list[Select[AuditEntry]]:
    return [_narrowed(each, query, zone) for each in scope.select_audit()]


def _narrowed(
    wanted: Select[AuditEntry], query: dict[str, str], zone: ZoneInfo
) -> Select[AuditEntry]:
    if person := query.get("person"):
        wanted = wanted.where(AuditEntry.user_id == number_in(person))
    if action := query.get("action"):
        wanted = wanted.where(AuditEntry.action == action)
    if since := day_in(query.get("from"), zone):
        wanted = wanted.where(AuditEntry.at >= since)
    if until := day_in(query.get("to"), zone):
        wanted = wanted.where(AuditEntry.at < until + dt.timedelta(days=1))
    return wanted.options(joinedload(AuditEntry.user), joinedload(AuditEntry.api_key))


def _codes(entries: Sequence[AuditEntry]) -> dict[int, str]:
    ids = {entry.order_id for entry in entries if entry.order_id is not None}
    rows: Any = db.session.execute(
        scope.select_orders().where(Order.id.in_(ids)).with_only_columns(Order.id, Order.code)
    )
    return dict(rows.all())


def _team() -> list[tuple[str, str]]:
    found = db.session.scalars(
        select(User)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organiser_id == scope.organiser_id())
        .order_by(User.id)
    )
    team = [(str(user.id), user.name or user.email) for user in found]
    return names.in_order(team, itemgetter(1))
