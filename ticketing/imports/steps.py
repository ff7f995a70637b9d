"""What people do with an import: upload a file, say what its ticket types are, check it step by
step; `writing` then places all of it or nothing.

Each step is one request of its own: nothing runs in the background, so nothing is lost when the
server stops, and whoever closes the page goes on later.
"""

import datetime as dt
import hashlib
import json
import time
from collections.abc import Mapping
from typing import Any, Final

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, undefer

from ticketing import refusals
from ticketing.imports import checking, columns, grouping, reading
from ticketing.imports.checking import Checker, Error, Found
from ticketing.imports.columns import Layout
from ticketing.imports.grouping import Plan
from ticketing.imports.reading import Sheet, UnreadableFile
from ticketing.models import Event, Import, Shop, now
from ticketing.running.turns import taking_turns
from ticketing.storing.locking import to_change
from ticketing.storing.transactions import write

SECONDS_PER_STEP: Final = 0.5
ROWS_PER_STEP: Final = 500
MOST_ERRORS: Final = 1_000  # kept; the others are counted
MAX_FILENAME: Final = 200
KEEP_DAYS: Final = 7  # the content of a file that nobody goes on with


class NotReady(Exception):
    """The import isn't where this could be done: types unknown, rows unchecked, or with errors."""


def upload(shop: Shop, user_id: int | None, filename: str, content: bytes) -> Import:
    """Keep a file to be checked.

    Raises `UnreadableFile` with what to do about it, and `ShopArchived`.
    """
    if shop.archived_at is not None:
        raise refusals.ShopArchived
    event = shop.event
    sheet, layout = read(event, content)
    type_map: dict[str, Any] = {}
    for word in checking.words_of(sheet, layout):
        if checking.type_of(word, columns.sold(event)) is None:
            type_map[word] = ""
    if len(type_map) > checking.MOST_WORDS:
        raise UnreadableFile(
            _(
                "The column of ticket types holds %(n)d different texts that are none. Is it the "
                "right column?",
                n=len(type_map),
            )
        )
    shop_id, organiser_id = shop.id, shop.organiser_id
    with write() as session:
        found = Import(
            organiser_id=organiser_id,
            shop_id=shop_id,
            user_id=user_id,
            filename=_tidy_filename(filename),
            content=content,
            type_map=type_map,
            rows=len(sheet.rows),
            result=started(event, sheet, layout),
        )
        session.add(found)
    return found


def forget(older_than: dt.timedelta = dt.timedelta(days=KEEP_DAYS)) -> int:
    """Drop what nobody has gone on with, for its files hold names; returns how many."""
    with write() as session:
        found = list(
            session.scalars(
                to_change(
                    select(Import)
                    .where(
                        Import.state.in_(("checking", "checked")),
                        Import.created_at < now() - older_than,
                    )
                    .order_by(Import.id)
                )
            )
        )
        for each in found:
            finish(each, "dropped", {})
    return len(found)


def unknown_words(imported: Import) -> list[str]:
    """What the file calls ticket types that nobody has told us yet."""
    return [word for word, code in imported.type_map.items() if not code]


def map_types(imported: Import, chosen: Mapping[str, str]) -> Import:
    """Say which ticket type the file's words mean, {word: code}; the check begins anew.

    Raises `NotReady` once it is done or dropped; a code that isn't sold counts as none.
    """
    import_id = imported.id
    with write() as session:
        found = locked(session, import_id)
        if found.state not in {"checking", "checked"}:
            raise NotReady
        codes = {each.code for each in columns.sold(found.shop.event)}
        found.type_map = {
            word: code if (code := chosen.get(word, known)) in codes else ""
            for word, known in found.type_map.items()
        }
        _start_again(found)
    return found


def check(imported: Import) -> Import:
    """Look at the next few hundred rows, and when all have been looked at, at them together.

    Bounded in time. Raises `NotReady` while ticket types are unknown. Two at once do the work of
    one; what was checked under other settings is checked again.
    """
    if imported.state != "checking":
        return imported
    if unknown_words(imported):
        raise NotReady
    shop, start = imported.shop, imported.checked
    try:
        sheet, layout = read(shop.event, imported.content or b"")
    except UnreadableFile as unreadable:
        # It could be read once: settings have changed, and ask for a column that isn't there.
        return _give_up(imported.id, str(unreadable))
    if settings_mark(shop.event) != imported.result.get("settings"):
        return restart(imported.id, started(shop.event, sheet, layout))
    checker = Checker(shop, sheet, layout, imported.type_map)
    found, checked = _look(checker, start)
    cleaned = checking.packed(found.good, imported.cleaned)
    errors = [*imported.errors, *found.errors]
    counts = dict(imported.result)
    counts["errors"] = counts.get("errors", 0) + len(found.errors)
    counts["nameless"] = counts.get("nameless", 0) + found.nameless
    if found.broken:
        counts["broken"] = sorted({*counts.get("broken", []), *found.broken})
    ready = checked >= len(sheet.rows)
    if ready:
        errors, counts = _together(checker, shop, cleaned, errors, counts)
    import_id, type_map = imported.id, imported.type_map
    with write() as session:
        now_there = locked(session, import_id)
        if (now_there.state, now_there.checked, now_there.type_map) == (
            "checking",
            start,
            type_map,
        ):
            now_there.checked = checked
            now_there.cleaned = cleaned
            now_there.errors = sorted(errors, key=_place)[:MOST_ERRORS]
            now_there.result = counts
            now_there.state = "checked" if ready else "checking"
    return now_there


