"""The words of a mail with their placeholders: `{event}`; a brace itself is written twice.

A text is taken apart once, and once put together again with the values in place: what a value
says is never read as a placeholder or a link. It all stays plain text; the layout escapes it.
"""

import difflib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flask_babel import gettext as _

_TOKEN: Final = re.compile(r"\{\{|\}\}|\{([^{}\n]{0,40})\}|[{}]")
_NAME: Final = re.compile(r"[a-z_]+")
# What the organiser typed as a link; a full stop after it, or a bracket around it, isn't part.
_URL: Final = re.compile(r"https://[\w.-]+(?::\d+)?(?:/[^\s<>\"'(){}]*)?", re.ASCII)
_AFTER_URL: Final = ".,;:!?"


class BadPlaceholder(ValueError):
    """A text can't be understood; its own text says what and where."""


@dataclass(frozen=True, slots=True)
class Run:
    """Some words of a paragraph; with `url` they are a link."""

    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines of runs."""

    lines: tuple[tuple[Run, ...], ...]

    def __str__(self) -> str:
        return "\n".join("".join(run.text for run in line) for line in self.lines)


def plain(text: str) -> Paragraph:
    """A paragraph of words that hold neither placeholders nor links."""
    return Paragraph(tuple((Run(line),) for line in text.split("\n")))


def check(text: str, allowed: Collection[str]) -> None:
    """Raises `BadPlaceholder` with what to do about it."""
    for start, name in _placeholders(text, allowed):
        if name not in allowed:
            raise BadPlaceholder(_unknown(name, allowed))
        links = list(_URL.finditer(text, 0, start))
        if links and links[-1].end() == start:
            raise BadPlaceholder(
                _(
                    "A link can’t hold a placeholder. Leave a space between %(url)s and "
                    "{%(name)s}.",
                    url=links[-1][0],
                    name=name,
                )
            )


def fill_line(text: str, values: Mapping[str, str]) -> str | None:
    """The text with its values in place; None where one of them has nothing to say."""
    runs = _fill(text, values, links=False)
    return None if runs is None else "".join(run.text for run in runs)


def fill(text: str, values: Mapping[str, str]) -> Paragraph | None:
    """One paragraph, links and all. A line goes if one of its values has nothing to say.

    None where no line is left.
    """
    filled = [_fill(line, values, links=True) for line in text.split("\n")]
    lines = tuple(line for line in filled if line)
    return Paragraph(lines) if lines else None


def first_said(texts: Sequence[str], values: Mapping[str, str]) -> str:
    """The first of several texts of which every value has something to say; "" for none."""
    for text in texts:
        if said := fill_line(text, values):
            return said
    return ""


def paragraphs_of(message: str) -> list[str]:
    """What blank lines part."""
    return [part for part in re.split(r"\n{2,}", message.strip("\n")) if part]


def _fill(text: str, values: Mapping[str, str], *, links: bool) -> tuple[Run, ...] | None:
    runs: list[Run] = []
    at = 0
    for token in _TOKEN.finditer(text):
        runs += _literal(text[at : token.start()], links=links)
        at = token.end()
        name = token[1]
        if name is None:
            runs.append(Run(token[0][0]))
            continue
        value = values.get(name, "")
        if not value:
            return None
        runs.append(Run(value))
    runs += _literal(text[at:], links=links)
    return tuple(runs)


def _literal(text: str, *, links: bool) -> Iterator[Run]:
    at = 0
    for found in _URL.finditer(text) if links else ():
        url = found[0].rstrip(_AFTER_URL)
        yield Run(text[at : found.start()])
        yield Run(url, url)
        at = found.start() + len(url)
    if text[at:]:
        yield Run(text[at:])


def _placeholders(text: str, allowed: Collection[str]) -> Iterator[tuple[int, str]]:
    """Where each stands, and its name; raises `BadPlaceholder` for braces that are none."""
    for token in _TOKEN.finditer(text):
        if token[0] in {"{{", "}}"}:
            continue
        name = token[1]
        if name is None:
            raise BadPlaceholder(
                _(
                    "There is a single %(brace)s near “%(words)s”. Placeholders look like {event}; "
                    "write %(brace)s twice for the character itself.",
                    brace=token[0],
                    words=text[max(token.start() - 10, 0) : token.end() + 10].strip(),
                )
            )
        if not _NAME.fullmatch(name):
            raise BadPlaceholder(_unknown(name, allowed))
        yield token.start(), name


def _unknown(name: str, allowed: Collection[str]) -> str:
    """What to do about a placeholder that this mail doesn't have."""
    simply = re.sub(r"[\s-]+", "_", name.strip().lower())
    [meant] = difflib.get_close_matches(simply, allowed, n=1, cutoff=0.6) or [""]
    # TRANSLATORS: “it” is a mail, %(all)s are its placeholders: {event}, {when}.
    known = _("It knows %(all)s.", all=", ".join(f"{{{each}}}" for each in allowed))
    if meant:
        isnt = _(
            "{%(name)s} isn’t a placeholder of this mail. Did you mean {%(meant)s}?",
            name=name,
            meant=meant,
        )
        return f"{isnt} {known}"
    isnt = _("{%(name)s} isn’t a placeholder of this mail.", name=name)
    instead = _("For the word in braces write {{%(name)s}}.", name=name)
    return f"{isnt} {known} {instead}"
