"""Which language a page speaks."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from flask import Flask, Response, g, has_request_context, request, session
from flask_babel import get_locale
from flask_security import current_user

from ticketing.web.around.protection import LINK_PATHS, knows_no_cookie
from ticketing.words import languages

LANGUAGE: Final = "language"  # in the session: chosen before one signs in


@dataclass(frozen=True, slots=True)
class Switch:
    """A language that the page can be had in, and where."""

    language: str
    name: str
    href: str


def init_app(app: Flask) -> None:
    app.before_request(_remember)
    app.after_request(_say)
    app.jinja_env.globals["language_switch"] = switch


def select_locale() -> str:
    """The switch (`?lang=`), else what the browser asks for, else the order's own language.

    Where people sign in, their own setting comes before the browser's.
    Outside a request (mails, commands) the composer forces the locale it wants.
    """
    if not has_request_context():
        return languages.FIRST
    spoken = languages.spoken()
    # "spoken": the language that a page is in whose news these are.
    for asked in (request.args.get("lang"), request.args.get("spoken")):
        if asked in spoken:
            return str(asked)
    if not knows_no_cookie(request.path):
        # Who signs in has a language of their own, or one that was chosen on the sign-in page.
        for asked in (getattr(current_user, "locale", ""), session.get(LANGUAGE)):
            if asked in spoken:
                return str(asked)
    return request.accept_languages.best_match(spoken) or languages.known(g.get("order_locale", ""))


def direction_of(locale: str) -> str:
    return "rtl" if languages.is_right_to_left(locale) else "ltr"


def switch() -> list[Switch]:
    """The page in each language that we speak; nothing where there is a single one."""
    spoken = languages.spoken() if has_request_context() else ()
    if len(spoken) < 2:
        return []
    # The address alone leads to the page that is there. What a form's answer shows has none of
    # its own: behind a link that is the link's page.
    path = ""
    if request.method != "GET":
        parts = request.path.split("/")
        path = "/".join(parts[:3]) if request.path.startswith(LINK_PATHS) else request.path
    asked = request.args.to_dict()
    return [
        Switch(one, languages.name_of(one), f"{path}?{urlencode({**asked, 'lang': one})}")
        for one in spoken
    ]


def _remember() -> None:
    """Pages with a session keep a choice there; behind links it stays in the address."""
    asked = request.args.get("lang")
    if asked in languages.spoken() and not knows_no_cookie(request.path):
        session[LANGUAGE] = asked


def _say(response: Response) -> Response:
    """What is worded for whoever asks says in which language, and that it depends on that."""
    worded = response.mimetype == "text/html" or (
        response.mimetype == "application/json" and response.status_code >= 400
    )
    if worded:
        response.vary.add("Accept-Language")
        if response.status_code != HTTPStatus.NO_CONTENT:
            response.headers.setdefault("Content-Language", str(get_locale()).replace("_", "-"))
    return response
