"""SQL of the daily watch: newly priced ads out, measurements in; the only writer of the tables it measures into."""

from datetime import date, datetime
from typing import Any

import polars as pl
from sqlalchemy import delete, insert, select, text
from sqlalchemy.orm import Session

from core.db.copy import Schema, copy_out
from core.db.tables import PriceAccuracy, PriceDrift
from core.listing_frame import LISTING_SCHEMA
from pipelines.price_bands.repository import AD_COLUMNS

_SINCE = """
COPY (
  SELECT {columns}, n.listing_id IS NOT NULL AS is_new
  FROM listings l
  LEFT JOIN (SELECT DISTINCT listing_id FROM listing_prices WHERE observed_at > '{since}' AND price_pkr IS NOT NULL) n
    ON n.listing_id = l.id
  WHERE l.status = 'live'
) TO STDOUT (FORMAT csv)
"""


class PriceWatchRepository:
    """What is measured of the champion, day by day."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def ads_since(self, moment: datetime) -> pl.DataFrame:
        """Every live listing: `AD_COLUMNS`, and `is_new` where its price was first seen after `moment`."""
        columns = ", ".join(f"l.{name}" for name in AD_COLUMNS)
        statement = _SINCE.format(columns=columns, since=moment.isoformat())
        schema: Schema = {name: LISTING_SCHEMA[name] for name in AD_COLUMNS} | {"is_new": pl.String}
        frame = copy_out(self._session, statement, schema)
        return frame.with_columns(is_new=pl.col("is_new") == "t")

    def replace(
        self, day: date, version: str, accuracy: list[dict[str, Any]], drift: list[dict[str, Any]], at: datetime
    ) -> None:
        """Put a day's measurements of a version in place of those of the same day and version."""
        for table, rows in ((PriceAccuracy, accuracy), (PriceDrift, drift)):
            mine = {"measured_on": day, "model_version": version}
            self._session.execute(delete(table).filter_by(**mine))
            if rows:
                self._session.execute(insert(table), [row | mine | {"measured_at": at} for row in rows])

    def latest(self, version: str) -> list[PriceAccuracy]:
        """The newest measurements of a version, `all` first; none before the first watch."""
        newest = text("(SELECT max(measured_on) FROM price_accuracy WHERE model_version = :version)")
        statement = select(PriceAccuracy).where(
            PriceAccuracy.model_version == version, PriceAccuracy.measured_on == newest.bindparams(version=version)
        )
        rows = list(self._session.scalars(statement))
        return sorted(rows, key=lambda row: (row.segment != "all", row.segment))
