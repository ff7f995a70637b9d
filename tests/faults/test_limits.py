"""Several processes count tries together: a limit is no limit if each worker has its own."""

import datetime as dt

from tests.faults.conftest import PROCESSES
from tests.faults.crew import Crew, Member
from ticketing import limits

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
