"""All orders of a checked file, placed at once."""

import time
from typing import Final

from sqlalchemy.exc import IntegrityError

from ticketing import orders, outbox
from ticketing.history import By
from ticketing.imports import checking, grouping, steps
from ticketing.imports.grouping import Plan
from ticketing.models import Import
from ticketing.refusals import EditedMeanwhile
from ticketing.transactions import write

AT_ONCE: Final = 200  # orders between two breaths, all in one transaction


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
    # Made before the transaction, which others wait for.
    cleaned = imported.cleaned
    groups, _problems = grouping.grouped(checking.unpacked(cleaned))
    try:
        with write() as session, outbox.bulk(session):
            found = steps.locked(session, import_id)
            if found.state == "done":
                return found
            if found.state != "checked" or found.errors:
                raise steps.NotReady
            if found.cleaned != cleaned:  # somebody said anew what the file means
                raise EditedMeanwhile
            if found.result["settings"] != steps.settings_mark(found.shop.event):
                raise orders.UnknownTicketType  # noqa: TRY301 - leaves the transaction, undone
            made = Plan()
            for start in range(0, len(groups), AT_ONCE):
                some = groups[start : start + AT_ONCE]
                placed = orders.place_in(
                    session,
                    shop_id,
                    [group.arrival for group in some],
                    by=by,
                    send_mails=send_mails,
                    mail_holders=mail_holders,
                )
                for group, (_order, is_new) in zip(some, placed, strict=True):
                    (made.fresh if is_new else made.known).append(group)
                time.sleep(0)  # under gevent: pages and streams go on meanwhile
            found.send_mails = send_mails
            steps.finish(found, "done", steps.counted(made))
    except (orders.ReferenceTaken, orders.UnknownTicketType, IntegrityError) as changed:
        steps.restart(import_id, {})  # what the rows were checked by, the next step finds out
        raise EditedMeanwhile from changed
    return found
