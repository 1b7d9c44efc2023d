"""Fit the sale model: the price to expect of an asking price, and the days until a sale."""

from collections.abc import Iterator
from dataclasses import asdict

import dagster as dg

from assets.freshness import WEEKLY
from assets.keys import LISTINGS, PRICE_MODEL, SALE_MODEL
from assets.metadata import counts, table
from assets.pipeline_asset import pipeline_asset
from core.db.session import transaction
from core.platform import Platform
from models.sale_prices.train import Missing
from pipelines.price_bands.sales.training import teach_sales

_HOLDS = dg.AssetCheckSpec(
    "sale_model_holds_for_later_sales",
    asset=SALE_MODEL,
    description="The band of sale prices and the days until a sale hold as many of the later cars as they say. While "
    "this fails nobody is told of the half that does not; too few sales are no failure.",
)


@pipeline_asset(
    SALE_MODEL,
    deps=[LISTINGS, PRICE_MODEL],
    kinds={"postgres"},
    freshness=WEEKLY,
    check_specs=[_HOLDS],
    description="The sale price to expect of an asking price and the days until a sale, learnt from listings that were "
    "sold and from captured deposits; each is said from 1,000 sales on. Table `sale_models`.",
)
def sale_model(platform: dg.ResourceParam[Platform]) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Collect what is known of sales, and fit and judge the model."""
    with transaction(platform.sessions) as session:
        found = teach_sales(session, platform.storage)
    missing = [half for half in (found.model.no_discount, found.model.no_waiting) if half is not None]
    facts = asdict(found.known) | found.model.metrics
    yield dg.MaterializeResult(metadata=counts(facts) | {"models": table([asdict(each) for each in found.models])})
    passed = Missing.NOT_CALIBRATED not in missing
    yield dg.AssetCheckResult(check_name=_HOLDS.name, passed=passed, severity=dg.AssetCheckSeverity.WARN,
                              description=", ".join(missing) or "Both halves answer.")  # fmt: skip