def _look(checker: Checker, start: int) -> tuple[Found, int]:
    """Check rows from `start` on until the step's time is over; returns up to which."""
    found = Found()
    until = time.monotonic() + SECONDS_PER_STEP
    rows = checker.sheet.rows[start : start + ROWS_PER_STEP]
    for number, row in enumerate(taking_turns(rows, every=20), start=1):
        checker.look_at(row, found)
        if number % 20 == 0 and time.monotonic() >= until:
            return found, start + number
    return found, start + len(rows)


def _together(
    checker: Checker, shop: Shop, cleaned: bytes, errors: list[Error], counts: dict[str, Any]
) -> tuple[list[Error], dict[str, Any]]:
    """What can only be seen of all rows at once: the orders they make."""
    broken = set(counts.pop("broken", ()))
    made = grouping.plan(_session(shop), shop.id, checking.unpacked(cleaned), broken)
    numbers = {row.line: row.row for row in checker.sheet.rows}
    errors = errors + [
        {
            "line": each.line,
            "row": numbers[each.line],
            "column": checker.title(each.key),
            "text": str(each.text),
        }
        for each in made.problems
    ]
    counts["errors"] += len(made.problems)
    return errors, counts | counted(made)


def counted(made: Plan) -> dict[str, int]:
    """What an import will come to, or came to."""
    return {
        "orders": len(made.fresh),
        "tickets": sum(len(group.rows) for group in made.fresh),
        "named": sum(row.details is not None for group in made.fresh for row in group.rows),
        "known": len(made.known),
        "known_rows": sum(len(group.rows) for group in made.known),
    }


def drop(imported: Import) -> Import:
    """Give an import up; nothing of its file is kept. One that is done stays done."""
    import_id = imported.id
    with write() as session:
        found = locked(session, import_id)
        if found.state in {"checking", "checked"}:
            finish(found, "dropped", {})
    return found


def settings_mark(event: Event) -> str:
    """Changes with whatever decides on rows."""
    said = [
        event.country,
        event.fields,
        [
            [each.code, each.name, each.needs_personal_data, each.fields]
            for each in columns.sold(event)
        ],
        [
            [each.key, each.kind, each.need, each.choices]
            for each in event.questions
            if not each.archived_at
        ],
    ]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


def read(event: Event, content: bytes) -> tuple[Sheet, Layout]:
    """Raises `UnreadableFile`."""
    known = columns.of_event(event)
    headers = columns.names_of(known)
    sheet = reading.read(content, lambda title: columns.folded(title) in headers)
    return sheet, columns.layout_of(sheet.header, known, event)


def started(event: Event, sheet: Sheet, layout: Layout) -> dict[str, Any]:
    """What is known before the first row is looked at."""
    return {
        "settings": settings_mark(event),
        "ignored": layout.ignored,
        "guessed": sheet.guessed,
        "example": sheet.example,
        "errors": 0,
        "nameless": 0,
    }


def _give_up(import_id: int, text: str) -> Import:
    with write() as session:
        found = locked(session, import_id)
        if found.state == "checking":
            _start_again(found)
            found.state = "checked"
            found.errors = [{"line": 1, "row": 1, "column": "", "text": text}]
            found.result = {**found.result, "errors": 1}
    return found


def restart(import_id: int, counts: dict[str, Any]) -> Import:
    """Check a file anew, from its first row."""
    with write() as session:
        found = locked(session, import_id)
        if found.state in {"checking", "checked"}:
            _start_again(found)
            found.result = counts
    return found


def _start_again(found: Import) -> None:
    found.state = "checking"
    found.checked = 0
    found.cleaned = None
    found.errors = []
    found.result = {**found.result, "errors": 0, "nameless": 0, "broken": []}


def finish(found: Import, state: str, counts: dict[str, int]) -> None:
    """In the caller's transaction; of the file nothing stays but its name and what it came to."""
    found.state = state
    found.finished_at = now()
    found.content = found.cleaned = None
    found.type_map = {}
    found.errors = []
    found.result = counts


def locked(session: Session, import_id: int) -> Import:
    """The import as it is now, which nobody else changes until this transaction ends."""
    wanted = select(Import).where(Import.id == import_id).options(*with_event())
    return session.scalars(to_change(wanted, of=Import)).one()


def with_event() -> tuple[Any, ...]:
    """Loader options for whatever looks at an import's rows."""
    event = joinedload(Import.shop).joinedload(Shop.event)
    return (
        event.selectinload(Event.ticket_types),
        event.selectinload(Event.questions),
    )


def with_content() -> tuple[Any, ...]:
    return (undefer(Import.content), undefer(Import.cleaned))


def _session(shop: Shop) -> Session:
    session = Session.object_session(shop)
    assert session is not None  # noqa: S101 - it was loaded in this request
    return session


def _place(error: Error) -> int:
    return int(error["line"])


def _tidy_filename(filename: str) -> str:
    """Without folders, and without what can't be shown."""
    name = filename.replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in name if c.isprintable())[:MAX_FILENAME] or "file.csv"
