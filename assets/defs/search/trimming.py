"""Delete from the outbox, every night, the changes that every index has seen."""

from dataclasses import asdict

import dagster as dg

from assets.metadata import counts
from core.db.session import transaction
from core.platform import Platform
from core.search.factory import open_search_engine
from pipelines.search.trim import trim_outbox


@dg.op(description="Delete old events that every consumer has seen; drop the watermarks of abandoned indexes.")
def trim_search_outbox(context: dg.OpExecutionContext, platform: dg.ResourceParam[Platform]) -> None:
    """Trim the outbox in one transaction."""
    settings = platform.settings
    with transaction(platform.sessions) as session:
        result = trim_outbox(session, open_search_engine(settings), settings.search_keep_events_days)
    context.add_output_metadata(counts(asdict(result)))


@dg.job(
    executor_def=dg.in_process_executor,
    description="Keeps the outbox at SEARCH_KEEP_EVENTS_DAYS days of changes.",
)
def outbox_trimming() -> None:
    """Run the one step."""
    trim_search_outbox()


outbox_trimmed_daily = dg.ScheduleDefinition(
    name="outbox_trimmed_daily",
    job=outbox_trimming,
    cron_schedule="33 4 * * *",  # the market sleeps, and the weekly training is done
    execution_timezone="Asia/Karachi",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="A full import of a market writes 200,000 events; a week of them is enough for any index to catch up.",
)
