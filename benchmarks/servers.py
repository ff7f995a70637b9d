"""The real server for a benchmark, on either engine, with durable settings and data on a disk."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.live_server import LiveServer, running_server
from tests.postgres import running_postgres

DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


@contextmanager
def serving(engine: str, **variables: str) -> Iterator[LiveServer]:
    """Two workers on a fresh installation with the demo in it, until the block ends."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if engine == "postgresql":
            postgres = stack.enter_context(running_postgres(on_disk=True, **DURABLE))
            variables["PASSALONG_DATABASE_URL"] = postgres.create("passalong")
        yield stack.enter_context(
            running_server(folder, **{"PASSALONG_ACCESS_LOG": "no", **variables})
        )
