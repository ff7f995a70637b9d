"""What happened within the last so long, by the clock of whichever machine wrote it down."""

import datetime as dt
from typing import Any, Final

from sqlalchemy import ColumnElement, and_
from sqlalchemy.orm import InstrumentedAttribute

# By how much the clocks of two machines may differ.
TOLERANCE: Final = dt.timedelta(minutes=10)


def within(
    column: InstrumentedAttribute[Any], span: dt.timedelta, at: dt.datetime
) -> ColumnElement[bool]:
    """Whether this moment was less than `span` ago.

    What lies ahead was written by a clock that was wrong, and isn't counted: else it would be
    until that day has come, and keep people from what they may do.
    """
    return and_(column > at - span, column <= at + TOLERANCE)
