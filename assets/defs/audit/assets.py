"""Verify the audit trail every day."""

from collections.abc import Iterator

import dagster as dg

from assets.freshness import DAILY
from assets.keys import AUDIT_TRAIL
from assets.metadata import counts
from assets.pipeline_asset import pipeline_asset
from core.db.session import transaction
from core.platform import Platform
from pipelines.audit.verify import verify_chain

_WHOLE = dg.AssetCheckSpec(
    "no_record_was_changed_or_removed",
    asset=AUDIT_TRAIL,
    description="The chain of all audit records holds, and every anchor in object storage agrees with it. What to do"
    " where it does not: docs/runbooks/audit.md.",
)


@pipeline_asset(
    AUDIT_TRAIL,
    kinds={"postgres"},
    freshness=DAILY,
    check_specs=[_WHOLE],
    description="The records of who did what to which thing, as the last verification found them: the links of the"
    " chain that hold, the anchors that agree, and the records that wait for the chain.",
)
def audit_trail(platform: dg.ResourceParam[Platform]) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Verify the trail and name its first bad part."""
    with transaction(platform.sessions) as session:
        report = verify_chain(session, platform.storage)
    found = {name: getattr(report, name) for name in ("verified", "anchors", "waiting", "dropped")}
    yield dg.MaterializeResult(metadata=counts(found))
    yield dg.AssetCheckResult(
        check_name=_WHOLE.name,
        passed=report.finding is None,
        description=report.problem or f"{report.verified:,} records hold.",
        metadata={"number": report.first_bad or 0},
    )
