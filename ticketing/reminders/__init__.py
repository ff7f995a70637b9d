"""Reminders to bookers while their tickets need a name: some days before, and in bulk."""

from ticketing.reminders.bookers import (
    DUE,
    LATE,
    LATELY,
    OFF,
    PAUSE,
    READY,
    Coming,
    Page,
    Row,
    coming,
    count,
    preview,
)
from ticketing.reminders.moments import EARLIEST, OFFERED, change
from ticketing.reminders.writing import MOST_AT_ONCE, Done, remind, send
from ticketing.reminders.written import Run, also_open, runs, turn

__all__ = [
    "DUE",
    "EARLIEST",
    "LATE",
    "LATELY",
    "MOST_AT_ONCE",
    "OFF",
    "OFFERED",
    "PAUSE",
    "READY",
    "Coming",
    "Done",
    "Page",
    "Row",
    "Run",
    "also_open",
    "change",
    "coming",
    "count",
    "preview",
    "remind",
    "runs",
    "send",
    "turn",
]
