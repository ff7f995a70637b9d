"""What a pretix event sells: its products, each by pretix's ids, with a name that people know."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ticketing.pretix.reading import line
from ticketing.words import languages

NOT_OURS: Final = ""  # in a connection's `items`: sold in pretix, but no ticket of ours
_NAME: Final = 200


def read(items: Sequence[Mapping[str, Any]], spoken: Sequence[str]) -> list[dict[str, Any]]:
    """pretix's items as a connection keeps them: {"key", "name", "admission"}, one a variation.

    `spoken` are the languages whose names are wanted, the most wanted first.
    """
    found = []
    for item in sorted(items, key=_place):
        number, name = item.get("id"), _name(item.get("name"), spoken)
        if not isinstance(number, int):
            continue
        admission = item.get("admission") is True
        variations = item.get("variations")
        named = [(str(number), name)]
        if isinstance(variations, list) and variations:
            named = [
                (f"{number}:{each.get('id')}", f"{name} – {_name(each.get('value'), spoken)}")
                for each in variations
            ]
        found += [
            {"key": key, "name": name[:_NAME] or f"#{key}", "admission": admission}
            for key, name in named
        ]
    return found


def undecided(catalogue: Sequence[Mapping[str, Any]], items: Mapping[str, Any]) -> list[str]:
    """The names of the products that nobody has said yet what they are."""
    return [str(each["name"]) for each in catalogue if each["key"] not in items]


def name_of(catalogue: Sequence[Mapping[str, Any]], key: str) -> str:
    return next((str(each["name"]) for each in catalogue if each["key"] == key), f"#{key}")


def _place(item: Mapping[str, Any]) -> tuple[int, int]:
    """pretix sorts by position alone, which may be the same for all."""
    position, number = item.get("position"), item.get("id")
    return (
        position if isinstance(position, int) else 0,
        number if isinstance(number, int) else 0,
    )


def _name(texts: Any, spoken: Sequence[str]) -> str:
    if not isinstance(texts, dict):
        return line(texts)
    return line(languages.text_in(texts, spoken[0] if spoken else "en", [*spoken, "en"]))
