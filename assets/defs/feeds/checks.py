"""Run the Great Expectations suite over the batch, one asset check a rule; blocking ones stop the publication."""

from collections.abc import Iterator

import dagster as dg

from assets.keys import FEED_ROWS
from core.clock import market_today
from core.db.session import transaction
from core.platform import Platform
from pipelines.feeds.limits import limits_of
from pipelines.feeds.staging import staged_batch
from pipelines.quality.feed_batch import RULES, RuleOutcome, validate_batch


@dg.multi_asset_check(
    name="feed_rows_suite",
    specs=[
        dg.AssetCheckSpec(rule.name, asset=FEED_ROWS, description=rule.description, blocking=rule.blocking)
        for rule in RULES
    ],
)
def feed_rows_suite(platform: dg.ResourceParam[Platform]) -> Iterator[dg.AssetCheckResult]:
    """Validate the accepted rows of all pending files together, before any of them is published."""
    with transaction(platform.sessions) as session:
        batch = staged_batch(session, platform.storage, limits_of(platform.settings))
    for rule, outcome in zip(RULES, validate_batch(batch, market_today()), strict=True):
        yield _result(outcome, dg.AssetCheckSeverity.ERROR if rule.blocking else dg.AssetCheckSeverity.WARN)


def _result(outcome: RuleOutcome, severity: dg.AssetCheckSeverity) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=FEED_ROWS,
        check_name=outcome.name,
        passed=outcome.passed,
        severity=severity,
        metadata={"rows": outcome.rows, "unexpected": outcome.unexpected, "examples": outcome.examples},
    )
