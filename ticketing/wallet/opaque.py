"""Names that tell nothing: neither whose they are, nor how many there are, nor what they open."""

import base64
import hashlib
import hmac

from ticketing.vault import sealing


def name(purpose: str, *parts: object, size: int = 16) -> str:
    """The same for the same parts, and nobody else can make or guess it; `size` in bytes.

    Of `A–Z a–z 0–9 - _`; no link, and nothing that a link could be made of.
    """
    text = "\0".join([purpose, *map(str, parts)]).encode("utf-8", "surrogatepass")
    mac = hmac.digest(sealing.derived_key("wallet names"), text, hashlib.sha256)
    return base64.urlsafe_b64encode(mac[:size]).decode().rstrip("=")
