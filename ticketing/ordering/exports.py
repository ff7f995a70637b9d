"""Orders taken out: one row a ticket, as CSV or as a spreadsheet, however many there are."""

import csv
import datetime as dt
import io
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import pgettext
from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload, selectinload

from ticketing import search
from ticketing.asking import fields
from ticketing.asking.fields import Field
from ticketing.models import Event, Order, Shop, Ticket
from ticketing.running.apart import apart
from ticketing.search import Wanted
from ticketing.words.neutral import neutral

FOUND_AT_ONCE: Final = 5_000
ORDERS_AT_ONCE: Final = 200
ROWS_AT_ONCE: Final = 500
MOST_ROWS: Final = 1_048_575  # of a spreadsheet, below its header
LONGEST_CELL: Final = 32_767  # characters, of a spreadsheet

Cell = str | dt.datetime | None


@dataclass(frozen=True, slots=True)
class Columns:
    """The header, and which further details follow the usual ones, with the words of their
    choices: {key: {choice: words}}. All words are in the asker's language by now: the rows are
    made after the request is over."""

    header: list[str]
    details: dict[str, dict[str, str]]
    order_states: dict[str, str]
    ticket_states: dict[str, str]


def columns_of(session: Session, wanted: Wanted) -> Columns:
    """The columns for these orders: what any of their events asks for, or has asked for."""
    events = _events_of(session, wanted)
    details: dict[str, Field] = {}
    labels: dict[str, str] = {}
    for event in events:
        for key, each in fields.known_fields(event).items():
            if key in fields.OF_TICKET or each.kind == "email_check":
                continue
            details[key] = each
            own = key not in fields.BY_KEY and len(events) > 1
            labels[key] = f"{each.label} ({event.name})" if own else str(each.label)
    header = [
        _("Order"),
        _("Reference"),
        _("Shop"),
        _("Event"),
        _("Booker’s first name"),
        _("Booker’s last name"),
        _("Booker’s email"),
        _("Booker’s phone"),
        pgettext("when", "Placed"),
        _("Order status"),
        _("Ticket"),
        _("The shop’s ticket number"),
        _("Ticket type"),
        _("Type code"),
        _("Ticket status"),
        *(str(fields.BY_KEY[key].label) for key in fields.OF_TICKET),
        *(labels[key] for key in details),
        pgettext("when", "Personalised"),
        pgettext("when", "Checked in"),
    ]
    words = {
        key: {choice: str(label) for choice, label in each.choices} for key, each in details.items()
    }
    return Columns(header, words, _order_states(), _ticket_states())


def _events_of(session: Session, wanted: Wanted) -> list[Event]:
    """The events of these orders; each shop is asked for one order, for there may be a million."""
    shops = session.execute(
        select(Shop.id, Shop.event_id).where(Shop.organiser_id == wanted.organiser_id)
    )
    ids = {
        event_id
        for shop_id, event_id in shops.all()
        if wanted.shop_id in {None, shop_id}
        and wanted.event_id in {None, event_id}
        and search.ids_after(session, replace(wanted, shop_id=shop_id), None, 1)
    }
    return list(
        session.scalars(
            select(Event)
            .where(Event.id.in_(ids))
            .order_by(Event.id)
            .options(selectinload(Event.questions))
        )
    )


def rows(
    session: Session, orders: Select[Order], wanted: Wanted, columns: Columns
) -> Iterator[list[Cell]]:
    """A row for each ticket of the wanted orders, the oldest order first; moments in the
    event's own time.

    Read in portions that each begin behind the one before, so that memory is bounded and no
    transaction lasts. The session should be the export's own.
    """
    orders = orders.options(
        joinedload(Order.shop).joinedload(Shop.event),
        selectinload(Order.tickets).joinedload(Ticket.type),
    )
    wanted = replace(wanted, sort="oldest")
    last: int | None = None
    while True:
        found = search.ids_after(session, wanted, last, FOUND_AT_ONCE)
        for start in range(0, len(found), ORDERS_AT_ONCE):
            some = found[start : start + ORDERS_AT_ONCE]
            for order in search.in_this_order(session, orders, some):
                yield from _of_order(order, columns)
            session.rollback()
            session.expunge_all()
            time.sleep(0)  # under gevent: others' turn
        if len(found) < FOUND_AT_ONCE:
            return
        last = found[-1]


