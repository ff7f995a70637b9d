"""Whom to tell what: the rules of an organiser's webhooks."""

import datetime as dt
import re
from collections.abc import Sequence
from typing import Final

from flask_babel import gettext as _
from sqlalchemy import func, select

from ticketing.calls import enqueue, outbound, replay
from ticketing.calls.outbound import MAX_URL, TargetRefused
from ticketing.models import Call, WebhookEndpoint, now
from ticketing.refusals import EditedMeanwhile, Refusal
from ticketing.storing.leases import change_all
from ticketing.storing.locking import lock, queue_for
from ticketing.storing.transactions import write
from ticketing.vault import revoked
from ticketing.webhooks.happenings import EVENTS, KIND, TEST

MOST_ENDPOINTS: Final = 20  # of one organiser: each is told of everything
REPLAYABLE: Final = ("done", "failed", "dropped")
LOST: Final = ("failed", "dropped")


class InvalidEndpoint(Exception):
    """What was typed can't be: {field: what to do about it}."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(errors)
        self.errors = errors


class WebhookOff(Refusal):
    """The webhook is switched off, so nothing is sent to it."""


def create(organiser_id: int, url: str, events: Sequence[str]) -> WebhookEndpoint:
    """Tell this address of these events from now on; raises `InvalidEndpoint`."""
    url, chosen = _cleaned(url, events)
    with write() as session:
        queue_for(session, f"webhooks of organiser {organiser_id}")
        count = session.scalar(
            select(func.count(WebhookEndpoint.id)).where(
                WebhookEndpoint.organiser_id == organiser_id, WebhookEndpoint.deleted_at.is_(None)
            )
        )
        if (count or 0) >= MOST_ENDPOINTS:
            text = _("You have %(n)d webhooks, which is as many as go. Delete one.", n=count)
            raise InvalidEndpoint({"url": text})
        endpoint = WebhookEndpoint(organiser_id=organiser_id, url=url, events=chosen)
        session.add(endpoint)
    return endpoint


def change(endpoint: WebhookEndpoint, url: str, events: Sequence[str], *, revision: int) -> None:
    """Raises `InvalidEndpoint`, and `EditedMeanwhile` if it isn't the revision that was shown."""
    url, chosen = _cleaned(url, events)
    with write() as session:
        endpoint = lock(session, WebhookEndpoint, endpoint.id)
        if endpoint.revision != revision:
            raise EditedMeanwhile
        if endpoint.url != url:
            endpoint.failing_since = None  # that was another address
        endpoint.url, endpoint.events = url, chosen
        endpoint.revision += 1
        revoked.note_webhook(session, endpoint)


def switch(endpoint: WebhookEndpoint, *, on: bool) -> None:
    """Switch it on or off; what happens while it is off isn't told later."""
    with write() as session:
        endpoint = lock(session, WebhookEndpoint, endpoint.id)
        if (endpoint.disabled_at is None) == on:
            return
        endpoint.disabled_at = None if on else now()
        endpoint.disabled_because = "" if on else "organiser"
        endpoint.failing_since = None
        endpoint.revision += 1
        revoked.note_webhook(session, endpoint)


def delete(endpoint: WebhookEndpoint) -> None:
    """Tell it nothing more, and drop what waits."""
    with write() as session:
        endpoint = lock(session, WebhookEndpoint, endpoint.id)
        endpoint.deleted_at = endpoint.deleted_at or now()
        endpoint.revision += 1
        revoked.note_webhook(session, endpoint)
        waiting = (Call.endpoint_id == endpoint.id, Call.state == "waiting")
        change_all(session, Call, *waiting, state="dropped", done_at=now())


def renew_secret(
    endpoint: WebhookEndpoint, *, seen: int | None = None, at: dt.datetime | None = None
) -> None:
    """Sign with a new secret; with the former one too, for `secrets.OVERLAP`.

    `seen` is the generation that is to be replaced: the same form sent twice renews once. Raises
    `EditedMeanwhile`.
    """
    with write() as session:
        endpoint = lock(session, WebhookEndpoint, endpoint.id)
        if seen is not None and endpoint.secret_generation != seen:
            raise EditedMeanwhile
        endpoint.secret_generation += 1
        endpoint.rotated_at = at or now()
        revoked.note_webhook(session, endpoint)


def send_test(endpoint: WebhookEndpoint) -> Call:
    """Have a `test.ping` sent, whatever the endpoint listens to; raises `WebhookOff`."""
    with write() as session:
        endpoint = lock(session, WebhookEndpoint, endpoint.id)
        if endpoint.disabled_at is not None:
            raise WebhookOff
        return enqueue(session, KIND, endpoint.organiser_id, endpoint_id=endpoint.id, event=TEST)


def replay_one(call: Call) -> bool:
    """Send it once more, or now if it waits; whether it could be (not while it is being sent).

    Raises `WebhookOff`.
    """
    _check_on(call.endpoint)
    return replay(Call.id == call.id, states=(*REPLAYABLE, "waiting")) == 1


def replay_lost(endpoint: WebhookEndpoint, since: dt.datetime) -> int:
    """Send what failed or was dropped since then once more; returns how many, or `WebhookOff`."""
    _check_on(endpoint)
    return replay(Call.endpoint_id == endpoint.id, Call.created_at >= since, states=LOST)


def _check_on(endpoint: WebhookEndpoint | None) -> None:
    if endpoint is None or endpoint.disabled_at is not None or endpoint.deleted_at is not None:
        raise WebhookOff


def _cleaned(url: str, events: Sequence[str]) -> tuple[str, list[str]]:
    errors: dict[str, str] = {}
    url = url.strip()
    try:
        if not url:
            errors["url"] = _("Please give the address that is to be called.")
        elif len(url) > MAX_URL:
            errors["url"] = _("Please use at most %(n)d characters.", n=MAX_URL)
        elif not re.match(r"https?://", url):
            errors["url"] = _("Please give the whole address, from https:// on.")
        else:
            outbound.parse(url)
    except TargetRefused as refused:
        errors["url"] = refused.text
    chosen = [event for event in EVENTS if event in events]
    if not chosen:
        errors["events"] = _("Please choose at least one event.")
    if errors:
        raise InvalidEndpoint(errors)
    return url, chosen
