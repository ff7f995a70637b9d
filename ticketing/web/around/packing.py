"""How small answers go out: files packed once, pages packed as they are made.

What must never be packed is a page that shows a secret beside something an outsider chose, to a
browser that sends its cookie by itself: the packed length tells how alike the two are (BREACH).
So it is only done where no cookie counts: docs/decisions/packing.md.
"""

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import brotli
from flask import Flask, Response, request
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

from ticketing.web.around import protection

PACKED_TYPES: Final = frozenset({"text/css", "text/html", "text/javascript"})
LEAST: Final = 500  # bytes; below, packing saves less than its headers cost

# What stylesheets and scripts say to those who change them, a sixth of what they weigh. (No string
# of ours holds the like; at the end of a script's line only what has no quote in it goes, for what
# stands in a string is followed by the one that ends it.)
_COMMENTS: Final = {
    "text/css": re.compile(rb"/\*.*?\*/\s*", re.DOTALL),
    "text/javascript": re.compile(rb"^[ \t]*//.*\n|[ \t]// [^'\"`\n]*$", re.MULTILINE),
}

# Of a page of 20 kB each takes about 0.1 ms; the next levels take longer and save nothing.
_BROTLI_OF_PAGES: Final = 5
_GZIP_OF_PAGES: Final = 6


@dataclass(frozen=True, slots=True)
class File:
    """A file of ours as it is sent; `mark` stands for its content in addresses."""

    mimetype: str
    mark: str
    plain: bytes
    packed: dict[str, bytes]  # by encoding; none where it would gain nothing


def init_app(app: Flask) -> None:
    app.after_request(pack)


@lru_cache(maxsize=512)
def encoding_for(accepted: str) -> str:
    """The best encoding for an Accept-Encoding header: "br", "gzip", or "" for none."""
    accept = parse_accept_header(accepted, Accept)
    best = max(("br", "gzip"), key=accept.quality)  # of equals the first
    return best if accept.quality(best) > 0 else ""


def file_at(path: Path) -> File:
    """The file as it is now; raises `FileNotFoundError`, `IsADirectoryError`."""
    return _file(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=256)
def _file(path: Path, _changed: int) -> File:
    plain = path.read_bytes()
    mimetype = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if mimetype in _COMMENTS:
        plain = _COMMENTS[mimetype].sub(b"", plain)
    packed = {}
    if mimetype in PACKED_TYPES:
        packed = {"br": brotli.compress(plain), "gzip": gzip.compress(plain, 9, mtime=0)}
    return File(mimetype, hashlib.sha256(plain).hexdigest()[:12], plain, packed)


def answer_with(file: File) -> Response:
    """The file, packed as the asker understands it; 304 if they have it already."""
    encoding = encoding_for(request.headers.get("Accept-Encoding", "")) if file.packed else ""
    response = Response(file.packed[encoding] if encoding else file.plain, mimetype=file.mimetype)
    if file.packed:
        response.vary.add("Accept-Encoding")
    if encoding:
        response.headers["Content-Encoding"] = encoding
    response.set_etag(f"{file.mark}-{encoding}" if encoding else file.mark)
    response.make_conditional(request)  # which changes it in place
    return response


def pack(response: Response) -> Response:
    """A page where no cookie counts, packed. Streams, files and other pages stay as they are."""
    if (
        not protection.knows_no_cookie(request.path)
        or response.mimetype not in PACKED_TYPES
        or response.is_streamed
        or response.direct_passthrough
    ):
        return response
    response.vary.add("Accept-Encoding")
    if "Content-Encoding" in response.headers:
        return response
    body = response.get_data()
    encoding = encoding_for(request.headers.get("Accept-Encoding", ""))
    if encoding and len(body) >= LEAST:
        response.set_data(packed(body, encoding))
        response.headers["Content-Encoding"] = encoding
    return response


def packed(body: bytes, encoding: str) -> bytes:
    """A page in an encoding that `encoding_for` gave."""
    if not encoding:
        return body
    if encoding == "br":
        return brotli.compress(body, quality=_BROTLI_OF_PAGES)
    return gzip.compress(body, _GZIP_OF_PAGES, mtime=0)
