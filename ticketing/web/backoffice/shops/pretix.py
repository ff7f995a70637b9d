"""*pretix* of a shop: what it is connected to, which product is which ticket type, what waits."""

from collections.abc import Sequence
from typing import Any, Final

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext, pgettext
from sqlalchemy import select
from wtforms import BooleanField, HiddenField, PasswordField, StringField

from ticketing import links
from ticketing.extensions import db
from ticketing.models import Call, CallTry, PretixConnection, Shop, TicketType
from ticketing.pretix import catalogue, connections, progress, queue
from ticketing.pretix.connections import TypesInUse
from ticketing.pretix.problems import words
from ticketing.pretix.trying import SETTINGS, InvalidConnection
from ticketing.refusals import EditedMeanwhile
from ticketing.web.backoffice import news, scope
from ticketing.web.backoffice.forms import BackofficeForm, RevisedForm
from ticketing.web.backoffice.forms_set_up import show, texts_of
from ticketing.web.backoffice.guard import blueprint
from ticketing.web.backoffice.orders.versions import Version
from ticketing.web.backoffice.roles import needs
from ticketing.web.details_form import Wanted

UNDECIDED: Final = "?"  # in the address of a choice; a type's code holds no such
_PLAIN: Final = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}


class ConnectionForm(RevisedForm):
    base_url = StringField(
        _l("Address of your pretix"),
        [Wanted()],
        render_kw={**_PLAIN, "inputmode": "url", "placeholder": "https://pretix.eu"},
    )
    organizer = StringField(_l("Short name of the organizer"), [Wanted()], render_kw=_PLAIN)
    event = StringField(_l("Short name of the event"), [Wanted()], render_kw=_PLAIN)
    token = PasswordField(_l("API token"), render_kw={**_PLAIN, "autocomplete": "new-password"})


class ItemsForm(RevisedForm):
    """The choices themselves are read from `key` and `code`, one of each a product."""

    confirmed = BooleanField(_l("Yes, make these tickets anew"))


class FetchForm(BackofficeForm):
    send_mails = BooleanField(_l("Send each new booker the confirmation with their link"))
    asked = HiddenField(default="1")


@blueprint.route("/shops/<int:shop_id>/pretix", methods=["GET", "POST"])
@needs("manager")
def shop_pretix(shop_id: int) -> ResponseReturnValue:
    shop = scope.shop_or_404(shop_id)
    found = connections.of_shop(shop_id)
    form = ConnectionForm(data=_known(found))
    versions: list[Version] | None = None
    if form.validate_on_submit():
        given = texts_of(form, SETTINGS)
        try:
            connections.save(shop, given, revision=form.seen)
        except InvalidConnection as invalid:
            show(form, invalid.errors)
        except EditedMeanwhile:
            found = connections.of_shop(shop_id)
            versions = _compare(form, found, given)
            form.revision.data = str(found.revision if found else 0)
        else:
            flash(
                _("The connection was saved, and pretix answers well.")
                if found
                else _("Connected. Now say below what pretix’s products are here."),
                "success",
            )
            return redirect(url_for(".shop_pretix", shop_id=shop_id), 303)
    html = _page(shop_id, form=form, versions=versions)
    return html, 422 if form.errors else 200 if versions is None else 409


@blueprint.post("/shops/<int:shop_id>/pretix/items")
@needs("manager")
def pretix_items(shop_id: int) -> ResponseReturnValue:
    """Which ticket type each product is."""
    found = _connection_or_none(shop_id)
    form = ItemsForm()
    keys, codes = request.form.getlist("key"), request.form.getlist("code")
    given = dict(zip(keys, codes, strict=False))
    chosen = {key: None if code == UNDECIDED else code for key, code in given.items()}
    if not form.validate_on_submit():
        return _page(shop_id, items_form=form, typed=given), 422
    if found is None:
        return _not_connected(shop_id)
    try:
        connections.map_items(
            found, chosen, revision=form.seen, confirmed=bool(form.confirmed.data)
        )
    except EditedMeanwhile:
        found = connections.of_shop(shop_id)
        form.revision.data = str(found.revision if found else 0)
        return _page(shop_id, items_form=form, typed=given, items_changed=True), 409
    except TypesInUse as used:
        text = ngettext(
            "One ticket has the type that a product stood for so far.",
            "%(num)s tickets have the type that a product stood for so far.",
            used.count,
        )
        form.confirmed.errors = [text]
        return _page(shop_id, items_form=form, typed=given, used=used.count), 422
    flash(
        _("Saved. It counts for all orders that come from now on; those that were paid before "
          "come when you fetch them."),
        "success",
    )  # fmt: skip
    return redirect(url_for(".shop_pretix", shop_id=shop_id), 303)


