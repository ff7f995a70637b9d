"""Sending one webhook, and what its receiver's answer means."""

import datetime as dt
import json
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final

from sqlalchemy import update
from sqlalchemy.orm import Session

from ticketing.calls import HANDLERS, Outcome, outbound
from ticketing.calls.outbound import NotReached
from ticketing.extensions import db
from ticketing.models import Call, WebhookEndpoint, now
from ticketing.storing.locking import lock
from ticketing.webhooks import payload, secrets
from ticketing.webhooks.happenings import KIND, TEST

EXCERPT: Final = 500  # characters of an answer that the delivery log keeps
PATIENCE: Final = dt.timedelta(days=3)  # with an endpoint that takes nothing at all


def register() -> None:
    """Have calls of the kind `webhook` made here."""
    HANDLERS[KIND] = send


def send(call: Call) -> Outcome:
    endpoint = call.endpoint
    if endpoint is None or endpoint.deleted_at is not None:
        return Outcome.dropped("The webhook was deleted.")
    if endpoint.disabled_at is not None:
        return Outcome.dropped("The webhook was switched off.")
    endpoint_id, url, event = endpoint.id, endpoint.url, call.event
    body = text_of(call)
    sent_at = now()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Passalong-Webhooks/1",
        "webhook-id": call.message_id,
        "webhook-timestamp": str(int(sent_at.timestamp())),
        "webhook-signature": secrets.signatures(endpoint, call.message_id, body, sent_at),
    }
    db.session.rollback()  # nothing is held while the receiver thinks

    def failing(session: Session, at: dt.datetime) -> None:
        _note_failure(session, endpoint_id, at)

    try:
        answer = outbound.request("POST", url, headers=headers, body=body.encode())
    except NotReached as error:
        return Outcome.again(error.text, also=failing)
    status = answer.status
    # A receiver that repeats what it got would have us keep holders' details: what went well is
    # kept of a test alone.
    began = beginning(answer.body) if event == TEST or not answer.ok else ""
    if answer.ok:
        return Outcome.done(
            status,
            also=lambda session, _at: _note_success(session, endpoint_id),
            answer=began,
        )
    if status == 410:
        return Outcome.failed(
            "It wants no more webhooks (410), so this one was switched off.",
            status,
            also=lambda session, at: _switch_off(session, endpoint_id, "gone", at),
            answer=began,
        )
    return Outcome.again(
        f"It answered {status}; redirects aren’t followed."
        if 300 <= status < 400
        else f"It answered {status}.",
        status,
        not_before=retry_after(answer.headers, now()) if status in {429, 503} else None,
        also=failing,
        answer=began,
    )


def beginning(body: bytes) -> str:
    """How an answer starts, for people to read: some lines of text, none of its controls."""
    text = body[: 4 * EXCERPT].decode("utf-8", "replace").replace("\r\n", "\n")
    shown = "".join(each if each.isprintable() or each in "\n\t" else "\ufffd" for each in text)
    shown = shown.strip()
    return shown if len(shown) <= EXCERPT else f"{shown[: EXCERPT - 1]}…"


def text_of(call: Call) -> str:
    """The body as it would be sent now."""
    return json.dumps(payload.compose(call), ensure_ascii=False, separators=(",", ":"))


def retry_after(headers: Mapping[str, str], at: dt.datetime) -> dt.timedelta | None:
    """How long the receiver wants to be left alone: it says seconds, or a moment."""
    said = headers.get("retry-after", "").strip()
    if said.isascii() and said.isdecimal():
        return dt.timedelta(seconds=min(int(said[:9]), 10**8))
    try:
        moment = parsedate_to_datetime(said)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return max(moment - at, dt.timedelta(0))


def _note_success(session: Session, endpoint_id: int) -> None:
    session.execute(
        update(WebhookEndpoint)
        .where(WebhookEndpoint.id == endpoint_id, WebhookEndpoint.failing_since.is_not(None))
        .values(failing_since=None)
    )


def _note_failure(session: Session, endpoint_id: int, at: dt.datetime) -> None:
    """Remember since when; who takes nothing for days is left alone until somebody looks."""
    endpoint = lock(session, WebhookEndpoint, endpoint_id)
    if endpoint.failing_since is None:
        endpoint.failing_since = at
    elif at - endpoint.failing_since >= PATIENCE:
        _switch_off(session, endpoint_id, "failed", at)


def _switch_off(session: Session, endpoint_id: int, why: str, at: dt.datetime) -> None:
    session.execute(
        update(WebhookEndpoint)
        .where(WebhookEndpoint.id == endpoint_id, WebhookEndpoint.disabled_at.is_(None))
        .values(disabled_at=at, disabled_because=why, revision=WebhookEndpoint.revision + 1)
    )
