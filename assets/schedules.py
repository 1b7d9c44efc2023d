"""Define jobs of one process, and schedules that are on from the start and go by the clock of the market."""

from functools import partial

import dagster as dg

from core.clock import PAKISTAN

one_process_job = partial(dg.define_asset_job, executor_def=dg.in_process_executor)
"""A job whose steps run in the run's own process: one of its own costs a step 6 to 9 s on two cores."""
scheduled = partial(
    dg.ScheduleDefinition, execution_timezone=PAKISTAN.key, default_status=dg.DefaultScheduleStatus.RUNNING
)
