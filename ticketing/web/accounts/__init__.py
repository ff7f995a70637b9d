"""Pages about accounts for people who needn't be signed in: an invitation, a forgotten password,
the second step of signing in, another email address.

They have sessions, and their forms carry the session's token, as the sign-in page does.
"""

from importlib import import_module

from ticketing.web.accounts.blueprint import blueprint

for room in ("invitation", "password", "second_step", "email"):
    import_module(f"{__name__}.{room}")

__all__ = ["blueprint"]
