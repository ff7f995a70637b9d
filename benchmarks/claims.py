"""Many people claim at once: the same ticket, and each another one.

    uv run python -m benchmarks.claims [--engine sqlite|postgresql] [--workers 2] [--clients 50]

Over HTTP against the real server, on each engine in turn: every client has opened a shared link,
filled in the form, and sends it in the same instant as all others; the clients share the machine.
"""

import argparse
from collections import Counter
from collections.abc import Sequence

from benchmarks.processes import spent
from benchmarks.servers import serving
from tests import clients
from tests.claiming import filled_in, shared_links
from tests.clients import Answer
from tests.installations import ENGINES
from ticketing import create_app

ROUNDS = 10  # of all at the same ticket
EACH = 6  # tickets that each client claims, one after the other

WON, TOO_LATE = 303, 409


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=ENGINES)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--clients", type=int, default=50)
    options = parser.parse_args()
    for engine in [options.engine] if options.engine else ENGINES:
        with serving(engine, PASSALONG_WORKERS=str(options.workers)) as server:
            print(f"{engine}, {options.workers} processes, {options.clients} clients:")
            app = create_app({"TESTING": True}, server.settings)
            address = clients.address_of(server)
            for path in shared_links(app, 4):  # what is loaded at first use would look like waiting
                clients.ask(address, *[filled_in(address, [path])] * options.workers * 2)
            same: list[Answer] = []
            for path in shared_links(app, ROUNDS):
                claims = filled_in(address, [path] * options.clients)
                answers = clients.flat(clients.ask(address, *[[claim] for claim in claims]))
                winners = sum(each.status == WON for each in answers)
                if winners != 1:
                    raise SystemExit(f"{winners} people have the same ticket")
                same += answers
            told(f"{ROUNDS} tickets, everybody at the same one", same)
            claims = filled_in(address, shared_links(app, options.clients * EACH))
            each_asks = [claims[n :: options.clients] for n in range(options.clients)]
            with spent() as cost:
                own = clients.flat(clients.ask(address, *each_asks))
            told("everybody at tickets of their own", own)
            print(f"  a claim: {cost.each(len(own))}")


def told(what: str, answers: Sequence[Answer]) -> None:
    counts = Counter(each.status for each in answers)
    errors = sum(count for status, count in counts.items() if status not in {WON, TOO_LATE})
    print(
        f"  {what}: {counts[WON]} won, {counts[TOO_LATE]} came too late, {errors} errors; "
        f"{clients.waits(answers)}"
    )


if __name__ == "__main__":
    main()
