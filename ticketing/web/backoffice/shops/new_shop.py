"""A shop is opened, archived and taken up again; and its link, for posters too."""

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import SelectChoice

from ticketing.carried.qr import poster_png, poster_svg, qr_svg
from ticketing.config import settings
from ticketing.extensions import db
from ticketing.models import Event
from ticketing.organising import shop_lifecycle as rules
from ticketing.organising.shops import InvalidSettings
from ticketing.web.backoffice import news, scope
from ticketing.web.backoffice.forms import BackofficeForm
from ticketing.web.backoffice.forms_set_up import NewShopForm, show, texts_of
from ticketing.web.backoffice.guard import blueprint
from ticketing.web.backoffice.roles import needs
from ticketing.web.backoffice.shops.shops import url_of

PRINT_PIXELS = 1200  # ten centimetres at 300 dpi


@blueprint.route("/shops/new", methods=["GET", "POST"])
@needs("manager")
def new_shop() -> ResponseReturnValue:
    events = list(db.session.scalars(scope.select_events().order_by(Event.starts_at.desc())))
    form = NewShopForm(data={"event": request.args.get("event", "")})
    form.event.choices = [SelectChoice(str(event.id), event.name) for event in events]
    if len(events) > 1:
        form.event.choices.insert(0, SelectChoice("", "–"))
    if form.validate_on_submit():
        chosen = next((each for each in events if str(each.id) == form.event.data), None)
        try:
            shop = rules.create(chosen, texts_of(form, ("name", "slug")))
        except InvalidSettings as invalid:
            show(form, invalid.errors)
        else:
            flash(_("The shop is open. Here is its link."), "success")
            return redirect(url_for("backoffice.shop_link", shop_id=shop.id), 303)
    html = news.page(
        "backoffice/shops/new_shop.html",
        nav="shops",
        form=form,
        any_events=bool(events),
        **_address(form.slug.data or "", form.name.data or ""),
    )
    return html, 422 if form.errors else 200


@blueprint.get("/shops/new/address")
@needs("manager")
def new_shop_address() -> ResponseReturnValue:
    """The address that a new shop would have: swapped in while its name is typed."""
    return news.page_or_block(
        "backoffice/shops/new_shop_address.html",
        "address",
        "address-preview",
        nav="shops",
        **_address(request.args.get("slug", ""), request.args.get("name", "")),
    )


@blueprint.get("/shops/<int:shop_id>/link")
def shop_link(shop_id: int) -> ResponseReturnValue:
    shop = scope.shop_or_404(shop_id)
    url = url_of(shop)
    return news.page(
        "backoffice/shops/shop_link.html",
        nav="shops",
        shop=shop,
        url=url,
        qr=qr_svg(url, title=_("QR code of the shop’s link")),
        pixels=PRINT_PIXELS,
    )


@blueprint.get("/shops/<int:shop_id>/qr.png")
def shop_qr_png(shop_id: int) -> Response:
    """The link's QR code for print."""
    shop = scope.shop_or_404(shop_id)
    return _file(poster_png(url_of(shop), pixels=PRINT_PIXELS), "image/png", f"{shop.slug}-qr.png")


@blueprint.get("/shops/<int:shop_id>/qr.svg")
def shop_qr_svg(shop_id: int) -> Response:
    """The link's QR code for print, sharp in any size."""
    shop = scope.shop_or_404(shop_id)
    data = poster_svg(url_of(shop), title=shop.name)
    return _file(data, "image/svg+xml", f"{shop.slug}-qr.svg")


@blueprint.route("/shops/<int:shop_id>/archive", methods=["GET", "POST"])
@needs("manager")
def archive_shop(shop_id: int) -> ResponseReturnValue:
    shop = scope.shop_or_404(shop_id)
    form = BackofficeForm()
    if form.validate_on_submit():
        rules.archive(shop)
        flash(_("“%(name)s” is archived: it takes no new orders.", name=shop.name), "success")
        return redirect(url_for("backoffice.shops"), 303)
    return news.dialog("backoffice/shops/archive_shop.html", nav="shops", shop=shop, form=form)


@blueprint.post("/shops/<int:shop_id>/unarchive")
@needs("manager")
def unarchive_shop(shop_id: int) -> ResponseReturnValue:
    shop = rules.unarchive(scope.shop_or_404(shop_id))
    flash(_("“%(name)s” takes orders again.", name=shop.name), "success")
    return redirect(url_for("backoffice.shop", shop_id=shop_id), 303)


def _address(slug: str, name: str) -> dict[str, str]:
    """What the line below the form says: the address, or why it can't be."""
    if not slug.strip() and not name.strip():
        return {"address": "", "problem": ""}
    found, problem = rules.address(slug, name)
    return {"address": f"{settings().base_url}/shop/{found}", "problem": problem}


def _file(data: bytes, mimetype: str, name: str) -> Response:
    disposition = f'attachment; filename="{name}"'  # a slug needs no escaping
    return Response(data, mimetype=mimetype, headers={"Content-Disposition": disposition})
