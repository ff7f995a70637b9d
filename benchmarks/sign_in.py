"""Whether the time of a refused sign-in tells which accounts there are.

    uv run python -m benchmarks.sign_in

Each kind of refusal in turn, over and over, with passwords hashed as in earnest: the median of
each, and how much those of one kind differ among themselves.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import delete

from tests import builders
from tests.backoffice.browsing import forms_in
from ticketing import create_app
from ticketing.config import Settings
from ticketing.members import attempts
from ticketing.models import LimitUse, Shop
from ticketing.storing.transactions import write

SIGN_IN = "/backoffice/sign-in"
ROUNDS = 40
KINDS = {
    "wrong password": "olga@example.org",
    "no such account": "nobody@example.org",
    "too many guesses": "guessed@example.org",
}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        app = create_app({"TESTING": True}, Settings(instance_path=Path(folder)))
        with app.app_context():
            upgrade()
            shop: Shop = builders.make_shop()
            builders.make_user(shop.organiser, email=KINDS["wrong password"], password="x" * 20)
            times = measured(app)
    medians = {kind: statistics.median(each) for kind, each in times.items()}
    for kind, each in times.items():
        quartiles = statistics.quantiles(each, n=4)
        print(
            f"{kind}: median {medians[kind]:.1f} ms, "
            f"half of them between {quartiles[0]:.1f} and {quartiles[2]:.1f}"
        )
    for kind in ("no such account", "too many guesses"):
        ours, theirs = medians[kind], medians["wrong password"]
        print(f"{kind} to wrong password: {ours:.1f} to {theirs:.1f} ms = {ours / theirs:.2f}")


def measured(app: Flask) -> dict[str, list[float]]:
    """{kind: milliseconds of each refused sign-in}."""
    client = app.test_client()
    token = forms_in(client.get(SIGN_IN).text)[SIGN_IN]["csrf_token"][0]
    times: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for _ in range(ROUNDS):
        for kind, email in KINDS.items():
            with write() as session:
                session.execute(delete(LimitUse))
            if kind == "too many guesses":
                while attempts.at_password(email, "192.0.2.1", "").allowed:
                    pass
            data = {"csrf_token": token, "email": email, "password": "wrong horse battery"}
            started = time.perf_counter()
            answer = client.post(SIGN_IN, data=data)
            times[kind].append((time.perf_counter() - started) * 1000)
            assert answer.status_code == 422
    return times


if __name__ == "__main__":
    main()
