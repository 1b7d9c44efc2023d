"""Check the market index."""

import dagster as dg
import polars as pl

from assets.keys import MARKET_INDEX
from core.db.session import transaction
from core.platform import Platform
from pipelines.price_bands.market_index import read_market_index

LARGEST_MOVE = 0.15
"""Rupee crises moved Pakistan's car prices by some 10 % in a month; more has been a fault of the data each time."""


@dg.asset_check(
    asset=MARKET_INDEX,
    description=f"From one month to the next the market's level moves by less than {LARGEST_MOVE:.0%}.",
)
def market_index_makes_no_jump(platform: dg.ResourceParam[Platform]) -> dg.AssetCheckResult:
    """Look for a jump: a slipped unit or another kind of ads, hardly ever the market. One month alone cannot jump."""
    with transaction(platform.sessions) as session:
        market = read_market_index(session).filter(pl.col("segment_kind") == "market").sort("month")
    months = market.select("month", gap=pl.col("month").diff().dt.total_days(), move=pl.col("level").pct_change())
    next_to = months.filter(pl.col("gap") <= 31)  # across absent months the market may well have moved far
    worst = next_to.sort(pl.col("move").abs(), descending=True).head(1)
    move = float(worst["move"][0]) if worst.height else 0.0
    return dg.AssetCheckResult(
        passed=abs(move) < LARGEST_MOVE,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"largest_move": round(move, 4), "month": str(worst["month"][0]) if worst.height else "none"},
    )
