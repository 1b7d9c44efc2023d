"""Parse and write a reader's position, a number for each stream: `khan-motors:12,@me:4`."""

import re
from collections.abc import Mapping
from typing import Final

from serving.live.errors import BadPositionError

ME: Final = "@me"
_PART = re.compile(r"([a-z0-9@][a-z0-9-]{0,99}|@me):(0|[1-9][0-9]{0,17})")
_MOST: Final = 250


def position_text(numbers: Mapping[str, int]) -> str:
    """Write a position."""
    return ",".join(f"{name}:{number}" for name, number in numbers.items())


def read_position(given: str) -> dict[str, int]:
    """Read a position; an empty one says nothing.

    Raises:
        BadPositionError: it is none.
    """
    if not given:
        return {}
    parts = [_PART.fullmatch(part) for part in given[: _MOST + 1].split(",")]
    found = {part[1]: int(part[2]) for part in parts if part is not None}
    if len(given) > _MOST or None in parts or len(found) < len(parts):
        raise BadPositionError
    return found
