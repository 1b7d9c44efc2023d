"""Schedule the report of response times promised to buyers."""

import dagster as dg

from assets.keys import DOMAIN_TAG, LEAD_EVENTS, LEAD_SCORE_MODEL, SLA_REPORT
from core.clock import PAKISTAN

leads_report = dg.define_asset_job(
    "leads_report",
    selection=[LEAD_EVENTS, SLA_REPORT],
    tags={DOMAIN_TAG: "leads"},
    executor_def=dg.in_process_executor,
    description="Counts leads and promises by organisation and day, and looks for breaches without a notice.",
)

leads_score = dg.define_asset_job(
    "leads_score",
    selection=[LEAD_SCORE_MODEL],
    tags={DOMAIN_TAG: "leads"},
    executor_def=dg.in_process_executor,
    description="Trains the chance that leads are won, and judges it on later leads.",
)

leads_score_weekly = dg.ScheduleDefinition(
    name="leads_score_weekly",
    job=leads_score,
    cron_schedule="50 6 * * 1",
    execution_timezone=PAKISTAN.key,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="A week brings leads whose end has become known.",
)

leads_report_daily = dg.ScheduleDefinition(
    name="leads_report_daily",
    job=leads_report,
    cron_schedule="20 7 * * *",  # before the desks open
    execution_timezone=PAKISTAN.key,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Managers find yesterday's promises in the morning.",
)
