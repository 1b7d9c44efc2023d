"""The search index, kept level with the listings by the outbox."""

from dataclasses import asdict
from datetime import timedelta

import dagster as dg

from assets.keys import LISTING_INDEX, LISTINGS
from assets.metadata import counts
from core.db.session import transaction
from core.platform import Platform
from core.search.engine import open_search_engine
from pipelines.search.sync import sync_index


@dg.asset(
    key=LISTING_INDEX,
    deps=[LISTINGS],
    group_name="search",
    owners=["team:data"],
    kinds={"tantivy"},
    freshness_policy=dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=2)),
    description="The live listings as shoppers search them, with visibility and channel on every document. "
    "The watermark moves only after the engine has committed.",
)
def listing_index(platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult[None]:
    """Bring the index up to the newest committed change."""
    with transaction(platform.sessions) as session:
        result = sync_index(session, open_search_engine(platform.settings))
    return dg.MaterializeResult(metadata=counts(asdict(result)))