def _of_order(order: Order, columns: Columns) -> Iterator[list[Cell]]:
    shop, event = order.shop, order.shop.event
    zone = ZoneInfo(event.timezone)

    def local(moment: dt.datetime | None) -> dt.datetime | None:
        return moment and moment.astimezone(zone).replace(microsecond=0, tzinfo=None)

    for ticket in order.tickets:
        yield [
            order.code,
            order.reference,
            shop.name,
            event.name,
            order.first_name,
            order.last_name,
            order.email,
            order.phone,
            local(order.created_at),
            columns.order_states[order.state],
            f"{order.code}-{ticket.position}",
            ticket.external_id or "",
            ticket.type.name,
            ticket.type.code,
            columns.ticket_states[ticket.state],
            ticket.first_name,
            ticket.last_name,
            ticket.email,
            ticket.phone,
            *(_detail(ticket.details.get(key), words) for key, words in columns.details.items()),
            local(ticket.personalised_at),
            local(ticket.checked_in_at),
        ]


def _order_states() -> dict[str, str]:
    return {"placed": pgettext("order", "Placed"), "cancelled": pgettext("order", "Cancelled")}


def _ticket_states() -> dict[str, str]:
    return {
        "open": _("Not assigned"),
        "personalised": _("Ready"),
        "checked_in": _("Checked in"),
        "cancelled": pgettext("ticket", "Cancelled"),
    }


def _detail(answer: Any, words: dict[str, str]) -> str:
    """An answer in words, of several choices each; a date as year-month-day."""
    several = answer if isinstance(answer, list) else [answer]
    return "; ".join(words.get(one, str(one)) for one in several if one)


def csv_parts(columns: Columns, rows: Iterator[list[Cell]]) -> Iterator[bytes]:
    """A CSV file piece by piece, in UTF-8 with the mark by which spreadsheets know it.

    Cells that a spreadsheet would run as formulas have an apostrophe before them, phone numbers
    too; see `neutral`.
    """
    lines = io.StringIO(newline="")
    writer = csv.writer(lines)
    writer.writerow([neutral(title) for title in columns.header])
    yield b"\xef\xbb\xbf"
    for number, row in enumerate(rows, start=1):
        writer.writerow([neutral(_as_text(cell)) for cell in row])
        if number % ROWS_AT_ONCE == 0:
            yield _taken(lines)
    yield _taken(lines)


def _taken(lines: io.StringIO) -> bytes:
    text = lines.getvalue()
    lines.seek(0)
    lines.truncate()
    return text.encode()


def _as_text(cell: Cell) -> str:
    if isinstance(cell, dt.datetime):
        return cell.strftime("%Y-%m-%d %H:%M:%S")
    return "" if cell is None else str(cell)


class TooManyRows(Exception):
    """A spreadsheet holds no more than a million rows."""


def write_xlsx(columns: Columns, rows: Iterator[list[Cell]], file: Any) -> int:
    """A spreadsheet into a binary file; returns its rows. Raises `TooManyRows`.

    Every text is written as one: nothing becomes a formula, a link or a number. Row by row, so
    that memory doesn't grow with them.
    """
    import xlsxwriter  # only here: 12 MB, which most server processes never need

    with tempfile.TemporaryDirectory(prefix="passalong-") as folder:
        book = xlsxwriter.Workbook(
            file,
            {
                "constant_memory": True,
                "tmpdir": str(Path(folder)),
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "default_date_format": "yyyy-mm-dd hh:mm",
            },
        )
        try:
            sheet = book.add_worksheet(_("Tickets")[:31])
            bold = book.add_format({"bold": True})
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, len(columns.header) - 1, 18)
            for place, title in enumerate(columns.header):
                sheet.write_string(0, place, title, bold)
            number = 0
            for number, row in enumerate(rows, start=1):
                if number > MOST_ROWS:
                    raise TooManyRows
                for place, cell in enumerate(row):
                    if isinstance(cell, dt.datetime):
                        sheet.write_datetime(number, place, cell)
                    elif cell:
                        sheet.write_string(number, place, str(cell)[:LONGEST_CELL])
            sheet.autofilter(0, 0, number, len(columns.header) - 1)
        finally:
            apart(book.close)  # packs it all
    return number
