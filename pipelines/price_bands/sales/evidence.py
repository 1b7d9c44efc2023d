"""Collect what is known of sales: cars that were sold, and cars that were on offer without being sold.

A sale is a listing in the state `sold`. That state comes from people: a seller says so, or a deposit is captured. Its
price is what the seller told with the sale; a captured deposit adds that a buyer was there, since its amount is a part
of a price that nobody states. A sale without a price still says how long it took. Prices of sales are for their
sellers alone: they leave this room only as figures over many (`core.access.thresholds`).
"""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl
from sqlalchemy.orm import Session

from core.access.thresholds import SELLER_SQL, may_be_told, undominated
from core.clock import market_today
from core.db.copy import Schema, copy_out
from core.listing_frame import LISTING_SCHEMA
from core.states.listings import state_sql
from models.price_bands.artifact import PriceBandModel
from models.price_bands.inputs.columns import CarColumns
from models.price_bands.inputs.features import read_features
from models.price_bands.predict import predict_bands
from models.sale_prices.sales import SALES_SCHEMA, priced, usable
from models.sale_prices.train import started_on
from pipelines.price_bands.repository import CAR_COLUMNS

DAYS_BACK = 365
"""Cars that left the market longer ago are not looked at: the market has moved."""
FEWEST_OF_MONTH = 30
"""With so many cars of a month their own level stands for the market's; with fewer that of all months does."""
_DAY = "(({}) AT TIME ZONE 'Asia/Karachi')::date"
_COPY = f"""
COPY (
  SELECT {", ".join(f"l.{name}" for name in CAR_COLUMNS if name not in ("price_pkr", "listed_on"))},
    l.price_pkr AS asked_pkr, l.sold_pkr, l.is_sold, l.by_deposit, {SELLER_SQL} AS seller,
    coalesce(l.listed_on, {_DAY.format("l.created_at")}) AS listed_on, l.ended_on
  FROM (
    SELECT l.*, {state_sql("sold")} AS is_sold, CASE WHEN {state_sql("sold")} THEN l.sold_price_pkr END AS sold_pkr,
      d.listing_id IS NOT NULL AS by_deposit,
      CASE WHEN {state_sql("taught_now")} THEN date '{{today}}'
           WHEN {state_sql("sold")} THEN coalesce(l.sold_on, {_DAY.format("coalesce(d.captured_at, l.removed_at)")})
           ELSE {_DAY.format("l.removed_at")} END AS ended_on
    FROM listings l
    LEFT JOIN (SELECT listing_id, max(captured_at) AS captured_at FROM deposits WHERE captured_at IS NOT NULL
               GROUP BY listing_id) d ON d.listing_id = l.id
    WHERE {state_sql("taught_now")} OR {state_sql("taught_past")}
  ) l JOIN orgs o ON o.id = l.org_id
  WHERE l.ended_on >= '{{since}}' AND l.price_pkr IS NOT NULL
) TO STDOUT (FORMAT csv)
"""  # noqa: S608  (column names and two dates, no input)
_FACTS: Schema = {
    **{name: LISTING_SCHEMA[name] for name in CAR_COLUMNS if name not in ("price_pkr", "listed_on")},
    "asked_pkr": pl.Int64, "sold_pkr": pl.Int64, "is_sold": pl.String, "by_deposit": pl.String, "seller": pl.String,
    "listed_on": pl.Date, "ended_on": pl.Date,
}  # fmt: skip


@dataclass(frozen=True)
class SalesResult:
    """Counts of the cars that are known: sold + open = cars; the others are parts of `sold`."""

    cars: int
    sold: int
    open: int  # still on offer, or gone without a sale
    told: int  # with a believable price
    slipped: int  # with a price that is none of a sale of this asking price
    by_deposit: int  # with a captured deposit
    sellers: int
    first_day: date | None  # of the sales
    last_day: date | None


@dataclass(frozen=True)
class DaysToSell:
    """The days that cars of a model took to sell, over cells that may be told."""

    make: str
    model: str
    sold: int
    sellers: int
    median_days: float  # of the cars that sold


def read_sales(session: Session, model: PriceBandModel | None) -> pl.DataFrame:
    """Read the cars that were sold or are open: `SALES_SCHEMA`, make, model and `by_deposit`.

    Args:
        session: of a login that reads all listings.
        model: the champion, which says what such cars are asked for; without one no middle is known.
    """
    today = market_today()
    statement = _COPY.format(today=today.isoformat(), since=(today - timedelta(days=DAYS_BACK)).isoformat())
    cars = copy_out(session, statement, _FACTS)
    age = read_features(CarColumns.from_frame(cars), as_of=today).age
    found = cars.with_columns(
        mid_pkr=predict_bands(model, cars)["mid_pkr"],
        age=pl.Series(age).fill_nan(None),
        is_sold=pl.col("is_sold") == "t",
        by_deposit=pl.col("by_deposit") == "t",
        days=(pl.col("ended_on") - pl.col("listed_on")).dt.total_days(),
    )
    return at_level_of_month(found.select(*SALES_SCHEMA, "make", "model", "by_deposit"))


def at_level_of_month(sales: pl.DataFrame) -> pl.DataFrame:
    """Bring the middles to the level that the market had in the month in which each car came on offer.

    The champion says what cars are asked for today; in a market that rises every car of last year would seem cheap.
    """
    above = (pl.col("asked_pkr") / pl.col("mid_pkr")).log()
    month = started_on().dt.truncate("1mo")
    own = pl.when(above.count().over(month) >= FEWEST_OF_MONTH).then(above.median().over(month))
    level = own.otherwise(above.median()).fill_null(0.0)
    return sales.with_columns(mid_pkr=(pl.col("mid_pkr") * level.exp()).round().cast(pl.Int64))


def count_sales(sales: pl.DataFrame) -> SalesResult:
    """Count what is known of sales, for those who run the platform."""
    sold = sales.filter("is_sold")
    told = priced(sold).height
    first, last = sold["ended_on"].min(), sold["ended_on"].max()
    return SalesResult(
        cars=sales.height,
        sold=sold.height,
        open=sales.height - sold.height,
        told=told,
        slipped=sold["sold_pkr"].count() - told,
        by_deposit=int(sold["by_deposit"].sum()),
        sellers=sold["seller"].n_unique(),
        first_day=first if isinstance(first, date) else None,
        last_day=last if isinstance(last, date) else None,
    )


def days_to_sell(sales: pl.DataFrame) -> list[DaysToSell]:
    """Compute how long cars of each model took to sell, where enough cars of enough sellers did; most sold first.

    No seller has more than its share of the sales of a model: the excess is left out, and not counted either.
    """
    known = usable(sales).filter("is_sold")
    sold = undominated(known, ["make", "model"], seller="seller", counted="is_sold")
    cells = sold.group_by("make", "model").agg(
        pl.len().alias("sold"), pl.col("seller").n_unique().alias("sellers"), pl.col("days").median().alias("days")
    )
    told = cells.filter(may_be_told(pl.col("sold"), pl.col("sellers")))
    rows = told.sort("sold", "make", "model", descending=[True, False, False]).iter_rows()
    return [DaysToSell(make, model, count, sellers, float(days)) for make, model, count, sellers, days in rows]
