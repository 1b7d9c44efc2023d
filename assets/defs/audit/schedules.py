"""Schedule the verification of the audit trail."""

import dagster as dg

from assets.keys import AUDIT_TRAIL, DOMAIN_TAG
from core.clock import PAKISTAN

audit_verification = dg.define_asset_job(
    "audit_verification",
    selection=[AUDIT_TRAIL],
    tags={DOMAIN_TAG: "audit"},
    executor_def=dg.in_process_executor,
    description="Verifies the audit trail.",
)

audit_verified_daily = dg.ScheduleDefinition(
    name="audit_verified_daily",
    job=audit_verification,
    cron_schedule="17 6 * * *",  # the day before has ended in UTC, and its list is anchored
    execution_timezone=PAKISTAN.key,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="A change of the trail is named within a day.",
)
