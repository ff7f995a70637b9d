"""The site of a festival that isn't: how Passalong looks inside somebody's own pages.

`uv run app.py` serves it on another port and under another name, so that to a browser it is another
site. It is plain files, as a shop's own site may be; all that is Passalong's in it is the script
and the element that the backoffice hands out.
"""

import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_OTHER_NAME: Final = {"127.0.0.1": "localhost", "::1": "localhost", "localhost": "127.0.0.1"}


@dataclass(frozen=True, slots=True)
class Site:
    """A place that is kept for the site until it is served there."""

    origin: str
    listening: socket.socket

    def serve(self, base_url: str, slug: str) -> "subprocess.Popen[bytes]":
        """Serve it in a process of its own, which ends with this one; exec included."""
        number = self.listening.fileno()
        server = Path(__file__).with_name("server.py")
        return subprocess.Popen(  # noqa: S603 - nothing from outside
            [sys.executable, str(server), str(number), base_url, slug, str(os.getpid())],
            stdin=subprocess.DEVNULL,
            pass_fds=(number,),
        )


def keep_place(host: str, port: int, *, called: str) -> Site | None:
    """Where the site will be: bound like the server itself; None if there is no room for it.

    `called` is what people type to reach the server; the site has another name on this machine.
    """
    if not 0 < port < 65_536:
        return None
    name = _OTHER_NAME.get(called.strip("[]"), called)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family)
    except OSError:
        return None
    return Site(f"http://{name}:{port}", listening)
