"""Check the values of an event's fields, one at a time: what passes fits its column, whatever a client sends."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from core.engagement.schemas import LARGEST, LONGEST_TEXT, WORD_PATTERN
from core.observability.redaction import mask_contacts
from core.vocabulary import Channel

_WORD = re.compile(WORD_PATTERN.removesuffix("$") + r"\Z")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
_CHANNELS = frozenset(str(each) for each in Channel)
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode
_LONGEST_TIME = 40
_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


class BadValueError(ValueError):
    """A value that cannot be kept; the text is the code of the rejection."""


def read_time(value: object) -> datetime:
    """Read a time with an offset, as ISO 8601; of this century.

    Raises:
        BadValueError: `time_without_offset`, or `invalid_time`.
    """
    if not isinstance(value, str) or len(value) > _LONGEST_TIME or not value.isascii():
        raise BadValueError("invalid_time")
    try:
        read = datetime.fromisoformat(value)
        if read.tzinfo is None:
            raise BadValueError("time_without_offset")
        moment = read.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise error if isinstance(error, BadValueError) else BadValueError("invalid_time") from None
    if not _FIRST <= moment < _LAST:
        raise BadValueError("invalid_time")
    return moment


def read_uuid(value: object) -> UUID:
    """Read a UUID.

    Raises:
        BadValueError: `invalid_field`.
    """
    if not isinstance(value, str) or _UUID.match(value) is None:
        raise BadValueError("invalid_field")
    return UUID(value)


def read_word(value: object) -> str:
    """Read a short name of plain characters.

    Raises:
        BadValueError: `invalid_field`.
    """
    if not isinstance(value, str) or _WORD.match(value) is None:
        raise BadValueError("invalid_field")
    return value


def read_text(value: object) -> str:
    """Read a text of a person, and mask contacts in it.

    Raises:
        BadValueError: `invalid_field`.
    """
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise BadValueError("invalid_field")
    return mask_contacts(value)


def canonical_text(event: dict[str, Any]) -> str:
    """Write an event as JSON, its keys sorted.

    Raises:
        BadValueError: it holds something that no table can hold: `invalid_text` (NUL, a lone surrogate),
            `invalid_number` (not a number, infinite), `invalid_event` (nested too deeply).
    """
    try:
        text = _CANONICAL(event)
        text.encode()
    except UnicodeEncodeError:
        raise BadValueError("invalid_text") from None
    except ValueError:
        raise BadValueError("invalid_number") from None
    except RecursionError:
        raise BadValueError("invalid_event") from None
    if "\\u0000" in text and _has_nul(event):
        raise BadValueError("invalid_text")
    return text


def _has_nul(value: object) -> bool:
    if isinstance(value, dict):
        return any(_has_nul(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return any(map(_has_nul, value))
    return isinstance(value, str) and "\0" in value


def _number(most: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
            raise BadValueError("invalid_field")
        return value

    return read


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise BadValueError("invalid_field")
    return value


def _channel(value: object) -> str:
    if not isinstance(value, str) or value not in _CHANNELS:
        raise BadValueError("invalid_field")
    return value


READERS: Final[Mapping[str, Callable[[object], Any]]] = {
    "uuid": read_uuid,
    "word": read_word,
    "text": read_text,
    "count": _number(LARGEST["count"]),
    "amount": _number(LARGEST["amount"]),
    "flag": _flag,
    "channel": _channel,
}
"""By kind of field, the function that returns its value or raises `BadValueError`."""
