"""Check that photos are judged in time, by what there is now, and that plates are covered."""

from dataclasses import asdict

import dagster as dg

from assets.keys import LISTING_MEDIA_SCORES, PHOTO_SCORES, PHOTOS, PLATE_BLURS
from assets.metadata import counts
from core.db.session import transaction
from core.platform import Platform
from pipelines.photos.judging.canary import Canary, try_canaries
from pipelines.photos.judging.state import contents_without_job, job_counts, listing_counts, verdict_counts
from pipelines.photos.judging.worker import JudgingChild

_CANARIES, _SIZE = 5, (800, 600)
_LEAST = 0.9
_WARN = dg.AssetCheckSeverity.WARN


@dg.asset_check(asset=PHOTOS, description="Every content that a listing shows is judged, or has a job that waits.")
def every_photo_has_a_job(platform: dg.ResourceParam[Platform]) -> dg.AssetCheckResult:
    """Count contents that nothing judges."""
    with transaction(platform.sessions) as session:
        missing = contents_without_job(session)
    return dg.AssetCheckResult(passed=missing == 0, metadata={"without_job": missing})


@dg.asset_check(
    asset=PHOTO_SCORES,
    description="No job has waited for an hour, and none was left for ten minutes by a process that is gone: otherwise "
    "`automart work` does not run, or cannot keep up.",
)
def no_job_is_stuck(platform: dg.ResourceParam[Platform]) -> dg.AssetCheckResult:
    """Count jobs by state, and those that are stuck."""
    with transaction(platform.sessions) as session:
        found = job_counts(session)
    stuck = found["abandoned"] + found["late"]
    return dg.AssetCheckResult(passed=stuck == 0, severity=_WARN, metadata=counts(found))


@dg.asset_check(
    asset=PHOTO_SCORES,
    description="Every verdict is of the present models, thresholds and libraries; those of others are not compared.",
)
def scores_are_fresh(platform: dg.ResourceParam[Platform]) -> dg.AssetCheckResult:
    """Count verdicts of other versions."""
    with transaction(platform.sessions) as session:
        found = verdict_counts(session)
    return dg.AssetCheckResult(passed=found["of_other_versions"] == 0, severity=_WARN, metadata=counts(found))


@dg.asset_check(
    asset=PLATE_BLURS,
    description="Plates on photos drawn for this purpose are covered, by the very child that judges listings' photos. "
    "`car_gate_off`: `make photo-models` was not run, so text of a plate's shape is covered wherever it is.",
)
def plates_are_blurred(platform: dg.ResourceParam[Platform]) -> dg.AssetCheckResult:
    """Draw photos, judge them, and compare what is covered with where the plates are."""
    from models.plates.weights import CAR_FILE
    from samples.photos.draw import Spec, draw_photo

    drawn = [draw_photo(Spec(plate="one_line", plate_width=0.14), seed, _SIZE) for seed in range(_CANARIES)]
    spool = platform.settings.spool_dir
    spool.mkdir(parents=True, exist_ok=True)
    with JudgingChild(platform.settings.models_dir / CAR_FILE) as child:
        report = try_canaries(
            child, spool, [Canary(photo.pixels, [plate.box for plate in photo.plates]) for photo in drawn]
        )
    passed = report.covered >= _LEAST * report.plates
    return dg.AssetCheckResult(passed=passed, metadata=counts(asdict(report)))


@dg.asset_check(
    asset=LISTING_MEDIA_SCORES,
    description="No listing has shown a score of an earlier state of its photos for an hour.",
)
def listing_scores_are_current(platform: dg.ResourceParam[Platform]) -> dg.AssetCheckResult:
    """Count listings whose score is stale."""
    with transaction(platform.sessions) as session:
        found = listing_counts(session)
    return dg.AssetCheckResult(passed=found["stale_for_an_hour"] == 0, severity=_WARN, metadata=counts(found))
