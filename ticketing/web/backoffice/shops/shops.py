"""*Shops*: active and archived, and the settings of each."""

from operator import attrgetter

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import pgettext
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from ticketing.asking import names
from ticketing.config import settings
from ticketing.extensions import db
from ticketing.models import Order, Shop
from ticketing.organising import shops as settings_of
from ticketing.organising.brand import Sample, buttons_and_links
from ticketing.organising.shops import SETTINGS, InvalidSettings
from ticketing.refusals import EditedMeanwhile
from ticketing.web.backoffice import news, scope
from ticketing.web.backoffice.forms import ShopForm
from ticketing.web.backoffice.forms_set_up import PictureForm, show
from ticketing.web.backoffice.guard import blueprint
from ticketing.web.backoffice.orders.versions import Version
from ticketing.web.backoffice.roles import needs
from ticketing.words.languages import CONTENT


@blueprint.get("/shops")
def shops() -> ResponseReturnValue:
    archived = request.args.get("archived") == "1"
    found = names.in_order(
        db.session.scalars(scope.select_shops().options(joinedload(Shop.event)).order_by(Shop.id)),
        attrgetter("name"),
    )
    shown = [shop for shop in found if (shop.archived_at is not None) == archived]
    orders = scope.select_orders().where(Order.shop_id.in_([shop.id for shop in shown])).subquery()
    counted = select(orders.c.shop_id, func.count()).group_by(orders.c.shop_id)
    sold = {row[0]: row[1] for row in db.session.execute(counted)}
    return news.page(
        "backoffice/shops/shops.html",
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
    form = ShopForm(data=known(shop))
    versions: list[Version] | None = None
    if form.validate_on_submit():
        given = {setting: _text(form, setting) for setting in SETTINGS}
        wrong = _first_language_problem(form)
        try:
            if wrong:
                settings_of.clean(given, shop.event)  # all that is wrong is said at once
            else:
                settings_of.change_settings(shop, given, revision=form.seen)
                flash(_("The shop was saved."), "success")
                return redirect(url_for("backoffice.shop", shop_id=shop_id), 303)
        except InvalidSettings as invalid:
            wrong |= invalid.errors
        except EditedMeanwhile:
            shop = scope.shop_or_404(shop_id)
            versions = _compare(form, settings_of.as_typed(shop), given)
            form.revision.data = str(shop.revision)
        show(form, wrong)
    html = page_of(shop, form, versions)
    return html, 422 if form.errors else 200 if versions is None else 409


@blueprint.get("/shops/<int:shop_id>/colour")
@needs("manager")
def shop_colour(shop_id: int) -> ResponseReturnValue:
    """How a colour will look: swapped in as it is chosen."""
    shop = scope.shop_or_404(shop_id)
    return news.page_or_block(
        "backoffice/shops/shop_colour.html",
        "preview",
        "colour-preview",
        nav="shops",
        shop=shop,
        samples=_samples(request.args.get("colour", "")),
    )


def page_of(
    shop: Shop,
    form: ShopForm,
    versions: list[Version] | None = None,
    picture_form: PictureForm | None = None,
) -> str:
    """The page with a shop's settings and its logo."""
    picture_form = picture_form or PictureForm(formdata=None)
    picture_form.seen.data = str(shop.logo_id or 0)
    return news.page(
        "backoffice/shops/shop.html",
        nav="shops",
        shop=shop,
        form=form,
        versions=versions,
        picture_form=picture_form,
        samples=_samples(form.colour.data or ""),
        url=url_of(shop),
    )


def known(shop: Shop) -> dict[str, object]:
    """The settings as the form takes them for its `data`."""
    return {
        **settings_of.as_typed(shop),
        "languages": shop.languages,
        "first_language": shop.languages[0],
        "revision": shop.revision,
    }


def url_of(shop: Shop) -> str:
    return f"{settings().base_url}/shop/{shop.slug}"


def _samples(colour: str) -> list[tuple[Sample, Sample]]:
    try:
        return buttons_and_links(settings_of.clean_colour(colour))
    except ValueError:
        return []  # the field says what is wrong with it


def _first_language_problem(form: ShopForm) -> dict[str, str]:
    if not form.languages.data or form.first_language.data in form.languages.data:
        return {}
    return {"first_language": _("Please choose one of the languages that are ticked.")}


def _text(form: ShopForm, setting: str) -> str:
    value = form[setting].data
    if setting == "languages":
        first = form.first_language.data
        return " ".join(sorted(value or [], key=lambda each: each != first))
    if isinstance(value, bool):
        return "y" if value else ""
    return value or ""


def _compare(form: ShopForm, now: dict[str, str], typed: dict[str, str]) -> list[Version]:
    def shown(setting: str, value: str) -> str:
        if setting == "download_enabled":
            return pgettext("download", "On") if value else pgettext("download", "Off")
        if setting == "languages":
            return ", ".join(CONTENT.get(each, each) for each in value.split())
        return value

    return [
        Version(str(form[key].label.text), shown(key, now[key]), shown(key, typed[key]))
        for key in SETTINGS
        if now[key] != typed[key].replace("\r\n", "\n").strip()
    ]
