"""What several processes count together: a limit is none, and a code isn't used up, if each worker
has its own."""

import datetime as dt

from flask import Flask

from tests import builders
from tests.backoffice import phone
from tests.faults.conftest import PROCESSES
from tests.faults.crew import Crew, Member, counted
from ticketing import attempts, limits, two_step

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
