"""Compute the market index: how asking prices of like cars moved from month to month."""

from dataclasses import asdict
from datetime import date

import dagster as dg
import polars as pl

from assets.freshness import WEEKLY
from assets.keys import LISTINGS, MARKET_INDEX
from assets.metadata import counts, table
from assets.pipeline_asset import pipeline_asset
from assets.plots import index_plot
from core.db.session import transaction
from core.platform import Platform
from pipelines.price_bands.market_index import read_market_index, refresh_market_index

_MAKES_SHOWN = 5


@pipeline_asset(
    MARKET_INDEX,
    deps=[LISTINGS],
    kinds={"postgres", "polars"},
    freshness=WEEKLY,
    description="The level of asking prices by month for the market, makes and models, of cars of equal quality "
    "(hedonic regression with a level for each month); 100 in the first month. Table `market_index`, for analysts.",
)
def market_index(platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult[None]:
    """Compute the index from all prices of the last three years."""
    with transaction(platform.sessions) as session:
        result = refresh_market_index(session)
        index = read_market_index(session)
    newest = index.filter(pl.col("month") == result.newest_month, pl.col("segment_kind") != "model")
    rows = newest.select(pl.col("segment").replace("", "market"), pl.col("level", "low", "high").round(2), "samples")
    return dg.MaterializeResult(
        metadata=counts(asdict(result))
        | {
            "levels": table(rows.sort("samples", descending=True).head(20).to_dicts()),
            "plot": index_plot(_lines(index)),
        }
    )


def _lines(index: pl.DataFrame) -> dict[str, list[tuple[date, float]]]:
    """Plot the market and the makes with most ads."""
    shown = index.filter(pl.col("segment_kind") != "model")
    ads = shown.group_by("segment").agg(pl.col("samples").sum()).sort("samples", "segment", descending=[True, False])
    names = ads["segment"].to_list()[: _MAKES_SHOWN + 1]  # the market has all ads and so comes first
    return {
        name or "market": list(shown.filter(pl.col("segment") == name).select("month", "level").iter_rows())
        for name in names
    }
