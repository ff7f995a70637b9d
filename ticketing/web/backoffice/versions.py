"""Two versions of the same details beside each other, after somebody else was faster."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ticketing.fields import Asked
from ticketing.web.backoffice.wording import value_of


@dataclass(frozen=True, slots=True)
class Version:
    label: str
    now: str
    typed: str


def compare(
    asked: Sequence[Asked], now: Mapping[str, Any], typed: Mapping[str, str]
) -> list[Version]:
    """The details in which what was typed differs from what is there now."""
    return [
        Version(str(each.field.label), value_of(key, now.get(key, "")), value_of(key, typed[key]))
        for each in asked
        if (key := each.field.key) != "email_check"
        and str(now.get(key, "")) != typed.get(key, "").strip()
    ]
