"""Make ids of rows before they are inserted, for values that are sealed for their row."""

import secrets
from uuid import UUID

from core.clock import utc_now

_MILLISECOND_BITS = 80


def new_id() -> UUID:
    """Return a UUID of version 7 (RFC 9562): time-ordered, as PostgreSQL's own `uuidv7()` makes them."""
    milliseconds = int(utc_now().timestamp() * 1000)
    number = milliseconds << _MILLISECOND_BITS | secrets.randbits(_MILLISECOND_BITS)
    number = number & ~(0xF << 76) | 0x7 << 76
    return UUID(int=number & ~(0x3 << 62) | 0x2 << 62)
