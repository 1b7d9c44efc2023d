"""The digest that ties an audit record to all records before it."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from core.db.tables.audit import AuditRecord

START: Final = sha256(b"automart audit chain 1").digest()
"""The digest before the first record."""


def chain_digest(previous: bytes, record: AuditRecord) -> bytes:
    """Return sha256(previous digest, record), the record as JSON with sorted keys."""
    return sha256(previous + canonical(record)).digest()


def canonical(record: AuditRecord) -> bytes:
    """Return every column of a record as bytes that are equal for equal records on every machine and release."""
    columns = sorted(column.key for column in AuditRecord.__table__.columns)
    values = {name: getattr(record, name) for name in columns}
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_as_text).encode()


def _as_text(value: object) -> str:
    # The driver gives times in the zone of the connection; the digest must not depend on it.
    return value.astimezone(UTC).isoformat(timespec="microseconds") if isinstance(value, datetime) else str(value)
