"""docs/limits.md says what the code does: its numbers are the code's, its files are there."""

import importlib
import re
from pathlib import Path

from ticketing import create_app
from ticketing.config import PROJECT, Settings

PAGE = (PROJECT / "docs" / "limits.md").read_text()
# 5,000 `imports.reading.MAX_ROWS`; in tables of three columns with a bar in between.
SAID = re.compile(r"([\d,]+)[^`|\d]*(?:\| )?`([a-z_.]+)\.([A-Z_]+)(?:\[\"(\w+)\"\])?`")


def test_each_number_is_the_codes(tmp_path: Path) -> None:
    found = SAID.findall(PAGE)
    assert len(found) >= 35
    for number, module, name, key in found:
        said = int(number.replace(",", ""))
        if name == "MAX_CONTENT_LENGTH":
            assert create_app(settings=Settings(instance_path=tmp_path)).config[name] == said
            continue
        value = getattr(importlib.import_module(f"ticketing.{module}"), name)
        assert (value[key] if key else value) == said, f"{module}.{name}"


def test_each_constant_that_is_named_is_compared() -> None:
    named = re.findall(r"`[a-z_.]+\.[A-Z_]{4,}[^`]*`", PAGE)
    assert len(named) == len(SAID.findall(PAGE))


def test_each_file_that_is_named_is_there() -> None:
    for path in re.findall(r"`(ticketing/[\w/]+(?:\.py)?)/?`", PAGE):
        assert (PROJECT / path).exists(), path
