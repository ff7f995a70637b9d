"""Somebody far away: speaks to a real server over the wire, keeps cookies, fills in forms."""

import json
import ssl
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPResponse
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, HTTPSHandler, ProxyHandler, Request, build_opener

from tests.backoffice.browsing import forms_in, refused_in


@dataclass(frozen=True)
class Page:
    """What came in the end, after all redirects; `path` is where."""

    path: str
    status: int
    headers: Message
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def has(self, *texts: str) -> "Page":
        """Itself, for what is asked of it next; fails if it lacks one of them."""
        for text in texts:
            told = f"{self.path} ({self.status}) lacks {text!r}; wrong: {refused_in(self.text)}"
            assert text in self.text, told
        return self


class Surfer:
    """`trusted` is for a server with a certificate of its own."""

    def __init__(
        self, url: str, trusted: ssl.SSLContext | None = None, patience: float = 60
    ) -> None:
        self.url = url
        self.patience = patience  # seconds
        https = HTTPSHandler(context=trusted) if trusted else HTTPSHandler()
        kept = HTTPCookieProcessor()
        self._jar = kept.cookiejar
        self._opener = build_opener(ProxyHandler({}), kept, https)

    @property
    def cookie(self) -> str:
        """The header that would be sent now, for whoever asks in this surfer's name."""
        return "; ".join(f"{each.name}={each.value}" for each in self._jar)

    def get(self, path: str, **headers: str) -> Page:
        return self._ask("GET", path, None, headers)

    def post(self, path: str, data: dict[str, Any], **headers: str) -> Page:
        return self._ask("POST", path, urlencode(data, doseq=True).encode(), headers)

    def post_json(self, path: str, data: Any, **headers: str) -> Page:
        sent = json.dumps(data).encode()
        return self._ask("POST", path, sent, {"Content_Type": "application/json", **headers})

    def submit(self, path: str, *, action: str | None = None, **typed: Any) -> Page:
        """Open a page, fill in its form and send it."""
        page = self.get(path)
        assert page.status == 200, f"{path}: {page.status}"
        to = action or path.partition("?")[0]
        return self.post(to, {**forms_in(page.text)[to], **typed})

    def _ask(self, method: str, path: str, data: bytes | None, headers: dict[str, str]) -> Page:
        """Names of headers are written with _ for -."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = Request(self._at(path), data, named, method=method)  # noqa: S310 - our own
        try:
            answer: HTTPResponse | HTTPError = self._opener.open(request, timeout=self.patience)
        except HTTPError as refused:
            answer = refused
        with answer:
            where = urlsplit(answer.url or "")
            return Page(where.path, answer.status or 0, answer.headers, answer.read())

    def _at(self, path: str) -> str:
        return path if path.startswith("http") else f"{self.url}{path}"
