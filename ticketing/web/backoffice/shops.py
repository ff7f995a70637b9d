"""*Shops*: active and archived, and the settings of each."""

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from ticketing import shops as settings_of
from ticketing.config import settings
from ticketing.extensions import db
from ticketing.models import Order, Shop
from ticketing.refusals import EditedMeanwhile
from ticketing.shops import SETTINGS, InvalidSettings
from ticketing.web.backoffice import news, scope
from ticketing.web.backoffice.forms import ShopForm
from ticketing.web.backoffice.guard import blueprint
from ticketing.web.backoffice.roles import needs
from ticketing.web.backoffice.versions import Version


@blueprint.get("/shops")
def shops() -> ResponseReturnValue:
    archived = request.args.get("archived") == "1"
    found = list(
        db.session.scalars(
            scope.select_shops().options(joinedload(Shop.event)).order_by(Shop.name, Shop.id)
        )
    )
    shown = [shop for shop in found if (shop.archived_at is not None) == archived]
    orders = scope.select_orders().where(Order.shop_id.in_([shop.id for shop in shown])).subquery()
    counted = select(orders.c.shop_id, func.count()).group_by(orders.c.shop_id)
    sold = {row[0]: row[1] for row in db.session.execute(counted)}
    return news.page(
        "backoffice/shops.html",
        nav="shops",
        archived=archived,
        rows=[{"shop": shop, "orders": sold.get(shop.id, 0)} for shop in shown],
        active_count=sum(shop.archived_at is None for shop in found),
        archived_count=sum(shop.archived_at is not None for shop in found),
    )


@blueprint.route("/shops/<int:shop_id>", methods=["GET", "POST"])
@needs("manager")
def shop(shop_id: int) -> ResponseReturnValue:
    shop = scope.shop_or_404(shop_id)
    form = ShopForm(data={**settings_of.as_typed(shop), "revision": shop.revision})
    versions: list[Version] | None = None
    if form.validate_on_submit():
        given = {setting: _text(form, setting) for setting in SETTINGS}
        try:
            settings_of.change_settings(shop, given, revision=form.seen)
        except InvalidSettings as invalid:
            for setting, text in invalid.errors.items():
                form[setting].errors = [text]
        except EditedMeanwhile:
            shop = scope.shop_or_404(shop_id)
            versions = _compare(form, settings_of.as_typed(shop), given)
            form.revision.data = str(shop.revision)
        else:
            flash(_("The shop was saved."), "success")
            return redirect(url_for("backoffice.shop", shop_id=shop_id), 303)
    html = news.page(
        "backoffice/shop.html",
        nav="shops",
        shop=shop,
        form=form,
        versions=versions,
        url=f"{settings().base_url}/shop/{shop.slug}",
    )
    return html, 422 if form.errors else 200 if versions is None else 409


def _text(form: ShopForm, setting: str) -> str:
    value = form[setting].data
    if isinstance(value, bool):
        return "y" if value else ""
    return value or ""


def _compare(form: ShopForm, now: dict[str, str], typed: dict[str, str]) -> list[Version]:
    def shown(setting: str, value: str) -> str:
        if setting == "download_enabled":
            return str(_("On") if value else _("Off"))
        return value

    return [
        Version(str(form[key].label.text), shown(key, now[key]), shown(key, typed[key]))
        for key in SETTINGS
        if now[key] != typed[key].replace("\r\n", "\n").strip()
    ]
