"""*Import*: a file of orders is uploaded, checked while one looks on, and then placed."""

from typing import Any, Final

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext, npgettext
from flask_wtf.file import FileField
from sqlalchemy.orm import joinedload
from werkzeug.exceptions import RequestEntityTooLarge
from wtforms import BooleanField, HiddenField

from ticketing.extensions import db
from ticketing.imports import columns, reading, steps, writing
from ticketing.imports.reading import UnreadableFile
from ticketing.models import Import, Shop
from ticketing.refusals import EditedMeanwhile
from ticketing.storing.transactions import Busy
from ticketing.web.backoffice import news, scope
from ticketing.web.backoffice.forms import BackofficeForm
from ticketing.web.backoffice.guard import blueprint
from ticketing.web.backoffice.roles import needs
from ticketing.web.details_form import Wanted
from ticketing.words.formats import number

SHOWN: Final = 10  # former imports of a shop
AROUND_THE_FILE: Final = 16 * 1024  # of a form that uploads one


class UploadForm(BackofficeForm):
    file = FileField(
        _l("CSV file"), [Wanted()], render_kw={"accept": ".csv,.txt,.tsv,text/csv,text/plain"}
    )
    replaces = HiddenField()


class PlaceForm(BackofficeForm):
    send_mails = BooleanField(_l("Send each booker the confirmation with their link"), default=True)
    mail_holders = BooleanField(_l("Send named holders their ticket"), default=True)


@blueprint.route("/shops/<int:shop_id>/import", methods=["GET", "POST"])
@needs("manager")
def shop_import(shop_id: int) -> ResponseReturnValue:
    # Before anything looks into the form: nobody else may send as much.
    request.max_content_length = reading.MAX_BYTES + AROUND_THE_FILE
    shop = scope.shop_or_404(shop_id)
    status = 422
    try:
        form = UploadForm()
        if form.validate_on_submit() and shop.archived_at is None:
            found = _upload(shop, form)
            if found is not None:
                return redirect(url_for(".import_page", import_id=found.id), 303)
    except RequestEntityTooLarge:
        form = UploadForm(formdata=None)
        form.file.errors = [_too_large()]
        status = 413
    former = (
        scope.select_imports()
        .where(Import.shop_id == shop_id, Import.state != "dropped")
        .order_by(Import.id.desc())
        .limit(SHOWN)
        .options(joinedload(Import.user))
    )
    html = news.page(
        "backoffice/orders/import_upload.html",
        nav="shops",
        shop=scope.shop_or_404(shop_id),
        form=form,
        columns=[column for column in columns.of_event(shop.event) if column.asked],
        types=columns.sold(shop.event),
        most_rows=number(reading.MAX_ROWS),
        keep_days=steps.KEEP_DAYS,
        former=list(db.session.scalars(former)),
    )
    return html, status if form.errors else 200


def _upload(shop: Shop, form: UploadForm) -> Import | None:
    sent = form.file.data
    if not sent:
        form.file.errors = [_("Please choose a file.")]
        return None
    try:
        found = steps.upload(shop, scope.user().id, sent.filename or "", sent.read())
    except UnreadableFile as unreadable:
        form.file.errors = [str(unreadable)]
        return None
    former = form.replaces.data or ""
    if former.isascii() and former.isdecimal() and len(former) <= 18:
        replaced = db.session.scalar(
            scope.select_imports().where(Import.id == int(former), Import.shop_id == found.shop_id)
        )
        if replaced is not None:
            import_id = found.id
            steps.drop(replaced)
            return scope.import_or_404(import_id)
    return found


