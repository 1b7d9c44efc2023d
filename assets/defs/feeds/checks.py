"""Checks of the delivered files: none waits too long, and their rows pass the Great Expectations suite."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from uuid import UUID

import dagster as dg

from assets.keys import FEED_FILES, FEED_ROWS
from assets.metadata import table
from core.clock import market_today, utc_now
from core.db.session import transaction
from core.platform import Platform
from pipelines.feeds.readers.limits import limits_of
from pipelines.feeds.refusal_codes import refusal
from pipelines.feeds.reports.run_audit import files_left_behind
from pipelines.imports.parsed.staging import pending_rows
from pipelines.imports.pending.set_aside import set_files_aside
from pipelines.quality.feed_batch import RULES, BatchRule, RuleOutcome, breaches_by_file, validate_batch

LONGEST_WAIT = timedelta(hours=2)
"""A run starts every hour, so a file that waits longer was passed over by at least one."""


@dg.asset_check(
    asset=FEED_FILES,
    description="No file has waited for more than two hours to be imported. One that has was passed over by a run: "
    "the run's log says why; `automart feeds files` shows its dealer.",
)
def no_file_stays_behind(platform: dg.ResourceParam[Platform]) -> dg.AssetCheckResult:
    """Warn of files that earlier runs should have decided; this run tries them again."""
    with transaction(platform.sessions) as session:
        waiting = files_left_behind(session, utc_now() - LONGEST_WAIT)
    return dg.AssetCheckResult(
        passed=not waiting,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"files": table([vars(each) for each in waiting])},
    )


@dg.multi_asset_check(
    name="feed_rows_suite",
    specs=[
        dg.AssetCheckSpec(rule.name, asset=FEED_ROWS, description=rule.description, blocking=rule.blocking)
        for rule in RULES
    ],
)
def feed_rows_suite(
    context: dg.AssetCheckExecutionContext, platform: dg.ResourceParam[Platform]
) -> Iterator[dg.AssetCheckResult]:
    """Validate the accepted rows of all pending files, and set the files aside whose rows break a blocking rule.

    Such a file is refused with the rule as its reason; the run goes on with the others, so its check only warns.
    """
    with transaction(platform.sessions) as session:
        batch = pending_rows(session, platform.storage, limits_of(platform.settings))
    outcomes = validate_batch(batch, market_today())
    reasons = {
        UUID(file_id): refusal("broken_rules", rules=rules).detail
        for file_id, rules in breaches_by_file(outcomes).items()
    }
    with transaction(platform.sessions) as session:
        aside = set_files_aside(session, platform.storage, reasons, run_id=context.run.run_id)
        names = {str(file.id): file.name for file in aside}
    for rule, outcome in zip(RULES, outcomes, strict=True):
        yield _result(rule, outcome, [names[file_id] for file_id in outcome.files if file_id in names])


def _result(rule: BatchRule, outcome: RuleOutcome, aside: Sequence[str]) -> dg.AssetCheckResult:
    """Stop the run only where a blocking rule could not be judged, so that no file can be blamed."""
    stops = rule.blocking and not outcome.files
    return dg.AssetCheckResult(
        asset_key=FEED_ROWS,
        check_name=outcome.name,
        passed=outcome.passed,
        severity=dg.AssetCheckSeverity.ERROR if stops else dg.AssetCheckSeverity.WARN,
        metadata={
            "rows": outcome.rows,
            "unexpected": outcome.unexpected,
            "examples": outcome.examples,
            "files set aside": list(aside),
        },
    )
