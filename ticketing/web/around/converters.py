"""What may stand in an address: nothing that a database couldn't even be asked for."""

from typing import Any, Final

from flask import Flask
from werkzeug.routing import IntegerConverter, Map, UnicodeConverter

_LARGEST_ID: Final = 2**63 - 1


def init_app(app: Flask) -> None:
    """Before the first route is registered."""
    app.url_map.converters.update(int=_RowId, string=_Text, default=_Text)


class _RowId(IntegerConverter):
    """PostgreSQL has no larger numbers, so no row has such an id."""

    def __init__(self, map: Map, *args: Any, **kwargs: Any) -> None:
        super().__init__(map, *args, **{"max": _LARGEST_ID, **kwargs})


class _Text(UnicodeConverter):
    """PostgreSQL's texts hold no NUL."""

    def __init__(self, map: Map, *args: Any, **kwargs: Any) -> None:
        super().__init__(map, *args, **kwargs)
        self.regex = self.regex.replace("[^/]", r"[^/\0]")
