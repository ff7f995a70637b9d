"""Addresses made of names: "Żółć & Фестиваль" becomes "zolc-festival"."""

import re
from typing import Final

from anyascii import anyascii

MAX_SLUG: Final = 80
SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def slug_of(name: str) -> str:
    """Letters a–z, digits and single hyphens that sound like the name; "" if nothing does."""
    plain = re.sub(r"['’`]", "", anyascii(name)).lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return slug[: MAX_SLUG - 4].strip("-")  # a number may follow
