"""The digests that tie an audit record to all records before it.

A link's digest is made of the digest of its record, and not of the record itself, so that an anchored list of digests
names the very record that was changed.
"""

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Text, cast
from sqlalchemy.dialects.postgresql import JSONB

from core.db.tables.audit import AuditRecord

START: Final = sha256(b"automart audit chain 2").digest()
"""The digest before the first record."""


def record_columns() -> list[ColumnElement[Any]]:
    """Return the columns to read a record by, for `record_digest`.

    JSON is read as the database's own text: a number is hashed digit by digit, which no Python float keeps.
    """
    columns = AuditRecord.__table__.columns
    return [cast(each, Text).label(each.key) if isinstance(each.type, JSONB) else each for each in columns]


def record_digest(row: Row[*tuple[Any, ...]]) -> bytes:
    """Return the digest of a record that was read by `record_columns`: of what is stored, not of what was sent."""
    return sha256(canonical(row)).digest()


def canonical(row: Row[*tuple[Any, ...]]) -> bytes:
    """Return every column of a record as bytes that are equal for equal records on every machine and release.

    Null columns are left out, so that a nullable column that is added later changes no digest.
    """
    names = sorted(column.key for column in AuditRecord.__table__.columns)
    values = {name: value for name in names if (value := getattr(row, name)) is not None}
    return _json(values)


def link_digest(previous: bytes, number: int, record_id: UUID, record: bytes, chained_at: datetime) -> bytes:
    """Return the digest of a link: of the digest before it, its number, its record's digest, and its moment."""
    values = {"number": number, "record_id": record_id, "record": record.hex(), "chained_at": chained_at}
    return sha256(previous + _json(values)).digest()


def _json(values: dict[str, object]) -> bytes:
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_as_text).encode()


def _as_text(value: object) -> str:
    # The driver gives times in the zone of the connection; the digest must not depend on it.
    return value.astimezone(UTC).isoformat(timespec="microseconds") if isinstance(value, datetime) else str(value)
