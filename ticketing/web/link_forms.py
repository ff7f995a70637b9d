"""Forms on pages without a session: their token is bound to the page's link."""

import hmac
import re
import time
from typing import Any, Final

from flask import current_app
from flask_babel import gettext as _
from wtforms import Field, ValidationError
from wtforms.csrf.core import CSRF, CSRFTokenField

from ticketing.links import Link
from ticketing.web.forms import Form

GOOD_FOR_SECONDS: Final = 24 * 3600


class LinkCSRF(CSRF):
    """`<unix time>.<HMAC over link, generation and time>`; the context is what `bound_to` gives."""

    context: str

    def setup_form(self, form: Any) -> Any:
        self.context = form.meta.csrf_context
        return super().setup_form(form)

    def generate_csrf_token(self, csrf_token_field: CSRFTokenField) -> str:
        issued = str(int(time.time()))
        return f"{issued}.{_mac(self.context, issued)}"

    def validate_csrf_token(self, form: Any, field: CSRFTokenField) -> None:
        issued, _dot, mac = (field.data or "").partition(".")
        if not issued.isdecimal() or not hmac.compare_digest(
            mac.encode(), _mac(self.context, issued).encode()
        ):
            raise ValidationError(
                _("This form has expired. Nothing is lost: please send it again.")
            )
        if not 0 <= time.time() - int(issued) + 60 <= GOOD_FOR_SECONDS + 60:
            raise ValidationError(
                _("This page was open for a long time. Nothing is lost: please send it again.")
            )


class LinkForm(Form):
    """A form on a link page: `Form(bound_to=link)`, or a plain text for pages without a link."""

    class Meta(Form.Meta):
        csrf_class = LinkCSRF
        csrf_field_name = "csrf_token"

    def __init__(self, *args: Any, bound_to: Link | str, **kwargs: Any) -> None:
        context = (
            bound_to
            if isinstance(bound_to, str)
            else f"{bound_to.kind} {bound_to.link_id} {bound_to.generation}"
        )
        super().__init__(*args, meta={"csrf_context": context}, **kwargs)


def whole_number(field: Field) -> int:
    """What a hidden field holds; 0 if it is no number that we ever wrote there."""
    text = str(field.data or "")
    return int(text) if re.fullmatch("[0-9]{1,9}", text) else 0


def _mac(context: str, issued: str) -> str:
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.digest(key, f"link form {context} {issued}".encode(), "sha256").hex()[:32]
