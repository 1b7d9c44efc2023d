"""Delete from the outbox, every night, the events that every declared consumer has seen."""

import dagster as dg

from assets.keys import DOMAIN_TAG
from assets.schedules import scheduled
from core.db.session import transaction
from core.outbox.consumers import declared_consumers
from core.outbox.restore import adopt_restored_outbox
from core.outbox.trim import trim_outbox
from core.platform import Platform
from core.search.factory import open_search_engine
from pipelines.search.trim import forget_abandoned_indexes


@dg.op(description="Delete old events that every consumer has seen; drop the watermarks of abandoned indexes.")
def trim_search_outbox(context: dg.OpExecutionContext, platform: dg.ResourceParam[Platform]) -> None:
    """Trim the outbox page by page, each page in a transaction of its own."""
    days = platform.settings.search_keep_events_days
    with transaction(platform.sessions) as session:
        adopt_restored_outbox(session)
        forgotten = forget_abandoned_indexes(session, open_search_engine(platform.settings), days)
    events = trim_outbox(platform.sessions, declared_consumers("pipelines"), days)
    context.add_output_metadata({"events": events, "forgotten": forgotten})


@dg.job(
    tags={DOMAIN_TAG: "search"},
    executor_def=dg.in_process_executor,
    description="Keeps the outbox at SEARCH_KEEP_EVENTS_DAYS days of changes.",
)
def outbox_trimming() -> None:
    """Run the one step."""
    trim_search_outbox()


outbox_trimmed_daily = scheduled(
    name="outbox_trimmed_daily",
    job=outbox_trimming,
    cron_schedule="33 4 * * *",  # the market sleeps, and the weekly training is done
    description="A training writes up to 200,000 events; a week of them is enough for any consumer to catch up.",
)
