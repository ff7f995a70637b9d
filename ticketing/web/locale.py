"""Which language a page speaks."""

from typing import Final

from flask import g, has_request_context, request

from ticketing import languages

RIGHT_TO_LEFT: Final = frozenset({"ar", "fa", "he", "ur"})


def select_locale() -> str:
    """The switch (`?lang=`), else what the browser asks for, else the order's own language.

    Outside a request (mails, commands) the composer forces the locale it wants.
    """
    if not has_request_context():
        return languages.FIRST
    spoken = languages.spoken()
    if request.args.get("lang") in spoken:
        return str(request.args["lang"])
    return request.accept_languages.best_match(spoken) or languages.known(g.get("order_locale", ""))


def direction_of(locale: str) -> str:
    return "rtl" if locale.split("-")[0] in RIGHT_TO_LEFT else "ltr"
