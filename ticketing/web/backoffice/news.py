"""How the backoffice answers: dialogs for htmx or as pages, and what an action has changed."""

from collections.abc import Iterable
from typing import Any

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from jinja2_fragments.flask import render_block

from ticketing.web.backoffice import scope
from ticketing.web.backoffice.orders.order_view import view_of


def page(template: str, **context: Any) -> str:
    return render_template(template, **context)


def page_or_block(template: str, block: str, target: str, **context: Any) -> str:
    """The whole page, or only the block that is swapped into the element `target`.

    `fragment` tells the template which: a form on a page of its own leads back to the order's.
    """
    if request.headers.get("HX-Target") == target:
        return str(render_block(template, block, fragment=True, **context))
    return render_template(template, fragment=False, **context)


def dialog(template: str, *, status: int = 200, **context: Any) -> ResponseReturnValue:
    """A dialog's content for htmx; a page of its own without it."""
    form = context.get("form")
    if form is not None and form.errors and status == 200:
        status = 422
    return page_or_block(template, "dialog", "dialog", **context), status


def done(
    order_id: int, message: str, *, tickets: Iterable[int] = (), kind: str = "success"
) -> ResponseReturnValue:
    """After an action: the order's page, or for htmx what has changed on it."""
    changed = set(tickets)
    if "HX-Request" not in request.headers:
        flash(message, kind)
        return redirect(url_for("backoffice.order", order_id=order_id), 303)
    view = view_of(scope.order_or_404(order_id))
    response = make_response(
        render_template(
            "backoffice/orders/order_news.html",
            view=view,
            changed=changed,
            kind=kind,
            message=message,
        )
    )
    if request.headers.get("HX-Target") == "dialog":
        response.headers["HX-Trigger"] = "closeDialog"
    return response
