"""What the booker's views share: the page's values, the news since a version, dialogs."""

from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from jinja2_fragments.flask import render_block
from werkzeug.exceptions import NotFound

from ticketing.carried import tickets_pdf
from ticketing.links import Link
from ticketing.models import Order, Ticket
from ticketing.web import by_link, cards
from ticketing.web.link_forms import LinkForm

blueprint = Blueprint("booker", __name__, url_prefix="/o/<token>")


def page_of(order: Order, link: Link, token: str) -> dict[str, Any]:
    overview = cards.overview_of(order, token)
    if overview.any_downloadable:
        tickets_pdf.expect()
    return {
        "order": order,
        "shop": order.shop,
        "overview": overview,
        "at": overview.at,
        "csrf": LinkForm(bound_to=link).csrf_token.current_token,
    }


def changes_of(order: Order, link: Link, token: str, since: int) -> str:
    page = page_of(order, link, token)
    changed = cards.changed_since(page["overview"], since)
    return render_template(
        "booker/changes.html", changed=changed, all_cards=order.list_version > since, **page
    )


def done(token: str, position: int) -> ResponseReturnValue:
    """After a change: back to the card, or for htmx all cards that the page hasn't seen."""
    if "HX-Request" not in request.headers:
        return redirect(f"/o/{token}#ticket-{position}", 303)
    order, link = by_link.order_of(token)
    since = request.headers.get("Live-Version", 0, type=int)
    response = make_response(changes_of(order, link, token, since))
    if request.headers.get("HX-Target") == "dialog":
        response.headers["HX-Trigger"] = "closeDialog"
    return response


def dialog(
    template: str, order: Order, link: Link, token: str, ticket: Ticket, **context: Any
) -> ResponseReturnValue:
    """A dialog's content for htmx, the same as a page without it; 422 if its form has errors."""
    at = f"/o/{token}"
    context |= {
        "order": order,
        "shop": order.shop,
        "ticket": ticket,
        "at": at,
        "here": f"{at}/tickets/{ticket.position}/{template.split('/')[1].removesuffix('.html')}",
        "csrf": LinkForm(bound_to=link).csrf_token.current_token,
        "email_hint": _("The ticket is sent there."),
    }
    if request.headers.get("HX-Target") == "dialog":
        html = render_block(template, "dialog", **context)
    else:
        html = render_template(template, **context)
    return html, 422 if context["form"].errors else 200


def ticket_at(order: Order, position: int) -> Ticket:
    for ticket in order.tickets:
        if ticket.position == position:
            return ticket
    raise NotFound
