"""The facts of sales and of cars that are not sold yet: what the sale model learns from."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from models.price_bands.inputs.columns import Booleans, Floats

SALES_SCHEMA = pl.Schema(
    {
        "asked_pkr": pl.Int64,  # the last asking price
        "sold_pkr": pl.Int64,  # as the seller told; null where the car is not sold, or nothing was told
        "mid_pkr": pl.Int64,  # the middle of the price band of such a car
        "age": pl.Float64,  # years
        "days": pl.Int64,  # on offer: until the sale, or until the car was last seen on offer
        "is_sold": pl.Boolean,
        "seller": pl.String,
        "ended_on": pl.Date,  # the day of the sale, or the last day on offer
    }
)
"""One row a car. A car that is not sold still says that it did not sell in its days on offer."""

SMALLEST_SHARE, LARGEST_SHARE = 0.5, 1.15
"""Sale prices that are another share of the asking price are slips (lakh for crore, a deposit for the price)."""
MOST_DAYS = 2 * 365
FARTHEST = 0.4
"""Asking prices farther from the middle (in logarithms) count as so far."""
INPUTS = ("intercept", "asked_over_middle", "age", "price_level")
_USUAL_AGE, _USUAL_PRICE = 8.0, float(np.log(3e6))


@dataclass(frozen=True)
class Offers:
    """Asking prices to which a sale price and a time are looked for: (cars, `INPUTS`)."""

    inputs: Floats

    @classmethod
    def of(cls, asked: Floats, middle: Floats, age: Floats) -> "Offers":
        """Compute the inputs of cars.

        Args:
            asked: asking prices in rupees.
            middle: of the cars' price bands.
            age: in years.
        """
        above = np.clip(np.log(asked / middle), -FARTHEST, FARTHEST)
        columns = (np.ones(len(asked)), above, (age - _USUAL_AGE) / 10, np.log(middle) - _USUAL_PRICE)
        return cls(np.column_stack(columns))


def usable(sales: pl.DataFrame) -> pl.DataFrame:
    """Keep the cars with an asking price, a band and a possible time on offer, the earliest ended first."""
    known = (pl.col("asked_pkr") > 0) & (pl.col("mid_pkr") > 0) & pl.col("days").is_between(0, MOST_DAYS)
    return sales.filter(known.fill_null(value=False)).sort("ended_on", *sales.columns, nulls_last=True)


def priced(sales: pl.DataFrame) -> pl.DataFrame:
    """Keep the sales of which a believable price was told."""
    share = pl.col("sold_pkr") / pl.col("asked_pkr")
    believable = pl.col("is_sold") & share.is_between(SMALLEST_SHARE, LARGEST_SHARE)
    return sales.filter(believable.fill_null(value=False))


def offers_of(sales: pl.DataFrame) -> Offers:
    """Compute the inputs of usable sales."""
    asked, middle, age = (sales[name].cast(pl.Float64).to_numpy() for name in ("asked_pkr", "mid_pkr", "age"))
    return Offers.of(asked, middle, age)


def weights_of(sales: pl.DataFrame) -> Floats:
    """Weigh each car by 1 / sqrt(cars of its seller), so that one seller with many cars does not set the figures."""
    count = sales.select(pl.len().over("seller")).to_series().to_numpy().astype(np.float64)
    return 1 / np.sqrt(count) if len(count) else count


def is_sold(sales: pl.DataFrame) -> Booleans:
    """Tell which cars were sold."""
    return np.asarray(sales["is_sold"].fill_null(value=False).to_numpy(), dtype=np.bool_)
