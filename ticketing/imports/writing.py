"""All orders of a checked file, placed at once."""

import time
from typing import Final

from sqlalchemy.exc import IntegrityError

from ticketing.extensions import db
from ticketing.history import By
from ticketing.imports import checking, grouping, steps
from ticketing.models import Import
from ticketing.ordering import orders
from ticketing.posting import outbox
from ticketing.refusals import EditedMeanwhile
from ticketing.storing.transactions import write

AT_ONCE: Final = 50  # orders between two breaths, all in one transaction


class _Changed(Exception):
    """What the rows were checked by, or compared with, isn't true any more."""


def write_orders(imported: Import, by: By, *, send_mails: bool, mail_holders: bool) -> Import:
    """Place all orders of a checked file in one transaction, or none.

    Orders that are here already are left as they are; once more changes nothing. Raises
    `steps.NotReady` where there are errors; `EditedMeanwhile` where settings or orders have
    changed so that the file must be checked again, which then has begun, or where somebody had it
    checked again; `ShopArchived`.
    """
    if imported.state != "done" and (imported.state != "checked" or imported.errors):
        raise steps.NotReady
    shop_id, import_id = imported.shop_id, imported.id
    cleaned = imported.cleaned
    try:
        # All that takes its time comes before the transaction: on SQLite everybody waits for it.
        groups, _problems = grouping.grouped(checking.unpacked(cleaned))
        plan = grouping.compared(db.session(), shop_id, groups)
        if plan.problems:
            raise _Changed  # noqa: TRY301 - as where it is found out later
        arrivals = [group.arrival for group in plan.fresh]
        new = orders.made(db.session(), shop_id, arrivals, by) if arrivals else []
        with write() as session, outbox.bulk(session):
            found = steps.locked(session, import_id)
            if found.state == "done":
                return found
            if found.state != "checked" or found.errors:
                raise steps.NotReady
            if found.cleaned != cleaned:  # somebody said anew what the file means
                raise EditedMeanwhile
            if found.result["settings"] != steps.settings_mark(found.shop.event):
                raise _Changed  # noqa: TRY301 - leaves the transaction, undone
            orders.alone_with(session, shop_id)
            plan = grouping.compared(session, shop_id, groups)
            if plan.problems:
                raise _Changed  # noqa: TRY301 - likewise
            still_new = {group.arrival.reference for group in plan.fresh}
            new = [each for each in new if each.order.reference in still_new]
            for start in range(0, len(new), AT_ONCE):
                some = new[start : start + AT_ONCE]
                orders.place_in(
                    session,
                    shop_id,
                    some,
                    by=by,
                    send_mails=send_mails,
                    mail_holders=mail_holders,
                )
                time.sleep(0)  # under gevent: pages and streams go on meanwhile
            found.send_mails = send_mails
            steps.finish(found, "done", steps.counted(plan))
    except (_Changed, orders.UnknownTicketType, IntegrityError) as changed:
        steps.restart(import_id, {})
        raise EditedMeanwhile from changed
    return found
