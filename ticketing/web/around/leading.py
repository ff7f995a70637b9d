"""What a request asks of language and looks is asked again wherever its page leads.

Link pages have no cookie and no storage: it stands in the address, so addresses of ours in a page
get it as well, whether scripts run or not. Where nothing is asked, nothing is touched.
"""

import re
from typing import Final
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit, urlunsplit

from flask import Flask, Response, request
from markupsafe import escape

from ticketing.web.around.protection import EMBEDDABLE_PATHS
from ticketing.web.embed import kept

_OURS: Final = r"/(?:o|s|t|u|shop)/[^\"#]*"
# Escaped text holds no such quotes: only our own markup has these attributes.
_ADDRESS: Final = re.compile(
    r"(\b(?:href|action|data-hx-get|data-hx-post|data-record|data-opened)"
    rf'=)"({_OURS})'
)
# Browsers drop an action's query and send the form's fields in its place.
_ASKING_FORM: Final = re.compile(rf'<form\b[^>]*\bmethod="get"[^>]*\baction="{_OURS}"[^>]*>')


def init_app(app: Flask) -> None:
    app.after_request(lead_by_script)  # what is said first is done last
    app.after_request(lead_on)


def lead_on(response: Response) -> Response:
    """A form that was sent from a page in Dutch ends on a page in Dutch, and so does a link."""
    asked = kept() if request.path.startswith(EMBEDDABLE_PATHS) else {}
    at = response.headers.get("Location", "")
    if not asked:
        return response
    if 300 <= response.status_code < 400 and at.startswith(EMBEDDABLE_PATHS):
        to = urlsplit(at)
        query = urlencode(asked | dict(parse_qsl(to.query)))
        response.headers["Location"] = urlunsplit(to._replace(query=query))
    # What is packed already was drawn before, and led on then.
    if response.mimetype == "text/html" and "Content-Encoding" not in response.headers:
        response.set_data(leading_on(response.get_data(as_text=True), asked))
    return response


def is_sent_for_browser() -> bool:
    """Whether a script has sent a page's own form in the browser's place, and keeps the page."""
    return request.method == "POST" and request.headers.get("HX-Target") == "main"


def page_it_stands_on() -> SplitResult:
    """The address of the page from which a script asks; an empty one if it says none."""
    try:
        return urlsplit(request.headers.get("HX-Current-URL", ""))
    except ValueError:  # no browser of ours has been there
        return urlsplit("")


def lead_by_script(response: Response) -> Response:
    """A form that a script sent in the browser's place ends where the browser would have gone.

    The script would follow a redirect by itself: the next page be fetched twice, and what is said
    there once be read by nobody. https://htmx.org/headers/hx-redirect/
    """
    if response.status_code in {302, 303} and is_sent_for_browser():
        to = response.headers["HX-Redirect"] = response.headers.pop("Location")
        if _is_on_the_same_page(to):
            response.headers["HX-Refresh"] = "true"
        response.status_code = 204
        response.set_data(b"")
    return response


def beside_the_form(response: Response) -> Response:
    """A refusal that is no page to go on from is shown over the form, which stays as it is."""
    response.headers["HX-Retarget"] = "#dialog"
    return response


def _is_on_the_same_page(address: str) -> bool:
    """Whether browsers would only scroll there, and show the page as it was."""
    to, here = urlsplit(address), page_it_stands_on()
    return bool(to.fragment) and (to.path, to.query) == (here.path, here.query)


def leading_on(html: str, asked: dict[str, str]) -> str:
    """A page or a part of one whose addresses ask for the same."""
    if not asked:
        return html
    fields = "".join(
        f'<input type="hidden" name="{escape(key)}" value="{escape(value)}">'
        for key, value in asked.items()
    )
    html = _ADDRESS.sub(lambda found: f'{found[1]}"{_asking(found[2], asked)}', html)
    return _ASKING_FORM.sub(lambda found: found[0] + fields, html)


def _asking(address: str, asked: dict[str, str]) -> str:
    """An address as it stands in HTML; what it asks for itself stays."""
    there = dict(parse_qsl(urlsplit(address.replace("&amp;", "&")).query, keep_blank_values=True))
    more = {key: value for key, value in asked.items() if key not in there}
    between = "&amp;" if "?" in address else "?"
    return f"{address}{between}{escape(urlencode(more))}" if more else address
