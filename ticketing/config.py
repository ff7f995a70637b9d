"""Every setting of an installation, read from `PASSALONG_*` variables and checked at start."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from flask import current_app

from ticketing.running import logs

PROJECT = Path(__file__).resolve().parent.parent

_ADDRESS = r"[^\s<>@\x00-\x1f]+@[^\s<>@\x00-\x1f]+"
_CONTACT = rf"mailto:{_ADDRESS}|https://[^\s<>\x00-\x1f]+"


class BadSetting(ValueError):
    """A variable holds something that the software can't work with."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What `PASSALONG_*` variables say; each field's name is the variable's, in lower case."""

    instance_path: Path = PROJECT / "instance"
    base_url: str = "http://127.0.0.1:8000"
    database_url: str = ""  # empty: SQLite in the instance folder
    database_connections: int = 20  # to PostgreSQL, of one process at most
    mail_server: str = ""  # empty: nothing is sent, mails stay readable in the backoffice
    mail_port: int = 587
    mail_starttls: bool = True
    mail_ssl: bool = False
    mail_username: str = ""
    mail_password: str = field(default="", repr=False)
    mail_sender: str = "tickets@localhost"
    # "2:hex,1:hex", the first makes new links; empty: instance/secrets.json
    link_keys: str = field(default="", repr=False)
    proxies: int = 0  # how many reverse proxies stand in front and set X-Forwarded-*
    pdf_workers: int = 1  # processes that draw PDFs, of each server process
    workers: int = 2  # server processes; read by server.py too
    streams: int = 10_000  # open overviews that one process serves live; the others poll
    access_log: bool = True  # one line a request, without links; read by server.py too
    log_format: str = "text"  # or "json", one object a line; read by server.py too
    drain_seconds: int = 0  # how long /readyz says 503 before the server stops; read by server.py
    # Who shows it may read /metrics; empty: only this machine may, and only without proxies.
    metrics_token: str = field(default="", repr=False)
    # Whom to tell of a hole, at /.well-known/security.txt; empty: there is none.
    security_contact: str = ""
    # Where the words of other languages are, and whether those that aren't complete are spoken:
    # for translators.
    translations: Path = PROJECT / "ticketing" / "translations"
    unfinished_languages: bool = False
    styleguide: bool = False
    two_step_required: bool = False  # of everybody who signs in to the backoffice
    # Whether organisers' webhooks and shops may be called inside our own network, and without
    # TLS: for development.
    allow_private_targets: bool = False

    @property
    def secure(self) -> bool:
        """Whether people reach the installation over HTTPS."""
        return self.base_url.startswith("https://")

    @property
    def sqlalchemy_url(self) -> str:
        """Where the data lie, as SQLAlchemy writes it; PostgreSQL is spoken to by psycopg 3."""
        if not self.database_url:
            return f"sqlite:///{self.instance_path / 'passalong.db'}"
        return re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", self.database_url)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Read the settings; raises `BadSetting` with the variable's name."""
        given: dict[str, object] = {}
        for each in fields(cls):
            variable = f"PASSALONG_{each.name.upper()}"
            raw = environ.get(variable)
            if raw is None or raw == "":
                continue
            given[each.name] = _parse(variable, raw, type(each.default))
        settings = cls(**given)  # type: ignore[arg-type]
        settings._check()
        return settings

    def _check(self) -> None:
        if not re.fullmatch(r"https?://([\w.-]+|\[[\da-fA-F:.]+\])(:\d{1,5})?/?", self.base_url):
            raise BadSetting("PASSALONG_BASE_URL must look like https://tickets.example.org")
        if self.database_connections < 1:
            raise BadSetting("PASSALONG_DATABASE_CONNECTIONS must be at least 1")
        if self.base_url.endswith("/"):
            object.__setattr__(self, "base_url", self.base_url.rstrip("/"))
        if self.mail_ssl and self.mail_starttls and self.mail_server:
            # SMTP over TLS from the first byte needs no STARTTLS; asking for it would fail.
            object.__setattr__(self, "mail_starttls", False)
        if not re.fullmatch(_ADDRESS, self.mail_sender):
            raise BadSetting("PASSALONG_MAIL_SENDER must be an email address")
        if re.fullmatch(_ADDRESS, self.security_contact) and ":" not in self.security_contact:
            object.__setattr__(self, "security_contact", f"mailto:{self.security_contact}")
        if self.security_contact and not re.fullmatch(_CONTACT, self.security_contact):
            raise BadSetting(
                "PASSALONG_SECURITY_CONTACT must be an email address or begin with https://"
            )
        if self.log_format not in logs.FORMATS:
            raise BadSetting(f"PASSALONG_LOG_FORMAT must be one of {', '.join(logs.FORMATS)}")


def _parse(variable: str, raw: str, kind: type) -> object:
    if kind is bool:
        if raw.lower() in {"1", "true", "yes", "on"}:
            return True
        if raw.lower() in {"0", "false", "no", "off"}:
            return False
        raise BadSetting(f"{variable} must be yes or no, not {raw!r}")
    if kind is int:
        if not raw.isdecimal():
            raise BadSetting(f"{variable} must be a whole number, not {raw!r}")
        return int(raw)
    if issubclass(kind, Path):
        return Path(raw).expanduser().resolve()
    return raw


def settings() -> Settings:
    """The running app's settings."""
    found = current_app.extensions["passalong.settings"]
    assert isinstance(found, Settings)  # noqa: S101 - tells the type checker what create_app put there
    return found
