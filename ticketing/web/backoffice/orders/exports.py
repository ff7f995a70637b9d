"""*Export*: the orders that the list shows, one row a ticket, as CSV or as a spreadsheet."""

import tempfile
from collections.abc import Iterator
from typing import Any

from flask import Response, current_app, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Select
from sqlalchemy.orm import Session

from ticketing import search
from ticketing.extensions import db
from ticketing.members import audit
from ticketing.models import Order
from ticketing.ordering import exports
from ticketing.ordering.exports import Cell, Columns
from ticketing.search import Wanted
from ticketing.web.backoffice import news, scope
from ticketing.web.backoffice.confirming import fresh_to_look
from ticketing.web.backoffice.guard import blueprint
from ticketing.web.backoffice.orders.orders import address, asked_for, counted
from ticketing.web.backoffice.people import audited
from ticketing.web.backoffice.roles import needs


@blueprint.get("/orders/export")
@needs("manager")
@fresh_to_look
def export_orders() -> ResponseReturnValue:
    query, wanted = asked_for()
    filters: dict[str, Any] = {key: value for key, value in query.items() if key != "sort"}
    count = search.count(db.session(), wanted)
    return news.dialog(
        "backoffice/orders/export.html",
        nav="orders",
        count=count,
        counted=counted(count),
        filtered=bool(filters),
        csv_url=url_for(".export_csv", **filters),
        xlsx_url=url_for(".export_xlsx", **filters),
        back=address(query),
    )


@blueprint.get("/orders/export.csv")
@needs("manager")
@fresh_to_look
def export_csv() -> ResponseReturnValue:
    session, orders, wanted, columns = _begin("csv")
    exported = _Exported("csv")

    def parts() -> Iterator[bytes]:
        try:
            with session:
                rows = exports.rows(session, orders, wanted, columns)
                yield from exports.csv_parts(columns, exported.counted(rows))
        finally:  # also where somebody breaks the download off
            exported.note()

    return Response(
        parts(),
        mimetype="text/csv",
        headers={"Content-Disposition": "attachment; filename=orders.csv"},
    )


@blueprint.get("/orders/export.xlsx")
@needs("manager")
@fresh_to_look
def export_xlsx() -> ResponseReturnValue:
    session, orders, wanted, columns = _begin("xlsx")
    exported = _Exported("xlsx")
    file = tempfile.TemporaryFile(prefix="passalong-")  # noqa: SIM115 - the answer closes it
    try:
        with session:
            rows = exports.rows(session, orders, wanted, columns)
            exports.write_xlsx(columns, exported.counted(rows), file)
    except exports.TooManyRows:
        file.close()
        text = _("A spreadsheet holds about a million rows. Choose CSV, or fewer orders.")
        return news.page("backoffice/refused.html", title=_("That is too much"), text=text), 413
    except BaseException:
        file.close()
        raise
    exported.note()
    file.seek(0)
    return send_file(
        file,
        mimetype="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        as_attachment=True,
        download_name="orders.xlsx",
        etag=False,
        max_age=0,
    )


class _Exported:
    """Who takes out how many rows, for the audit; the answer goes on after the view is over."""

    def __init__(self, form: str) -> None:
        self._app = current_app._get_current_object()  # type: ignore[attr-defined]
        self._who = audited.actor(), scope.organiser_id()
        self._about = {"form": form, "filters": audited.filters()}
        self._rows = 0

    def counted(self, rows: Iterator[list[Cell]]) -> Iterator[list[Cell]]:
        for row in rows:
            self._rows += 1
            yield row

    def note(self) -> None:
        actor, organiser_id = self._who
        with self._app.app_context():
            audit.note(
                audit.EXPORTED,
                actor,
                organiser_id=organiser_id,
                about={**self._about, "rows": self._rows},
                once=False,
            )


def _begin(form: str) -> tuple[Session, Select[Order], Wanted, Columns]:
    """A session of the export's own, for it goes on after the view is over, and what it reads."""
    # Who takes data out, by numbers alone: logs hold no names.
    current_app.logger.info(
        "Export of orders as %s by user %s of organiser %s",
        form,
        scope.user().id,
        scope.organiser_id(),
    )
    _query, wanted = asked_for()
    orders = scope.select_orders()
    session = Session(db.engine)
    try:
        columns = exports.columns_of(session, wanted)
        session.rollback()
        session.expunge_all()
    except BaseException:
        session.close()
        raise
    return session, orders, wanted, columns
