"""What processes do while one of them makes a backup."""

import random
from pathlib import Path
from typing import Final

from tests import builders
from tests.faults.crew import Member
from ticketing import backup, history, links, personalisation, sharing
from ticketing.carried import barcodes
from ticketing.extensions import db
from ticketing.models import OPEN, PERSONALISED, Ticket
from ticketing.refusals import Refusal, ShareReplaced
from ticketing.storing.transactions import Busy

REFUSED: Final = (Refusal, ShareReplaced, Busy)


def live_on(member: Member, ticket_ids: list[int], times: int, to: Path) -> None:
    """Share, recall, claim, reopen; the first one makes a backup when it is half-way.

    An outcome's value is what was taken back and acknowledged: links' paths, and barcodes.
    """
    chance = random.Random(member.index)  # noqa: S311 - no secret
    member.together()
    for number in range(times):
        if member.index == 0 and number == times // 2:
            with member.app.app_context():
                member.attempt("backup", (), backup.backup, to)
        with member.app.app_context():
            member.attempt("change", REFUSED, _change, chance.choice(ticket_ids), chance)


def _change(ticket_id: int, chance: random.Random) -> list[str]:
    ticket = db.session.get_one(Ticket, ticket_id)
    if ticket.state == PERSONALISED:
        former = [f"/t/{links.ticket_token(ticket)}", barcodes.text_of(ticket)]
        chosen = {ticket.id: ticket.revision}
        personalisation.reopen(ticket.order, chosen, "Resold", builders.ORGANISER)
        return former
    if ticket.state == OPEN and ticket.share is not None and chance.random() < 0.5:
        former = [f"/s/{links.share_token(ticket, ticket.share.generation)}"]
        sharing.recall(ticket, history.SYSTEM, generation=ticket.share.generation)
        return former
    if chance.random() < 0.5:
        builders.share(ticket)
    else:
        builders.claim(ticket)
    return []
