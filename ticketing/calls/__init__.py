"""Requests to other programs: written with what caused them, made afterwards, tried again."""

from ticketing.calls.handlers import HANDLERS, Handler, Outcome
from ticketing.calls.making import Report, make_waiting, watch
from ticketing.calls.queue import MOST_TRIES, enqueue, enqueue_many, replay, wait_after

__all__ = [
    "HANDLERS",
    "MOST_TRIES",
    "Handler",
    "Outcome",
    "Report",
    "enqueue",
    "enqueue_many",
    "make_waiting",
    "replay",
    "wait_after",
    "watch",
]
