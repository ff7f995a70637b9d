"""F8: a program's deliveries come twice, late, in any sequence: the same comes of them, once.

It sends again what was answered 404, for that is about something which hasn't come yet; what was
answered 409 is over. Each delivery may come again after it was answered.
"""

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests import builders, invariants
from tests.api.caller import Caller, order_body
from ticketing.extensions import db
from ticketing.models import CANCELLED, Order, Shop
from ticketing.posting import outbox

Delivery = Callable[[Caller, str], int]

ANNA = {"first_name": "Anna", "last_name": "Visser", "email": "anna@example.org"}
LATER, OVER = 404, 409


def add(*numbers: str, type: str = "weekend", holder: Any = None) -> Delivery:
    tickets = [{"type": type, "external_id": each, "holder": holder} for each in numbers]
    tickets = [{k: v for k, v in each.items() if v is not None} for each in tickets]
    return lambda caller, code: caller.add(code, {"tickets": tickets}).status_code


def cancel(number: str) -> Delivery:
    """The program finds its ticket by its own number."""

    def send(caller: Caller, code: str) -> int:
        tickets = caller.look_up(code).get_json()["tickets"]
        found = [each["id"] for each in tickets if each["external_id"] == number]
        return caller.cancel_ticket(found[0]).status_code if found else LATER

    return send


def cancel_order(caller: Caller, code: str) -> int:
    return caller.cancel(code).status_code


def place(shop: Shop, reference: str) -> Callable[[Caller], Any]:
    return lambda caller: caller.place(order_body(shop, reference=reference))


CHANGES: list[Delivery] = [
    add("A", "B"),
    add("C", type="friday", holder=ANNA),
    add("D"),
    cancel("B"),
    cancel("D"),
    add("E", type="parking"),
]


def deliver(caller: Caller, code: str, sequence: list[Delivery]) -> None:
    waiting = list(sequence)
    for _ in range(len(sequence) ** 2):
        if not waiting:
            return
        each = waiting.pop(0)
        status = each(caller, code)
        assert status in {200, 201, LATER, OVER}
        if status == LATER:
            waiting.append(each)
    raise AssertionError("something is never accepted")


def shuffled(deliveries: list[Delivery], seed: int) -> list[Delivery]:
    """Some of them twice or three times, in any sequence."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    found = [each for each in deliveries for _ in range(chance.choice((1, 2, 3)))]
    chance.shuffle(found)
    return found


def result_of(order: Order) -> tuple[Any, ...]:
    """What stands in the end, and whom it was told to; positions are as the deliveries came."""
    db.session.rollback()
    tickets = Counter(
        (each.external_id, each.type.code, each.state, each.first_name) for each in order.tickets
    )
    mails = Counter((each.kind, each.recipient) for each in builders.mails_of(order))
    return order.state, tickets, mails


def placed(caller: Caller, shop: Shop, reference: str) -> Order:
    for status in (201, 200):
        answer = place(shop, reference)(caller)
        assert answer.status_code == status
    return db.session.query(Order).filter_by(reference=reference).one()


@pytest.mark.parametrize("seed", range(4))
def test_changes_in_any_sequence_end_alike(caller: Caller, shop: Shop, seed: int) -> None:
    in_order, mixed = placed(caller, shop, "IN-ORDER"), placed(caller, shop, "MIXED")
    deliver(caller, in_order.code, CHANGES)
    deliver(caller, mixed.code, shuffled(CHANGES, seed))
    assert result_of(mixed) == result_of(in_order)
    invariants.check(db.session())


@pytest.mark.parametrize("seed", range(4))
def test_whatever_comes_before_and_after_a_cancelled_order_stays_cancelled(
    caller: Caller, shop: Shop, seed: int
) -> None:
    order = placed(caller, shop, "MIXED")
    sequence = shuffled([*CHANGES, cancel_order], seed)
    # Of a ticket that never came, because the order was cancelled before, nothing can be cancelled.
    deliver(caller, order.code, [each for each in sequence if each not in CHANGES[3:5]])
    state, tickets, mails = result_of(order)
    assert (state, {key[2] for key in tickets}) == (CANCELLED, {CANCELLED})
    assert mails[outbox.CONFIRMATION, order.email] == mails[outbox.CANCELLED, order.email] == 1
    assert placed(caller, shop, "MIXED-2").state == "placed"
    assert place(shop, "MIXED")(caller).status_code == 200
    invariants.check(db.session())
