"""Compute the market index from the prices that listings have had; the only writer of `market_index`."""

from dataclasses import dataclass
from datetime import date

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.access.visible_to import IS_PUBLIC_SQL
from core.clock import market_today
from core.db.copy import Schema, copy_frame, copy_out
from core.listing_frame import LISTING_SCHEMA
from models.price_bands.index.market_index import INDEX_SCHEMA, market_index
from models.price_bands.inputs.features import build
from pipelines.price_bands.repository import AD_COLUMNS, CAR_COLUMNS
from pipelines.price_bands.samples.choosing import choose_samples
from pipelines.price_bands.samples.teaching import OWNER_SCHEMA, OWNER_SQL, teaching_ads

MONTHS = 36
"""The span that the index is computed for; older months are dropped from the table."""
_ATTRIBUTES = tuple(name for name in AD_COLUMNS if name not in ("price_pkr", "listed_on"))
WATCHED_DAYS = 30
"""An ad whose source names no day is used only from this many days after its dealer's first ad."""
# An ad's present price is as of the day that its source names, or of its last change here. A price that it had before
# counts on the day it was first seen here, unless the ad's own day says that it was seen late. A dealer that joins
# without dates brings its whole stock on one day: were that the day of the ads, the index would take the dealer's own
# level for a move of the market. Ads that come later have a known day.
_PRICES = f"""
COPY (
  WITH watched AS (
    SELECT org_id, (min(created_at) AT TIME ZONE 'Asia/Karachi')::date + {WATCHED_DAYS} AS since
    FROM listings l WHERE {IS_PUBLIC_SQL} GROUP BY org_id
  ), seen AS (
    SELECT id AS listing_id, price_pkr, coalesce(listed_on, (updated_at AT TIME ZONE 'Asia/Karachi')::date) AS day
    FROM listings WHERE price_pkr IS NOT NULL
    UNION ALL
    SELECT listing_id, p.price_pkr, day FROM (
      SELECT listing_id, price_pkr, (observed_at AT TIME ZONE 'Asia/Karachi')::date AS day,
             lead(observed_at) OVER (PARTITION BY listing_id ORDER BY observed_at, id) AS next
      FROM listing_prices
    ) p JOIN listings l ON l.id = p.listing_id
    WHERE next IS NOT NULL AND p.price_pkr IS NOT NULL AND (l.listed_on IS NULL OR day < l.listed_on)
  )
  SELECT DISTINCT ON (l.id, date_trunc('month', s.day)) {", ".join(f"l.{name}" for name in _ATTRIBUTES)},
         s.price_pkr, s.day, {OWNER_SQL}
  FROM seen s JOIN listings l ON l.id = s.listing_id JOIN orgs o ON o.id = l.org_id
  LEFT JOIN watched w ON w.org_id = l.org_id
  WHERE s.day BETWEEN '{{since}}' AND '{{today}}' AND (l.listed_on IS NOT NULL OR s.day >= w.since)
  ORDER BY l.id, date_trunc('month', s.day), s.day DESC
) TO STDOUT (FORMAT csv)
"""  # noqa: S608  (column names and two dates, no input)


@dataclass(frozen=True)
class MarketIndexResult:
    """Counts of the prices that the index was computed from, and of its rows: observations = samples + excluded."""

    observations: int  # prices of a listing in a month
    samples: int
    excluded: int
    months: int
    segments: int  # the market, and the makes and models with ads enough
    rows: int
    newest_month: date | None
    change: float | None  # of the market, newest month against the one before it in the table


