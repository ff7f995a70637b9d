"""Who of the team may do what: `desk` helps customers, `manager` also sets things up and takes
data out, `owner` also decides about people and programs."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from flask import current_app, request

RANKS: Final = {"desk": 1, "manager": 2, "owner": 3}

View = TypeVar("View", bound=Callable[..., Any])

_needed: dict[str, str] = {}


def needs(role: str) -> Callable[[View], View]:
    """Keep a view for this role and those above it; without it, `desk` is enough."""

    def mark(view: View) -> View:
        _needed[f"{view.__module__}.{view.__qualname__}"] = role
        return view

    return mark


def needed() -> str:
    """The role that the requested page is for."""
    view = current_app.view_functions.get(request.endpoint or "")
    return _needed.get(f"{view.__module__}.{view.__qualname__}", "desk") if view else "desk"


def reaches(role: str, wanted: str) -> bool:
    return RANKS.get(role, 0) >= RANKS[wanted]
