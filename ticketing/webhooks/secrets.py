"""What signs a webhook: derived under a key outside the database, so that no copy of it can."""

import base64
import datetime as dt
import hashlib
import hmac
from typing import Final

from flask import current_app
from standardwebhooks.webhooks import Webhook

from ticketing.models import WebhookEndpoint
from ticketing.vault.keys import Keys

OVERLAP: Final = dt.timedelta(hours=24)  # in which a former secret signs too


def secret(endpoint: WebhookEndpoint) -> str:
    """The endpoint's signing secret, `whsec_…`: whoever has it can check, and forge."""
    return _secret(endpoint.link_id, endpoint.secret_generation)


def overlaps(endpoint: WebhookEndpoint, at: dt.datetime) -> bool:
    """Whether the secret was renewed so lately that the former one signs too."""
    return endpoint.rotated_at is not None and at < endpoint.rotated_at + OVERLAP


def signatures(endpoint: WebhookEndpoint, message_id: str, body: str, at: dt.datetime) -> str:
    """The header `webhook-signature`; during the overlap it holds both, apart by a space."""
    generations = [endpoint.secret_generation]
    if overlaps(endpoint, at):
        generations.append(endpoint.secret_generation - 1)
    return " ".join(
        Webhook(_secret(endpoint.link_id, generation)).sign(message_id, at, body)
        for generation in generations
    )


def _secret(link_id: int, generation: int) -> str:
    keys = current_app.extensions["passalong.keys"]
    assert isinstance(keys, Keys)  # noqa: S101 - tells the type checker what create_app put there
    said = f"webhook:{link_id}:{generation}".encode()
    return "whsec_" + base64.b64encode(hmac.digest(keys.programs, said, hashlib.sha256)).decode()
