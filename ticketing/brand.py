"""The organiser's colour as a small stylesheet.

Pages use colours through tokens (see ``static/app.css``). An organiser gives one colour and may
give any: pale yellow, black, neon. Every token made from it here is readable by construction, so
that no page ever has to ask whether the colour was a good idea.
"""

import colorsys
import re
from dataclasses import dataclass
from typing import Final

RGB = tuple[float, float, float]

DEFAULT_COLOUR: Final = "#83245f"

# The surfaces of static/app.css; accents are measured against the least favourable of each pair.
LIGHT_SURFACES: Final = ("#f7f3ee", "#ffffff")
DARK_SURFACES: Final = ("#17131b", "#221c28")

TEXT_CONTRAST: Final = 4.5  # WCAG 1.4.3
EDGE_CONTRAST: Final = 3.0  # WCAG 1.4.11

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


def text_on(colour: str) -> str:
    """White or black, whichever can be read on ``colour``; one of them always has 4.58 or more."""
    return "#ffffff" if contrast("#ffffff", colour) >= TEXT_CONTRAST else "#000000"


def brand_tokens(colour: str) -> dict[str, dict[str, str]]:
    """The accent tokens for ``light`` and ``dark``, each token's name with its hex colour."""
    accent = normalise(colour)
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
            "accent-text": _readable(accent, (*surfaces, soft), TEXT_CONTRAST, scheme),
            "accent-soft": soft,
            "accent-edge": _readable(accent, surfaces, EDGE_CONTRAST, scheme),
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


def _readable(colour: str, surfaces: tuple[str, ...], ratio: float, scheme: str) -> str:
    """``colour`` made darker (lighter in the dark) until it stands out from every surface."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(colour))
    step, end = (-0.01, 0.0) if scheme == "light" else (0.01, 1.0)
    while lightness != end and any(contrast(colour, surface) < ratio for surface in surfaces):
        lightness = min(1.0, max(0.0, lightness + step))
        colour = _hex(colorsys.hls_to_rgb(hue, lightness, saturation))
    return colour


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


def _channels(colour: str) -> RGB:
    return (
        int(colour[1:3], 16) / 255,
        int(colour[3:5], 16) / 255,
        int(colour[5:7], 16) / 255,
    )


def _hex(channels: RGB) -> str:
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in channels)
