"""The small built-in shop: an event, its ticket types, the booker's details, *Complete order*."""

import secrets
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from itsdangerous import BadSignature, Signer
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.exceptions import NotFound
from wtforms import EmailField, HiddenField, IntegerField, StringField, TelField
from wtforms.validators import StopValidation

from ticketing import links, sending
from ticketing.asking import fields
from ticketing.asking.fields import InvalidDetails
from ticketing.extensions import db
from ticketing.links import LinkWithdrawn
from ticketing.models import Event, Order, Shop, TicketType
from ticketing.ordering import orders
from ticketing.ordering.orders import Booker, Line
from ticketing.refusals import ShopArchived, TooManyMails
from ticketing.web import by_link
from ticketing.web.around import protection
from ticketing.web.details_form import Wanted, given_in, show_errors
from ticketing.web.link_forms import LinkForm
from ticketing.words.money import money

blueprint = Blueprint("shop", __name__, url_prefix="/shop")

MAX_OF_A_TYPE = 20
_QUANTITY = "quantity_"


class OrderForm(LinkForm):
    """The booker's half; a quantity for each ticket type is added per shop."""

    # Made with the page: however often the button is tapped, it is one order.
    reference = HiddenField()
    first_name = StringField(
        fields.BY_KEY["first_name"].label, [Wanted()], render_kw={"autocomplete": "given-name"}
    )
    last_name = StringField(
        fields.BY_KEY["last_name"].label, render_kw={"autocomplete": "family-name"}
    )
    email = EmailField(
        fields.BY_KEY["email"].label,
        [Wanted()],
        render_kw={"autocomplete": "email", "inputmode": "email"},
    )
    phone = TelField(
        fields.BY_KEY["phone"].label, render_kw={"autocomplete": "tel", "inputmode": "tel"}
    )


@dataclass(frozen=True, slots=True)
class Total:
    """What is chosen so far: how many tickets, and what they cost in words."""

    tickets: int
    price: str


@blueprint.get("/<slug>")
def page(slug: str) -> ResponseReturnValue:
    shop = _shop(slug)
    return _page(shop, _form(shop))


@blueprint.get("/<slug>/total")
def total(slug: str) -> ResponseReturnValue:
    """For a page on which quantities change: what money looks like is known here alone."""
    shop = _shop(slug)
    return render_template(
        "shop/total.html", total=_total(shop, _form(shop, formdata=request.args))
    )


@blueprint.post("/<slug>")
def complete(slug: str) -> ResponseReturnValue:
    shop = _shop(slug)
    form = _form(shop)
    if _sold(shop) and form.validate():
        lines = [Line(each.code, form[_quantity(each)].data or 0) for each in _sold(shop)]
        booker = _booker(shop, form)
        if _chose_what_is_gone(form):
            _first_quantity(shop, form).errors = [_no_longer_sold()]
        elif not any(line.quantity for line in lines):
            _first_quantity(shop, form).errors = [_("Please choose at least one ticket.")]
        elif booker is not None:
            try:
                order = _place(shop, form.reference.data or "", booker, lines)
            except TooManyMails:
                form.email.errors = [
                    _("The order was not placed: today has seen too many. Please try it tomorrow.")
                ]
                return _page(shop, form), 429
            except orders.UnknownTicketType:  # one was archived in this very moment
                _first_quantity(shop, form).errors = [_no_longer_sold()]
                return _page(shop, form), 422
            return redirect(f"/o/{links.order_token(order)}?placed=1", 303)
    return _page(shop, form), 422


def _chose_what_is_gone(form: Any) -> bool:
    """Whether the page was opened before a ticket type that is chosen on it was archived."""
    return any(
        key.startswith(_QUANTITY) and key not in form and value.strip().lstrip("0")
        for key, value in request.form.items()
    )


def _no_longer_sold() -> str:
    return _("Some of the tickets you chose are no longer sold. Please choose again.")


def _booker(shop: Shop, form: Any) -> Booker | None:
    """The booker's details, cleaned; None if the form now shows what is wrong with them."""
    given = {key: text for key, text in given_in(form).items() if key in fields.OF_TICKET}
    try:
        return Booker(**sending.clean_contact(given, region=shop.event.country))
    except InvalidDetails as invalid:
        show_errors(form, invalid)
        return None


