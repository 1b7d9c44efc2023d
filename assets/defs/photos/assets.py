"""Copy the photos that feeds name by address."""

from dataclasses import asdict

import dagster as dg

from assets.freshness import DAILY
from assets.keys import FEED_PHOTOS, LISTINGS
from assets.metadata import counts
from assets.pipeline_asset import pipeline_asset
from core.clock import utc_now
from core.platform import Platform
from pipelines.photos.copies.copy import copy_feed_photos

_BUDGET_SECONDS = 1_500.0
"""The rest waits for the next hour's run; each address is decided for itself, so nothing is lost."""


@pipeline_asset(
    FEED_PHOTOS,
    deps=[LISTINGS],
    kinds={"pillow"},
    freshness=DAILY,
    description="Copies of the photos that feeds name by address: read once, with the limits and pauses of strangers' "
    "servers, without metadata, upright, in three sizes; once for each content, whoever lists it.",
)
def feed_photos(platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult[None]:
    """Read the addresses that are due and show the copies; a photo that fails does not stop the others."""
    report = asdict(copy_feed_photos(platform, utc_now, _BUDGET_SECONDS))
    return dg.MaterializeResult(metadata=counts(report))
