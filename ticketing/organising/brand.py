"""The organiser's colour as a small stylesheet.

Pages use colours through tokens (see ``static/app.css``). An organiser gives one colour and may
give any: pale yellow, black, neon. Every token made from it here is readable by construction, so
that no page ever has to ask whether the colour was a good idea.
"""

import colorsys
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

RGB = tuple[float, float, float]

DEFAULT_COLOUR: Final = "#83245f"

# The surfaces of static/app.css; accents are measured against the least favourable of each pair.
LIGHT_SURFACES: Final = ("#f7f3ee", "#ffffff")
DARK_SURFACES: Final = ("#17131b", "#221c28")

TEXT_CONTRAST: Final = 4.5  # WCAG 1.4.3
EDGE_CONTRAST: Final = 3.0  # WCAG 1.4.11

# What WCAG's ratio lets pass in the dark and on middling colours is hard to read in the sun; so
# lightness contrast has to be enough as well: for running text, bold labels, and edges or icons.
TEXT_LC: Final = 75.0
LABEL_LC: Final = 60.0
EDGE_LC: Final = 45.0

_HEX = re.compile(r"#?([0-9a-fA-F]{6}|[0-9a-fA-F]{3})")


def normalise(colour: str) -> str:
    """``colour`` as ``#rrggbb``; raises ``ValueError`` for what is no hex colour."""
    match = _HEX.fullmatch(colour)
    if match is None:
        raise ValueError(f"not a hex colour: {colour!r}")
    digits = match[1].lower()
    return "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))


def contrast(one: str, other: str) -> float:
    """The WCAG contrast ratio of two hex colours, from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def lightness_contrast(text: str, ground: str) -> float:
    """How well ``text`` stands out from ``ground``, from 0 to 108: the absolute Lc of APCA.

    APCA-W3 0.1.9, https://github.com/Myndex/apca-w3.
    """
    ink, paper = (_softened(_screen_luminance(colour)) for colour in (text, ground))
    if paper > ink:
        found = 1.14 * (paper**0.56 - ink**0.57)
    else:
        found = 1.14 * (ink**0.62 - paper**0.65)
    return 0.0 if found < 0.1 else (found - 0.027) * 100


def text_on(colour: str) -> str:
    """White or black, whichever can be read on ``colour``; one of them always has 4.58 or more."""
    return "#ffffff" if contrast("#ffffff", colour) >= TEXT_CONTRAST else "#000000"


def brand_tokens(colour: str) -> dict[str, dict[str, str]]:
    """The accent tokens for ``light`` and ``dark``, each token's name with its hex colour."""
    accent = ground_for_labels(colour)
    on_accent = text_on(accent)
    # Away from the text's colour, so that neither hovering nor the header's depth costs contrast.
    away = "#000000" if on_accent == "#ffffff" else "#ffffff"
    hover, deep = _mix(accent, away, 0.14), _mix(accent, away, 0.36)
    tokens = {}
    for scheme, surfaces, weight in (("light", LIGHT_SURFACES, 0.1), ("dark", DARK_SURFACES, 0.2)):
        soft = _mix(surfaces[1], accent, weight)
        tokens[scheme] = {
            "accent": accent,
            "on-accent": on_accent,
            "accent-hover": hover,
            "accent-deep": deep,
            "accent-text": _readable(accent, (*surfaces, soft), TEXT_CONTRAST, TEXT_LC, scheme),
            "accent-soft": soft,
            "accent-edge": _readable(accent, surfaces, EDGE_CONTRAST, EDGE_LC, scheme),
        }
    return tokens


@dataclass(frozen=True, slots=True)
class Sample:
    """A colour in use: `text` on `ground`, and the contrast between them, from 1 to 21."""

    scheme: str  # light or dark
    ground: str
    text: str
    ratio: float


