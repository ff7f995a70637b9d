"""What a ticket's PDF costs, against reportlab drawing the same content directly.

    uv run python -m benchmarks.ticket_pdf

Ratios are of processor time in this one run; the best of several rounds, which the machine's other
work disturbs least. The pool's and the server's are of what was done within some seconds.
"""

from __future__ import annotations

import dataclasses
import io
import itertools
import threading
import time
from collections.abc import Callable

from reportlab.lib.colors import HexColor
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from benchmarks.processes import Spent, spent
from benchmarks.servers import serving
from tests import claiming, clients
from tests.pdf.sheets import LABELS, SHEET, document, ticket
from ticketing import create_app
from ticketing.carried.qr import qr_png
from ticketing.pdf import Document, Renderer, render
from ticketing.pdf.draw import BOLD, FAMILY

SECONDS = 3.0
ASKING = 8  # clients at once of the server
STATIC = "/static/app.css"  # of about a ticket's size


def directly(wanted: Document) -> bytes:
    """The same words, shapes and code on the same page, by reportlab alone.

    No measuring, no shaping, no shrinking: every place and every line break is given.
    """
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(595, 842))
    canvas.setTitle(wanted.title)

    def put(x: float, y: float, text: str, size: float, bold: bool = False) -> None:
        canvas.setFont(BOLD if bold else FAMILY, size)
        canvas.drawString(x, y, text)

    for sheet in wanted.sheets:
        canvas.setFillColor(HexColor(sheet.colour))
        canvas.rect(0, 610, 595, 232, stroke=0, fill=1)
        canvas.setFillColor(HexColor("#ffffff"))
        put(48, 787, sheet.organiser, 13, bold=True)
        put(507, 787, LABELS["title"], 13)
        put(48, 645, sheet.event_name, 30, bold=True)
        canvas.setFillColor(HexColor("#15181c"))
        rows = (
            ("holder", [sheet.holder or ""], 25, True),
            ("ticket_type", [sheet.ticket_type], 13, True),
            ("when", [sheet.when], 13, False),
            ("place", sheet.place.split("\n"), 13, False),
            ("order", [sheet.order_code], 13, True),
        )
        y = 570.0
        for label, lines, size, bold in rows:
            put(48, y, LABELS[label], 8.5)
            for line in lines:
                y -= size * 1.22
                put(48, y, line, size, bold)
            y -= 28
        canvas.roundRect(359, 388, 188, 188, 8)
        canvas.drawImage(ImageReader(io.BytesIO(qr_png(sheet.barcode))), 363, 392, 180, 180)
        put(400, 355, sheet.ticket_code, 21, bold=True)
        put(395, 340, LABELS["scan"], 9.5)
        canvas.setDash(3, 3)
        canvas.line(66, 162, 547, 162)
        canvas.setDash()
        put(48, 140, LABELS["personal"], 8.5)
        put(48, 124, LABELS["page"], 8.5)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def cost(job: Callable[[], object], rounds: int = 30) -> float:
    """Milliseconds of processor time, at best."""
    job()
    best = float("inf")
    for _ in range(rounds):
        started = time.process_time()
        job()
        best = min(best, time.process_time() - started)
    return best * 1000


def pool_of(workers: int) -> tuple[float, Spent, int]:
    """Tickets a second, what they cost, and how many they were."""
    renderer = Renderer(workers=workers)
    asked(renderer, workers * 2, 2.0)  # every worker has started
    with spent() as cost:
        done = asked(renderer, workers * 2, SECONDS)
    renderer.close()
    return done / SECONDS, cost, done


def asked(renderer: Renderer, asking: int, seconds: float) -> int:
    """How many tickets so many who ask again and again have got."""
    done = [0] * asking
    until = time.perf_counter() + seconds

    def ask(number: int) -> None:
        while time.perf_counter() < until:
            renderer.render(ticket(holder=f"Holder {number} {done[number]}"))
            done[number] += 1

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(asking)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done)


def made_before(path: str, address: tuple[str, int]) -> tuple[float, float]:
    """Requests a second, and milliseconds of the server's processor time each."""
    request = clients.get(path)
    clients.ask(address, *[clients.for_seconds(1, itertools.repeat(request))] * 4)
    with spent() as cost:
        each_asks = [clients.for_seconds(SECONDS, itertools.repeat(request)) for _ in range(ASKING)]
        answers = clients.flat(clients.ask(address, *each_asks))
    assert {each.status for each in answers} == {200}
    print(f"  {path[:3]}…: {len(answers[0].body)} bytes, {clients.waits(answers)}")
    return len(answers) / SECONDS, cost.servers / len(answers) * 1000


def show(what: str, one: float, other: float, unit: str, wanted: str) -> None:
    print(f"{what}: {one:.2f} {unit} to {other:.2f} {unit} = {one / other:.2f} (wanted {wanted})")


def over_http() -> None:
    """A ticket that was made already, to a static file, by the same server."""
    with serving("sqlite") as server:
        app = create_app({"TESTING": True}, server.settings)
        address = clients.address_of(server)
        (shared,) = claiming.shared_links(app, 1)
        ((claimed,),) = clients.ask(address, claiming.filled_in(address, [shared]))
        own = made_before(f"{claimed.location}/ticket.pdf", address)
        static = made_before(STATIC, address)
    show("made already, the static file to it", static[0], own[0], "requests/s", "as static files")
    show("  the same, its processor time to the file's", own[1], static[1], "ms", "as static files")


def main() -> None:
    one = ticket()
    ten = document(
        *(
            dataclasses.replace(SHEET, holder=f"Zoë Łukasiewicz {n}", barcode=f"{n:02}" * 60)
            for n in range(10, 20)
        )
    )
    own, reportlab = cost(lambda: render(one)), cost(lambda: directly(one))
    own_ten, reportlab_ten = cost(lambda: render(ten), 10), cost(lambda: directly(ten), 10)
    show("one ticket, ours to reportlab", own, reportlab, "ms", "≤ 2.5")
    show("ten tickets, ours to reportlab", own_ten, reportlab_ten, "ms", "≤ 2.5")
    show("ours, ten tickets to one", own_ten, own, "ms", "≤ 5")
    scripts = cost(lambda: render(ticket(holder="山田 太郎 محمد श्रीकृष्ण 👩‍🚒", event_name="夏祭り")))
    show("shaped scripts to plain Latin", scripts, own, "ms", "no limit")

    # In turns, the best of three each: the machine's other work should not choose a side.
    pools = [(pool_of(1), pool_of(2)) for _ in range(3)]
    single, pair = (max(side, key=lambda each: each[0]) for side in zip(*pools, strict=True))
    show("two workers to one", pair[0], single[0], "tickets/s", "≥ 1.8 on two free cores")
    _rate, total, done = pair
    print(
        f"  a ticket: in its process {total.servers / done * 1000:.2f} ms, "
        f"in the one that asks {total.own / done * 1000:.2f} ms"
    )
    over_http()
    print(f"bytes: one {len(render(one))}, ten {len(render(ten))}")


if __name__ == "__main__":
    main()
