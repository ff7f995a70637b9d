"""What every answer carries and every unsafe request must show.

Three kinds of pages: *link pages* (whoever has the link has the right: no cookie, no store, no
referrer, framed by the shop's own list), *the shop* (may be framed likewise), *all others*
(framed nowhere).
"""

from collections.abc import Sequence
from typing import Final, NoReturn
from urllib.parse import urlsplit

from flask import Flask, Response, abort, g, request

from ticketing.config import settings
from ticketing.running import security_log
from ticketing.web.around import noted

LINK_PATHS: Final = ("/o/", "/s/", "/t/", "/u/")
EMBEDDABLE_PATHS: Final = (*LINK_PATHS, "/shop/", "/embed/")
# Nobody is signed in there: what is answered depends on the address alone (or on a key that a
# program sends), whoever's browser asks. A cookie is neither read nor written.
COOKIELESS_PATHS: Final = (
    *EMBEDDABLE_PATHS,
    *("/.well-known/", "/api/", "/brand/", "/email-suggestion", "/embed.js", "/healthz"),
    *("/hooks/", "/images/", "/static/"),
)
# For two years, and for names below ours: an installation has a host of its own.
_TLS_ALONE: Final = ("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
PROGRAMS_PATHS: Final = ("/api/", "/hooks/")
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})

_CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; manifest-src 'self'; worker-src {workers}; "
    "form-action {forms}; base-uri 'none'; frame-src {frames}; frame-ancestors {ancestors}"
)


def init_app(app: Flask) -> None:
    app.before_request(refuse_cross_site)
    app.before_request(refuse_json)
    app.after_request(add_headers)


def knows_no_cookie(path: str) -> bool:
    return path.startswith(COOKIELESS_PATHS)


def may_be_framed_by(origins: list[str]) -> None:
    """Say for this request which pages may frame its answer."""
    g.frame_ancestors = origins


def may_send_forms_to(origin: str) -> None:
    """Say for this request that a form of its answer is led on to another site.

    Browsers hold a redirect to the policy of the page that the form was on:
    https://github.com/w3c/webappsec-csp/issues/8
    """
    g.forms_lead_to = origin


def refuse_cross_site() -> None:
    """An unsafe request must come from our own pages.

    Browsers say so by `Sec-Fetch-Site`, older ones by `Origin`. Where neither is sent, or the
    origin is hidden ("null", as our own no-referrer policy makes it), the form's token decides.
    """
    if request.method in SAFE_METHODS or request.path.startswith("/api/"):
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site not in {"same-origin", "none"}:
            _refuse()
        return
    origin = request.headers.get("Origin")
    if origin and origin != "null" and urlsplit(origin).netloc != request.host:
        _refuse()


def _refuse() -> NoReturn:
    noted.note(security_log.CROSS_SITE)
    abort(403)


def refuse_json() -> None:
    """Pages take forms alone.

    Flask-WTF would read JSON as well, and fail at what is no object or is nested too deeply.
    """
    if request.is_json and not request.path.startswith(PROGRAMS_PATHS):
        abort(415)


def add_headers(response: Response) -> Response:
    for name, value in headers_for(
        request.path,
        secure=settings().secure,
        framed_by=g.get("frame_ancestors", ()),
        forms_lead_to=g.get("forms_lead_to"),
        frames_own_pages=g.get("frames_own_pages", False),
        policy=g.get("content_security_policy"),
    ):
        response.headers[name] = value
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    if response.mimetype == "text/html":
        response.vary.add("HX-Request")
    return response


def headers_for(
    path: str,
    *,
    secure: bool,
    framed_by: Sequence[str] = (),
    forms_lead_to: str | None = None,
    frames_own_pages: bool = False,
    policy: str | None = None,
) -> list[tuple[str, str]]:
    """What every answer from this path carries, whatever it is; `policy` instead of the usual.

    `secure`: whether people come over HTTPS.
    """
    embeddable = path.startswith(EMBEDDABLE_PATHS)
    usual = _CSP.format(
        workers="'self'" if path.startswith("/t/") else "'none'",
        forms=" ".join(["'self'", *filter(None, [forms_lead_to])]),
        frames="'self'" if frames_own_pages else "'none'",
        ancestors=" ".join(["'self'", *framed_by]) if embeddable and framed_by else "'none'",
    )
    headers = [
        ("Content-Security-Policy", policy or usual),
        ("X-Content-Type-Options", "nosniff"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()"),
    ]
    if secure:
        headers.append(_TLS_ALONE)
    if not embeddable:
        headers.append(("X-Frame-Options", "DENY"))
    if not path.startswith(LINK_PATHS):
        return [*headers, ("Referrer-Policy", "strict-origin")]
    return [
        *headers,
        ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-store"),
        ("X-Robots-Tag", "noindex, nofollow, noarchive"),
    ]
