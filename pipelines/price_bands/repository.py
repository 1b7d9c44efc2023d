"""SQL of price bands; this module is the only writer of `price_bands`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.db.copy import Schema, copy_frame, copy_out
from core.listing_frame import LISTING_SCHEMA
from core.outbox.emit import emit_rows
from core.prices.deal_ratings import PRICE_BAND, RATED, RENEWED
from core.states.listings import state_sql
from models.price_bands.predict import MAIN_COLUMNS
from pipelines.price_bands.samples.teaching import OWNER_COLUMNS, OWNER_SCHEMA, OWNER_SQL

CAR_COLUMNS = ("source_key", "make", "model", "variant", "model_year", "mileage_km", "price_pkr", "fuel",
               "transmission", "body", "assembly", "color", "engine_cc", "battery_kwh", "city", "province",
               "registered_in", "listed_on")  # fmt: skip
_SELECTED = ", ".join(f"l.{name}" for name in CAR_COLUMNS)
AD_COLUMNS = (*CAR_COLUMNS, "title")
_LIVE_SQL = f"""
COPY (
  SELECT {_SELECTED}, l.title, {OWNER_SQL} FROM listings l JOIN orgs o ON o.id = l.org_id
  WHERE {state_sql("taught_now")}
) TO STDOUT (FORMAT csv)
"""  # noqa: S608  (column names, no input)
_ATTRIBUTES = ", ".join(f"l.{name}" for name in AD_COLUMNS if name != "listed_on")
# A live ad without a day is asked today. A removed one was asked when its source said so, else when its last price was
# first seen here: never later, or a model that has seen the ad would be judged by it as if it had not.
_ALL_SQL = f"""
COPY (
  SELECT {_ATTRIBUTES}, {state_sql("taught_now")} AS is_live,
    CASE WHEN {state_sql("taught_now")} THEN l.listed_on ELSE coalesce(
      l.listed_on,
      (SELECT (max(p.observed_at) AT TIME ZONE 'Asia/Karachi')::date FROM listing_prices p WHERE p.listing_id = l.id),
      (l.created_at AT TIME ZONE 'Asia/Karachi')::date
    ) END AS listed_on, {OWNER_SQL}
  FROM listings l JOIN orgs o ON o.id = l.org_id
  WHERE {state_sql("taught_now")} OR ({state_sql("taught_past")} AND l.removed_at >= '{{since}}')
) TO STDOUT (FORMAT csv)
"""  # noqa: S608  (column names and a date, no input)

_MODEL_VERSION = "coalesce(b.model_version, '') <> :version"
WITHHELD: Final = "implausible_price"
"""Reason of listings whose price is far from the market and not confirmed; they are looked at by every refresh."""
_WITHHOLD = text(f"""
UPDATE new_bands n SET method = 'none', reason = '{WITHHELD}', confidence = 0,
  {", ".join(f"{name} = NULL" for name in MAIN_COLUMNS if name.endswith("_pkr"))}
FROM listings l
JOIN feed_price_doubts d ON (d.org_id, d.source_key, d.price_pkr) = (l.org_id, l.source_key, l.price_pkr)
WHERE l.id = n.listing_id AND d.confirmed_at IS NULL
""")  # noqa: S608  (column names, no input)
_WITHOUT_LEVELS = "b.mid_pkr IS NOT NULL AND b.low_90_pkr IS NULL"  # written before the levels were kept
_BAND = ", ".join(MAIN_COLUMNS)
_STALE = text(f"""
CREATE TEMP TABLE stale_bands ON COMMIT DROP AS
SELECT l.id AS listing_id, l.updated_at AS listing_updated_at, {_SELECTED}
FROM listings l LEFT JOIN price_bands b ON b.listing_id = l.id
WHERE {state_sql("priced")}
  AND (b.listing_id IS NULL OR b.listing_updated_at <> l.updated_at OR {_MODEL_VERSION}
       OR {_WITHOUT_LEVELS} OR b.reason = '{WITHHELD}')
""")  # noqa: S608  (column names, no input)
_NEW = f"""
CREATE TEMP TABLE new_bands ON COMMIT DROP AS
SELECT listing_id, listing_updated_at, {_BAND} FROM price_bands WITH NO DATA;
CREATE TEMP TABLE changed_bands (subject_id uuid, kind text, org_id uuid, person_id uuid, audience text[],
  payload jsonb) ON COMMIT DROP