@blueprint.post("/shops/<int:shop_id>/pretix/products")
@needs("manager")
def pretix_products(shop_id: int) -> ResponseReturnValue:
    """Ask pretix once more what it sells."""
    scope.shop_or_404(shop_id)
    found = _connection_or_none(shop_id)
    if found is None:
        return _not_connected(shop_id)
    try:
        connections.ask_products(found)
    except InvalidConnection as invalid:
        flash(" ".join(invalid.errors.values()), "error")
    else:
        flash(_("The list of products is up to date."), "success")
    return redirect(url_for(".shop_pretix", shop_id=shop_id), 303)


@blueprint.post("/shops/<int:shop_id>/pretix/fetch")
@needs("manager")
def pretix_fetch(shop_id: int) -> ResponseReturnValue:
    """Every order that is paid, page by page in the background."""
    found = _connection_or_none(shop_id)
    if found is None:
        return _not_connected(shop_id)
    connections.fetch_all(found, send_mails=bool(FetchForm().send_mails.data))
    flash(_("All paid orders are being fetched. Reload this page to see how far it is."), "success")
    return redirect(url_for(".shop_pretix", shop_id=shop_id), 303)


@blueprint.post("/shops/<int:shop_id>/pretix/write-back")
@needs("manager")
def pretix_write_back(shop_id: int) -> ResponseReturnValue:
    found = _connection_or_none(shop_id)
    if found is None:
        return _not_connected(shop_id)
    on = request.form.get("on") == "1"
    connections.switch_write_back(found, on=on)
    flash(
        _("Names and addresses that are given here are written to pretix from now on.")
        if on
        else _("Nothing is written to pretix any more."),
        "success",
    )
    return redirect(url_for(".shop_pretix", shop_id=shop_id), 303)


@blueprint.post("/shops/<int:shop_id>/pretix/again")
@needs("manager")
def pretix_again(shop_id: int) -> ResponseReturnValue:
    """Make what has failed, or waits for later, now."""
    found = _connection_or_none(shop_id)
    if found is None:
        return _not_connected(shop_id)
    count = connections.try_again(found)
    flash(
        ngettext("One request is made again now.", "%(num)s requests are made again now.", count)
        if count
        else _("There was nothing to try again."),
        "success",
    )
    return redirect(url_for(".shop_pretix", shop_id=shop_id), 303)


@blueprint.route("/shops/<int:shop_id>/pretix/disconnect", methods=["GET", "POST"])
@needs("manager")
def pretix_disconnect(shop_id: int) -> ResponseReturnValue:
    shop = scope.shop_or_404(shop_id)
    found = connections.of_shop(shop_id)
    form = BackofficeForm()
    if found is None:
        return _not_connected(shop_id)
    if form.validate_on_submit():
        connections.disconnect(found)
        flash(_("The shop is no longer connected to pretix. Its orders stay."), "success")
        return redirect(url_for(".shop_pretix", shop_id=shop_id), 303)
    return news.dialog("backoffice/shops/disconnect_pretix.html", nav="shops", shop=shop, form=form)


def _connection_or_none(shop_id: int) -> PretixConnection | None:
    scope.shop_or_404(shop_id)
    return connections.of_shop(shop_id)


def _not_connected(shop_id: int) -> ResponseReturnValue:
    if request.method == "POST":
        flash(_("Meanwhile this shop was disconnected from pretix."), "warning")
    return redirect(url_for(".shop_pretix", shop_id=shop_id), 303 if request.form else 302)


