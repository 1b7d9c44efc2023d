"""Declare the background loops of photos: judging and sweeping."""

from collections.abc import Callable

from core.clock import utc_now
from core.platform import Platform
from core.work.loop import Loop, Turn
from pipelines.photos.backgrounds.clean import clean_due
from pipelines.photos.backgrounds.cleaner import open_cleaner
from pipelines.photos.judging.judge import JudgingParts, judge_batch
from pipelines.photos.judging.listing_scores import score_due
from pipelines.photos.judging.verdicts import decide_again, decide_due
from pipelines.photos.judging.worker import JudgingChild
from pipelines.photos.pairs.compare import compare_due
from pipelines.photos.sweeping import mark_unshown, sweep, sweep_spool


def _sweeping(platform: Platform) -> Callable[[Turn], bool]:
    def turn(work: Turn) -> bool:
        sweep_spool(platform.settings.spool_dir)
        with work.transaction() as session:
            mark_unshown(session, utc_now())
        with work.transaction() as session:
            return sweep(session, platform.storage, utc_now()).more

    return turn


_BATCH = 4
_LISTINGS = 50


def _judging(platform: Platform) -> Callable[[Turn], bool]:
    """Judge with one child process that keeps its models loaded; it ends with this process, when its input closes."""
    from models.plates.weights import CAR_FILE  # loads the engine's library

    required = platform.settings.photos_plate_step == "required"
    child = JudgingChild(platform.settings.models_dir / CAR_FILE)
    cleaner = open_cleaner(platform.settings)
    begun = False

    def turn(work: Turn) -> bool:
        nonlocal begun
        if required and not begun:
            with work.transaction() as session:
                decide_again(session)
        begun = True
        parts = JudgingParts(work.transaction, platform.storage, platform.settings.spool_dir, child)
        judged = judge_batch(parts, _BATCH, lambda: work.stopping)
        decided = decide_due(work.transaction, _LISTINGS, required=required)
        scored = score_due(work.transaction, _LISTINGS)
        # Pairs are not urgent: photos are compared once none is left to judge.
        compared = 0 if judged.taken else compare_due(parts, _BATCH, lambda: work.stopping)
        cleaned = 0 if judged.taken else clean_due(parts, cleaner, 1, lambda: work.stopping)
        return judged.taken + compared + cleaned > 0 or _LISTINGS in (decided, scored)

    return turn


JUDGE = Loop("photos.judge", _judging)
SWEEP = Loop("photos.sweep", _sweeping, pause_seconds=60.0)
