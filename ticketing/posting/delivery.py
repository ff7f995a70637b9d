"""Delivering the outbox: each mail once if all goes well, at least once whatever happens.

A mail is leased in a transaction of its own (`mail_queue.py`), composed (`mails.py`) and sent
(`mailing/server.py`) outside of any, then marked.
"""

import datetime as dt
import logging
import threading
import time
import traceback
from dataclasses import dataclass, replace
from typing import Any, Final

from ticketing import metrics
from ticketing.config import settings
from ticketing.extensions import db
from ticketing.mailing import mails
from ticketing.mailing.message import Envelope
from ticketing.mailing.refusals import Lost, NotSent, Refused, Unreachable
from ticketing.mailing.server import MailServer
from ticketing.models import OutboxMail, now
from ticketing.pdf import RenderFailed
from ticketing.posting import mail_queue
from ticketing.posting.mail_queue import Clock, Lease, queue_age, retry
from ticketing.storing.transactions import DATABASE_ERRORS, Busy, Unavailable

ROUND: Final = 200
_LONGEST_PAUSE: Final = 60.0

_log = logging.getLogger(__name__)


class NotComposed(NotSent):
    """The mail, or a file that belongs to it, couldn't be made; that may pass."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a round did. `waiting` are those that remain, now or for later."""

    sent: int = 0
    failed: int = 0
    withdrawn: int = 0
    waiting: int = 0
    cut_short: bool = False  # mail server or database couldn't be reached, or stopped answering

    def __str__(self) -> str:
        return (
            f"{self.sent} sent, {self.failed} failed, {self.withdrawn} withdrawn, "
            f"{self.waiting} waiting"
        )


def deliver_waiting(
    limit: int = ROUND, *, clock: Clock = now, stop: threading.Event | None = None
) -> Report:
    """One round: send what is due, up to `limit` mails. Without a mail server nothing is tried.

    A mail at hand is finished before `stop` is heeded.
    """
    report = Report()
    if settings().mail_server:
        with MailServer() as server:
            report = _round(server, limit, clock, stop)
    report = replace(report, waiting=mail_queue.count_undelivered())
    db.session.rollback()
    return report


def watch(stop: threading.Event, pause: float = 1.0) -> None:
    """Rounds until `stop` is set; slower ones while the server can't be reached."""
    wait = pause
    while not stop.is_set():
        metrics.current().watcher_seen.set_to_current_time()
        try:
            report = deliver_waiting(stop=stop)
            wait = min(wait * 2, _LONGEST_PAUSE) if report.cut_short else pause
        except (Unavailable, *DATABASE_ERRORS) as error:
            # A full disk, a database that restarts: the mails wait, and so does this.
            _log.warning("Outbox: no round now (%s)", type(error).__name__)
            wait = min(wait * 2, _LONGEST_PAUSE)
        finally:
            db.session.remove()
        _sleep(wait, stop)


def error_of(mail: OutboxMail) -> str:
    """Why a mail was withdrawn, or what its last try met, for the organiser's eyes."""
    if mail.state == "withdrawn":
        return str(mails.REASONS[mails.Reason(mail.last_error)])
    return mail.last_error


def _round(server: MailServer, limit: int, clock: Clock, stop: threading.Event | None) -> Report:
    report, lost = Report(), 0
    for _ in range(limit):
        due = mail_queue.next_due(clock())
        db.session.rollback()  # no snapshot is held while the mail server thinks
        if due is None or (stop and stop.is_set()):
            break
        try:
            server.connect()  # before the lease: a server that is down costs no mail a try
        except Unreachable as error:
            _log.warning("The mail server can't be reached: %s %s", error, error.code or "")
            mail_queue.note(error.detail, clock())
            return replace(report, cut_short=True)
        try:
            held = mail_queue.lease(clock())
        except Busy:  # people go first; the mails are there in the next round
            return replace(report, cut_short=True)
        if held is None:
            break
        try:
            _deliver(server, held)
        except Lost as error:
            mail_queue.settle(held, **_after(error, held, clock()))
            # One mail may break a connection; what happens twice, or takes its time, is the server.
            lost += 1
            if error.timed_out or lost > 1:
                return replace(report, cut_short=True)
            continue
        except NotSent as error:
            values = _after(error, held, clock())
            mail_queue.settle(held, **values)
            report = replace(report, failed=report.failed + (values["state"] == "failed"))
        except mails.Withdrawn as withdrawn:
            mail_queue.settle(held, state="withdrawn", last_error=withdrawn.reason.value)
            report = replace(report, withdrawn=report.withdrawn + 1)
        else:
            mail_queue.settle(held, state="sent", sent_at=clock(), last_error="")
            report = replace(report, sent=report.sent + 1)
        lost = 0
    return report


def _deliver(server: MailServer, held: Lease) -> None:
    """Compose and send; raises `NotSent`, `Withdrawn`."""
    mail = db.session.get_one(OutboxMail, held.mail_id)
    recipient, message_id = mail.recipient, mail.message_id  # composing ends the transaction
    try:
        composed = mails.compose(mail)
        envelope = Envelope(recipient, message_id, composed.sender_name)
    except mails.Withdrawn:
        raise
    except RenderFailed as error:
        raise NotComposed("The PDF couldn't be made.", cause=type(error).__name__) from error
    except Exception as error:
        # Whatever is wrong with one mail, the others are to go out. The error's own text isn't
        # logged: it may quote what the mail says.
        where = "".join(traceback.format_tb(error.__traceback__))
        _log.error("Mail %d (%s) can't be composed:\n%s", held.mail_id, held.kind, where)
        cause = type(error).__name__
        raise NotComposed(f"The mail couldn't be composed ({cause}).", cause=cause) from error
    finally:
        db.session.rollback()
    server.send(envelope, composed)


def _after(error: NotSent, held: Lease, at: dt.datetime) -> dict[str, Any]:
    """What becomes of a mail that didn't go out."""
    _log.warning(
        "Mail %d (%s) not sent, try %d: %s %s",
        held.mail_id,
        held.kind,
        held.attempt,
        error,
        error.code or "",
    )
    if isinstance(error, Refused) or held.attempt >= mail_queue.MOST_ATTEMPTS:
        return {"state": "failed", "last_error": error.detail}
    return {
        "state": "waiting",
        "last_error": error.detail,
        "next_attempt_at": at + mail_queue.wait_after(held.attempt),
    }


def _sleep(seconds: float, stop: threading.Event) -> None:
    """Until then, or until `stop`. Its `wait()` would hold a lock that a signal's handler needs."""
    until = time.monotonic() + seconds
    while not stop.is_set() and (left := until - time.monotonic()) > 0:
        time.sleep(min(left, 0.2))


__all__ = ["Report", "deliver_waiting", "error_of", "queue_age", "retry", "watch"]
