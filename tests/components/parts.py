"""Pages made of the real layout, components and scripts, for the tests of what they promise.

Only the answers are this file's own, so that each can be slow, wrong or late when a test wants.
"""

import queue
import threading
import time
from collections.abc import Callable

from axe_playwright_python.sync_playwright import Axe
from flask import (
    Flask,
    Response,
    make_response,
    redirect,
    render_template,
    render_template_string,
    request,
    url_for,
)
from flask_babel import Babel
from markupsafe import escape
from playwright.sync_api import Page
from werkzeug.serving import make_server
from werkzeug.wrappers import Response as WerkzeugResponse
from wtforms import EmailField, Form, StringField
from wtforms.validators import InputRequired

from tests.components.kept import ticket_pages
from tests.components.kept.ticket_pages import TicketPage
from ticketing.config import PROJECT
from ticketing.web.around import leading, wording
from ticketing.web.embed import Look

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'"
)
WORKER = "/static/ticket-worker.js"
AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "resultTypes": ["violations"],
}

PARTS = """{% import "components.html" as ui %}
{% macro card(n, version, oob=False) %}
<article class="ticket" id="ticket-{{ n }}" aria-labelledby="ticket-{{ n }}-title"{% if oob %} data-hx-swap-oob="true"{% endif %}>
  <div class="ticket-head"><h2 id="ticket-{{ n }}-title">Ticket {{ n }}</h2>
  {{ ui.menu('Actions for ticket ' ~ n, [{'text': 'Edit', 'href': '/claim', 'dialog': True},
     {'text': 'Resend', 'action': '/slow', 'csrf': 't'},
     {'text': 'Copy link', 'attrs': {'data-copy-text': 'https://example.org/' ~ n, 'data-copied-text': 'Copied', 'data-copy-failed-text': 'Not copied'}}],
     id='menu-' ~ n) }}</div>
  <p>{{ ui.status_badge('open' if version == 1 else 'ready', 'version ' ~ version) }}</p>
  <div class="actions tear-off">
  {% if version < 3 %}{{ ui.link_button('Claim', '/claim', id='claim-' ~ n, dialog=True) }}{% endif %}
  {{ ui.link_button('Share', '/share', 'secondary', id='share-' ~ n, dialog=True) }}</div>
</article>
{% endmacro %}
{% macro news(version, text) %}
{{ card(1, version, oob=True) }}
<span id="live-version" data-version="{{ version }}" hidden data-hx-swap-oob="true"></span>
<div id="announcer" data-hx-swap-oob="innerHTML">{{ text }}</div>
{% endmacro %}
"""  # noqa: E501 - markup
OVERVIEW = (
    PARTS
    + """{% extends "layout.html" %}{% block title %}Overview{% endblock %}
{% block styles %}<link rel="stylesheet" href="{{ static_url('backoffice.css') }}">{% endblock %}
{% block scripts %}<script src="{{ static_url('backoffice.js') }}" defer></script>
<script src="{{ static_url('live.js') }}" defer></script>{% endblock %}
{% block body %}<h1>Five tickets</h1>
{% call ui.live_region('/stream', '/changes', 1) %}{{ card(1, 1) }}{{ card(2, 1) }}{% endcall %}
<a class="button" href="/gone" data-hx-get="/gone" data-hx-target="#dialog">Gone</a>
<a class="button" href="/broken" data-hx-get="/broken" data-hx-target="#dialog">Broken</a>
<form method="post" action="/gone" data-hx-post="/gone" data-hx-swap="none">
<button class="button">Recall</button></form>
<form method="post" action="/slow"><button class="button">Slow</button></form>
<form method="post" action="/elsewhere" data-hx-post="/elsewhere" data-hx-target="#dialog">
<button class="button">Elsewhere</button></form>{% endblock %}"""
)
# A page's own form: sent by htmx where it is there, and by the browser where it isn't.
FORM = """{% extends "layout.html" %}{% import "components.html" as ui %}
{% block title %}Form{% endblock %}{% block body %}<h1>{{ title }}</h1>
<form method="post" action="/form" novalidate>
{{ ui.field(form.name) }}{{ ui.button('Save') }}</form>
<form method="get" action="/search" data-hx-get="/search" data-hx-target="#found"
  data-hx-trigger="submit, input delay:10ms from:#q" data-hx-sync="this:replace">
<label for="q">Search</label><input id="q" name="q"></form>
<div id="found" data-hx-get="/search" data-hx-target="this" data-hx-trigger="look from:body"></div>
<a href="/visitor">Elsewhere</a>{% endblock %}"""
# Forms of other kinds, on a page that is longer than a screen.
FORMS = """{% extends "layout.html" %}{% import "components.html" as ui %}
{% block title %}{{ title }}{% endblock %}
{% block scripts %}<script src="{{ static_url('backoffice.js') }}" defer></script>{% endblock %}
{% block body %}<h1>{{ title }}</h1>
<form method="post" action="/sign-in" data-by-browser><label for="email">Email</label>
<input id="email" name="email"><button class="button">Sign in</button></form>
<form method="post" action="/file"><button class="button">Get it</button></form>
<div id="places">{% for n in range(60) %}<p>Place {{ n }}</p>{% endfor %}</div>
<form method="post" action="/same"><button class="button">Go to the places</button></form>
<form method="post" action="/whole"><label for="note">Note</label><input id="note" name="note">
<button class="button" name="do" value="show">Show</button></form>
<form method="post" action="/upload" enctype="multipart/form-data"{{ ui.takes_long }}>
<label for="file">File</label><input id="file" name="file" type="file">
<button class="button">Upload</button></form>{% endblock %}"""
CLAIM = (
    PARTS
    + """{% call ui.dialog_frame('Claim ticket 1', back='/') %}
<form method="post" action="/claim" data-hx-post="/claim" data-hx-target="#dialog" novalidate>
{{ ui.error_summary(form) }}{{ ui.field(form.name, form=form) }}
{{ ui.field(form.email, form=form, suggestion='anna@gmail.com') }}{{ ui.button('Save') }}
</form>{% endcall %}"""
)
SHARE = (
    PARTS
    + """{% call ui.dialog_frame('Share ticket 1', back='/') %}
<a class="button" id="wa" href="/visitor"{{ ui.record('/record', 't0', 'whatsapp') }}>WhatsApp</a>
{{ ui.copy_field('link', 'https://example.org/s/1', 'Link',
                 record_attrs={'data-record': '/record', 'data-record-token': 't0',
                               'data-record-channel': 'copy',
                               'data-record-generation': '4'}) }}
{{ ui.share_button('https://example.org/s/1', 'Ticket', 'Yours', '/record', 't0') }}{% endcall %}"""
)
GONE = (
    """{% extends "layout.html" %}{% block title %}Gone{% endblock %}{% block body %}"""
    """<h1 id="dialog-title" tabindex="-1">Withdrawn</h1>{% endblock %}"""
)
VISITOR = """{% extends "layout.html" %}{% block title %}Visitor{% endblock %}
{% block scripts %}<script src="{{ static_url('opened.js') }}" defer></script>{% endblock %}
{% block body %}
<h1 data-opened="/record" data-record-token="t9">A ticket for you</h1>{% endblock %}"""


