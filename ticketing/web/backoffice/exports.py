"""*Export*: the orders that the list shows, one row a ticket, as CSV or as a spreadsheet."""

import tempfile
from collections.abc import Iterator
from typing import Any

from flask import Response, current_app, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Select
from sqlalchemy.orm import Session

from ticketing import exports, search
from ticketing.exports import Columns
from ticketing.extensions import db
from ticketing.models import Order
from ticketing.search import Wanted
from ticketing.web.backoffice import news, scope
from ticketing.web.backoffice.confirming import fresh_to_look
from ticketing.web.backoffice.guard import blueprint
from ticketing.web.backoffice.orders import address, asked_for, counted
from ticketing.web.backoffice.roles import needs


@blueprint.get("/orders/export")
@needs("manager")
@fresh_to_look
def export_orders() -> ResponseReturnValue:
    query, wanted = asked_for()
    filters: dict[str, Any] = {key: value for key, value in query.items() if key != "sort"}
    count = search.count(db.session(), wanted)
    return news.dialog(
        "backoffice/export.html",
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

    def parts() -> Iterator[bytes]:
        with session:
            rows = exports.rows(session, orders, wanted, columns)
            yield from exports.csv_parts(columns, rows)

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
    file = tempfile.TemporaryFile(prefix="passalong-")  # noqa: SIM115 - the answer closes it
    try:
        with session:
            rows = exports.rows(session, orders, wanted, columns)
            exports.write_xlsx(columns, rows, file)
    except exports.TooManyRows:
        file.close()
        text = _("A spreadsheet holds about a million rows. Choose CSV, or fewer orders.")
        return news.page("backoffice/refused.html", title=_("That is too much"), text=text), 413
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return send_file(
        file,
        mimetype="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        as_attachment=True,
        download_name="orders.xlsx",
        etag=False,
        max_age=0,
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
