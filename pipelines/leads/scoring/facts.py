"""Read what was known of leads when they came: no message, name or contact, nor anything that was added later."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import numpy as np
import polars as pl
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from models.lead_score.inputs import COLUMNS, inputs_of
from models.lead_score.train import History

WON_WITHIN: Final = timedelta(days=30)
"""A lead counts as won if it was within this time; younger ones teach nothing, since nobody knows their end."""
OLDEST: Final = timedelta(days=730)
_FACTS: Final = """
  l.type, l.source, l.language, l.contact_kind,
  extract(hour FROM l.created_at AT TIME ZONE 'Asia/Karachi')::int AS hour,
  extract(isodow FROM l.created_at AT TIME ZONE 'Asia/Karachi')::int AS weekday,
  l.query_id IS NOT NULL AS found_by_search, l.offer_pkr, l.price_pkr, c.model_year,
  extract(year FROM l.created_at AT TIME ZONE 'Asia/Karachi')::int AS year,
  l.trade_in IS NOT NULL AS has_trade_in
"""
# Buyers who were erased teach nothing, and neither do private ads, which are nobody's work.
_HISTORY: Final = text(f"""
SELECT {_FACTS}, l.org_id::text AS org, l.state = 'won' AND EXISTS (
    SELECT FROM lead_events e WHERE e.lead_id = l.id AND e.kind = 'state' AND e.state = 'won'
      AND e.at <= l.created_at + :within) AS won
FROM leads l LEFT JOIN listings c ON c.id = l.listing_id
WHERE l.created_at BETWEEN :first AND :last AND l.seller_id IS NULL AND l.blind_index IS NOT NULL
  AND l.state NOT IN ('spam', 'merged')
ORDER BY l.created_at, l.id
""")  # noqa: S608  (constants of this module)
_OPEN: Final = text(f"""
SELECT {_FACTS}, l.id FROM (
  SELECT * FROM leads WHERE scored_by IS NULL AND state NOT IN ('won', 'lost', 'spam', 'merged')
  ORDER BY id LIMIT :most FOR NO KEY UPDATE SKIP LOCKED
) l LEFT JOIN listings c ON c.id = l.listing_id ORDER BY l.id
""")  # noqa: S608


def read_history(session: Session, now: datetime) -> History:
    """Read the leads that teach, in the order in which they came."""
    given = {"within": WON_WITHIN, "first": now - OLDEST, "last": now - WON_WITHIN}
    rows = session.execute(_HISTORY, given).all()
    orgs = pl.Series("org", [row.org for row in rows], pl.String)
    return History(inputs_of(_frame(rows)), orgs, np.array([bool(row.won) for row in rows], np.bool_))


def read_unscored(session: Session, most: int) -> tuple[list[UUID], pl.DataFrame]:
    """Lock open leads that no model has looked at, and return their ids and facts; those that others work are left."""
    rows = session.execute(_OPEN, {"most": most}).all()
    return [row.id for row in rows], _frame(rows)


def _frame(rows: Sequence[Row[Any]]) -> pl.DataFrame:
    columns = [[getattr(row, name) for row in rows] for name in COLUMNS]
    return pl.DataFrame(dict(zip(COLUMNS, columns, strict=True)), schema=dict(COLUMNS))
