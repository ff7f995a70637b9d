"""Whose a value was: the details of a ticket or an order as they followed each other.

Tickets change hands, and each entry of a history holds values of who was there before and of who
came after. A story puts them in their sequence, so that the details of one person can be taken out
of it and those of the others stay.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from ticketing.asking.names import ERASED
from ticketing.models import HistoryEntry

# What such entries tell besides somebody's details.
NO_DETAIL: Final = frozenset({"barcode", "state"})


class Who(Protocol):
    """Whose details are meant: a person's, or everybody's."""

    @property
    def addresses(self) -> frozenset[str]: ...

    def is_in(self, details: Mapping[str, Any]) -> bool: ...


@dataclass
class Story:
    """`entries` changed the details, the oldest first; `now` is what they are now."""

    now: Mapping[str, Any]
    entries: Sequence[HistoryEntry]
    states: list[dict[str, Any]] = field(init=False)  # before and after each entry

    def __post_init__(self) -> None:
        state = {key: value for key, value in self.now.items() if value}
        found = [state]
        for entry in reversed(self.entries):
            state = {key: value for key, value in state.items() if key not in entry.after}
            state |= {key: value for key, value in _details(entry.before).items() if value}
            found.append(state)
        self.states = found[::-1]

    def told_of(self, who: Who) -> list[bool]:
        """Of each state, whether it is theirs."""
        return [bool(state) and who.is_in(state) for state in self.states]

    def forget(self, theirs: Sequence[bool]) -> set[str]:
        """Erase the values of these states in the entries; returns which keys of `now` are to go.

        A value that the present person has as well stays, for then it is theirs.
        """
        gone: set[str] = set()
        last = len(self.states) - 1
        for key in {key for state in self.states for key in state}:
            for first, end in self._spans(key):
                if not any(theirs[first : end + 1]) or (end == last and not theirs[last]):
                    continue
                if first:
                    _replace(self.entries[first - 1], "after", key)
                if end < last:
                    _replace(self.entries[end], "before", key)
                else:
                    gone.add(key)
        return gone

    def _spans(self, key: str) -> Iterator[tuple[int, int]]:
        """(first, last) of the states in a row in which the key has the same value."""
        first = 0
        for at, state in enumerate(self.states):
            value = state.get(key)
            if at + 1 == len(self.states) or self.states[at + 1].get(key) != value:
                if value:
                    yield first, at
                first = at + 1


def _replace(entry: HistoryEntry, side: str, key: str) -> None:
    setattr(entry, side, {**getattr(entry, side), key: ERASED})


def _details(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key not in NO_DETAIL}