def _page(
    shop_id: int,
    *,
    form: ConnectionForm | None = None,
    versions: list[Version] | None = None,
    items_form: ItemsForm | None = None,
    typed: dict[str, str] | None = None,
    items_changed: bool = False,
    used: int = 0,
) -> str:
    shop = scope.shop_or_404(shop_id)
    found = connections.of_shop(shop_id)
    types = _types(shop)
    shown: dict[str, Any] = {}
    if found is not None:
        missing = catalogue.undecided(found.catalogue, found.items)
        shown = {
            "url": links.pretix_hook_url(found),
            "items_form": items_form or ItemsForm(formdata=None, data={"revision": found.revision}),
            "rows": [_row(each, found, types, typed) for each in found.catalogue],
            "undecided": missing,
            "mapped": any(code != catalogue.NOT_OURS for code in found.items.values()),
            "items_changed": items_changed,
            "used": used,
            "fetch_form": FetchForm(formdata=None, data={"send_mails": True}),
            "state": progress.waiting(found),
            "log": [_entry(call, last) for call, last in progress.latest(found)],
            "trouble": words(found.last_error) if found.last_error else "",
        }
    form = form or ConnectionForm(formdata=None, data=_known(found))
    if found is None:
        form.token.flags.required = True  # else the one that is kept goes on
    return news.page(
        "backoffice/shops/shop_pretix.html",
        nav="shops",
        shop=shop,
        connection=found,
        form=form,
        versions=versions,
        types=types,
        **shown,
    )


def _types(shop: Shop) -> list[TicketType]:
    return list(
        db.session.scalars(
            select(TicketType)
            .where(TicketType.event_id == shop.event_id)
            .order_by(TicketType.position, TicketType.id)
        )
    )


def _row(
    product: dict[str, Any],
    found: PretixConnection,
    types: Sequence[TicketType],
    typed: dict[str, str] | None,
) -> dict[str, Any]:
    """A product and what it is here, or may be: that of the same name, before anybody chose."""
    key, name = str(product["key"]), str(product["name"])
    saved = found.items.get(key)
    proposed = UNDECIDED
    if saved is None:
        same = name.casefold()
        proposed = next(
            (each.code for each in types if same in {each.name.casefold(), each.code.casefold()}),
            UNDECIDED if product.get("admission") else catalogue.NOT_OURS,
        )
    chosen = (typed or {}).get(key) or (typed or {}).get(key, saved)
    return {
        "key": key,
        "name": name,
        "chosen": proposed if chosen is None else chosen,
        "open": saved is None,
    }


def _entry(call: Call, last: CallTry | None) -> dict[str, Any]:
    """A call as the page tells of it."""
    if call.event == queue.ALL:
        what = _("All paid orders")
    elif call.kind == queue.WRITE:
        what = _("Name to pretix, order %(code)s", code=call.event)
    else:
        what = _("Order %(code)s", code=call.event)
    said = words(last.error) if last is not None and last.error else ""
    states: dict[str, tuple[str, str]] = {
        "waiting": ("shared", pgettext("request", "Waits")),
        "sending": ("shared", pgettext("request", "Under way")),
        "done": ("ready", pgettext("request", "Done")),
        "failed": ("cancelled", pgettext("request", "Failed")),
        "dropped": ("open", _("Nothing to do")),
    }
    badge, state = states[call.state]
    return {
        "what": what,
        "badge": badge,
        "state": state,
        "said": said,
        "at": call.done_at or (last.at if last is not None else call.created_at),
        "next": call.next_attempt_at if call.state == "waiting" and last is not None else None,
        "order_id": call.order_id,
    }


def _known(found: PretixConnection | None) -> dict[str, object]:
    if found is None:
        return {"revision": 0}
    return {
        "base_url": found.base_url,
        "organizer": found.organizer,
        "event": found.event,
        "revision": found.revision,
    }


def _compare(
    form: ConnectionForm, found: PretixConnection | None, typed: dict[str, str]
) -> list[Version]:
    known = _known(found)
    return [
        Version(str(form[key].label.text), str(known.get(key, "")), typed[key])
        for key in ("base_url", "organizer", "event")
        if str(known.get(key, "")) != typed[key].strip()
    ]
