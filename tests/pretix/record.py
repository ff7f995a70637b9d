"""Records a real pretix's answers for the tests that have none: `python -m tests.pretix.record`.

Needs a pretix as `real.py` finds it, and writes `recorded/*.json` and `recorded/README.md`.
"""

import datetime as dt
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.pretix.real import VARIABLE, Pretix, interpreter, name, running_pretix

RECORDED = Path(__file__).with_name("recorded")

README = """# What a real pretix answered

pretix {version}, recorded on {day} by `python -m tests.pretix.record`: that starts a pretix
installed from PyPI on SQLite, fills it (`seed.py`), has things happen to its orders over its own
REST API, and writes down what it answers, unchanged: `{{"request", "status", "body"}}`. Its
tokens, secrets and addresses were those of a pretix that lived for a minute.
"""


def record(pretix: Pretix) -> None:
    def keep(file: str, method: str, path: str, body: Any = None, **named: Any) -> Any:
        answer = pretix.ask(method, path, body, **named)
        kept = {"request": f"{method} {path}", "sent": body, "status": answer.status}
        if body is None:
            del kept["sent"]
        kept["body"] = answer.body
        text = json.dumps(kept, indent=1, ensure_ascii=False)
        (RECORDED / f"{file}.json").write_text(text + "\n")
        print(f"{file}: {method} {path}: {answer.status}")
        return answer.body

    keep("event", "GET", "")
    keep("items", "GET", "items/?ordering=position&page=1&page_size=50")
    keep("settings", "GET", "settings/")
    keep("wrong_token", "GET", "", token="wrong")
    keep("no_rights", "GET", "orders/", token=str(pretix.seeded["powerless"]))
    keep("no_organizer", "GET", "/api/v1/organizers/nobody/events/summer/")
    keep("organizers", "GET", "/api/v1/organizers/")
    keep("no_event", "GET", "/api/v1/organizers/festival/events/winter/")

    # Two named, one with an address; one not named; and something that is no ticket.
    order = pretix.order(
        pretix.adult(attendee_name_parts=name("Anna", "Visser"), attendee_email="anna@example.org"),
        pretix.adult(attendee_name_parts=name("Kim", "Visser")),
        pretix.friday(),
        pretix.shirt(),
    )
    code = order["code"]
    _first, second, third, _shirt = (each["id"] for each in order["positions"])
    keep("paid", "GET", f"orders/{code}/")
    keep("position", "GET", f"orderpositions/{third}/")
    written = {
        "attendee_name_parts": name("Vera", "Visitor"),
        "attendee_email": "vera@example.org",
    }
    keep("position_written", "PATCH", f"orderpositions/{third}/", written)
    keep("position_refused", "PATCH", f"orderpositions/{third}/", {"attendee_email": "nobody"})
    keep("modified", "GET", f"orders/{code}/")
    pretix.ask("DELETE", f"orderpositions/{second}/")
    pretix.do("POST", "orderpositions/", {"order": code, "price": "0.00", **pretix.friday()})
    keep("changed", "GET", f"orders/{code}/")
    keep("position_cancelled", "GET", f"orderpositions/{second}/")
    pretix.do("POST", f"orders/{code}/mark_canceled/", {"send_email": False})
    keep("cancelled", "GET", f"orders/{code}/")
    pretix.do("POST", f"orders/{code}/reactivate/")
    keep("reactivated", "GET", f"orders/{code}/")
    keep("no_order", "GET", "orders/NOBODY/")

    pending = pretix.order(pretix.adult(), status="n")["code"]
    keep("pending", "GET", f"orders/{pending}/")
    pretix.do("POST", f"orders/{pending}/mark_paid/")
    keep("pending_paid", "GET", f"orders/{pending}/")
    pretix.order(pretix.shirt())
    keep(
        "orders",
        "GET",
        "orders/?status=p&ordering=datetime&page=1&page_size=50",
    )
    keep(
        "orders_first",
        "GET",
        "orders/?status=p&ordering=datetime&page=1&page_size=2",
    )


def main() -> None:
    python = interpreter()
    if python is None:
        sys.exit(f"Say in {VARIABLE} where the Python is that has pretix.")
    RECORDED.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_pretix(Path(folder), python) as pretix,
    ):
        record(pretix)
        day = dt.datetime.now(dt.UTC).date()
        (RECORDED / "README.md").write_text(README.format(version=pretix.version, day=day))


if __name__ == "__main__":
    main()
