"""Which language a page speaks."""

from typing import Final

from flask import g, has_request_context, request

from ticketing.languages import LANGUAGES

RIGHT_TO_LEFT: Final = frozenset({"ar", "fa", "he", "ur"})


def select_locale() -> str:
    """The switch (`?lang=`), else what the browser asks for, else the order's own language.

    Outside a request (mails, commands) the composer forces the locale it wants.
    """
    if not has_request_context():
        return LANGUAGES[0]
    if request.args.get("lang") in LANGUAGES:
        return str(request.args["lang"])
    preferred = request.accept_languages.best_match(LANGUAGES)
    order_locale = g.get("order_locale")
    return preferred or (order_locale if order_locale in LANGUAGES else LANGUAGES[0])


def direction_of(locale: str) -> str:
    return "rtl" if locale.split("-")[0] in RIGHT_TO_LEFT else "ltr"