def refresh_market_index(session: Session) -> MarketIndexResult:
    """Compute the index of the last `MONTHS` months and replace the table with it, in one transaction.

    Levels of past months may still move a little, as late ads of a month and more ads of a trim arrive.
    """
    today = market_today()
    prices = _prices(session, today)
    samples = _choose_samples(prices.select(AD_COLUMNS))
    index = market_index(samples)
    named = index.join(_names(samples), on="segment", how="left", maintain_order="left")
    named = named.join(_sellers(prices), on=["segment", "month"], how="left", maintain_order="left")
    _replace(session, named.with_columns(pl.col("sellers").fill_null(0)))
    market = index.filter(pl.col("segment_kind") == "market")
    return MarketIndexResult(
        observations=prices.height,
        samples=samples.height,
        excluded=prices.height - samples.height,
        months=index["month"].n_unique(),
        segments=index.select("segment_kind", "segment").n_unique(),
        rows=index.height,
        newest_month=market["month"][-1] if market.height else None,
        change=float(market["level"][-1] / market["level"][-2] - 1) if market.height > 1 else None,
    )


def read_market_index(session: Session) -> pl.DataFrame:
    """Read the table in the columns of `models.price_bands.index.market_index`, with spelled `make` and `model`."""
    columns = [*INDEX_SCHEMA.names(), "make", "model"]
    rows = session.execute(
        text(f"SELECT {', '.join(columns)} FROM market_index ORDER BY segment_kind, segment, month")  # noqa: S608
    ).all()
    return pl.DataFrame([tuple(row) for row in rows], schema=_NAMED_SCHEMA, orient="row")


_NAMED_SCHEMA = pl.Schema({**INDEX_SCHEMA, "make": pl.String(), "model": pl.String()})


def _prices(session: Session, today: date) -> pl.DataFrame:
    since = date(today.year - MONTHS // 12, today.month, 1)
    statement = _PRICES.format(since=since.isoformat(), today=today.isoformat())
    schema: Schema = {name: LISTING_SCHEMA[name] for name in (*_ATTRIBUTES, "price_pkr", "listed_on")}
    prices = copy_out(session, statement, schema | OWNER_SCHEMA)
    month = pl.col("listed_on").dt.truncate("1mo")
    return teaching_ads(prices.with_columns(_month=month, feed="seller"), "_month").select(*AD_COLUMNS, seller="feed")


def _choose_samples(prices: pl.DataFrame) -> pl.DataFrame:
    """Choose samples month by month: the same car in two months is two observations, in one month one."""
    dated = prices.with_columns(_month=pl.col("listed_on").dt.truncate("1mo")).sort("_month")
    months = dated.partition_by("_month", maintain_order=True, include_key=False)
    return pl.concat(
        [prices.head(0).select(CAR_COLUMNS), *(choose_samples(month)[0].select(CAR_COLUMNS) for month in months)]
    )


def _sellers(prices: pl.DataFrame) -> pl.DataFrame:
    """Count the sellers of each segment's ads in each month."""
    cars = prices.select("seller", month=pl.col("listed_on").dt.truncate("1mo")).hstack(
        build(prices, as_of=market_today()).select("make_key", "model_key")
    )
    segments = (pl.lit("").alias("segment"), pl.col("make_key").alias("segment"), pl.col("model_key").alias("segment"))
    return pl.concat(
        cars.group_by(segment, "month").agg(sellers=pl.col("seller").n_unique().cast(pl.Int64)) for segment in segments
    )


def _names(samples: pl.DataFrame) -> pl.DataFrame:
    """Find the most frequent spelling of each segment's make and model; the first in the alphabet among equals."""
    keys = build(samples, as_of=market_today()).select("make_key", "model_key")
    cars = samples.select("make", "model").hstack(keys)
    none = pl.lit(None, pl.String)
    parts = [
        cars.group_by(segment="model_key").agg(pl.col("make", "model").mode().sort().first()),
        cars.group_by(segment="make_key").agg(pl.col("make").mode().sort().first()).with_columns(model=none),
    ]
    return pl.concat(parts)


def _replace(session: Session, index: pl.DataFrame) -> None:
    session.execute(text("DELETE FROM market_index"))
    copy_frame(session, "market_index", index)
