"""Breaking text into lines, as large as its room allows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from .measure import Measured, measure
from .scripts import Piece, base_direction, compose

LEADING = 1.22  # line height in ems; Noto Sans reaches from 1.07 above to 0.29 below
SMALLEST = 4.5  # points; below this, what does not fit is cut and ends in "…"
SLACK = 0.4  # points: floats differ a little between measuring and setting


@dataclass(frozen=True, slots=True)
class Fitted:
    """Text set to size: every line's pieces from left to right."""

    size: float
    lines: list[list[Piece]]

    @property
    def leading(self) -> float:
        return round(self.size * LEADING, 2)


@lru_cache(maxsize=1000)
def fit(
    text: str, width: float, height: float, size: float, bold: bool = False, lang: str = "en"
) -> Fitted:
    """The text at the given size where it fits the room, else as large as it may be.

    Remembered while one document is made: its tickets share most of their words.
    """
    paragraphs = [" ".join(line.split()) for line in text.splitlines()]
    paragraphs = [line for line in paragraphs if line]
    measured = [measure(line, bold=bold, lang=lang) for line in paragraphs]
    lines: list[tuple[int, str]] = []
    while True:
        room = max(int((height + SLACK) / (size * LEADING)), 1)
        lines = [
            (number, line)
            for number, clusters in enumerate(measured)
            for line in _break(clusters, (width - SLACK) / size)
        ]
        if len(lines) <= room:
            break
        if size <= SMALLEST:
            lines = lines[:room]
            lines[-1] = (lines[-1][0], lines[-1][1][:-1].rstrip() + "…")
            break
        size = max(round(size * 0.93, 2), SMALLEST)
    bases = [base_direction(paragraph) for paragraph in paragraphs]
    composed = [compose(line, bold=bold, lang=lang, base=bases[n]) for n, line in lines]
    return Fitted(size, composed)


def _break(clusters: list[Measured], width: float) -> list[str]:
    """Greedy lines: at the last place a line may begin, else in the middle of a word."""
    lines: list[str] = []
    start, used, chance = 0, 0.0, 0  # chance: the last place to break, if past start
    index = 0
    while index < len(clusters):
        cluster = clusters[index]
        if cluster.may_begin:
            chance = index
        if used + cluster.width > width and index > start and cluster.text != " ":
            end = chance if chance > start else index
            lines.append(_join(clusters[start:end]))
            start = index = end
            used = 0.0
            continue
        used += cluster.width
        index += 1
    lines.append(_join(clusters[start:]))
    return lines


def _join(clusters: list[Measured]) -> str:
    return "".join(cluster.text for cluster in clusters).strip(" ")
