"""Answers that aren't pages: files that people carry away, streams."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Response, request

from ticketing.feed import Stream

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def pdf(make: Callable[[], Path], filename: str) -> Response:
    """A PDF, shown inline or with `?download=1` saved; its name tells nothing of the ticket.

    Raises `pdf.RenderFailed`.
    """
    how = "attachment" if request.args.get("download") == "1" else "inline"
    # In one piece with its head, which a file would follow: two sends take twice as long.
    return Response(
        make().read_bytes(),
        mimetype="application/pdf",
        headers={"Content-Disposition": f'{how}; filename="{filename}"'},
    )


def calendar(ics: bytes) -> Response:
    return Response(
        ics,
        mimetype="text/calendar",
        headers={"Content-Disposition": 'attachment; filename="event.ics"'},
    )


def apple_pass(file: bytes) -> Response:
    """Inline and with its length: Safari hands it to Wallet as it is."""
    return Response(
        file,
        mimetype="application/vnd.apple.pkpass",
        headers={"Content-Disposition": 'inline; filename="ticket.pkpass"'},
    )


def events(stream: Stream) -> Response:
    """A stream's events, for as long as the page is open."""
    return _Events(stream, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})


class _Events(Response):
    """Handed over to the process's sender, where the server has one (`server.py`)."""

    def __init__(self, stream: Stream, **options: object) -> None:
        super().__init__(stream, **options)  # type: ignore[arg-type]
        self._stream = stream

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        sender = self._stream.app.extensions.get("passalong.sender")
        if sender is None or not sender.can_take(environ):
            return super().__call__(environ, start_response)
        headers = self.get_wsgi_headers(environ).to_wsgi_list()
        found: Iterable[bytes] = sender.take(
            environ, start_response(self.status, headers), self._stream
        )
        return found
