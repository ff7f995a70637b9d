"""Files that people carry away."""

from collections.abc import Callable
from pathlib import Path

from flask import Response, request, send_file


def pdf(make: Callable[[], Path], filename: str) -> Response:
    """A PDF, shown inline or with `?download=1` saved; its name tells nothing of the ticket.

    Raises `pdf.RenderFailed`.
    """
    response = send_file(
        make(),
        mimetype="application/pdf",
        as_attachment=request.args.get("download") == "1",
        download_name=filename,
        conditional=False,
        etag=False,  # nobody keeps it: see protection.add_headers
    )
    if request.args.get("download") != "1":
        response.headers["Content-Disposition"] = f'inline; filename="{filename}"'
    return response


def calendar(ics: bytes) -> Response:
    return Response(
        ics,
        mimetype="text/calendar",
        headers={"Content-Disposition": 'attachment; filename="event.ics"'},
    )
