"""What a link's picture says: plain values, in the reader's language, already formatted."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

# Raise it when the picture's look changes: it then has another address, and is made anew.
DESIGN = 1


@dataclass(frozen=True, slots=True)
class Preview:
    """An event as it is shown to who has not opened the link yet: nothing of any order."""

    name: str
    when: str
    place: str  # one line
    day: str  # of the month on which it begins
    month: str  # abbreviated
    organiser: str
    colour: str  # "#rrggbb"
    lang: str  # BCP 47
    picture: str = ""  # the SHA-256 of the event's own picture; "": it has none

    def facts(self) -> list[str]:
        """What stands beneath the name."""
        return [each for each in (self.when, self.place) if each]

    def mark(self) -> str:
        """Stands for all that is shown, in the picture's address and in its file's name."""
        shown = json.dumps([DESIGN, *asdict(self).values()])
        return hashlib.sha256(shown.encode("ascii")).hexdigest()[:32]

    def to_bytes(self, picture: bytes = b"") -> bytes:
        """For another process, with the JPEG that `picture` is the digest of."""
        return json.dumps(asdict(self)).encode("ascii") + b"\n" + picture

    @classmethod
    def from_bytes(cls, data: bytes) -> tuple[Preview, bytes]:
        """What `to_bytes` wrote, and the picture."""
        head, _line, picture = data.partition(b"\n")
        return cls(**json.loads(head)), picture
