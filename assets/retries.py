"""Let sensors ask again, with growing pauses, for work that a run did not finish.

Dagster starts no second run for a run key that it has seen, whatever became of the first: the files of a killed run
would wait for the next schedule. So the run key counts the attempts: as long as a run is under way the key stays the
same, and when it has ended and the same work still waits, the next tick asks for another one. The pauses double from
a minute to an hour, so that files which no run can decide do not keep the machine busy.
"""

from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster import DagsterRunStatus

from core.clock import utc_now

WORK_TAG = "automart/work"
_ENDED = [DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED]
_LONGEST_PAUSE = timedelta(hours=1)


def next_attempt(instance: dg.DagsterInstance, job: str, work: str) -> dg.RunRequest | dg.SkipReason:
    """Ask for a run of `job` on `work`, unless the pause after the last attempt is not over.

    Args:
        work: names what waits, for example a digest of files; other work is a first attempt again.
    """
    ended = instance.get_run_records(dg.RunsFilter(job_name=job, tags={WORK_TAG: work}, statuses=_ENDED))
    due = _due(len(ended), max((record.end_time or 0.0 for record in ended), default=0.0))
    if utc_now() < due:
        return dg.SkipReason(f"{len(ended)} runs left this work undone; the next one starts at {due:%H:%M:%S} UTC.")
    return dg.RunRequest(run_key=f"{work}:{len(ended)}" if ended else work, tags={WORK_TAG: work})


def _due(attempts: int, last_end: float) -> datetime:
    """Compute when the next attempt may start: at once after the first one, for a kill is the likeliest reason."""
    pause = timedelta(0) if attempts < 2 else min(timedelta(minutes=2 ** min(attempts - 2, 10)), _LONGEST_PAUSE)
    return datetime.fromtimestamp(last_end, UTC) + pause
