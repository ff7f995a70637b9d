"""The rest of a refused body: read and thrown away, so that the refusal arrives.

A server that answers and closes while the client is still sending makes the client's system
throw the answer away: the program would see a broken connection, not "too large".
"""

import time
from typing import Final

from flask import Response, request

_AT_MOST: Final = 32 * 1024 * 1024
_SECONDS: Final = 10
_PIECE: Final = 64 * 1024


def read_leftovers(response: Response) -> Response:
    """Only under servers that end the stream with the body; elsewhere a read could wait forever."""
    if response.status_code >= 400 and request.environ.get("wsgi.input_terminated"):
        stream = request.environ["wsgi.input"]
        until = time.monotonic() + _SECONDS
        left = _AT_MOST
        while left > 0 and time.monotonic() < until and (piece := stream.read(_PIECE)):
            left -= len(piece)
    return response