def buttons_and_links(colour: str) -> list[tuple[Sample, Sample]]:
    """How a button and a link look in this colour, on light pages and on dark ones."""
    found = []
    for scheme, surface in (("light", LIGHT_SURFACES[1]), ("dark", DARK_SURFACES[1])):
        tokens = brand_tokens(colour)[scheme]
        pairs = ((tokens["accent"], tokens["on-accent"]), (surface, tokens["accent-text"]))
        button, link = (Sample(scheme, one, two, contrast(one, two)) for one, two in pairs)
        found.append((button, link))
    return found


def brand_css(colour: str, *, theme: str = "", radius: str = "") -> str:
    """The stylesheet at ``/brand/<mark>/<hex>.css``; raises ``ValueError`` for no hex colour.

    ``theme`` is what a page around ours wants whatever the device is set to: light or dark.
    ``radius`` are the corners' pixels, where that page has a wish.
    """
    tokens = brand_tokens(colour)
    light, dark = (
        "".join(f"--{name}:{value};" for name, value in tokens[scheme].items())
        for scheme in ("light", "dark")
    )
    if radius:
        light = f"--radius:{radius}px;{light}"
    css = f":root{{{light}}}\n"
    if theme == "light":
        return css
    where = "" if theme == "dark" else " and (prefers-color-scheme:dark)"
    return f"{css}@media screen{where}{{:root{{{dark}}}}}\n"


@lru_cache(maxsize=1024)
def _readable(colour: str, surfaces: tuple[str, ...], ratio: float, lc: float, scheme: str) -> str:
    """``colour`` made darker (lighter in the dark) until it stands out from every surface."""

    def stands_out(shade: str) -> bool:
        return all(
            contrast(shade, surface) >= ratio and lightness_contrast(shade, surface) >= lc
            for surface in surfaces
        )

    shades = _shades(colour, -1 if scheme == "light" else 1)
    return next(filter(stands_out, shades), "#000000" if scheme == "light" else "#ffffff")


@lru_cache(maxsize=1024)
def ground_for_labels(colour: str) -> str:
    """``colour``, normalised, or the nearest shade of it on which black or white is good to read.

    Between the colours that carry white and those that carry black are some that carry neither:
    white has not WCAG's contrast there, and black has it in numbers that eyes don't see.
    """
    colour = normalise(colour)
    ways = (filter(_carries_labels, _shades(colour, way)) for way in (-1, 1))
    return min((next(shades) for shades in ways), key=lambda shade: _apart(shade, colour))


def _carries_labels(shade: str) -> bool:
    return lightness_contrast(text_on(shade), shade) >= LABEL_LC


def _apart(one: str, other: str) -> float:
    """How far two shades of a hue are apart in lightness, as eyes see it."""
    return abs(_luminance(one) ** (1 / 3) - _luminance(other) ** (1 / 3))


def _shades(colour: str, way: int) -> Iterator[str]:
    """The colour itself, then ever darker (`way` -1) or lighter ones (1) of its hue."""
    yield colour
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(colour))
    end = 0.0 if way < 0 else 1.0
    while lightness != end:
        lightness = min(1.0, max(0.0, lightness + way * 0.01))
        yield _hex(colorsys.hls_to_rgb(hue, lightness, saturation))


def _mix(base: str, other: str, weight: float) -> str:
    mixed = [
        one * (1 - weight) + two * weight
        for one, two in zip(_channels(base), _channels(other), strict=True)
    ]
    return _hex((mixed[0], mixed[1], mixed[2]))


def _luminance(colour: str) -> float:
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in _channels(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _screen_luminance(colour: str) -> float:
    red, green, blue = (channel**2.4 for channel in _channels(colour))
    return 0.2126729 * red + 0.7151522 * green + 0.0721750 * blue


def _softened(luminance: float) -> float:
    """Near black a screen shows less of a difference than its numbers say."""
    return luminance + max(0.0, 0.022 - luminance) ** 1.414


def _channels(colour: str) -> RGB:
    return (
        int(colour[1:3], 16) / 255,
        int(colour[3:5], 16) / 255,
        int(colour[5:7], 16) / 255,
    )


def _hex(channels: RGB) -> str:
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in channels)
