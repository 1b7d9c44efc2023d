"""Read the fields of notifications that come as a form or in an address."""

from typing import Final
from urllib.parse import parse_qsl

_MOST_FIELDS: Final = 100


def fields_of(body: bytes) -> dict[str, str]:
    """Return the fields; {} where they cannot be read, or one is there twice and so has no one meaning."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return {}
    fields = dict(pairs)
    return fields if len(fields) == len(pairs) else {}
