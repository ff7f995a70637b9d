"""Passalong turns a group order into personal tickets."""

import sqlite3
from collections.abc import Mapping
from typing import Any

from flask import Flask

from ticketing import api, metrics, web
from ticketing.carried import tickets_pdf
from ticketing.commands import cli
from ticketing.config import PROJECT, Settings
from ticketing.extensions import babel, csrf, db, mail, security
from ticketing.models import Role, User
from ticketing.organising import event_previews
from ticketing.pretix import handlers as pretix
from ticketing.running import logs
from ticketing.storing import installation, reading, transactions
from ticketing.vault import keys
from ticketing.webhooks import sending as webhooks
from ticketing.words import catalogues


def create_app(
    overrides: Mapping[str, Any] | None = None, settings: Settings | None = None
) -> Flask:
    """Put the parts together: an app for these settings (default: the environment's).

    `overrides` are Flask's own configuration values, for tests. Raises `config.BadSetting`.
    """
    settings = settings or Settings.from_environment()
    logs.set_up(settings.log_format)
    settings.instance_path.mkdir(parents=True, exist_ok=True)
    app = Flask(
        "ticketing",
        instance_path=str(settings.instance_path),
        template_folder=str(PROJECT / "templates"),
        static_folder=str(PROJECT / "static"),
    )
    app.extensions["passalong.settings"] = settings
    metrics.init_app(app)
    app.extensions["passalong.keys"] = found = keys.load(settings)
    app.config.update(
        SECRET_KEY=found.session.hex(),
        SQLALCHEMY_DATABASE_URI=settings.sqlalchemy_url,
        SQLALCHEMY_ENGINE_OPTIONS=transactions.engine_options(settings),
        MAX_CONTENT_LENGTH=2 * 1024 * 1024,
        MAIL_SERVER=settings.mail_server,
        MAIL_PORT=settings.mail_port,
        MAIL_USE_TLS=settings.mail_starttls,
        MAIL_USE_SSL=settings.mail_ssl,
        MAIL_USERNAME=settings.mail_username or None,
        MAIL_PASSWORD=settings.mail_password or None,
        MAIL_DEFAULT_SENDER=settings.mail_sender,
        **web.session_settings(settings),
        **web.sign_in_settings(found),
    )
    app.config.update(overrides or {})
    db.init_app(app)
    with app.app_context():
        transactions.prepare(db.engine)
        reading.init_app(app, settings)
    installation.init_app(app)
    mail.init_app(app)
    babel.init_app(app, locale_selector=web.select_locale)
    catalogues.init_app(app, babel, settings)
    csrf.init_app(app)
    web.init_sign_in(app, security, db, User, Role)
    web.init_app(app, settings)
    api.init_app(app)
    tickets_pdf.init_app(app, settings)
    event_previews.init_app(app, settings)
    webhooks.register()
    pretix.register()
    cli.init_app(app)
    _warn_of_old_sqlite(app)
    return app


def _warn_of_old_sqlite(app: Flask) -> None:
    """Below 3.51.3 a crash at the wrong moment can reset the WAL: https://sqlite.org/wal.html."""
    if (
        app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite")
        and sqlite3.sqlite_version_info < (3, 51, 3)
        and not app.testing
    ):
        app.logger.warning(
            "SQLite %s has a known WAL fault, mended in 3.51.3; update it where you can.",
            sqlite3.sqlite_version,
        )