"""  # noqa: S608  (column names, no input)
# Those who follow the bands (search shows the deal rating) are told where the numbers changed, and where a rating that
# was hidden since its listing changed may be shown again. The event
# leaves listings.updated_at alone, by which bands are found stale: so a refresh never causes the next one.
_UPSERT = text(f"""
WITH merged AS (
INSERT INTO price_bands AS b (listing_id, listing_updated_at, {_BAND}, model_version, computed_at)
SELECT n.listing_id, n.listing_updated_at, {", ".join(f"n.{name}" for name in MAIN_COLUMNS)},
       nullif(:version, ''), now()
FROM new_bands n JOIN listings l ON l.id = n.listing_id AND {state_sql("priced")}
ON CONFLICT (listing_id) DO UPDATE SET
  listing_updated_at = excluded.listing_updated_at, {", ".join(f"{name} = excluded.{name}" for name in MAIN_COLUMNS)},
  model_version = excluded.model_version, computed_at = excluded.computed_at
RETURNING b.listing_id, old.listing_updated_at <> new.listing_updated_at AS was_hidden,
  old.low_pkr AS old_low, old.mid_pkr AS old_mid, old.high_pkr AS old_high,
  new.low_pkr, new.mid_pkr, new.high_pkr
), changed AS (
INSERT INTO changed_bands (subject_id, kind, org_id, audience, payload)
SELECT l.id, CASE WHEN (old_low, old_mid, old_high) IS DISTINCT FROM (low_pkr, mid_pkr, high_pkr)
    THEN '{RATED}' ELSE '{RENEWED}' END, l.org_id, outbox_audience(l.channels, l.visibility),
  jsonb_build_object('old', jsonb_build_object('low_pkr', old_low, 'mid_pkr', old_mid, 'high_pkr', old_high),
    'new', jsonb_build_object('low_pkr', low_pkr, 'mid_pkr', mid_pkr, 'high_pkr', high_pkr))
FROM merged JOIN listings l ON l.id = merged.listing_id
WHERE (old_low, old_mid, old_high) IS DISTINCT FROM (low_pkr, mid_pkr, high_pkr)
   OR (was_hidden AND mid_pkr IS NOT NULL AND l.price_pkr IS NOT NULL)
)
SELECT count(*) FROM merged
""")  # noqa: S608  (column names, no input)
_REMOVE = text(f"""
WITH gone AS (
  DELETE FROM price_bands b USING listings l WHERE l.id = b.listing_id AND NOT {state_sql("priced")} RETURNING 1
) SELECT count(*) FROM gone
""")  # noqa: S608  (names of states, no input)


@dataclass(frozen=True)
class BandCounts:
    """Rows of `price_bands` by method, and those without a band by reason."""

    by_method: dict[str, int]
    by_reason: dict[str, int]


class PriceBandRepository:
    """The bands of live listings, written in bulk."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def live_ads(self) -> pl.DataFrame:
        """Read every live listing: `AD_COLUMNS` and `OWNER_COLUMNS`."""
        schema = {name: LISTING_SCHEMA[name] for name in AD_COLUMNS} | OWNER_SCHEMA
        return copy_out(self._session, _LIVE_SQL, schema)

    def ads(self, *, removed_since: date) -> pl.DataFrame:
        """Read live listings and those removed since a day: `AD_COLUMNS` as last asked, `OWNER_COLUMNS`, `is_live`."""
        attributes = {name: LISTING_SCHEMA[name] for name in AD_COLUMNS if name != "listed_on"}
        schema: Schema = {**attributes, "is_live": pl.String, "listed_on": pl.Date, **OWNER_SCHEMA}
        frame = copy_out(self._session, _ALL_SQL.format(since=removed_since.isoformat()), schema)
        return frame.select(*AD_COLUMNS, *OWNER_COLUMNS, is_live=pl.col("is_live") == "t")

    def collect_stale(self, version: str) -> int:
        """Collect the live listings whose band is missing, of other content, or another model; return their number."""
        self._session.execute(
            text("DROP TABLE IF EXISTS pg_temp.stale_bands, pg_temp.new_bands, pg_temp.changed_bands")
        )
        self._session.execute(_STALE, {"version": version})
        self._session.execute(text(_NEW))
        return self._session.scalar(text("SELECT count(*) FROM stale_bands")) or 0

    def stale_cars(self, size: int) -> Iterator[pl.DataFrame]:
        """Yield the found listings, `size` at a time: `listing_id`, `listing_updated_at` (text), `CAR_COLUMNS`."""
        schema: Schema = {"listing_id": pl.String, "listing_updated_at": pl.String}
        frame = copy_out(
            self._session,
            "COPY (SELECT * FROM stale_bands) TO STDOUT (FORMAT csv)",
            schema | {name: LISTING_SCHEMA[name] for name in CAR_COLUMNS},
        )
        yield from frame.iter_slices(size)

    def stage(self, bands: pl.DataFrame) -> None:
        """Copy bands aside; `merge` puts them in place."""
        copy_frame(self._session, "new_bands", bands)

    def merge(self, version: str) -> int:
        """Put the staged bands in place, with an event for each listing whose numbers changed; return the count."""
        self._session.execute(_WITHHOLD)
        merged = self._session.scalar(_UPSERT, {"version": version}) or 0
        emit_rows(self._session, PRICE_BAND, "changed_bands")
        return merged

    def remove_dead(self) -> int:
        """Delete the bands of listings that are no longer live; return their number."""
        return self._session.scalar(_REMOVE) or 0

    def counts(self) -> BandCounts:
        """Count the rows."""
        rows = self._session.execute(
            text("SELECT method, reason, count(*) AS n FROM price_bands GROUP BY 1, 2 ORDER BY n DESC, 1, 2")
        ).all()
        by_method = {"model": 0, "family": 0, "comparables": 0, "none": 0}
        by_reason: dict[str, int] = {}
        for method, reason, count in rows:
            by_method[method] += count
            if reason is not None:
                by_reason[reason] = count
        return BandCounts(by_method, by_reason)

    def forgotten_and_stale(self) -> tuple[int, int]:
        """Count live listings without a row, and rows of listings that are not live."""
        row = self._session.execute(
            text(f"""
            SELECT (SELECT count(*) FROM listings l WHERE {state_sql("priced")}
                    AND NOT EXISTS (SELECT FROM price_bands b WHERE b.listing_id = l.id)) AS forgotten,
                   (SELECT count(*) FROM price_bands b JOIN listings l ON l.id = b.listing_id
                    WHERE NOT {state_sql("priced")}) AS stale
            """)  # noqa: S608  (names of states, no input)
        ).one()
        return row.forgotten, row.stale
