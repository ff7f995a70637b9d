"""Delivery in processes of its own, which may be killed."""

import datetime as dt
import os
import subprocess
import sys
from collections.abc import Callable

from tests.installations import variables_of
from tests.smtp import SmtpServer
from ticketing.config import PROJECT, Settings
from ticketing.models import now


def start(
    settings: Settings, server: SmtpServer, *arguments: str, **environment: str
) -> subprocess.Popen[str]:
    """`flask outbox …` on the test's installation; more of its environment may be given."""
    return subprocess.Popen(
        [sys.executable, "-m", "flask", "outbox", *arguments],
        cwd=PROJECT,
        env={
            **{key: value for key, value in os.environ.items() if not key.startswith("PASSALONG_")},
            **server.environment(),
            **variables_of(settings),
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def later(**by: float) -> Callable[[], dt.datetime]:
    """A clock that is ahead."""
    return lambda: now() + dt.timedelta(**by)
