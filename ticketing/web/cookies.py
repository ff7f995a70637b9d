"""Sessions where somebody can be signed in, and none elsewhere."""

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin

from ticketing.web import protection


def init_app(app: Flask) -> None:
    app.session_interface = _Sessions()


class _Sessions(SecureCookieSessionInterface):
    """Neither reads nor writes a cookie where none counts."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if protection.knows_no_cookie(request.path):
            return SecureCookieSession()  # though extensions look into it on every page
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if not protection.knows_no_cookie(request.path):
            super().save_session(app, session, response)
