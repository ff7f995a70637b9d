"""Links that open a WhatsApp chat: https://faq.whatsapp.com/5913398998672934."""

from urllib.parse import quote

from flask_babel import gettext as _


def message(text: str, *, phone: str | None = None) -> str:
    """A link that offers `text` to send, to an E.164 number or to whom the person chooses.

    Percent-encoded throughout: WhatsApp shows a "+" as a plus, not as a space.
    """
    digits = phone.removeprefix("+") if phone else ""
    return f"https://wa.me/{digits}?text={quote(text, safe='')}"


def desk(phone: str, order_code: str | None) -> str:
    """The chat with a consumer desk, opened with the order's code, if there is one, alone."""
    if not order_code:
        return f"https://wa.me/{phone.removeprefix('+')}"
    return message(_("Order %(code)s", code=order_code), phone=phone)
