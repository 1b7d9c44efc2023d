"""Schedule the daily count of the deliveries of webhooks."""

import dagster as dg

from assets.keys import DELIVERIES_DAILY, DOMAIN_TAG
from core.clock import PAKISTAN

webhook_deliveries = dg.define_asset_job(
    "webhook_deliveries",
    selection=[DELIVERIES_DAILY],
    tags={DOMAIN_TAG: "webhooks"},
    executor_def=dg.in_process_executor,
    description="Counts the deliveries of webhooks and checks that none is stuck or late.",
)

webhook_deliveries_daily = dg.ScheduleDefinition(
    name="webhook_deliveries_daily",
    job=webhook_deliveries,
    cron_schedule="47 5 * * *",  # before people come to work
    execution_timezone=PAKISTAN.key,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Shows stuck and late messages within a day.",
)
