"""Schedule the report of response times promised to buyers."""

from assets.keys import DOMAIN_TAG, LEAD_EVENTS, LEAD_SCORE_MODEL, SLA_REPORT
from assets.schedules import one_process_job, scheduled

leads_report = one_process_job(
    "leads_report",
    selection=[LEAD_EVENTS, SLA_REPORT],
    tags={DOMAIN_TAG: "leads"},
    description="Counts leads and promises by organisation and day, and looks for breaches without a notice.",
)

leads_score = one_process_job(
    "leads_score",
    selection=[LEAD_SCORE_MODEL],
    tags={DOMAIN_TAG: "leads"},
    description="Trains the chance that leads are won, and judges it on later leads.",
)

leads_score_weekly = scheduled(
    name="leads_score_weekly",
    job=leads_score,
    cron_schedule="50 6 * * 1",
    description="A week brings leads whose end has become known.",
)

leads_report_daily = scheduled(
    name="leads_report_daily",
    job=leads_report,
    cron_schedule="20 7 * * *",  # before the desks open
    description="Managers find yesterday's promises in the morning.",
)
