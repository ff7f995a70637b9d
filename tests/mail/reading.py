"""What a person sees in a mail, and what must never be in one."""

import html.parser
import re

from tests.smtp import Received
from ticketing import links

URL = re.compile(r"https?://[^\s<>\"']+")


class Page(html.parser.HTMLParser):
    """A mail's HTML: its links, its words, its tags."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self._words: list[str] = []
        self._skipping = 0
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag in {"style", "title"}:
            self._skipping += 1
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]

    def handle_endtag(self, tag: str) -> None:
        if tag in {"style", "title"}:
            self._skipping -= 1

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            self._words.append(data)

    @property
    def words(self) -> str:
        return " ".join("".join(self._words).split())


def links_of(mail: Received) -> set[str]:
    """The links that lead into the installation: the same in both parts, and no others."""
    in_text, in_html = set(URL.findall(mail.text)), set(Page(mail.html).links)
    assert in_text == in_html
    return in_text


def tokens_in(raw: bytes) -> list[str]:
    return re.findall(links.TOKEN.pattern, raw.decode(errors="replace"))
