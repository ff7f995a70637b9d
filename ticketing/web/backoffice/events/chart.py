"""The lines of a chart over time, as the corners that an inline SVG draws.

The SVG is stretched to its frame, so it holds lines alone; all words stand beside it in HTML.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ticketing.organising.dashboard import Day

_STEPS: Final = (2, 4, 6, 10)


@dataclass(frozen=True, slots=True)
class Chart:
    """`tickets` and `personalised` are SVG points in a box of 100 × 100, y downwards.

    `area` is what lies below the personalised ones; `marks` are the numbers at the left edge from
    the top to zero, `dates` those at the lower edge from the first to the last.
    """

    tickets: str
    personalised: str
    area: str
    marks: tuple[int, int, int]
    dates: tuple[dt.date, ...]


def chart_of(days: Sequence[Day]) -> Chart:
    """The chart of at least one day."""
    top = _nice(max(1, *(max(day.tickets, day.personalised) for day in days)))
    across = max(1, len(days) - 1)
    xs = [100 * n / across for n in range(len(days))]
    # A single day is a line all the same.
    days, xs = (days, xs) if len(days) > 1 else ([days[0], days[0]], [0.0, 100.0])
    tickets = _points(xs, [day.tickets for day in days], top)
    personalised = _points(xs, [day.personalised for day in days], top)
    ends = (days[0].date, days[len(days) // 2].date, days[-1].date)
    return Chart(
        tickets=tickets,
        personalised=personalised,
        area=f"0,100 {personalised} 100,100",
        marks=(top, top // 2, 0),
        dates=tuple(dict.fromkeys(ends)),
    )


def table_of(days: Sequence[Day], most: int = 31) -> list[Day]:
    """The same in numbers, newest first: every day, or evenly chosen ones if there are many."""
    step = -(-len(days) // most)
    return list(reversed(days))[::step]


def _points(xs: Sequence[float], values: Sequence[int], top: int) -> str:
    return " ".join(
        f"{x:.2f},{100 - 100 * value / top:.2f}" for x, value in zip(xs, values, strict=True)
    )


def _nice(value: int) -> int:
    """The next round number, whose half is round as well."""
    power = 1
    while True:
        for step in _STEPS:
            if step * power >= value:
                return step * power
        power *= 10
