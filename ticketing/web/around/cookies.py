"""Sessions where somebody can be signed in, and none elsewhere; what signs them."""

import hashlib

import itsdangerous
from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin

from ticketing.web.around import protection

# For forms' tokens, links to a new password, known browsers and the shop's references as well.
# The library would sign with SHA-1, by which nobody forges anything yet (ASVS 11.4.1).
itsdangerous.Signer.default_digest_method = staticmethod(hashlib.sha256)


def init_app(app: Flask) -> None:
    app.session_interface = _Sessions()


class _Sessions(SecureCookieSessionInterface):
    """Neither reads nor writes a cookie where none counts."""

    digest_method = staticmethod(hashlib.sha256)

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if protection.knows_no_cookie(request.path):
            return SecureCookieSession()  # though extensions look into it on every page
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if not protection.knows_no_cookie(request.path):
            super().save_session(app, session, response)
