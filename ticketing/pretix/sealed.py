"""pretix's API token at rest: a copy of the database gives no way into anybody's pretix."""

from ticketing.vault import sealing
from ticketing.vault.sealing import Unsealable

__all__ = ["Unsealable", "seal", "unseal"]

_PURPOSE = "pretix token"


def seal(token: str, link_id: int) -> str:
    """The token as the connection with this link id keeps it."""
    return sealing.seal(token, _PURPOSE, _bound_to(link_id))


def unseal(kept: str, link_id: int) -> str:
    """The token itself; raises `Unsealable`."""
    return sealing.unseal(kept, _PURPOSE, _bound_to(link_id))


def _bound_to(link_id: int) -> str:
    return f"pretix connection {link_id}"
