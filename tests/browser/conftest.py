"""One browser and one real server for all; for every test its own order, phones and desk."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import update

from tests import builders
from tests.browser.chromium import chromium
from tests.browser.people import Company
from tests.live_server import LiveServer, running_server
from tests.smtp import SmtpServer
from ticketing import create_app
from ticketing.models import Order, OutboxMail, now
from ticketing.storing.transactions import write

expect.set_options(timeout=10_000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def post_office() -> Iterator[SmtpServer]:
    """The mail server that the installation hands its mails to."""
    server = SmtpServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def server(
    browser: Browser, post_office: SmtpServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveServer]:
    """gunicorn with two workers, and the companion that delivers mails. None without a browser."""
    with running_server(
        tmp_path_factory.mktemp("browser"), **post_office.environment(), PASSALONG_WORKERS="2"
    ) as running:
        yield running


@pytest.fixture(scope="session")
def app_of_server(server: LiveServer) -> Flask:
    return create_app({"TESTING": True}, server.settings)


@pytest.fixture
def app(app_of_server: Flask) -> Iterator[Flask]:
    """An app of the tests' own on the server's database, for rules and look-ups."""
    with app_of_server.app_context():
        yield app_of_server


@pytest.fixture
def order_of_five(app: Flask) -> Order:
    return builders.make_order(tickets=5)


@pytest.fixture
def new_day(app: Flask) -> None:
    """What former tests asked for counts no more: mails are limited by day, for all tests at once.

    They share a server, a network address and often a mail address.
    """
    yesterday = now() - dt.timedelta(days=1, hours=1)
    with write() as session:
        session.execute(
            update(OutboxMail)
            .where(OutboxMail.created_at > yesterday)
            .values(created_at=yesterday)
            .execution_options(synchronize_session=False)
        )


@pytest.fixture
def company(browser: Browser, server: LiveServer, new_day: None) -> Iterator[Company]:
    """Whoever takes part in a test, each with a browser of their own."""
    with ExitStack() as open_until_then:
        yield Company(browser, server.url, open_until_then)


@pytest.fixture
def booker(company: Company) -> Page:
    return company.phone()


@pytest.fixture
def visitor(company: Company) -> Page:
    return company.phone()


@pytest.fixture
def new_visitor(company: Company) -> Callable[[], Page]:
    return company.phone


@pytest.fixture
def organiser(company: Company) -> Page:
    return company.desk()
