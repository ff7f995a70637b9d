"""Who of the team may do what: `desk` helps customers, `manager` also sets things up and takes
data out, `owner` also decides about people and programs. `anyone` has signed in, that's all."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from flask import current_app, request
from flask_babel import gettext as _

ANYONE: Final = "anyone"
RANKS: Final = {ANYONE: 0, "desk": 1, "manager": 2, "owner": 3}

View = TypeVar("View", bound=Callable[..., Any])

_needed: dict[str, str] = {}


def needs(role: str) -> Callable[[View], View]:
    """Keep a view for this role and those above it; without it, `desk` is enough."""

    def mark(view: View) -> View:
        _needed[f"{view.__module__}.{view.__qualname__}"] = role
        return view

    return mark


def needed(endpoint: str | None = None) -> str:
    """The role that a page, by default the requested one, is for."""
    view = current_app.view_functions.get(endpoint or request.endpoint or "")
    return _needed.get(f"{view.__module__}.{view.__qualname__}", "desk") if view else "desk"


def reaches(role: str, wanted: str) -> bool:
    return RANKS.get(role, 0) >= RANKS[wanted]


def words() -> dict[str, str]:
    """{role: its name}, from the most to the least that they may."""
    return {
        "owner": _("Owner"),
        "manager": _("Manager"),
        # TRANSLATORS: a role in the team: who helps customers, at a helpdesk.
        "desk": _("Desk"),
    }


def meanings() -> dict[str, str]:
    """{role: what they may}."""
    return {
        "owner": _("Everything, also people, API keys and webhooks"),
        "manager": _("Sets up events, shops and mails, imports and exports, cancels orders"),
        "desk": _("Helps customers: finds orders, edits, resends and reopens tickets"),
    }
