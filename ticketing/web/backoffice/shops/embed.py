"""*Embed*: the snippet that puts a shop into somebody's own page, and how it will look there."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from flask import g, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import RadioField, SelectChoice, SelectField, StringField, ValidationError

from ticketing.config import settings
from ticketing.models import Shop
from ticketing.organising.shops import clean_colour
from ticketing.web.backoffice import news, scope
from ticketing.web.backoffice.guard import blueprint
from ticketing.web.backoffice.roles import needs
from ticketing.web.backoffice.shops.shops import url_of
from ticketing.web.details_form import Wanted
from ticketing.web.embed import MAX_RADIUS
from ticketing.words.languages import CONTENT, known, spoken

LEAST_WIDTH: Final = 320
MOST_WIDTH: Final = 1600
OVERVIEW: Final = "OVERVIEW_URL"


@dataclass(frozen=True, slots=True)
class Snippet:
    """What goes into the page around; `attributes` are the element's beside its address."""

    script: str
    src: str
    attributes: Mapping[str, str]
    link: str
    words: str

    def __str__(self) -> str:
        attributes = Markup("").join(
            Markup(' {}="{}"').format(key, value) for key, value in self.attributes.items()
        )
        return str(
            Markup(
                '<script async src="{}"></script>\n'
                '<passalong-frame src="{}"{}>\n'
                '  <a href="{}">{}</a>\n'
                "</passalong-frame>"
            ).format(self.script, self.src, attributes, self.link, self.words)
        )


class EmbedForm(FlaskForm):
    """Nothing of it is stored: it makes the snippet, and stands in the address."""

    class Meta(FlaskForm.Meta):
        csrf = False  # nobody sends it anywhere

    # Not "lang": that one is this page's own.
    language = SelectField(_l("Language"), validate_choice=False)
    theme = RadioField(
        _l("Light or dark"),
        [Wanted()],
        choices=[
            SelectChoice("auto", _l("As the visitor’s device")),
            SelectChoice("light", _l("Light")),
            SelectChoice("dark", _l("Dark")),
        ],
        default="auto",
        validate_choice=False,
    )
    width = StringField(
        _l("Greatest width"), render_kw={"inputmode": "numeric", "autocomplete": "off"}
    )
    accent = StringField(
        _l("Colour"), render_kw={"autocomplete": "off", "spellcheck": "false", "maxlength": "7"}
    )
    radius = StringField(
        _l("Rounding of corners"), render_kw={"inputmode": "numeric", "autocomplete": "off"}
    )

    def validate_language(self, field: Any) -> None:
        if (field.data or "") not in {choice.value for choice in field.choices}:
            raise ValidationError(_("Please choose one of these."))

    def validate_theme(self, field: Any) -> None:
        if field.data not in {"auto", "light", "dark"}:
            raise ValidationError(_("Please choose one of these."))

    def validate_width(self, field: Any) -> None:
        _number_between(field, LEAST_WIDTH, MOST_WIDTH)

    def validate_radius(self, field: Any) -> None:
        _number_between(field, 0, MAX_RADIUS)

    def validate_accent(self, field: Any) -> None:
        if (field.data or "").strip():
            try:
                field.data = clean_colour(field.data)
            except ValueError as error:
                raise ValidationError(str(error)) from error


@blueprint.get("/shops/<int:shop_id>/embed")
@needs("manager")
def shop_embed(shop_id: int) -> ResponseReturnValue:
    shop = scope.shop_or_404(shop_id)
    form = EmbedForm(request.args if request.args else None)
    form.language.choices = [
        SelectChoice("", _("As the visitor’s browser")),
        *(SelectChoice(each, CONTENT[each]) for each in spoken() if each in shop.languages),
    ]
    good = form.validate() if request.args else True
    g.frames_own_pages = True  # the preview
    answer = news.page_or_block(
        "backoffice/shops/shop_embed.html",
        "snippet",
        "embed-snippet",
        nav="shops",
        shop=shop,
        form=form,
        snippet=snippet_of(shop, form, settings().base_url) if good else None,
        of_an_order=of_an_order(shop, form) if good else None,
        base_url=settings().base_url,
        # In the organiser's own browser, under whichever name they have reached us.
        preview=snippet_of(shop, form, request.host_url.rstrip("/")) if good else None,
        max_radius=MAX_RADIUS,
        least_width=LEAST_WIDTH,
        most_width=MOST_WIDTH,
    )
    return answer, 200 if good else 422


def snippet_of(shop: Shop, form: EmbedForm, base_url: str) -> Snippet:
    """The snippet as a form that was found good asks for it."""
    path = url_of(shop).removeprefix(settings().base_url)
    wishes = {
        "lang": form.language.data or "",
        "theme": "" if form.theme.data == "auto" else form.theme.data,
        "max-width": (form.width.data or "").strip(),
        "accent": form.accent.data or "",
        "radius": (form.radius.data or "").strip(),
    }
    language = f"?lang={wishes['lang']}" if wishes["lang"] else ""
    with force_locale(wishes["lang"] or known(shop.languages[0])):
        words = _("Tickets for %(event)s", event=shop.event.name)
    return Snippet(
        script=f"{base_url}{url_for('embed.script')}",
        src=f"{base_url}{path}",
        attributes={key: str(value) for key, value in wishes.items() if value},
        link=f"{base_url}{path}{language}",
        words=words,
    )


def of_an_order(shop: Shop, form: EmbedForm) -> Snippet:
    """The same for who sells elsewhere: what the API answers comes in place of a word."""
    snippet = snippet_of(shop, form, settings().base_url)
    return replace(snippet, src=OVERVIEW, link=OVERVIEW)


def _number_between(field: Any, least: int, most: int) -> None:
    text = (field.data or "").strip()
    if text and not (re.fullmatch(r"[0-9]{1,4}", text) and least <= int(text) <= most):
        raise ValidationError(
            _("Please give a number from %(least)d to %(most)d.", least=least, most=most)
        )
