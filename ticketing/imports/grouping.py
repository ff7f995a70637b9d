"""Checked rows become orders: which rows belong together, and which orders are here already."""

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import astuple, dataclass, field
from typing import Any, Final

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from ticketing.imports.checking import Good
from ticketing.ordering import arriving, orders
from ticketing.ordering.arriving import MAX_TICKETS, Checked, NewTicket
from ticketing.ordering.orders import Arrival, Booker
from ticketing.running.turns import taking_turns

# The reference of an order that its file gives none.
FROM_FILE: Final = "csv:"


@dataclass(slots=True)
class Group:
    """The rows of one order; `arrival` is how it will be placed."""

    rows: list[Good]
    arrival: Arrival


@dataclass(slots=True)
class Problem:
    """What is wrong with a row among the others; `key` is the column's."""

    line: int
    key: str
    text: str


@dataclass(slots=True)
class Plan:
    """`known` are orders of an earlier import, which will not be added again."""

    fresh: list[Group] = field(default_factory=list)
    known: list[Group] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def grouped(rows: Sequence[Good]) -> tuple[list[Group], list[Problem]]:
    """Rows with one reference, or without any and of one customer, are one order.

    They need not follow each other. The tickets stand in the order as in the file.
    """
    together: dict[tuple[Any, ...], list[Good]] = {}
    problems: list[Problem] = []
    for row in taking_turns(rows, every=200):
        key = (row.reference,) if row.reference else (*row.booker, row.locale)
        group = together.setdefault(key, [])
        if group and (row.booker, row.locale) != (group[0].booker, group[0].locale):
            problems.append(
                Problem(
                    row.line,
                    "reference",
                    _("Line %(line)s has this reference and another booker or language.",
                      line=group[0].line),
                )
            )  # fmt: skip
        elif len(group) == MAX_TICKETS:
            problems.append(
                Problem(
                    row.line,
                    "reference",
                    _("One order holds at most %(n)d tickets.", n=MAX_TICKETS),
                )
            )
        else:
            group.append(row)
    groups = [Group(group, _arrival(group)) for group in taking_turns(together.values())]
    return groups, problems


def _arrival(rows: list[Good]) -> Arrival:
    booker = Booker(*rows[0].booker)
    wanted = [NewTicket(row.type_code, row.given) for row in rows]
    return Arrival(
        reference=rows[0].reference or _derived(rows),
        booker=booker,
        locale=rows[0].locale,
        digest=arriving.digest_of(astuple(booker), wanted),
        tickets=[Checked(row.type_code, row.details, None) for row in rows],
    )


def _derived(rows: list[Good]) -> str:
    """A reference out of what the file says, in whichever sequence its rows stand.

    Out of nothing that settings decide: after they have changed, the file still is the same.
    """
    tickets = sorted(
        [row.word.casefold(), *((row.given or {}).get(key, "") for key in _NAMED)] for row in rows
    )
    said = json.dumps([rows[0].booker, tickets], ensure_ascii=False).encode()
    return FROM_FILE + hashlib.sha256(said).hexdigest()[:20]


_NAMED: Final = ("first_name", "last_name", "email")


def plan(
    session: Session, shop_id: int, rows: Sequence[Good], broken: Collection[str] = ()
) -> Plan:
    """The orders of these rows, compared with those that the shop has.

    Of the `broken` references other rows have errors: nobody can say yet what those orders hold.
    """
    groups, problems = grouped(rows)
    found = compared(session, shop_id, groups, broken)
    found.problems = problems + found.problems
    return found


def compared(
    session: Session, shop_id: int, groups: Sequence[Group], broken: Collection[str] = ()
) -> Plan:
    """Which of these orders the shop has; `broken` is `plan`'s."""
    found = Plan()
    there = orders.known_digests(session, shop_id, [group.arrival.reference for group in groups])
    lines: dict[str, int] = {}  # of those that are new with this file
    for group in groups:
        arrival, line = group.arrival, group.rows[0].line
        digest, code = there.setdefault(arrival.reference, (arrival.digest, ""))
        if not code and arrival.reference not in lines:
            lines[arrival.reference] = line
            found.fresh.append(group)
        elif digest in {arrival.digest, orders.FORGOTTEN}:
            found.known.append(group)
        elif code and arrival.reference not in broken:
            text = _(
                "Order %(code)s has this reference and another content. Change it there by hand, "
                "or leave its rows out.",
                code=code,
            )
            found.problems.append(Problem(line, "reference", text))
        elif not code:
            text = _(
                "This order can’t be told from the one of line %(line)s. Please give each a "
                "reference.",
                line=lines[arrival.reference],
            )
            found.problems.append(Problem(line, "reference", text))
    return found
