"""Make keys that sort by a value and then by id: one field gives a total order, and a page can start after any key.

Every engine keeps them, so that pages can neither skip nor repeat, whatever else changes.
"""

from uuid import UUID

_ID_DIGITS = 32
_OFFSET = 2**63  # makes any 64-bit value a non-negative one, so that its hex digits sort as it does


def sort_key(value: int, listing_id: str) -> str:
    """Return 48 hex digits that sort by value, then by id; the id is given as 32 hex digits, as `UUID.hex` has them.

    >>> sort_key(5, UUID(int=1).hex) < sort_key(5, UUID(int=2).hex) < sort_key(6, UUID(int=1).hex)
    True
    """
    return f"{value + _OFFSET:016x}{listing_id}"


def id_of(key: str) -> UUID:
    """Return the id inside a sort key."""
    return UUID(hex=key[-_ID_DIGITS:])


def value_of(key: str) -> int:
    """Return the value inside a sort key."""
    return int(key[:-_ID_DIGITS], 16) - _OFFSET
