"""Who works on the look finds every part of the pages on one page."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from tests.installations import Installations
from ticketing.config import PROJECT, Settings

TEMPLATES = PROJECT / "templates"
STYLESHEET = (PROJECT / "static" / "app.css").read_text()
# What is no part by itself: attributes, and what only works beside a server.
NOT_SHOWN = {"to_dialog", "record", "live_region", "did_you_mean"}


@pytest.fixture
def styleguide(settings: Settings, installations: Installations) -> Iterator[str]:
    with installations.app(replace(settings, styleguide=True)) as app:
        client: FlaskClient = app.test_client()
        answer = client.get("/styleguide")
        assert answer.status_code == 200
        yield answer.text


def test_every_component_is_there() -> None:
    components = (TEMPLATES / "components.html").read_text()
    macros = set(re.findall(r"{% macro ([a-z]\w*)\(", components)) - NOT_SHOWN
    shown = (TEMPLATES / "styleguide.html").read_text()
    assert len(macros) > 20
    assert {macro for macro in macros if f"ui.{macro}(" not in shown} == set()


@pytest.mark.engine("sqlite")
def test_in_every_state(styleguide: str) -> None:
    for kind in ("open", "shared", "opened", "ready", "checked_in", "cancelled"):
        assert f'class="badge is-{kind}"' in styleguide
    for kind in ("info", "success", "warning", "error"):
        assert f'class="notice is-{kind}"' in styleguide
    for variant in ("primary", "secondary", "quiet", "danger"):
        assert f'class="button {variant}"' in styleguide
    for state in ("aria-disabled", "aria-busy", "aria-invalid", 'dir="rtl"'):
        assert state in styleguide


@pytest.mark.engine("sqlite")
def test_every_colour_of_the_stylesheet_is_there(styleguide: str) -> None:
    light = STYLESHEET[: STYLESHEET.index("@media screen")]
    colours = set(re.findall(r"--([\w-]+): #", light))
    assert colours == set(re.findall(r'fill="var\(--([\w-]+)\)"', styleguide))


@pytest.mark.engine("sqlite")
def test_no_two_parts_have_one_name(styleguide: str) -> None:
    names = Counter(re.findall(r'\sid="([^"]+)"', styleguide))
    assert [name for name, count in names.items() if count > 1] == []
