"""Bring the search index up to date with the listings and their price bands, by the outbox."""

from collections.abc import Iterator
from dataclasses import asdict

import dagster as dg

from assets.freshness import TWO_HOURS
from assets.keys import INDEXED_RATINGS, LISTING_INDEX, LISTINGS, PRICE_BANDS
from assets.metadata import counts
from assets.pipeline_asset import pipeline_asset
from core.db.session import transaction
from core.errors import ConflictError
from core.platform import Platform
from core.search.factory import open_search_engine
from pipelines.search.rebuild import RebuildLimits
from pipelines.search.sync import sync_index
from pipelines.search.write_listings import SyncResult

_TRUSTED = dg.AssetCheckSpec(
    "new_index_can_be_trusted",
    asset=LISTING_INDEX,
    description="No new index was refused: where one had to be built, it held what the table holds, was set up as this "
    "version sets it up, found random cars by their titles, and had not lost more than SEARCH_MAX_SHRINK_PERCENT.",
)


@pipeline_asset(
    LISTING_INDEX,
    deps=[LISTINGS],
    kinds={"tantivy"},
    freshness=TWO_HOURS,
    check_specs=[_TRUSTED],
    description="The live listings as shoppers search them, with visibility and channel on every document. "
    "The watermark moves only after the engine has committed.",
)
def listing_index(
    platform: dg.ResourceParam[Platform],
) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[None]]:
    """Bring the index up to the newest committed change; a refused index leaves the present one answering."""
    try:
        result = _sync(platform)
    except ConflictError as refusal:
        reason = {"code": refusal.code, "reason": refusal.detail}
        yield dg.AssetCheckResult(check_name=_TRUSTED.name, passed=False, metadata=reason)
        raise
    yield dg.MaterializeResult(metadata=counts(asdict(result)))
    yield dg.AssetCheckResult(check_name=_TRUSTED.name, passed=True)


@pipeline_asset(
    INDEXED_RATINGS,
    deps=[LISTING_INDEX, PRICE_BANDS],
    kinds={"tantivy"},
    freshness=TWO_HOURS,
    description="The deal rating of every listing in the index, as the newest price bands give it. Apart from the "
    "index itself, so that cars are found before their bands are computed and also when that fails.",
)
def indexed_ratings(platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult[None]:
    """Send the listings whose band has changed, and whatever else changed by then."""
    return dg.MaterializeResult(metadata=counts(asdict(_sync(platform))))


def _sync(platform: Platform) -> SyncResult:
    with transaction(platform.sessions) as session:
        return sync_index(session, open_search_engine(platform.settings), RebuildLimits.of(platform.settings))
