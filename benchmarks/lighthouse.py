"""What Lighthouse says of four pages on a phone: an overview, a form, a ticket, a list of orders.

    uv run python -m benchmarks.lighthouse [--runs 3] [pages]

Needs npm and Chromium; npx fetches Lighthouse and the Node.js that it wants, in the versions
below. The real server answers, with two workers. Reports are written to `lighthouse/`.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from benchmarks.backoffice import Backoffice
from benchmarks.servers import serving
from tests import builders
from tests.browser.chromium import NAMES
from tests.live_server import LiveServer
from ticketing import create_app, links
from ticketing.config import PROJECT
from ticketing.extensions import db
from ticketing.models import Shop

REPORTS: Final = PROJECT / "lighthouse"
NPX: Final = ["npx", "--yes", "--package=node@22", "--package=lighthouse@13.5.0", "--"]
WANTED: Final = {"performance": 95, "accessibility": 100, "best-practices": 100}
METRICS: Final = {
    "first-contentful-paint": "FCP",
    "largest-contentful-paint": "LCP",
    "total-blocking-time": "TBT",
    "cumulative-layout-shift": "CLS",
}
ORDERS: Final = 50  # in the list


@dataclass(frozen=True)
class Page:
    url: str
    cookie: str = ""


def pages_of(server: LiveServer) -> dict[str, Page]:
    """Each page as people meet it: the overview of five, one ticket of it shared, one claimed."""
    overview = server.demo["overview_url"]
    with create_app({"TESTING": True}, server.settings).app_context():
        shop = db.session.scalars(select(Shop).where(Shop.slug == server.demo["shop"])).one()
        made = [builders.make_order(shop, tickets=5) for _ in range(ORDERS)]
        shared = builders.share(made[0].tickets[1])
        mine = links.ticket_token(builders.claim(made[0].tickets[0]))
    return {
        "overview": Page(overview),
        "form": Page(server.url + shared),
        "ticket": Page(f"{server.url}/t/{mine}"),
        "orders": Page(f"{server.url}/backoffice/orders", Backoffice(server).cookie),
    }


def look(page: Page, report: Path) -> dict[str, Any]:
    """One run, in a browser of its own; writes REPORT.html and returns what is in REPORT.json."""
    arguments = [
        f"--only-categories={','.join(WANTED)}",
        "--chrome-flags=--headless=new --no-sandbox --disable-background-networking",
        "--output=json",
        "--output=html",
        f"--output-path={report}",
        "--quiet",
    ]
    if page.cookie:
        arguments.append(f"--extra-headers={json.dumps({'Cookie': page.cookie})}")
    browser = os.environ.get("CHROME_PATH") or next(filter(None, map(shutil.which, NAMES)))
    environment = {**os.environ, "CHROME_PATH": browser}
    subprocess.run(
        [*NPX, "lighthouse", page.url, *arguments], check=True, env=environment, timeout=300
    )
    found: dict[str, Any] = json.loads(report.with_name(f"{report.name}.report.json").read_text())
    if found["finalDisplayedUrl"].partition("?")[0] != page.url:
        raise SystemExit(f"{page.url} led to {found['finalDisplayedUrl']}")
    return found


def scores(report: Mapping[str, Any]) -> dict[str, int]:
    return {name: round(report["categories"][name]["score"] * 100) for name in WANTED}


def objections(report: Mapping[str, Any]) -> set[str]:
    """Whatever costs points, but for how long something took: that is noise, and in the score."""
    costs = {
        each["id"]
        for name in ("accessibility", "best-practices")
        for each in report["categories"][name]["auditRefs"]
        if each["weight"] and report["audits"][each["id"]]["score"] not in {None, 1}
    }
    return {f"{each}: {report['audits'][each]['title']}" for each in costs}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*", help="overview, form, ticket, orders; all without")
    parser.add_argument("--runs", type=int, default=3, help="of each page, of which the median")
    options = parser.parse_args()
    REPORTS.mkdir(exist_ok=True)
    heads = [*WANTED, *METRICS.values()]
    with serving("sqlite") as server:
        print("page", *heads, sep="\t")
        for name, page in pages_of(server).items():
            if options.pages and name not in options.pages:
                continue
            runs = [look(page, REPORTS / f"{name}-{run + 1}") for run in range(options.runs)]
            figures = [
                f"{statistics.median(scores(run)[each] for run in runs):.0f}" for each in WANTED
            ]
            middle = sorted(runs, key=lambda run: scores(run)["performance"])[len(runs) // 2]
            times = [middle["audits"][each]["displayValue"] for each in METRICS]
            print(name, *figures, *times, sep="\t", flush=True)
            for each in sorted(set().union(*map(objections, runs))):
                print(f"  {each}", flush=True)
    print("wanted", *WANTED.values(), sep="\t")


if __name__ == "__main__":
    main()
