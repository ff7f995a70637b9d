"""Which browser somebody sits at: in words for the list of sessions, whether it is inside another
app, and whether it is known.

A browser that was signed in with keeps a cookie that says for which accounts, and nothing else: it
opens nothing, but its tries are counted apart (`attempts.py`), and no mail is sent about it.
"""

import hmac
import re
import secrets
from typing import Any, Final

from flask import Response, after_this_request, current_app, request
from itsdangerous import BadSignature, URLSafeSerializer

from ticketing.config import settings

_YEAR: Final = 365 * 24 * 3600
_MOST: Final = 8  # accounts of one browser, at a desk that many people share

# The first that is found counts: most say that they are like others.
_BROWSERS: Final = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
_SYSTEMS: Final = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "CrOS": "ChromeOS",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}

# Apps that open links in themselves, by what they add to the name of the system's web view; and
# that web view alone: Android's says so, an iPhone's lacks the name of Safari at the end.
# https://developer.chrome.com/docs/webview/user-agent
_INSIDE_APP: Final = re.compile(
    r"FBAN|FBAV|FB_IAB|Instagram|WhatsApp|musical_ly|trill_|BytedanceWebview|TikTok|Snapchat|"
    r"\bLine/|LinkedInApp|Twitter for |TwitterAndroid|Pinterest/|Telegram-Android|MicroMessenger|"
    r"Outlook-(?:iOS|Android)|\bGSA/|; wv\)|\b(?:iPhone|iPad|iPod)\b.* AppleWebKit/(?!.*Safari/)"
)


def is_inside_app(agent: str) -> bool:
    """Whether it is the browser inside another app: many save no files and keep no pages."""
    return _INSIDE_APP.search(agent) is not None


def in_words(agent: str) -> str:
    """ "Firefox, Windows"; what it doesn't say is left out."""
    found = (
        next((name for part, name in each.items() if re.search(rf"\b{re.escape(part)}", agent)), "")
        for each in (_BROWSERS, _SYSTEMS)
    )
    return ", ".join(filter(None, found))


def known_as(email: str) -> str:
    """What this browser is counted as for an account: "" if it wasn't signed in with there."""
    cookie = _read()
    return str(cookie["name"]) if _account(email) in cookie["accounts"] else ""


def remember(email: str) -> None:
    """From now on this browser is known for the account."""
    cookie = _read()
    account = _account(email)
    others = [each for each in cookie["accounts"] if each != account]
    value = _serializer().dumps({"name": cookie["name"], "accounts": [account, *others][:_MOST]})

    @after_this_request
    def keep(response: Response) -> Response:
        response.set_cookie(
            _cookie_name(),
            str(value),
            max_age=_YEAR,
            secure=settings().secure,
            httponly=True,
            samesite="Lax",
        )
        return response


def _read() -> dict[str, Any]:
    try:
        found: dict[str, Any] = _serializer().loads(request.cookies.get(_cookie_name(), ""))
    except BadSignature:
        return {"name": secrets.token_hex(8), "accounts": []}
    return found


def _account(email: str) -> str:
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.digest(key, f"known browser {email.strip().lower()}".encode(), "sha256").hex()[:16]


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.config["SECRET_KEY"]), salt="known browser")


def _cookie_name() -> str:
    return "__Host-browser" if settings().secure else "browser"
