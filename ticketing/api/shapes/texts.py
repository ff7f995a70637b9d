"""What all bodies share: nothing unknown in them, and texts that can be printed."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from ticketing.asking import names


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


Text = Annotated[str, Field(max_length=400)]


def printable(value: str) -> str:
    """Nothing invisible, and kept to the letter: it is compared with what is sent next time."""
    try:
        names.tidy(value)
    except names.RefusedCharacter:
        raise PydanticCustomError("refused_character", "refused character") from None
    return value
