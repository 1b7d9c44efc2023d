"""Count ranges of hours and days by hand: choose the partitions in the UI."""

from functools import partial

from assets.keys import COUNTED_UNTIL, DAILY_COUNTS, DOMAIN_TAG, EVENT_FILES, FUNNELS, HOURLY_COUNTS
from assets.schedules import one_process_job

_job = partial(one_process_job, tags={DOMAIN_TAG: "engagement"})

engagement_hours = _job(
    "engagement_hours",
    selection=[EVENT_FILES, HOURLY_COUNTS],
    description="Write and count hours; those that are counted of the same files stay as they are.",
)
engagement_days = _job("engagement_days", selection=[DAILY_COUNTS], description="Count days from their hours.")
engagement_funnels = _job("engagement_funnels", selection=[FUNNELS], description="Write the funnels of days.")
engagement_position = _job(
    "engagement_position", selection=[COUNTED_UNTIL], description="Say until when events are counted."
)
