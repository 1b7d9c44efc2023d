"""Read the content of listings, column by column, for comparing them before and after a file."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from core.listing_frame import LISTING_SCHEMA

_COLUMNS = [name for name in LISTING_SCHEMA if name not in ("source_key", "branch_code")]
_SELECT = f"""
SELECT l.id, l.source_key, l.status, b.code AS branch_code, {", ".join(f"l.{name}" for name in _COLUMNS)}
FROM listings l LEFT JOIN branches b ON b.id = l.branch_id
"""  # noqa: S608  (column names of the schema, no input)

Content = dict[str, Any]
"""The columns of `LISTING_SCHEMA`, and `status`."""


def contents_from(session: Session, file_id: UUID) -> dict[UUID, Content]:
    """Read the listings whose present content came from a file, and those that it removed, by id."""
    removed = "SELECT listing_id FROM listing_removals WHERE file_id = :file_id AND state = 'removed'"
    query = text(f"{_SELECT} WHERE l.file_id = :file_id OR l.id IN ({removed})")
    return _by_id(session, query, {"file_id": file_id})


def contents_of(session: Session, ids: Collection[UUID]) -> dict[UUID, Content]:
    """Read these listings, by id."""
    return _by_id(session, text(f"{_SELECT} WHERE l.id = ANY(:ids)"), {"ids": sorted(ids)})


def _by_id(session: Session, query: TextClause, given: dict[str, Any]) -> dict[UUID, Content]:
    rows = (dict(row) for row in session.execute(query, given).mappings())
    return {row.pop("id"): row for row in rows}