class ClaimForm(Form):
    name = StringField("First name", [InputRequired("Please enter a first name.")])
    email = EmailField("Email", [InputRequired()], render_kw={"autocomplete": "email"})


class Server:
    """The pages' answers, and what the browser asked for."""

    def __init__(self) -> None:
        self.streaming = True
        self.buffering = False  # a proxy that lets a stream open, and keeps what is in it
        self.refusing = False
        self.instead_of_files: Callable[[], WerkzeugResponse] | None = None
        self.has_newer_worker = False
        self.poll = ""
        self.asked: list[str] = []
        self.recorded: list[dict[str, str]] = []
        self.streams: list[queue.Queue[str | None]] = []
        self.go_on = threading.Event()
        self.ticket = TicketPage()
        self.ticket.go_on.set()
        self.app = make_app(self)
        self.port = 0
        self.start()
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """On the same port as ever."""
        self.http = make_server("127.0.0.1", self.port, self.app, threaded=True)
        self.port = self.http.server_port
        self.thread = threading.Thread(target=self.http.serve_forever, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.drop_streams()
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()

    def news(self, version: int, text: str) -> str:
        with self.app.test_request_context():
            return render_template_string(
                PARTS + "{{ news(version, text) }}", version=version, text=text
            )

    def send(self, version: int, text: str) -> None:
        """Through every open stream."""
        lines = "".join(f"data: {line}\n" for line in self.news(version, text).splitlines())
        for stream in self.streams:
            stream.put(f"id: {version}\nevent: cards\n{lines}\n")

    def beat(self) -> None:
        for stream in self.streams:
            stream.put("event: beat\ndata: \n\n")

    def drop_streams(self) -> None:
        for stream in self.streams:
            stream.put(None)
        self.streams.clear()


def make_app(server: Server) -> Flask:
    app = Flask(
        __name__, template_folder=str(PROJECT / "templates"), static_folder=str(PROJECT / "static")
    )
    Babel(app)
    wording.init_app(app)
    app.jinja_env.globals["static_url"] = lambda name: url_for("static", filename=name)
    app.jinja_env.globals["look"] = Look()
    app.jinja_env.globals["language_switch"] = list  # there is but one

    @app.before_request
    def note() -> None:
        server.asked.append(f"{request.method} {request.full_path.rstrip('?')}")

    @app.before_request
    def answer_otherwise() -> WerkzeugResponse | None:
        if request.path == WORKER and server.has_newer_worker:
            script = (PROJECT / WORKER[1:]).read_text()
            return Response(f"{script}\n// newer", mimetype="text/javascript")
        if request.path.startswith("/static/") and server.instead_of_files:
            return server.instead_of_files()
        return None

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = CSP
        response.headers["Service-Worker-Allowed"] = "/t/"
        if request.path == "/changes":
            response.headers["X-Robots-Tag"] = "noindex"
        return response

    @app.get("/")
    def overview() -> str:
        return render_template_string(OVERVIEW)

    @app.get("/visitor")
    def visitor() -> str:
        return render_template_string(VISITOR)

    @app.get("/share")
    def share() -> str:
        return render_template_string(SHARE)

    @app.route("/claim", methods=["GET", "POST"])
    def claim() -> tuple[str, int] | Response:
        form = ClaimForm(request.form)
        if request.method == "GET":
            return render_template_string(CLAIM, form=ClaimForm()), 200
        if not form.validate():
            return render_template_string(CLAIM, form=form), 422
        return Response(server.news(3, "Ticket 1 is ready"), headers={"HX-Trigger": "closeDialog"})

    @app.route("/form", methods=["GET", "POST"])
    def form() -> tuple[str, int] | WerkzeugResponse:
        asked = ClaimForm(request.form)
        if request.method == "GET":
            return render_template_string(FORM, form=ClaimForm(), title="A form"), 200
        if not asked.name.validate(asked):
            return render_template_string(FORM, form=asked, title="Not yet"), 422
        return leading.lead_by_script(make_response(redirect("/visitor", 303)))

    @app.get("/forms")
    def forms() -> str:
        return render_template_string(FORMS, title="Forms")

    @app.post("/sign-in")
    def sign_in() -> WerkzeugResponse:
        return redirect("/visitor", 303)

    @app.post("/file")
    def file() -> Response:
        return Response(
            "zoë;1\n",
            mimetype="text/csv",
            headers={"Content-Disposition": 'attachment; filename="people.csv"'},
        )

    @app.post("/same")
    def same() -> WerkzeugResponse:
        return leading.lead_by_script(make_response(redirect("/forms#places", 303)))

    @app.post("/whole")
    def whole() -> str:
        return render_template_string(FORMS, title=f"{request.form['do']} {request.form['note']}")

    @app.post("/upload")
    def upload() -> WerkzeugResponse:
        server.recorded.append({"file": request.files["file"].read().decode()})
        return leading.lead_by_script(make_response(redirect("/visitor", 303)))

    @app.get("/search")
    def search() -> str:
        return f"<p>Found {escape(request.args.get('q', 'nothing'))}</p>"

    @app.route("/gone", methods=["GET", "POST"])
    def gone() -> tuple[str, int]:
        return render_template_string(GONE), 410

    @app.get("/broken")
    def broken() -> tuple[str, int]:
        if server.asked.count("GET /broken") == 1:
            return "", 500
        return render_template_string(SHARE), 200

    @app.post("/slow")
    def slow() -> tuple[str, int]:
        server.go_on.wait(5)
        return "", 204

    @app.post("/elsewhere")
    def elsewhere() -> WerkzeugResponse:
        return redirect("/visitor", 303)

    @app.post("/record")
    def record() -> tuple[str, int]:
        server.recorded.append(request.form.to_dict())
        if server.refusing:
            return render_template("error.html", title="Withdrawn", text="A newer one is out."), 410
        return (server.news(2, "Link shared") if "channel" in request.form else ""), 200

    ticket_pages.add(app, lambda: server.ticket)

    @app.get("/changes")
    def changes() -> tuple[str, int]:
        return (server.poll, 200) if server.poll else ("", 204)

    @app.get("/stream")
    def stream() -> Response:
        if not server.streaming:
            return Response(status=503)
        mine: queue.Queue[str | None] = queue.Queue()
        # Either sends the headers.
        mine.put(": hello\n\n" if server.buffering else "event: beat\ndata: \n\n")
        server.streams.append(mine)
        return Response(iter(mine.get, None), mimetype="text/event-stream")

    return app


def wait_for_stream(page: Page, parts: Server, opened: int = 1) -> None:
    until = time.monotonic() + 30
    while len(parts.streams) < opened:
        assert time.monotonic() < until, "no stream was opened"
        page.wait_for_timeout(50)


def violations(page: Page) -> list[str]:
    found = Axe().run(page, options=AXE).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html']}" for v in found]
