"""Schedule the daily count of the deliveries of webhooks."""

from assets.keys import DELIVERIES_DAILY, DOMAIN_TAG
from assets.schedules import one_process_job, scheduled

webhook_deliveries = one_process_job(
    "webhook_deliveries",
    selection=[DELIVERIES_DAILY],
    tags={DOMAIN_TAG: "webhooks"},
    description="Counts the deliveries of webhooks and checks that none is stuck or late.",
)

webhook_deliveries_daily = scheduled(
    name="webhook_deliveries_daily",
    job=webhook_deliveries,
    cron_schedule="47 5 * * *",  # before people come to work
    description="Shows stuck and late messages within a day.",
)
