"""What several processes count together: a limit is none, and a code isn't used up, if each worker
has its own."""

import datetime as dt
from collections import Counter

from flask import Flask

from tests import builders
from tests.backoffice import phone
from tests.faults.conftest import PROCESSES
from tests.faults.crew import Crew, Member, counted
from ticketing import history, sharing
from ticketing.extensions import db
from ticketing.members import attempts, two_step
from ticketing.models import Ticket
from ticketing.posting import outbox
from ticketing.refusals import TooManyMails
from ticketing.storing import limits

MOST = 10


def try_often(member: Member, subject: str, times: int) -> None:
    member.together()
    with member.app.app_context():
        for _ in range(times):
            member.attempt("try", (), limits.hit, "test", subject, MOST, dt.timedelta(hours=1))


def test_processes_share_a_limit(crew: Crew, engine: str) -> None:
    outcomes = crew.run(try_often, f"somebody on {engine}", 5)
    assert len(outcomes) == 5 * PROCESSES
    assert sum(each.value for each in outcomes) == MOST


def use_code(member: Member, user_id: int, code: str) -> None:
    member.together()
    with member.app.app_context():
        member.attempt("use", (two_step.WrongCode,), two_step.check, user_id, code, locale="en")


def test_processes_share_who_used_a_code(app: Flask, crew: Crew) -> None:
    """A code of the phone, and a recovery code, sent to every worker in the same instant."""
    user = builders.make_user(None, email=f"{id(crew)}@example.org", password="not asked for here")
    begun = two_step.begin(user)
    codes = two_step.turn_on(user, begun.sealed, phone.code(begun.secret), locale="en")
    for code in (phone.code(begun.secret, steps=1), codes[0]):
        outcomes = counted(crew.run(use_code, user.id, code))
        assert outcomes == {"use done": 1, "use WrongCode": PROCESSES - 1}


def guess_links(member: Member, times: int) -> None:
    member.together()
    client = member.app.test_client(use_cookies=False)
    for number in range(times):
        member.attempt("guess", (), lambda at: client.get(at).status_code, f"/t/{number:036d}")


def test_processes_count_guessed_links_together(crew: Crew) -> None:
    """Six workers, and no more links to guess at than by one."""
    most = attempts.LINKS
    statuses = [each.value for each in crew.run(guess_links, most // 3)]
    assert set(statuses) == {404, 429}
    # While they are at it, every few seconds one more is let through.
    assert most <= statuses.count(404) < 1.5 * most < len(statuses)


def post_links(member: Member, ticket_ids: list[int], recipients: list[str]) -> None:
    """Each worker by tickets of its own, so that they meet at the recipient alone."""
    member.together()
    with member.app.app_context():
        for number, recipient in enumerate(recipients):
            mine = ticket_ids[member.index :: PROCESSES]
            ticket = db.session.get_one(Ticket, mine[number % len(mine)])
            member.attempt("post", (TooManyMails,), _post_link, ticket, recipient)


def _post_link(ticket: Ticket, recipient: str) -> None:
    sharing.share_by_email(
        ticket,
        sharing.next_generation(ticket),
        recipient,
        history.booker(ticket.order),
        locale="en",
        asked_from=f"place {ticket.id}",
    )


def test_a_thousand_posts_by_all_workers_are_three_mails(app: Flask, crew: Crew) -> None:
    """S18: at one address; spelt as they like, from as many orders as they like."""
    shops = [builders.make_shop() for _ in range(2)]
    orders = [builders.make_order(shops[number % 2], tickets=PROCESSES) for number in range(4)]
    ids = [ticket.id for order in orders for ticket in order.tickets]
    name = f"vera{orders[0].id}"
    spellings = [f"{name}@bücher.example", f"{name.upper()}@xn--bcher-kva.example"]
    outcomes = crew.run(post_links, ids, (spellings * 1000)[: 1000 // PROCESSES + 1])
    assert len(outcomes) >= 1000
    assert counted(outcomes)["post done"] == sharing.MAILS_PER_RECIPIENT == 3
    mails = [mail for order in orders for mail in builders.mails_of(order, outbox.SHARE)]
    assert Counter(mail.recipient for mail in mails) == {f"{name}@bücher.example": 3}
