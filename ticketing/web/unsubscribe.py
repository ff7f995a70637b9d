"""*No more reminders*: the page behind a reminder's last line, and its button in mail programs."""

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from ticketing import reminders
from ticketing.links import Link
from ticketing.models import Order
from ticketing.web import by_link
from ticketing.web.link_forms import LinkForm

blueprint = Blueprint("unsubscribe", __name__, url_prefix="/u/<token>")

# What a mail program sends on its own: RFC 8058 forbids it to be asked for more, or redirected.
ONE_CLICK = ("List-Unsubscribe", "One-Click")


@blueprint.get("")
def page(token: str) -> ResponseReturnValue:
    order, link = by_link.unsubscriber_of(token)
    return _page(order, link)


@blueprint.post("")
def unsubscribe(token: str) -> ResponseReturnValue:
    order, link = by_link.unsubscriber_of(token)
    if request.form.get(ONE_CLICK[0]) == ONE_CLICK[1]:
        return _page(reminders.turn(order, off=True), link)
    if not LinkForm(bound_to=link).validate():
        return _page(order, link, expired=True), 422
    reminders.turn(order, off=True)
    return redirect(f"/u/{token}", 303)


@blueprint.post("/undo")
def undo(token: str) -> ResponseReturnValue:
    order, link = by_link.unsubscriber_of(token)
    if not LinkForm(bound_to=link).validate():
        return _page(order, link, expired=True), 422
    reminders.turn(order, off=False)
    return redirect(f"/u/{token}?undone=1", 303)


def _page(order: Order, link: Link, *, expired: bool = False) -> str:
    off = order.reminders_off_at is not None
    return render_template(
        "unsubscribe.html",
        order=order,
        shop=order.shop,
        off=off,
        undone="undone" in request.args and not off,
        expired=expired,
        form=LinkForm(bound_to=link, formdata=None),
        here=request.path.removesuffix("/undo"),
    )
