"""A fresh machine has Python only: the fonts come with the project, and may."""

from __future__ import annotations

import hashlib
import re

import pytest

from ticketing.pdf import faces

README = (faces.FOLDER / "README.md").read_text(encoding="utf-8")
FILES = sorted(path for path in faces.FOLDER.iterdir() if path.suffix in {".ttf", ".otf"})


def test_every_font_is_listed_with_its_hash() -> None:
    listed = dict(re.findall(r"^\| (\S+\.[ot]tf) \| .*`([0-9a-f]{64})` \|$", README, re.M))
    present = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in FILES}
    assert listed == present


def test_the_licence_lies_beside_them() -> None:
    licence = (faces.FOLDER / "OFL.txt").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
    assert "THE FONT SOFTWARE IS PROVIDED" in licence


def test_they_are_not_too_heavy_to_clone() -> None:
    assert sum(path.stat().st_size for path in FILES) < 35_000_000


@pytest.mark.parametrize("bold", [False, True])
@pytest.mark.parametrize("family", faces.ORDER)
def test_every_family_can_be_drawn(family: str, bold: bool) -> None:
    path = faces.font_file(family, bold=bold)
    assert path in FILES
    assert faces.face(family, bold).units >= 1000


def test_no_font_lies_here_unused() -> None:
    used = {faces.font_file(family, bold=bold) for family in faces.ORDER for bold in (False, True)}
    assert used == set(FILES)
