"""Finding orders: what was typed, the filters, and pages that stay where they are."""

from ticketing.search.pages import (
    COUNTED_UP_TO,
    Page,
    count,
    find,
    ids_after,
    in_this_order,
    personalised_of,
)
from ticketing.search.wanted import SORTS, STATES, Wanted

__all__ = [
    "COUNTED_UP_TO",
    "SORTS",
    "STATES",
    "Page",
    "Wanted",
    "count",
    "find",
    "ids_after",
    "in_this_order",
    "personalised_of",
]
