"""Judge what waits, with a child for each core: for runs that catch up, beside the loop or without it."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from core.db.session import transaction
from core.platform import Platform
from pipelines.photos.judging.jobs import JobRepository
from pipelines.photos.judging.judge import JudgedBatch, JudgingParts, judge_batch
from pipelines.photos.judging.listing_scores import score_due
from pipelines.photos.judging.verdicts import decide_due
from pipelines.photos.judging.versions import verdict_version
from pipelines.photos.judging.worker import JudgingChild
from pipelines.photos.pairs.compare import compare_due

WORKERS = 2
_BATCH, _LISTINGS, _AGAIN = 8, 200, 5_000


@dataclass(frozen=True)
class BacklogReport:
    """Counts of a run: done + again + failed + gone = taken. `asked_again`: verdicts of an older version."""

    asked_again: int
    taken: int
    done: int
    again: int
    failed: int
    gone: int


def judge_backlog(platform: Platform, budget_seconds: float, workers: int = WORKERS) -> BacklogReport:
    """Ask for new verdicts where models or libraries have changed, and judge until nothing waits or the time is up."""
    from models.plates.weights import CAR_FILE  # loads the engine's library

    car_file = platform.settings.models_dir / CAR_FILE
    deadline, over = time.monotonic() + budget_seconds, threading.Event()
    with transaction(platform.sessions) as session:
        asked = JobRepository(session).again(verdict_version(), _AGAIN, failed=False)

    def stopping() -> bool:
        return over.is_set() or time.monotonic() >= deadline

    def work() -> list[JudgedBatch]:
        batches = []
        with JudgingChild(car_file) as child:
            parts = JudgingParts(
                lambda: transaction(platform.sessions), platform.storage, platform.settings.spool_dir, child
            )
            while not stopping() and (batch := judge_batch(parts, _BATCH, stopping)).taken:
                batches.append(batch)
        return batches

    with ThreadPoolExecutor(workers) as pool:
        try:
            running = [pool.submit(work) for _ in range(workers)]
            batches = [batch for each in running for batch in each.result()]
        finally:
            over.set()
    return BacklogReport(
        asked,
        *(sum(getattr(batch, name) for batch in batches) for name in ("taken", "done", "again", "failed", "gone")),
    )


def compare_backlog(platform: Platform, budget_seconds: float) -> int:
    """Compare all contents that wait for it, until the time is up, and count them."""
    from models.plates.weights import CAR_FILE  # loads the engine's library

    deadline, compared = time.monotonic() + budget_seconds, 0
    with JudgingChild(platform.settings.models_dir / CAR_FILE) as child:
        parts = JudgingParts(
            lambda: transaction(platform.sessions), platform.storage, platform.settings.spool_dir, child
        )
        while time.monotonic() < deadline and (taken := compare_due(parts, _BATCH)):
            compared += taken
    return compared


def decide_backlog(platform: Platform) -> int:
    """Decide all photos that can be, and count their listings."""
    required, listings = platform.settings.photos_plate_step == "required", 0
    while decided := decide_due(lambda: transaction(platform.sessions), _LISTINGS, required=required):
        listings += decided
        if decided < _LISTINGS:
            break
    return listings


def score_backlog(platform: Platform) -> int:
    """Score all listings whose photos have changed, and count them."""
    listings = 0
    while scored := score_due(lambda: transaction(platform.sessions), _LISTINGS):
        listings += scored
    return listings
