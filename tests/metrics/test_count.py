"""What is counted and measured, as somebody reads it at /metrics."""

import datetime as dt
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import builders
from tests.operation.service import read_numbers, sum_of
from ticketing import links, metrics, personalisation
from ticketing.carried import tickets_pdf
from ticketing.extensions import db
from ticketing.feed import live
from ticketing.history import By
from ticketing.models import Order, OutboxMail, Ticket, now
from ticketing.pdf import PoolBusy, Renderer
from ticketing.posting import delivery, mail_queue
from ticketing.refusals import AlreadyClaimed
from ticketing.storing import transactions
from ticketing.storing.transactions import Busy, write

Numbers = Callable[[], dict[str, float]]


@pytest.fixture(autouse=True)
def _begin_at_nought(app: Flask) -> None:
    metrics.init_app(app)


@pytest.fixture
def numbers(client: FlaskClient) -> Numbers:
    return lambda: read_numbers(client.get("/metrics").text)


def test_requests_by_route_method_and_kind_of_answer(
    client: FlaskClient, order_of_five: Order, numbers: Numbers
) -> None:
    token = links.order_token(order_of_five)
    for path in (f"/o/{token}", f"/o/{token}", f"/o/{token[:-1]}_", "/nothing", "/o//"):
        client.get(path)
    assert client.get(f"/o/{token}/changes?since={order_of_five.version}").status_code == 204
    client.open("/healthz", method="BREW")
    found = numbers()
    counted = "passalong_http_requests_total"
    assert found[f'{counted}{{method="GET",route="/o/<token>",status="2xx"}}'] == 2
    assert found[f'{counted}{{method="GET",route="/o/<token>",status="4xx"}}'] == 1
    assert found[f'{counted}{{method="GET",route="/o/<token>/changes",status="2xx"}}'] == 1
    assert found[f'{counted}{{method="GET",route="unknown",status="4xx"}}'] == 2
    assert found[f'{counted}{{method="OTHER",route="unknown",status="4xx"}}'] == 1
    took = "passalong_http_request_duration_seconds"
    assert found[f'{took}_count{{method="GET",route="/o/<token>"}}'] == 3
    assert found[f'{took}_sum{{method="GET",route="/o/<token>"}}'] > 0
    assert found[f'{took}_bucket{{le="+Inf",method="GET",route="/o/<token>"}}'] == 3
    assert token not in client.get("/metrics").text


def test_an_error_of_ours_is_counted_too(app: Flask, numbers: Numbers) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    before = list(app.before_request_funcs[None])

    def fail() -> None:
        raise RuntimeError("on purpose")

    app.before_request_funcs[None].append(fail)
    try:
        assert app.test_client().get("/backoffice/sign-in").status_code == 500
    finally:
        app.before_request_funcs[None][:] = before
    assert sum_of(numbers(), r"passalong_http_requests_total\{.*sign-in.*5xx") == 1


def test_what_happened_is_counted_once_it_is_committed(
    order_of_five: Order, numbers: Numbers
) -> None:
    claimed = 'passalong_history_total{action="claimed",actor="booker"}'
    assert numbers()['passalong_history_total{action="placed",actor="shop"}'] == 1
    assert claimed not in numbers()
    ticket = order_of_five.tickets[0]
    builders.claim(ticket)
    assert numbers()[claimed] == 1
    with pytest.raises(AlreadyClaimed):
        personalisation.claim(ticket, builders.BOB, By("booker"), round=ticket.round)
    assert numbers()[claimed] == 1


