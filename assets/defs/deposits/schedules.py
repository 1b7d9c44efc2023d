"""Schedule the proof of the ledger and the reconciliation of payments."""

from assets.keys import DEPOSITS_DAILY, DOMAIN_TAG, LEDGER_PROOF, RECONCILIATION
from assets.schedules import one_process_job, scheduled

deposits_proof = one_process_job(
    "deposits_proof",
    selection=[LEDGER_PROOF, RECONCILIATION, DEPOSITS_DAILY],
    tags={DOMAIN_TAG: "deposits"},
    description="Proves the ledger, compares it with settlements, and counts deposits by day.",
)

deposits_proven_daily = scheduled(
    name="deposits_proven_daily",
    job=deposits_proof,
    cron_schedule="40 7 * * *",  # settlement files of the day before are there
    description="What differs is known within a day.",
)