def _too_large() -> str:
    return str(
        _("The file is larger than %(n)d MB. Please split it.", n=reading.MAX_BYTES // 1024 // 1024)
    )


@blueprint.get("/shops/<int:shop_id>/import/template.csv")
@needs("manager")
def import_template(shop_id: int) -> ResponseReturnValue:
    content = columns.template(scope.shop_or_404(shop_id).event)
    return Response(
        content,
        mimetype="text/csv",
        headers={"Content-Disposition": "attachment; filename=orders-template.csv"},
    )


@blueprint.get("/imports/<int:import_id>")
@needs("manager")
def import_page(import_id: int) -> ResponseReturnValue:
    return _page(scope.import_or_404(import_id))


@blueprint.post("/imports/<int:import_id>/check")
@needs("manager")
def check_import(import_id: int) -> ResponseReturnValue:
    """The next few hundred rows. htmx asks again by itself, people press the button."""
    found = scope.import_or_404(import_id)
    busy = False
    try:
        steps.check(found)
    except Busy:
        busy = True
    except steps.NotReady:
        flash(_("Please say first what the file’s ticket types are."), "warning")
    if "HX-Request" not in request.headers:
        return redirect(url_for(".import_page", import_id=import_id), 303)
    return _page(scope.import_or_404(import_id), busy=busy)


@blueprint.post("/imports/<int:import_id>/types")
@needs("manager")
def map_import_types(import_id: int) -> ResponseReturnValue:
    found = scope.import_or_404(import_id)
    words, codes = request.form.getlist("word"), request.form.getlist("code")
    try:
        found = steps.map_types(found, dict(zip(words, codes, strict=False)))
    except steps.NotReady:
        return _over(import_id)
    if steps.unknown_words(found):
        return _page(scope.import_or_404(import_id), unchosen=True), 422
    return redirect(url_for(".import_page", import_id=import_id), 303)


@blueprint.post("/imports/<int:import_id>/place")
@needs("manager")
def place_import(import_id: int) -> ResponseReturnValue:
    found = scope.import_or_404(import_id)
    form = PlaceForm()
    try:
        writing.write_orders(
            found,
            scope.acting(),
            send_mails=form.send_mails.data,
            mail_holders=form.mail_holders.data,
        )
    except steps.NotReady:
        return _over(import_id)
    except EditedMeanwhile:
        flash(
            _("Settings or orders have changed meanwhile: nothing was added, and the file is "
              "checked once more."),
            "warning",
        )  # fmt: skip
    return redirect(url_for(".import_page", import_id=import_id), 303)


@blueprint.post("/imports/<int:import_id>/drop")
@needs("manager")
def drop_import(import_id: int) -> ResponseReturnValue:
    found = steps.drop(scope.import_or_404(import_id))
    if found.state == "done":
        return _over(import_id)
    shop_id = found.shop_id
    flash(
        _("The import was dropped. Nothing was added, and nothing of the file was kept."), "success"
    )
    return redirect(url_for(".shop_import", shop_id=shop_id), 303)


def _over(import_id: int) -> ResponseReturnValue:
    flash(_("Meanwhile this import has gone on. Here is how it stands."), "warning")
    return redirect(url_for(".import_page", import_id=import_id), 303)


def _page(found: Import, *, busy: bool = False, unchosen: bool = False) -> str:
    errors = found.result.get("errors", 0)
    chosen: dict[str, Any] = found.type_map
    unknown = steps.unknown_words(found)
    return news.page_or_block(
        "backoffice/orders/import.html",
        "state",
        "import-state",
        nav="shops",
        imported=found,
        shop=found.shop,
        busy=busy,
        unchosen=unchosen,
        unknown=unknown,
        chosen=chosen,
        types=columns.sold(found.shop.event),
        mapping=bool(unknown) and found.state == "checking",
        upload_form=UploadForm(formdata=None, data={"replaces": str(found.id)}),
        place_form=PlaceForm(formdata=None),
        error_count=errors,
        more_errors=errors - len(found.errors),
        result=found.result,
        progress_text=_(
            "%(checked)s of %(rows)s rows checked",
            checked=number(found.checked),
            rows=number(found.rows),
        ),
        says=_says(found),
    )


def _says(found: Import) -> str:
    """How it stands in one sentence, for the heading and for screen readers."""
    result = found.result
    if found.state == "dropped":
        return str(_("This import was dropped"))
    if found.state == "checking":
        return str(_("Checking the file"))
    if errors := result.get("errors"):
        told = ngettext("One thing to correct", "%(n)s things to correct", errors, n=number(errors))
        return str(told)
    orders, tickets = result["orders"], result["tickets"]
    if not orders:
        return str(
            _("Nothing new: all orders were here already")
            if found.state == "done"
            else _("Nothing to add: all orders are here already")
        )
    numbers = {
        "n": number(orders),
        # TRANSLATORS: stands in “3 orders with 5 tickets were added”: in the case that asks for.
        "tickets": npgettext(
            "orders with …", "one ticket", "%(n)s tickets", tickets, n=number(tickets)
        ),
    }
    if found.state == "done":
        return str(
            ngettext(
                "One order with %(tickets)s was added",
                "%(n)s orders with %(tickets)s were added",
                orders,
                **numbers,
            )
        )
    return str(
        ngettext(
            "One order with %(tickets)s is ready to import",
            "%(n)s orders with %(tickets)s are ready to import",
            orders,
            **numbers,
        )
    )
