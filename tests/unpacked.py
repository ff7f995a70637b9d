"""An answer's body as its reader sees it."""

import gzip

import brotli
from werkzeug.test import TestResponse


def body_of(answer: TestResponse) -> bytes:
    encoding = answer.headers.get("Content-Encoding", "")
    if encoding == "br":
        return bytes(brotli.decompress(answer.data))
    return gzip.decompress(answer.data) if encoding == "gzip" else answer.data
