"""Read newly priced ads and write measurements: the SQL of the daily watch, the only writer of its two tables."""

from datetime import date, datetime
from typing import Any

import polars as pl
from sqlalchemy import delete, insert, select, text
from sqlalchemy.orm import Session

from core.db.copy import Schema, copy_out
from core.db.tables import PriceAccuracy, PriceDrift
from core.listing_frame import LISTING_SCHEMA
from core.states.listings import state_sql
from models.price_bands.evaluation.monitoring import Measured
from pipelines.price_bands.repository import AD_COLUMNS
from pipelines.price_bands.samples.teaching import OWNER_SCHEMA, OWNER_SQL

_SINCE = f"""
COPY (
  SELECT {{columns}}, {{owner}},
    n.listing_id IS NOT NULL OR (l.created_at > '{{since}}' AND l.price_pkr IS NOT NULL) AS is_new
  FROM listings l JOIN orgs o ON o.id = l.org_id
  LEFT JOIN (SELECT DISTINCT listing_id FROM listing_prices WHERE observed_at > '{{since}}' AND price_pkr IS NOT NULL) n
    ON n.listing_id = l.id
  WHERE {state_sql("taught_now")}
) TO STDOUT (FORMAT csv)
"""  # noqa: S608  (names of states, no input)


class PriceWatchRepository:
    """Read and write the daily measurements of the champion."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def ads_since(self, moment: datetime) -> pl.DataFrame:
        """Read every live listing: `AD_COLUMNS`, `OWNER_COLUMNS`, and whether its price was seen after `moment`."""
        columns = ", ".join(f"l.{name}" for name in AD_COLUMNS)
        statement = _SINCE.format(columns=columns, owner=OWNER_SQL, since=moment.isoformat())
        schema: Schema = {name: LISTING_SCHEMA[name] for name in AD_COLUMNS} | OWNER_SCHEMA | {"is_new": pl.String}
        frame = copy_out(self._session, statement, schema)
        return frame.with_columns(is_new=pl.col("is_new") == "t")

    def replace(self, version: str, measured: Measured, *, on: date, at: datetime) -> None:
        """Put a day's measurements of a version in place of those of the same day and version."""
        for table, rows in ((PriceAccuracy, measured.accuracy), (PriceDrift, measured.drift)):
            mine: dict[str, Any] = {"measured_on": on, "model_version": version}
            self._session.execute(delete(table).filter_by(**mine))
            if rows:
                self._session.execute(insert(table), [row | mine | {"measured_at": at} for row in rows])

    def latest(self, version: str) -> list[PriceAccuracy]:
        """Read the newest measurements of a version, `all` first; none before the first watch."""
        newest = text("(SELECT max(measured_on) FROM price_accuracy WHERE model_version = :version)")
        statement = select(PriceAccuracy).where(
            PriceAccuracy.model_version == version, PriceAccuracy.measured_on == newest.bindparams(version=version)
        )
        rows = list(self._session.scalars(statement))
        return sorted(rows, key=lambda row: (row.segment != "all", row.segment))
