"""What a backup says of itself before anything is done with it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Looked:
    """Empty where the file holds another program's database."""

    revision: str | None = None  # of the migrations
    keys: dict[str, str] = field(default_factory=dict)  # {a key's name: its fingerprint}
    mark: str | None = None  # of `revocations.py`; none where it was copied in another way
