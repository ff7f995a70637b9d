"""`uv run app.py`: everything made ready, the demo's links said, then the real server."""

import os
import socket
import subprocess
import sys
from contextlib import closing
from typing import NoReturn

from flask import Flask

from ticketing import create_app
from ticketing.config import PROJECT, BadSetting, Settings
from ticketing.storing.installation import OtherKeys, migrate, one_at_a_time
from ticketing.trying import demo
from ticketing.trying.demo_site import keep_place


class CannotStart(Exception):
    """What is in the way, in one line."""


def main() -> NoReturn:
    """Make ready and become the server; exits with 1 where that is impossible."""
    try:
        host, port = _address()
        os.environ.setdefault("PASSALONG_BASE_URL", f"http://{_shown(host)}:{port}")
        os.environ.setdefault("PASSALONG_ACCESS_LOG", "no")  # the demo's links stay in sight
        example = _example_port(port)
        settings = Settings.from_environment()
        _check_free(host, port)
        app = create_app(settings=settings)
        found = make_ready(app)
        site = keep_place(host, example, called=_shown(host)) if found and example else None
        if site:
            with app.app_context():
                demo.let_frame(site.origin)
        _say(found, settings, site.origin if site else "")
    except (BadSetting, CannotStart, OtherKeys) as problem:
        sys.exit(f"Passalong can't start: {problem}")
    _deliver_meanwhile()
    if site:
        site.serve(settings.base_url, demo.SLUG)
    # A fresh interpreter: gevent has to patch it before anything of ours is imported.
    os.chdir(PROJECT)
    command = [sys.executable, "-m", "gunicorn", "-c", "ticketing/server.py", "app:app"]
    os.execv(sys.executable, command)  # noqa: S606 - no shell, nothing from outside


def make_ready(app: Flask) -> demo.Demo | None:
    """Database and, in an empty one, the demo; returns it unless this is a real installation."""
    with app.app_context():
        migrate()
        with one_at_a_time():
            in_earnest = demo.holds_an_organiser() and not demo.is_there()
        return None if in_earnest else demo.demo()


def _address() -> tuple[str, int]:
    port = os.environ.get("PORT") or "8000"
    if not port.isdecimal() or not 0 < int(port) < 65_536:
        raise BadSetting(f"PORT must be a number from 1 to 65535, not {port!r}")
    return os.environ.get("HOST") or "127.0.0.1", int(port)


def _example_port(port: int) -> int:
    """Where the example of a shop's own site is served; 0 for nowhere."""
    asked = os.environ.get("EXAMPLE_PORT") or str(port + 77)
    if not asked.isdecimal():
        raise BadSetting(f"EXAMPLE_PORT must be a number, 0 for no example, not {asked!r}")
    return int(asked)


def _shown(host: str) -> str:
    """What to type into a browser on this machine."""
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _check_free(host: str, port: int) -> None:
    """gunicorn would try for five seconds and tell it less clearly."""
    with closing(socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotStart(
                f"{host}:{port} can't be used ({error.strerror}). "
                "Stop what is running there, or set PORT to another number."
            ) from error


def _deliver_meanwhile() -> None:
    """Mails, where there is a server for them, and calls to other programs."""
    # exec keeps the process id, so the server will be this process's parent.
    command = [sys.executable, "-m", "flask", "outbox", "--watch", "--child-of", str(os.getpid())]
    subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.DEVNULL)  # noqa: S603


def _say(found: demo.Demo | None, settings: Settings, example: str) -> None:
    lines = ["", "Passalong is starting.", ""]
    if found is None:
        lines += [f"  Backoffice  {settings.base_url}/backoffice"]
    else:
        mails = (
            f"handed to {settings.mail_server}"
            if settings.mail_server
            else f"to read at {found.backoffice_url}/outbox (no mail server is set)"
        )
        lines += [
            f"  Shop        {found.shop_url}",
            f"  Overview    {found.overview_url}",
            f"  Backoffice  {found.backoffice_url}",
            f"              {found.email}",
            f"              {found.password}",
            f"  Mails       {mails}",
            *([f"  Example     {example} (a shop's own site with ours inside)"] if example else []),
        ]
    lines += ["", "Stop it with Ctrl+C.", ""]
    print("\n".join(lines), flush=True)  # noqa: T201
