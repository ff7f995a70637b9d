"""Who may call: `Authorization: Bearer <key>`, each key with its organiser and its scopes."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, Final, ParamSpec, TypeVar

from flask import g, request
from flask_babel import gettext as _

from ticketing.api.answers import REQUEST, ApiError
from ticketing.members import api_keys
from ticketing.models import ApiKey
from ticketing.running import security_log
from ticketing.web.around import noted

READ: Final = api_keys.READ
WRITE: Final = api_keys.WRITE
DOOR: Final = api_keys.DOOR

P = ParamSpec("P")
R = TypeVar("R")


def needs(scope: str) -> Callable[[Callable[Concatenate[ApiKey, P], R]], Callable[P, R]]:
    """A view for keys with this scope; it gets the key as its first argument."""

    def decorate(view: Callable[Concatenate[ApiKey, P], R]) -> Callable[P, R]:
        @wraps(view)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            return view(_key_with(scope), *args, **kwargs)

        return checked

    return decorate


def _key_with(scope: str) -> ApiKey:
    kind, _space, plain = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        raise _refused(401, _("Please send your API key: Authorization: Bearer <key>."), "")
    key = api_keys.find(plain.strip())
    if key is None:
        noted.note(security_log.WRONG_KEY)
        # One answer for unknown, mistyped and revoked keys.
        raise _refused(401, _("This API key isn't valid."), ', error="invalid_token"')
    api_keys.note_use(key)
    g.api_key = key.id, key.organiser_id
    if scope not in key.scopes:
        noted.note(security_log.WRONG_KEY, key=key.id)
        raise _refused(
            403,
            _("This API key lacks the scope %(scope)s.", scope=scope),
            f', error="insufficient_scope", scope="{scope}"',
        )
    return key


def _refused(status: int, text: str, challenge: str) -> ApiError:
    """See https://www.rfc-editor.org/rfc/rfc6750#section-3."""
    header = f'Bearer realm="Passalong"{challenge}'
    return ApiError(status, {REQUEST: [text]}, {"WWW-Authenticate": header})
