"""An organiser picks any colour; the pages stay readable."""

import colorsys
import random
import re
from functools import cache
from itertools import product, starmap
from pathlib import Path

import pytest

from ticketing.organising.brand import (
    DARK_SURFACES,
    DEFAULT_COLOUR,
    EDGE_LC,
    LABEL_LC,
    LIGHT_SURFACES,
    TEXT_LC,
    brand_css,
    brand_tokens,
    contrast,
    lightness_contrast,
    normalise,
)

STYLESHEET = Path(__file__).parents[2] / "static" / "app.css"

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
tokens_of = cache(brand_tokens)  # a thousand colours, asked for several times
SURFACES = {"light": LIGHT_SURFACES, "dark": DARK_SURFACES}


def test_contrast_agrees_with_known_pairs() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)


def test_lightness_contrast_agrees_with_known_pairs() -> None:
    """Of https://github.com/Myndex/apca-w3, rounded there."""
    assert lightness_contrast("#888888", "#ffffff") == pytest.approx(63.056, abs=0.001)
    assert lightness_contrast("#ffffff", "#888888") == pytest.approx(68.541, abs=0.001)
    assert lightness_contrast("#000000", "#aaaaaa") == pytest.approx(58.146, abs=0.001)
    assert lightness_contrast("#aaaaaa", "#000000") == pytest.approx(56.241, abs=0.001)
    assert lightness_contrast("#224466", "#224466") == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_any_colour_can_be_read_in_the_sun(scheme: str) -> None:
    for colour in COLOURS:
        tokens = tokens_of(colour)[scheme]
        for ground in ("accent", "accent-hover", "accent-deep"):
            lc = lightness_contrast(tokens["on-accent"], tokens[ground])
            assert lc >= LABEL_LC, (colour, ground)
        for surface in (*SURFACES[scheme], tokens["accent-soft"]):
            assert lightness_contrast(tokens["accent-text"], surface) >= TEXT_LC, (colour, surface)
        for surface in SURFACES[scheme]:
            assert lightness_contrast(tokens["accent-edge"], surface) >= EDGE_LC, (colour, surface)


@pytest.mark.parametrize("dark", [False, True])
def test_our_own_colours_can_be_read_in_the_sun(dark: bool) -> None:
    """Each on the grounds that it is written on."""

    def lc(text: str, ground: str) -> float:
        ink, paper = (_from_stylesheet(each, dark=dark) for each in (text, ground))
        return lightness_contrast(ink, paper)

    for surface in ("paper", "card"):
        for text in ("ink", "muted", "ok", "wait", "info", "bad"):
            assert lc(text, surface) >= TEXT_LC, (text, surface)
        assert lc("field", surface) >= EDGE_LC, surface
    for state in ("ok", "wait", "info", "bad"):
        assert lc(state, f"{state}-soft") >= TEXT_LC, state
    assert lc("card", "ok") >= LABEL_LC, "the badge of who is inside"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_any_colour_gives_readable_pages(scheme: str) -> None:
    for colour in COLOURS:
        tokens = tokens_of(colour)[scheme]
        for background in ("accent", "accent-hover", "accent-deep"):
            assert contrast(tokens["on-accent"], tokens[background]) >= 4.5, (colour, background)
        for surface in (*SURFACES[scheme], tokens["accent-soft"]):
            assert contrast(tokens["accent-text"], surface) >= 4.5, (colour, surface)
        for surface in SURFACES[scheme]:
            assert contrast(tokens["accent-edge"], surface) >= 3, (colour, surface)


def test_ordinary_text_is_readable_on_the_tint() -> None:
    ink = {"light": _from_stylesheet("ink"), "dark": _from_stylesheet("ink", dark=True)}
    for colour in COLOURS:
        for scheme, tokens in tokens_of(colour).items():
            assert contrast(ink[scheme], tokens["accent-soft"]) >= 4.5, (colour, scheme)


@pytest.mark.parametrize(
    ("colour", "taken", "text"),
    [("#ff6600", "#ff9147", "#000000"), ("#f44336", "#e51b0d", "#ffffff")],
)
def test_a_colour_that_carries_neither_black_nor_white_gives_way(
    colour: str, taken: str, text: str
) -> None:
    assert lightness_contrast("#000000", colour) < LABEL_LC
    assert contrast("#ffffff", colour) < 4.5
    tokens = brand_tokens(colour)["light"]
    assert (tokens["accent"], tokens["on-accent"]) == (taken, text)


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
