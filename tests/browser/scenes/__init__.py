"""How to get to each page and dialog, in every state that people meet."""

from collections.abc import Callable

from playwright.sync_api import Page

Scene = Callable[[Page], None]
SCENES: dict[str, Scene] = {}


def scene(draw: Scene) -> Scene:
    """Registers it under its name."""
    SCENES[draw.__name__] = draw
    return draw
