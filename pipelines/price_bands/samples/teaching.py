"""Decide which ads may teach prices: everything that is told to visitors rests on these alone.

An ad teaches if a visitor of automart.pk may see it, or if enough hidden ads of the same car stand beside it
(`core.access.thresholds`). The rule is applied to every frame of ads before anything else looks at it: training,
recalibration, comparables and the market index. So no answer, no reason code and no count changes when a private car
is added, changed or removed.

A cell is a make, model, trim and model year. A coarser one would not do: a quote can name the trim and the year of the
one hidden car that differs from the others.
"""

import polars as pl

from core.access.thresholds import SELLER_SQL, tellable
from core.access.visible_to import IS_PUBLIC_SQL
from core.clock import market_today
from core.db.copy import Schema
from models.price_bands.inputs.features import build

CELL = ("make_key", "model_key", "variant_key", "model_year")
OWNER_COLUMNS = ("feed", "seller", "is_public")
OWNER_SCHEMA: Schema = dict.fromkeys(OWNER_COLUMNS, pl.String)
OWNER_SQL = f"""o.code AS feed,
  {SELLER_SQL} AS seller,
  {IS_PUBLIC_SQL} AS is_public"""
"""Columns `OWNER_COLUMNS` over `listings l JOIN orgs o`."""


def teaching_ads(ads: pl.DataFrame, *more_of_cell: str) -> pl.DataFrame:
    """Keep the ads that may teach, in their order, with `feed` as the only column about their owner.

    Args:
        ads: canonical listing columns and `OWNER_COLUMNS`, as COPY gave them.
        more_of_cell: columns of `ads` that divide the cells further, such as the month of a price.
    """
    ads = ads.with_columns(is_public=pl.col("is_public") == "t")
    if ads["is_public"].all():
        return ads.drop("seller", "is_public")
    keys = build(ads, as_of=market_today()).select(CELL)
    cars = ads.select("seller", "is_public", *more_of_cell).hstack(keys)
    told = tellable(cars, [*CELL, *more_of_cell], visible="is_public", seller="seller")
    return ads.filter(told).drop("seller", "is_public")


def with_feed(ads: pl.DataFrame) -> pl.DataFrame:
    """Add an empty `feed` where a frame does not say whose feed an ad came with."""
    return ads if "feed" in ads.columns else ads.with_columns(feed=pl.lit(""))
