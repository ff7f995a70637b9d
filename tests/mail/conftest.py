"""Every test here has a real mail server, and an installation that delivers to it."""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.smtp import SmtpServer, smtp_server
from ticketing.config import Settings
from ticketing.pdf import Renderer

__all__ = ["smtp_server"]


@pytest.fixture
def settings(settings: Settings, smtp_server: SmtpServer) -> Settings:
    return smtp_server.settings(settings)


@pytest.fixture(scope="session")
def renderer() -> Iterator[Renderer]:
    """The processes that make PDFs; starting them takes longer than what they do here."""
    renderer = Renderer(workers=1)
    yield renderer
    renderer.close()


@pytest.fixture
def app(app: Flask, renderer: Renderer) -> Flask:
    app.extensions["passalong.pdf_renderer"] = renderer
    return app


@pytest.fixture
def server(smtp_server: SmtpServer, app: Flask) -> SmtpServer:
    """The mail server of a running installation."""
    return smtp_server
