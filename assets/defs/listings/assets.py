"""Write the inventory and the rejected rows, file by file, each in one transaction."""

from collections.abc import Iterator
from functools import partial

import dagster as dg

from assets.freshness import DAILY
from assets.keys import FEED_REJECTS, FEED_ROWS, LISTINGS
from assets.metadata import counts, table
from assets.pipeline_asset import pipeline_spec
from core.platform import Platform
from core.security.platform_keys import open_keys
from pipelines.feeds.readers.limits import limits_of
from pipelines.imports.pending.import_pending import import_pending


@dg.multi_asset(
    name="listings",
    specs=[
        pipeline_spec(
            LISTINGS,
            deps=[FEED_ROWS],
            kinds={"postgres"},
            freshness=DAILY,
            description="Every car that a dealer offers or offered, idempotent by dealer, source key and content; "
            "with its price history, and an outbox row for each change.",
        ),
        pipeline_spec(
            FEED_REJECTS,
            deps=[FEED_ROWS],
            kinds={"postgres"},
            freshness=DAILY,
            description="Every row that did not become a listing: code, row, column, value and what to do about it.",
        ),
    ],
)
def listings(
    context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]
) -> Iterator[dg.MaterializeResult[None]]:
    """Apply all pending files, oldest first. A file that fails stays pending and does not stop the others."""
    limits, keys = limits_of(platform.settings), partial(open_keys, platform.settings)
    report = import_pending(
        platform.sessions, platform.storage, run_id=context.run.run_id, limits=limits, open_keys=keys
    )
    yield dg.MaterializeResult(asset_key=LISTINGS, metadata=counts(report.totals()) | {"files": table(report.rows())})
    rejects = counts({"rejected": report.totals()["rejected"], "reasons": report.reasons()})
    yield dg.MaterializeResult(
        asset_key=FEED_REJECTS, metadata=rejects | {"not_understood": table(report.not_understood())}
    )
    report.raise_failures()
