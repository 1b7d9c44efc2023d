"""Check the files that a run has just imported."""

import dagster as dg

from assets.keys import LISTINGS
from assets.metadata import table
from core.db.session import transaction
from core.platform import Platform
from pipelines.feeds.reports.run_audit import FileRemark, audit_run


@dg.asset_check(
    asset=LISTINGS,
    blocking=True,
    description="In every file that this run applied, created + updated + unchanged + rejected = rows read.",
)
def every_row_is_accounted_for(
    context: dg.AssetCheckExecutionContext, platform: dg.ResourceParam[Platform]
) -> dg.AssetCheckResult:
    """Stop the run before a lost or doubled row is indexed and priced."""
    with transaction(platform.sessions) as session:
        audit = audit_run(session, context.run.run_id)
    return dg.AssetCheckResult(passed=audit.adds_up, metadata={"files": audit.files, "rows read": audit.read})


@dg.asset_check(
    asset=LISTINGS,
    description="No full feed lacked more cars than the dealer's limits allow. Where one did, it was applied without "
    "removals: ask the dealer, then `automart feeds approve FILE_ID`, or wait for a whole file.",
)
def no_feed_shrank_beyond_belief(
    context: dg.AssetCheckExecutionContext, platform: dg.ResourceParam[Platform]
) -> dg.AssetCheckResult:
    """Warn of removals that a guard held back: they need a person."""
    with transaction(platform.sessions) as session:
        held = audit_run(session, context.run.run_id).held
    return _remarks(held)


@dg.asset_check(asset=LISTINGS, description="Every file could be read; a refused one names its reason.")
def no_file_was_refused(
    context: dg.AssetCheckExecutionContext, platform: dg.ResourceParam[Platform]
) -> dg.AssetCheckResult:
    """Warn of refused files: they changed nothing, and their dealer has to be told."""
    with transaction(platform.sessions) as session:
        refused = audit_run(session, context.run.run_id).refused
    return _remarks(refused)


@dg.asset_check(
    asset=LISTINGS,
    description="Files came in the order of their stock. A stale one came after a newer snapshot and changed nothing: "
    "look at its name's date, or at the transport.",
)
def no_file_came_too_late(
    context: dg.AssetCheckExecutionContext, platform: dg.ResourceParam[Platform]
) -> dg.AssetCheckResult:
    """Warn of stale files: once is a slow line, every day is a dealer whose file names carry wrong dates."""
    with transaction(platform.sessions) as session:
        stale = audit_run(session, context.run.run_id).stale
    return _remarks(stale)


def _remarks(files: list[FileRemark]) -> dg.AssetCheckResult:
    """Pass without remarks; with some, warn and show them: the cars are published, and people look."""
    return dg.AssetCheckResult(
        passed=not files, severity=dg.AssetCheckSeverity.WARN, metadata={"files": table([vars(each) for each in files])}
    )
