"""Schedule the proof of the ledger and the reconciliation of payments."""

import dagster as dg

from assets.keys import DEPOSITS_DAILY, DOMAIN_TAG, LEDGER_PROOF, RECONCILIATION
from core.clock import PAKISTAN

deposits_proof = dg.define_asset_job(
    "deposits_proof",
    selection=[LEDGER_PROOF, RECONCILIATION, DEPOSITS_DAILY],
    tags={DOMAIN_TAG: "deposits"},
    executor_def=dg.in_process_executor,
    description="Proves the ledger, compares it with settlements, and counts deposits by day.",
)

deposits_proven_daily = dg.ScheduleDefinition(
    name="deposits_proven_daily",
    job=deposits_proof,
    cron_schedule="40 7 * * *",  # settlement files of the day before are there
    execution_timezone=PAKISTAN.key,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="What differs is known within a day.",
)
