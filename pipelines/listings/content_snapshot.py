"""Read the content of listings, column by column, for comparing them before and after a file."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from core.listing_frame import LISTING_SCHEMA

_COLUMNS = [name for name in LISTING_SCHEMA if name not in ("source_key", "branch_code")]
_SELECT = f"""
SELECT l.source_key, l.status, b.code AS branch_code, {", ".join(f"l.{name}" for name in _COLUMNS)}
FROM listings l LEFT JOIN branches b ON b.id = l.branch_id
"""  # noqa: S608  (column names of the schema, no input)

Content = dict[str, Any]
"""The columns of `LISTING_SCHEMA` without the key, and `status`."""


def contents_from(session: Session, file_id: UUID) -> dict[str, Content]:
    """Read the listings whose present content came from a file, and those that it removed, by source key."""
    removed = "SELECT listing_id FROM listing_removals WHERE file_id = :file_id AND state = 'removed'"
    query = text(f"{_SELECT} WHERE l.file_id = :file_id OR l.id IN ({removed})")
    return _by_key(session, query, {"file_id": file_id})


def contents_of(session: Session, org_id: UUID, keys: Collection[str]) -> dict[str, Content]:
    """Read the listings of an organisation with these keys, by key."""
    query = text(f"{_SELECT} WHERE l.org_id = :org_id AND l.source_key = ANY(:keys)")
    return _by_key(session, query, {"org_id": org_id, "keys": sorted(keys)})


def _by_key(session: Session, query: TextClause, given: dict[str, Any]) -> dict[str, Content]:
    rows = (dict(row) for row in session.execute(query, given).mappings())
    return {row.pop("source_key"): row for row in rows}
