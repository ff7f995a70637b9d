"""Making the instance folder and the database ready, once, however many processes start."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from flask_migrate import upgrade

from ticketing.config import settings


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Only one process of this installation is inside; the others wait.

    The system lifts the lock when its process dies.
    """
    with (settings().instance_path / "setup.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def migrate() -> None:
    """Bring the database to the newest migration. Needs an application context."""
    with one_at_a_time():
        upgrade()
