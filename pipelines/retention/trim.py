"""Delete the rows that a rule gives an age, in small parts: no lock and no transaction gets long."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CursorResult, text
from sqlalchemy.orm import Session

from core.declarations import Retention

BATCH = 1_000
# A row that another transaction holds is passed over, and found again by the next turn.
_TRIM = """
DELETE FROM {table} WHERE ctid = ANY(ARRAY(
  SELECT ctid FROM {table} WHERE {since} < CAST(:before AS timestamptz) AND {where} LIMIT :most FOR UPDATE SKIP LOCKED
))
"""


def trim(session: Session, rule: Retention, now: datetime, most: int = BATCH) -> int:
    """Delete rows past their retention, at most `most`; return their number."""
    statement = _TRIM.format(table=rule.table, since=rule.since, where=rule.where)  # declared in code, no input
    result = session.execute(text(statement), {"before": now - rule.age, "most": most})
    assert isinstance(result, CursorResult)  # noqa: S101  (says so to the type checker)
    return result.rowcount
