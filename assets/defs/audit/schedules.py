"""Schedule the verification of the audit trail."""

from assets.keys import AUDIT_TRAIL, DOMAIN_TAG
from assets.schedules import one_process_job, scheduled

audit_verification = one_process_job(
    "audit_verification",
    selection=[AUDIT_TRAIL],
    tags={DOMAIN_TAG: "audit"},
    description="Verifies the audit trail.",
)

audit_verified_daily = scheduled(
    name="audit_verified_daily",
    job=audit_verification,
    cron_schedule="17 6 * * *",  # the day before has ended in UTC, and its list is anchored
    description="A change of the trail is named within a day.",
)
