"""A ticket page of the real layout and scripts, each answer as a test wants it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from flask import Flask, Response, make_response, redirect, render_template_string
from werkzeug.wrappers import Response as WerkzeugResponse

TICKET = """{% extends "layout.html" %}{% import "components.html" as ui %}
{% block title %}Ticket{% endblock %}
{% block styles %}
<link rel="stylesheet" href="{{ static_url(stylesheet) }}?v=1&amp;look=2">{% endblock %}
{% block scripts %}<script src="{{ static_url('ticket.js') }}" defer></script>{% endblock %}
{% block body %}
<template id="kept" data-until="{{ until }}"><p>Shown without a network</p></template>
{% if said %}<div class="notice" role="status"><p>{{ said }}</p></div>{% endif %}
<article class="card pass"><h1>Code {{ code }}</h1></article>
<p><a href="/t/mine/ticket.pdf">Download</a></p>
{% if asks %}<form id="details" method="post" action="/t/mine">
<input type="hidden" name="csrf_token" value="{{ served }}">
<label for="name">{{ asks }}</label><input id="name" name="name">
<label for="size">Size</label><select id="size" name="size"><option>S<option>M</select>
<button>Save</button></form>{% endif %}{% endblock %}"""
# What a proxy or a hotspot says, with whatever status it likes.
NOT_OURS = "<!doctype html><html lang='en'><title>Hotspot</title><h1>Welcome to our network</h1>"


@dataclass
class TicketPage:
    """How a ticket page is answered: at once, or when the test lets it go on.

    `said`: of something just done. `asks`: for what is still to fill in.
    """

    status: int = 200
    code: int = 1
    stylesheet: str = "pages.css"
    until: str = "2999-01-01T00:00:00+00:00"
    said: str = ""
    asks: str = ""
    is_ours: bool = True
    is_ticket: bool = True
    leads_to: str = ""
    served: int = 0
    go_on: threading.Event = field(default_factory=threading.Event)


def add(app: Flask, current: Callable[[], TicketPage]) -> None:
    """Below /t/. `current`: what is answered by now."""

    @app.get("/t/<name>")
    def ticket(name: str) -> WerkzeugResponse:
        """As things stood when it was asked for, however long it takes."""
        page = current()
        now = replace(page)
        page.served += 1
        page.go_on.wait(60)
        if now.leads_to and name == "mine":
            return redirect(now.leads_to)
        html = render_template_string(TICKET, **vars(now)) if now.is_ticket else NOT_OURS
        response = make_response(html, now.status)
        if now.is_ours:
            response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        return response

    @app.get("/t/<_name>/ticket.pdf")
    def ticket_file(_name: str) -> Response:
        headers = {"Content-Disposition": "attachment"}
        return Response(b"%PDF-", mimetype="application/pdf", headers=headers)

    @app.post("/t/<_name>")
    def complete(_name: str) -> tuple[str, int]:
        """Something is wrong with what was filled in, whatever it is."""
        page = replace(current(), asks="Your first name")
        return render_template_string(TICKET, **vars(page)), 422
