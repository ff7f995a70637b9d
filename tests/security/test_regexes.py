"""No text makes one of our regular expressions go on for ever.

Each is given long texts that many of its tries begin alike, in the way that it is used. One that
takes the square of a text's length is at it until the time is up.
"""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import ticketing
from ticketing.running.logs import redact

LENGTH = 50_000  # its square takes minutes, the length itself some milliseconds
PIECES = (
    *" \t\n\r\"'`()[]{}<>/\\@.,;:=+-_#?&%|",
    *("a", "A", "1", "é", "٣", "\u00a0", "\u200b", "\u0301"),
    *("a@", "a.", "a-", "1 ", "1(", "1,", "1.", "/a", "a/ ", "; ", "'=", "{a"),
    *("/api", "/o/", "https://", "from ip=", "\n DETAIL", "%2F", "+1-"),
)
ELSEWHERE = {
    b"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----": "confined, for ten seconds",
    b"-----BEGIN ([A-Z ]*)PRIVATE KEY-----.+?-----END \\1PRIVATE KEY-----": "likewise",
    r"^(down_)?revision = ['\"](\w+)['\"]": "reads our own migrations",
}
HOWS = {"search", "match", "fullmatch", "split", "findall", "finditer", "sub", "subn"}
Used = tuple[str | bytes, str]  # a pattern, and by which function of `re`
FOLDER = Path(ticketing.__path__[0])


def written_in_calls() -> Iterator[Used]:
    """`re.sub("[^a-z]", …)` and the like."""
    for path in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="re"), attr=how),
                    args=[ast.Constant(value=str() | bytes() as pattern), *_rest],
                ) if how != "compile":
                    yield pattern, how


def named() -> Iterator[Used]:
    """`_WORD = re.compile(…)`, by every `_WORD.search(…)` there is."""
    source = "\n".join(path.read_text() for path in FOLDER.rglob("*.py"))
    for module in pkgutil.walk_packages(ticketing.__path__, "ticketing."):
        if ".migrations." in module.name:
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, re.Pattern):
                used = re.findall(rf"\b{name}\.([a-z]+)\(", source)
                yield from ((value.pattern, how) for how in used if how in HOWS)


@cache
def in_use() -> set[Used]:
    return {each for each in (*written_in_calls(), *named()) if each[0] not in ELSEWHERE}


def run(pattern: str | bytes, how: str, text: str) -> None:
    compiled = re.compile(str(pattern))
    if how in {"sub", "subn"}:
        compiled.sub("", text)
    elif how == "finditer":
        sum(1 for _match in compiled.finditer(text))
    else:
        getattr(compiled, how)(text)


def test_the_search_finds_them() -> None:
    found = in_use()
    assert len(found) > 70
    assert ("[0-9]{1,9}", "fullmatch") in found, "in a call"
    assert any(how == "sub" and "@" in str(pattern) for pattern, how in found), "by its name"


@pytest.mark.timeout(120)
def test_none_takes_much_longer_than_a_text_is_long() -> None:
    for pattern, how in in_use():
        for piece in PIECES:
            text = piece * (LENGTH // len(piece))
            run(pattern, how, text)
            run(pattern, how, f"{text}\0!")


@pytest.mark.timeout(60)
@pytest.mark.parametrize("piece", ["a", "/", "+1", "a.", "@a", " \nDETAIL", "a@a"])
def test_a_long_line_is_written_to_the_log_at_once(piece: str) -> None:
    assert "anna@" not in redact(piece * LENGTH + " anna@example.org @")
