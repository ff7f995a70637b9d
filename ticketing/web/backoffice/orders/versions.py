"""Two versions of the same details beside each other, after somebody else was faster."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ticketing.asking.fields import Answer, Asked, in_words


@dataclass(frozen=True, slots=True)
class Version:
    label: str
    now: str
    typed: str


def compare(
    asked: Sequence[Asked], now: Mapping[str, Any], typed: Mapping[str, Answer]
) -> list[Version]:
    """The details in which what was typed differs from what is there now."""
    return [
        Version(str(each.field.label), was, typed_now)
        for each in asked
        if (key := each.field.key) != "email_check"
        and (was := in_words(each.field, now.get(key, "")))
        != (typed_now := in_words(each.field, _sent(typed.get(key, ""))))
    ]


def _sent(answer: Answer) -> Answer:
    return answer if isinstance(answer, list) else answer.replace("\r\n", "\n").strip()