def test_what_is_undone_did_not_happen(
    order_of_five: Order, numbers: Numbers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("on purpose")

    monkeypatch.setattr(live, "touch", fail)
    with pytest.raises(RuntimeError, match="on purpose"):
        builders.claim(order_of_five.tickets[0])
    monkeypatch.undo()
    builders.claim(order_of_five.tickets[1])
    assert numbers()['passalong_history_total{action="claimed",actor="booker"}'] == 1


def test_mails_that_wait_by_kind_with_the_age_of_the_oldest(
    order_of_five: Order, numbers: Numbers
) -> None:
    builders.claim(order_of_five.tickets[0])
    with write() as session:
        [mail] = session.query(OutboxMail).filter_by(kind="confirmation")
        mail.created_at = now() - dt.timedelta(hours=2)
    found = numbers()
    assert found["passalong_database_up"] == 1
    assert found['passalong_mails_in_hand{kind="confirmation",state="waiting"}'] == 1
    assert found['passalong_mails_in_hand{kind="ticket",state="waiting"}'] == 1
    assert 7200 <= found['passalong_mails_oldest_seconds{kind="confirmation"}'] < 7300
    assert found['passalong_mails_oldest_seconds{kind="ticket"}'] < 3600
    held = mail_queue.lease(now())
    assert held is not None
    mail_queue.settle(held, state="failed", last_error="550")
    found = numbers()
    assert found['passalong_mails_in_hand{kind="confirmation",state="failed"}'] == 1
    assert 'passalong_mails_oldest_seconds{kind="confirmation"}' not in found
    assert found['passalong_mails_total{kind="confirmation",outcome="failed"}'] == 1


def test_a_round_of_the_watcher_leaves_its_mark(numbers: Numbers) -> None:
    assert numbers()["passalong_watcher_seen_timestamp_seconds"] == 0
    stop = _Twice()
    delivery.watch(stop, pause=0)  # type: ignore[arg-type]
    seen = numbers()["passalong_watcher_seen_timestamp_seconds"]
    assert abs(seen - now().timestamp()) < 60


class _Twice:
    """An event that is set the second time that one looks."""

    looks = 0

    def is_set(self) -> bool:
        self.looks += 1
        return self.looks > 1


def test_pdfs_made_found_and_not_made(app: Flask, open_ticket: Ticket, numbers: Numbers) -> None:
    ticket = builders.claim(open_ticket)
    renderer = Renderer(workers=1)
    app.extensions["passalong.pdf_renderer"] = renderer
    with app.test_request_context():
        for _ in range(2):
            tickets_pdf.pdf_of(ticket)
        renderer.close()
        # Nobody to draw, and no room to wait:
        app.extensions["passalong.pdf_renderer"] = Renderer(workers=0, queue=0)
        other = builders.claim(ticket.order.tickets[1], first_name="Other")
        with pytest.raises(PoolBusy):
            tickets_pdf.pdf_of(other)
    found = numbers()
    assert found['passalong_pdfs_total{outcome="made"}'] == 1
    assert found['passalong_pdfs_total{outcome="cached"}'] == 1
    assert found['passalong_pdfs_total{outcome="PoolBusy"}'] == 1
    assert found["passalong_pdf_duration_seconds_count"] == 2
    assert found["passalong_pdfs_under_way"] == 0


@pytest.mark.engine("sqlite")
def test_transactions_that_are_given_up(
    app: Flask, order_of_five: Order, numbers: Numbers, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert numbers()["passalong_database_busy_total"] == 0
    db.session.rollback()
    monkeypatch.setattr(transactions, "BUSY_MILLISECONDS", 50)
    with db.engine.connect() as other:
        other.execution_options(writes_until=float("inf"))
        other.begin()
        with pytest.raises(Busy):
            builders.claim(order_of_five.tickets[0])
    assert numbers()["passalong_database_busy_total"] == 1
    builders.claim(order_of_five.tickets[0])
    assert numbers()["passalong_database_busy_total"] == 1


def test_a_database_that_is_away_is_told_of(client: FlaskClient, numbers: Numbers) -> None:
    with db.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE outbox RENAME TO elsewhere")
    found = numbers()
    assert found["passalong_database_up"] == 0
    assert not sum_of(found, "passalong_mails_in_hand")
    assert client.get("/metrics").status_code == 200


def test_what_is_running(app: Flask, numbers: Numbers, engine: str) -> None:
    [info] = [name for name in numbers() if name.startswith("passalong_info")]
    assert f'database="{engine}"' in info
    assert 'version="' in info


def test_it_is_written_the_way_who_asks_prefers(client: FlaskClient) -> None:
    plain = client.get("/metrics")
    assert plain.content_type.startswith("text/plain; version=0.0.4")
    modern = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
    answer = client.get("/metrics", headers={"Accept": modern})
    assert answer.content_type.startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")