def _place(shop: Shop, reference: str, booker: Booker, lines: list[Line]) -> Order:
    """The order; the one that is here already where the same form comes again.

    Raises `LinkWithdrawn` where that goes to another address by now: who has kept the page is its
    former contact. Of an order that was erased nobody knows whether it is the same.
    """
    locale = str(get_locale())
    shop_id = shop.id
    for each in (_read_reference(shop, reference), secrets.token_urlsafe(16)):
        try:
            order, new = orders.place(
                shop_id,
                orders.WEB_REFERENCE + each,
                booker,
                lines,
                locale=locale,
                asked_from=by_link.asked_from(),
            )
        except orders.ReferenceTaken:
            # The page was gone back to, changed, and sent again: that is another order.
            continue
        if new:
            return order
        if order.content_digest == orders.FORGOTTEN:
            continue
        if order.link_generation > 1:
            raise LinkWithdrawn
        return order
    raise RuntimeError("a random reference was taken")


def _new_reference(shop: Shop) -> str:
    return _signer(shop).sign(secrets.token_urlsafe(16)).decode()


def _read_reference(shop: Shop, sent: str) -> str:
    """The reference that a page of ours was made with; what we never made counts as none."""
    try:
        return _signer(shop).unsign(sent).decode()
    except BadSignature:
        return secrets.token_urlsafe(16)


def _signer(shop: Shop) -> Signer:
    return Signer(str(current_app.config["SECRET_KEY"]), salt=f"reference of shop {shop.id}")


def _form(shop: Shop, **given: Any) -> Any:
    """The form with one quantity per ticket type; `formdata=` for other values than those sent."""
    members = {
        _quantity(each): IntegerField(
            each.name,
            [Wanted(), _between(0, MAX_OF_A_TYPE)],
            render_kw={"inputmode": "numeric", "min": "0", "max": str(MAX_OF_A_TYPE)},
        )
        for each in _sold(shop)
    }
    form_class = type("ShopForm", (OrderForm,), members)
    defaults = dict.fromkeys(members, 0)
    return form_class(
        bound_to=f"shop {shop.slug}",
        data={**defaults, "reference": _new_reference(shop)},
        **given,
    )


def _between(least: int, most: int) -> Any:
    def check(_form: Any, field: Any) -> None:
        if field.data is None and field.raw_data and field.raw_data[0].strip():
            raise StopValidation(_("Please give a whole number."))
        if not least <= (field.data or 0) <= most:
            raise StopValidation(_("Please choose between 0 and %(most)d.", most=most))

    return check


def _quantity(ticket_type: TicketType) -> str:
    return f"{_QUANTITY}{ticket_type.id}"


def _first_quantity(shop: Shop, form: Any) -> Any:
    return form[_quantity(_sold(shop)[0])]


def _page(shop: Shop, form: Any) -> str:
    return render_template(
        "shop/page.html",
        shop=shop,
        form=form,
        total=_total(shop, form),
        types=[(each, form[_quantity(each)], _price(each, shop.event)) for each in _sold(shop)],
    )


def _sold(shop: Shop) -> list[TicketType]:
    return [each for each in shop.event.ticket_types if each.archived_at is None]


def _total(shop: Shop, form: Any) -> Total | None:
    """None where a quantity is none that can be ordered."""
    chosen = [(each, form[_quantity(each)].data) for each in _sold(shop)]
    if any(number is None or not 0 <= number <= MAX_OF_A_TYPE for _type, number in chosen):
        return None
    tickets = sum(number for _type, number in chosen)
    amount = sum(each.price * number for each, number in chosen)
    free = not amount and (tickets or not any(each.price for each, _number in chosen))
    return Total(tickets, _free() if free else money(amount, shop.event.currency))


def _price(ticket_type: TicketType, event: Event) -> str:
    return money(ticket_type.price, event.currency) if ticket_type.price else _free()


def _free() -> str:
    # TRANSLATORS: a price: it costs nothing.
    return _("Free")


def _shop(slug: str) -> Shop:
    shop = db.session.scalar(
        select(Shop)
        .where(Shop.slug == slug)
        .options(
            joinedload(Shop.organiser),
            joinedload(Shop.event).selectinload(Event.ticket_types),
        )
    )
    if shop is None:
        raise NotFound
    g.shop = shop
    protection.may_be_framed_by(shop.embed_origins)
    if shop.archived_at is not None:
        raise ShopArchived
    return shop
