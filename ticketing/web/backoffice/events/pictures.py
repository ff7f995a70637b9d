"""Pictures: the one of an event, and a shop's logo; each a small form beside the settings."""

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from ticketing.organising import events, images, shops
from ticketing.organising.images import InvalidImage, Picture
from ticketing.refusals import EditedMeanwhile
from ticketing.web.backoffice import scope
from ticketing.web.backoffice.events.events import page_of
from ticketing.web.backoffice.forms import ShopForm
from ticketing.web.backoffice.forms_set_up import EventForm, PictureForm
from ticketing.web.backoffice.guard import blueprint
from ticketing.web.backoffice.roles import needs
from ticketing.web.backoffice.shops import shops as shop_pages


@blueprint.post("/events/<int:event_id>/picture")
@needs("manager")
def event_picture(event_id: int) -> ResponseReturnValue:
    event = scope.event_or_404(event_id)
    form = PictureForm()
    taken = _take(
        form, images.event_picture, lambda new, seen: events.set_picture(event, new, seen=seen)
    )
    if taken is None:
        return redirect(url_for("backoffice.edit_event", event_id=event_id), 303)
    event = scope.event_or_404(event_id)
    data = {**events.as_typed(event), "revision": event.revision}
    return page_of(event, EventForm(formdata=None, data=data), picture_form=form), taken


@blueprint.post("/shops/<int:shop_id>/logo")
@needs("manager")
def shop_logo(shop_id: int) -> ResponseReturnValue:
    shop = scope.shop_or_404(shop_id)
    form = PictureForm()
    taken = _take(form, images.logo, lambda new, seen: shops.set_logo(shop, new, seen=seen))
    if taken is None:
        return redirect(url_for("backoffice.shop", shop_id=shop_id), 303)
    shop = scope.shop_or_404(shop_id)
    settings = ShopForm(formdata=None, data=shop_pages.known(shop))
    return shop_pages.page_of(shop, settings, picture_form=form), taken


@blueprint.post("/events/<int:event_id>/picture/remove")
@needs("manager")
def remove_event_picture(event_id: int) -> ResponseReturnValue:
    event = scope.event_or_404(event_id)
    events.set_picture(event, None, seen=PictureForm().seen_id)
    flash(_("The picture was removed."), "success")
    return redirect(url_for("backoffice.edit_event", event_id=event_id), 303)


@blueprint.post("/shops/<int:shop_id>/logo/remove")
@needs("manager")
def remove_shop_logo(shop_id: int) -> ResponseReturnValue:
    shop = scope.shop_or_404(shop_id)
    shops.set_logo(shop, None, seen=PictureForm().seen_id)
    flash(_("The logo was removed."), "success")
    return redirect(url_for("backoffice.shop", shop_id=shop_id), 303)


def _take(
    form: PictureForm,
    read: Callable[[bytes], Picture],
    keep: Callable[[Picture, int], Any],
) -> int | None:
    """Keep what was uploaded; else the status of the page that says why not."""
    if not form.validate_on_submit():
        return 422
    upload = form.picture.data
    try:
        keep(read(upload.read(images.MAX_BYTES + 1) if upload else b""), form.seen_id)
    except InvalidImage as invalid:
        form.picture.errors = [str(invalid.text)]
        return 422
    except EditedMeanwhile:
        form.picture.errors = [
            _("Somebody changed the picture meanwhile. If yours shall replace it, choose it anew.")
        ]
        return 409
    flash(_("The picture was saved."), "success")
    return None
