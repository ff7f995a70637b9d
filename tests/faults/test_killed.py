"""F3: who claims or opens again is killed: it is done or not, and whoever was told so has it."""

import itertools
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from flask import Flask

from tests import builders, invariants
from tests.killing import at_work, chance, killed_before, kills, once_before
from ticketing import checking, history, personalisation
from ticketing.checking import database
from ticketing.extensions import db
from ticketing.models import OPEN, PERSONALISED, Order

LONGEST = 0.02  # seconds, about as long as a step takes
FRESH = 10  # kills, after which another order is used: each history is replayed


@pytest.fixture(autouse=True)
def sound(app: Flask) -> Iterator[None]:
    """Whatever was killed, the database itself is well."""
    yield
    db.session.rollback()
    assert [*database.problems(db.session())] == []


def order(order_id: int) -> Order:
    db.session.rollback()
    return db.session.get_one(Order, order_id)


def states(order_id: int) -> list[str]:
    return [ticket.state for ticket in order(order_id).tickets]


def claimed_by_a_visitor(order_id: int) -> None:
    """The last open ticket, through its link: all that a claim can cause, it causes."""
    ticket = order(order_id).tickets[1]
    personalisation.claim(
        ticket, builders.ANNA, history.VISITOR, round=ticket.round, share_generation=1
    )


def opened_again(order_id: int) -> None:
    found = order(order_id)
    chosen = {each.id: each.revision for each in found.tickets}
    personalisation.reopen(found, chosen, "mix-up", builders.ORGANISER)


def order_to_claim() -> int:
    """Its id; one ticket is named, the other shared."""
    made = builders.make_order(tickets=2)
    builders.claim(made.tickets[0])
    builders.share(made.tickets[1])
    return made.id


BEFORE = [PERSONALISED, OPEN]


@pytest.mark.parametrize(
    ("act", "after"),
    [(claimed_by_a_visitor, [PERSONALISED, PERSONALISED]), (opened_again, [OPEN, OPEN])],
)
def test_killed_at_any_statement_it_is_done_or_not(
    app: Flask, act: Callable[[int], None], after: list[str]
) -> None:
    for statement in itertools.count(1):
        order_id = order_to_claim()
        killed = killed_before(app, statement, partial(act, order_id))
        invariants.check(db.session(), [order_id])
        found = states(order_id)
        assert found in (BEFORE, after), statement
        if found == BEFORE:
            assert killed
            act(order_id)  # nothing holds up who does it now
            assert states(order_id) == after
            invariants.check(db.session(), [order_id])
        if not killed:
            break
    assert statement > 12, "it says at least that much to the database"


def test_killed_at_any_moment_nothing_acknowledged_is_lost(app: Flask) -> None:
    moments, wanted = chance(3), kills()
    killed = 0
    while killed < wanted:
        if killed % FRESH == 0:
            order_id = builders.make_order(tickets=2).id
            once_before(partial(claims_and_reopens, order_id))
        worker = at_work(app, partial(claims_and_reopens, order_id))
        assert worker.wait_for_steps(moments.randint(1, 3))
        killed += worker.kill_within(moments.uniform(0, LONGEST))
        assert order(order_id).version - int(worker.told[-1]) in {0, 1}
        assert [*checking.of_these(db.session(), [order_id])] == []
        if killed % FRESH == 0:
            invariants.check(db.session(), [order_id])


def claims_and_reopens(order_id: int) -> Iterator[str]:
    """On and on; after each it tells the order's version, which it has raised by one."""
    while True:
        for ticket in order(order_id).tickets:
            if ticket.state == OPEN:
                builders.claim(ticket, email=f"anna{ticket.round}@example.org")
                yield str(order(order_id).version)
        opened_again(order_id)
        yield str(order(order_id).version)
