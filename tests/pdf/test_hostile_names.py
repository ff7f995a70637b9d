"""Somebody types markup where a name belongs: it is printed, and nothing else happens."""

from __future__ import annotations

import http.server
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import hostile
from tests.fuzzing import some
from ticketing.pdf import render

from . import sheets
from .sheets import ticket

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = [
    "<img src=file:///etc/passwd>",
    '<img src="http://127.0.0.1:{port}/a.png">',
    '</p><pdf:include src="file:///etc/passwd"/>',
    '<pdf:insertpdf src="/etc/passwd"></pdf:insertpdf>',
    '</pdf:marks><pdf:marks n="0"></pdf:marks>',
    '<link rel="stylesheet" href="http://127.0.0.1:{port}/b.css">',
    "<style>@import url(http://127.0.0.1:{port}/c.css);</style>",
    "<style>@font-face {{ font-family: x; src: url(file:///etc/hostname) }}</style>",
    "</style></head><body background='http://127.0.0.1:{port}/d.png'>",
    "<svg><image href='http://127.0.0.1:{port}/e.svg'/></svg>",
    "&lt;b&gt; &amp; &#x3c;i&#x3e; %PDF ]]> {{{{ 7*7 }}}} ${{x}}",
    "\\) Tj ET (x) endstream endobj",
    "Robert'); DROP TABLE tickets;--",
]

# Renders the documents of standard input as HTML xhtml2pdf gets under our policy, and as tickets;
# says which files were opened and which connections tried.
WATCHED = """
import io, json, sys
from ticketing.pdf import Document, render
from ticketing.pdf import render as in_front
from ticketing.pdf.render import POLICY
from xhtml2pdf.document import pisaDocument
from tests.pdf.sheets import ticket
render(ticket())
pisaDocument("<p>warm</p><img src='x.png'>", io.BytesIO(), resource_policy=POLICY)
seen = []
def watch(event, args):
    if event == "open" and isinstance(args[0], (str, bytes)):
        seen.append(str(args[0]))
    elif event.startswith(("socket.", "subprocess.", "os.exec", "os.system", "os.posix_spawn")):
        seen.append(event)
sys.addaudithook(watch)
for text in json.load(sys.stdin):
    render(ticket(holder=text, event_name=text, place=text, ticket_type=text, organiser=text,
                  order_code=text, ticket_code=text, when=text))
    if "<" in text:
        pisaDocument(f"<html><body><p>{text}</p></body></html>", io.BytesIO(),
                     resource_policy=POLICY, raise_exception=False)
print(json.dumps(seen))
"""


class _Trap(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.paths.append(self.path)  # type: ignore[attr-defined]
        self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output quiet."""


@pytest.fixture
def trap() -> Iterator[http.server.ThreadingHTTPServer]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Trap)
    server.paths = []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("name", HOSTILE)
def test_markup_is_printed_as_text(name: str) -> None:
    name = name.format(port=1)
    pdf = render(ticket(holder=name))
    assert sheets.pages(pdf) == 1
    assert sheets.squeezed(name) in sheets.squeezed(sheets.text(pdf))


def test_no_file_is_opened_and_nobody_called(trap: http.server.ThreadingHTTPServer) -> None:
    names = [name.format(port=trap.server_address[1]) for name in HOSTILE]
    names += some(hostile.legal(), one_in=4)
    run = subprocess.run(
        [sys.executable, "-c", WATCHED],
        input=json.dumps(names),
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    opened = json.loads(run.stdout)
    libraries = (sys.prefix, sys.base_prefix, str(ROOT / "ticketing"), str(ROOT / "tests"))
    assert [name for name in opened if not name.startswith(libraries)] == []
    assert trap.paths == []  # type: ignore[attr-defined]


def test_a_worker_can_neither_call_nor_read() -> None:
    """The second lock, should xhtml2pdf's own policy ever have a hole."""
    script = """
import socket, subprocess, sys
sys.path.insert(0, "ticketing/pdf")
import worker
worker.lock_down()
refused = 0
for attempt in (
    lambda: open("/etc/passwd"),
    lambda: open("/etc/hostname", "rb"),
    lambda: socket.create_connection(("127.0.0.1", 9), 1),
    lambda: socket.getaddrinfo("example.org", 80),
    lambda: subprocess.run(["true"]),
):
    try:
        attempt()
    except PermissionError:
        refused += 1
open(worker.__file__).close()
print(refused)
"""
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert run.stdout.strip() == "5"
