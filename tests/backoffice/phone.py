"""A phone with an app that shows six digits: RFC 6238 written down once more, from its text."""

import base64
import hashlib
import hmac
import struct
import time


def code(secret: str, *, steps: int = 0) -> str:
    """What the app shows for a secret as it is typed; `steps` ahead by so many half minutes."""
    key = base64.b32decode(secret.replace(" ", ""))
    counter = int(time.time()) // 30 + steps
    digest = hmac.digest(key, struct.pack(">Q", counter), hashlib.sha1)
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**6:06}"
