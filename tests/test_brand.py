"""An organiser picks any colour; the pages stay readable."""

import colorsys
import random
import re
from itertools import product, starmap
from pathlib import Path

import pytest

from ticketing.brand import (
    DARK_SURFACES,
    DEFAULT_COLOUR,
    LIGHT_SURFACES,
    brand_css,
    brand_tokens,
    contrast,
    normalise,
)

STYLESHEET = Path(__file__).parent.parent / "static" / "app.css"

AWKWARD = ["#000000", "#ffffff", "#ffff00", "#00ff00", "#0000ff", "#ff0000", "#777777", "#767676"]
# A fixed seed: a failure has to come back on the next run.
_dice = random.Random(20)  # noqa: S311 - not a secret
# Every fifth hue, pale to nearly black, dull to neon.
HUES = [
    "#" + "".join(f"{round(channel * 255):02x}" for channel in channels)
    for channels in starmap(
        colorsys.hls_to_rgb,
        product([hue / 72 for hue in range(72)], (0.06, 0.25, 0.5, 0.75, 0.94), (0.3, 1.0)),
    )
]
COLOURS = [*AWKWARD, *HUES, *(f"#{_dice.randrange(1 << 24):06x}" for _ in range(400))]
SURFACES = {"light": LIGHT_SURFACES, "dark": DARK_SURFACES}


def test_contrast_agrees_with_known_pairs() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_any_colour_gives_readable_pages(scheme: str) -> None:
    for colour in COLOURS:
        tokens = brand_tokens(colour)[scheme]
        for background in ("accent", "accent-hover", "accent-deep"):
            assert contrast(tokens["on-accent"], tokens[background]) >= 4.5, (colour, background)
        for surface in (*SURFACES[scheme], tokens["accent-soft"]):
            assert contrast(tokens["accent-text"], surface) >= 4.5, (colour, surface)
        for surface in SURFACES[scheme]:
            assert contrast(tokens["accent-edge"], surface) >= 3, (colour, surface)


def test_ordinary_text_is_readable_on_the_tint() -> None:
    ink = {"light": _from_stylesheet("ink"), "dark": _from_stylesheet("ink", dark=True)}
    for colour in COLOURS:
        for scheme, tokens in brand_tokens(colour).items():
            assert contrast(ink[scheme], tokens["accent-soft"]) >= 4.5, (colour, scheme)


def test_a_good_colour_is_left_as_it_is() -> None:
    tokens = brand_tokens("#0b5394")["light"]
    assert tokens["accent"] == tokens["accent-text"] == tokens["accent-edge"] == "#0b5394"
    assert tokens["on-accent"] == "#ffffff"


@pytest.mark.parametrize(
    ("given", "meant"), [("#FFF", "#ffffff"), ("0B5394", "#0b5394"), ("#0b5394", "#0b5394")]
)
def test_short_and_bare_hex_are_understood(given: str, meant: str) -> None:
    assert normalise(given) == meant


@pytest.mark.parametrize(
    "given",
    ["", "#", "red", "#12", "#12345", "#1234567", "#fff\n", "fff;}body{display:none", "#ıııııı"],
)
def test_what_is_no_colour_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="not a hex colour"):
        brand_css(given)


def test_the_stylesheet_sets_tokens_and_nothing_else() -> None:
    css = brand_css("#ffcc00")
    assert "prefers-color-scheme:dark" in css
    assert re.sub(r"--[a-z-]+:#[0-9a-f]{6};", "", css) == (
        ":root{}\n@media screen and (prefers-color-scheme:dark){:root{}}\n"
    )


def test_the_surfaces_and_the_default_are_those_of_the_stylesheet() -> None:
    assert (_from_stylesheet("paper"), _from_stylesheet("card")) == LIGHT_SURFACES
    assert (_from_stylesheet("paper", dark=True), _from_stylesheet("card", dark=True)) == (
        DARK_SURFACES
    )
    for scheme, tokens in brand_tokens(DEFAULT_COLOUR).items():
        for name, value in tokens.items():
            assert _from_stylesheet(name, dark=scheme == "dark") == value, (scheme, name)


def _from_stylesheet(token: str, *, dark: bool = False) -> str:
    """A token's value in app.css; what the dark block leaves out is as in the light one."""
    css = STYLESHEET.read_text()
    light_block, dark_block = css.split("@media screen and (prefers-color-scheme: dark)", 1)
    for block in (dark_block, light_block) if dark else (light_block,):
        if found := re.search(rf"--{token}:\s*(#[0-9a-f]+)", block):
            return normalise(found[1])
    raise AssertionError(f"no --{token} in app.css")
