"""Serves the site, with the standard library alone.

`server.py <open socket> <Passalong's address> <shop>`
"""

import html
import os
import signal
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

FILES: Final = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/site.css": ("site.css", "text/css; charset=utf-8"),
    "/river.svg": ("river.svg", "image/svg+xml"),
}


def server_of(listening: socket.socket, base_url: str, slug: str) -> ThreadingHTTPServer:
    """A server of the site on a socket that listens already."""
    folder = Path(__file__).parent
    words = {"{{ passalong }}": base_url, "{{ shop }}": slug}
    answers: dict[str, tuple[str, bytes]] = {}
    for path, (name, kind) in FILES.items():
        text = (folder / name).read_text(encoding="utf-8")
        for word, value in words.items():
            text = text.replace(word, html.escape(value))
        answers[path] = (kind, text.encode())

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, body = answers.get(self.path.partition("?")[0], ("text/plain", b"Nothing here"))
            self.send_response(404 if kind == "text/plain" else 200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("X-Content-Type-Options", "nosniff")
            # All that a site with a strict policy has to allow for Passalong.
            self.send_header(
                "Content-Security-Policy",
                f"default-src 'none'; img-src 'self' data:; style-src 'self'; "
                f"script-src {base_url}; frame-src {base_url}",
            )
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet: the terminal is the server's."""

    host, port = listening.getsockname()[:2]
    server = ThreadingHTTPServer((host, port), Handler, bind_and_activate=False)
    server.daemon_threads = True
    server.socket.close()
    server.socket = listening
    server.server_name, server.server_port = host, port
    return server


def main() -> None:
    """Serve until the process that started this one is gone."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl+C is meant for all, and no error
    number, base_url, slug, parent = sys.argv[1:]
    threading.Thread(target=_end_with, args=(int(parent),), daemon=True).start()
    with socket.socket(fileno=int(number)) as listening:
        server_of(listening, base_url, slug).serve_forever()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


if __name__ == "__main__":
    main()
