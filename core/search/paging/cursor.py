"""Write and read opaque page cursors: where the last page ended, bound to the search that it belongs to.

A cursor carries no right to anything: the audience's filter is applied whatever it says. It is checked so that a
damaged one, or one of another search, is an error and not a wrong page.
"""

import base64
import binascii
import hashlib
import json
import re
from typing import NamedTuple

from core.access.audience import Audience
from core.search.audience_filter import filter_of
from core.search.errors import InvalidCursorError
from core.search.query import SearchQuery

_VERSION = 2
_MAX_LENGTH = 400
_KEY = re.compile(r"[0-9a-f]{48}")


class Position(NamedTuple):
    """The place of a hit in a total order: the tier of the order, and the hit's sort key within it."""

    tier: int
    key: str


def encode(position: Position, query: SearchQuery, audience: Audience) -> str:
    """Write the cursor that continues after this position."""
    payload = json.dumps([_VERSION, fingerprint(query, audience), position.tier, position.key], separators=(",", ":"))
    return base64.urlsafe_b64encode(payload.encode()).decode().rstrip("=")


def decode(cursor: str, query: SearchQuery, audience: Audience, *, tiers: int) -> Position:
    """Read the position from a cursor of this very search, whose order has this many tiers.

    Raises:
        InvalidInputError: `invalid_cursor` for anything else.
    """
    try:
        version, mark, tier, key = _payload(cursor)
    except (ValueError, TypeError, RecursionError, binascii.Error) as error:
        raise InvalidCursorError("It is damaged") from error
    if version != _VERSION or type(tier) is not int or not 0 <= tier < tiers:
        raise InvalidCursorError("It is damaged")
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise InvalidCursorError("It is damaged")
    if mark != fingerprint(query, audience):
        raise InvalidCursorError("It belongs to another search")
    return Position(tier, key)


def belongs(cursor: str, query: SearchQuery, audience: Audience) -> bool:
    """Tell whether a cursor is one of this search; a damaged one is of none."""
    try:
        _, mark, *_ = _payload(cursor)
    except (ValueError, TypeError, RecursionError, binascii.Error):
        return False
    return mark == fingerprint(query, audience)


def fingerprint(query: SearchQuery, audience: Audience) -> str:
    """Digest what must stay the same from page to page: text, filters, order, origin, audience (not the limit)."""
    search: tuple[object, ...] = (query.text, query.filters, query.sort, query.origin, filter_of(audience))
    if query.popularity:
        search += ("popularity",)
    return hashlib.blake2b(repr(search).encode("utf-8", "backslashreplace"), digest_size=8).hexdigest()


def _payload(cursor: str) -> list[object]:
    if len(cursor) > _MAX_LENGTH:
        raise ValueError("too long")
    padded = cursor + "=" * (-len(cursor) % 4)
    payload = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    if not isinstance(payload, list):
        raise TypeError("not a list")
    return payload
