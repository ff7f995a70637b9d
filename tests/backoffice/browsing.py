"""A browser without JavaScript: it keeps cookies, fills in forms and sends them."""

import contextvars
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from ticketing.extensions import db

Fields = dict[str, list[str]]


class Browser:
    """Signs in and clicks through; each request comes from outside the test's contexts."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()

    def request(self, method: str, path: str, **kwargs: Any) -> TestResponse:
        # In the test's own context a request would share its `g`, the signed-in user included.
        answer = contextvars.Context().run(self.client.open, path, method=method, **kwargs)
        db.session.rollback()  # what the test looks at next is as it is now
        return answer

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        return self.request("GET", path, **kwargs)

    def post(self, path: str, data: Any = None, **kwargs: Any) -> TestResponse:
        return self.request("POST", path, data=data, **kwargs)

    def sign_in(
        self, email: str, password: str, *, to: str = "/backoffice/sign-in"
    ) -> TestResponse:
        return self.submit(to, email=email, password=password)

    def token(self) -> str:
        """The session's token, as every page's sign-out form holds it."""
        page = forms_in(self.get("/backoffice/shops").text)
        return page["/backoffice/sign-out"]["csrf_token"][0]

    def fields(self, page: str, action: str | None = None) -> Fields:
        """What the form of a page would send as it stands."""
        answer = self.get(page)
        assert answer.status_code == 200, answer.status
        return forms_in(answer.text)[action or page.partition("?")[0]]

    def submit(
        self, page: str, *, action: str | None = None, headers: Any = None, **typed: Any
    ) -> TestResponse:
        """Open a page, fill in its form and send it; None empties or unticks a field."""
        return self.send(
            action or page.partition("?")[0], self.fields(page, action), headers, **typed
        )

    def send(self, action: str, known: Fields, headers: Any = None, **typed: Any) -> TestResponse:
        data: dict[str, Any] = {**known, **typed}
        return self.post(
            action,
            {key: value for key, value in data.items() if value is not None},
            headers=headers,
        )


def forms_in(html: str) -> dict[str, Fields]:
    """{action: {field: values}} of each form that a page would POST."""
    found = _Forms()
    found.feed(html)
    return found.forms


def refused_in(html: str) -> dict[str, str]:
    """{field: what a page says is wrong with it, just there}, by the fields' names."""
    page = _Errors()
    page.feed(html)
    return {
        name: "".join(page.texts.get(each, "") for each in described if each.endswith("-error"))
        for name, described in page.invalid.items()
    }


@dataclass
class _Errors(HTMLParser):
    invalid: dict[str, list[str]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    current: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("aria-invalid") == "true" and given.get("name"):
            described = (given.get("aria-describedby") or "").split()
            self.invalid[given["name"] or ""] = described
        if tag == "p" and given.get("class") == "error":
            self.current = given.get("id") or ""

    def handle_data(self, data: str) -> None:
        if self.current:
            self.texts[self.current] = self.texts.get(self.current, "") + data

    def handle_endtag(self, tag: str) -> None:
        if tag == "p":
            self.current = ""


@dataclass
class _Forms(HTMLParser):
    forms: dict[str, Fields] = field(default_factory=dict)
    current: Fields | None = None
    textarea: str = ""
    select: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name") or ""
        if tag == "form":
            self.current = self.forms.setdefault(given.get("action") or "", {})
        elif self.current is None:
            return
        elif tag == "input" and name:
            if given.get("type") not in {"checkbox", "radio"} or "checked" in given:
                self.current.setdefault(name, []).append(given.get("value") or "y")
                if "value" not in given or given["value"] == "":
                    self.current[name][-1] = ""
        elif tag == "textarea":
            self.textarea = name
            self.current[name] = [""]
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select and "selected" in given:
            self.current[self.select] = [given.get("value") or ""]

    def handle_data(self, data: str) -> None:
        if self.textarea and self.current is not None:
            self.current[self.textarea][0] += data.removeprefix("\r\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.current = None
        elif tag == "textarea":
            self.textarea = ""
        elif tag == "select":
            self.select = ""
