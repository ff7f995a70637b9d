"""The backoffice over HTTP, as a browser without JavaScript uses it."""

import secrets
from http.cookiejar import CookieJar
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from tests.backoffice.browsing import forms_in
from tests.live_server import LiveServer


class Backoffice:
    """Signed in as the demo's owner."""

    def __init__(self, server: LiveServer) -> None:
        self._url = server.url
        self._cookies = CookieJar()
        self._opener = build_opener(HTTPCookieProcessor(self._cookies))
        demo = server.demo
        self.submit("/backoffice/sign-in", email=demo["email"], password=demo["password"])

    @property
    def cookie(self) -> str:
        """The header by which another browser is signed in as well."""
        return "; ".join(f"{each.name}={each.value}" for each in self._cookies)

    def get(self, path: str) -> str:
        with self._opener.open(self._url + path, timeout=120) as answer:
            return str(answer.read().decode())

    def submit(self, page: str, action: str = "", **typed: str) -> str:
        """Fill in a form of this page and send it; the address one is at afterwards."""
        known = forms_in(self.get(page))[action or page]
        body = urlencode({**known, **typed}, doseq=True).encode()
        return self._send(action or page, body, "application/x-www-form-urlencoded")

    def upload(self, page: str, content: bytes) -> str:
        """Give this page's form a file; the address one is at afterwards."""
        boundary = secrets.token_hex(16)
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, values in forms_in(self.get(page))[page].items()
            for value in values
        ]
        parts.append(
            f"--{boundary}\r\nContent-Disposition: form-data; "
            'name="file"; filename="orders.csv"\r\nContent-Type: text/csv\r\n\r\n'
        )
        body = "".join(parts).encode() + content + f"\r\n--{boundary}--\r\n".encode()
        return self._send(page, body, f"multipart/form-data; boundary={boundary}")

    def _send(self, path: str, body: bytes, kind: str) -> str:
        request = Request(self._url + path, body, {"Content-Type": kind})  # noqa: S310 - our own
        with self._opener.open(request, timeout=120) as answer:
            return str(answer.url).removeprefix(self._url)
