"""Check that photos are judged in time, by what there is now, and that plates are covered."""

import dagster as dg

from assets.keys import DUPLICATE_PHOTOS, LISTING_MEDIA_SCORES, PHOTO_SCORES, PHOTOS, PLATE_BLURS
from assets.metadata import counts
from assets.plots import picture_metadata
from core.db.session import transaction
from core.platform import Platform
from pipelines.photos.judging.canary import Canary, try_canaries
from pipelines.photos.judging.grids import picture_grid
from pipelines.photos.judging.state import contents_without_job, job_counts, listing_counts, verdict_counts
from pipelines.photos.judging.worker import JudgingChild
from pipelines.photos.pairs.state import pair_counts

_CANARIES = (
    ("one_line", 0.14, "front"),
    ("one_line", 0.14, "rear"),
    ("two_line", 0.12, "rear"),
    ("one_line", 0.3, "rear"),
)
"""Style of the plate, its share of the picture's width, and the side of the car."""
_SEEDS = (1, 2, 7)
_SIZE = (1280, 960)
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

    drawn = [
        draw_photo(Spec(plate=style, plate_width=width, view=view), seed, _SIZE)
        for style, width, view in _CANARIES
        for seed in _SEEDS
    ]
    spool = platform.settings.spool_dir
    spool.mkdir(parents=True, exist_ok=True)
    with JudgingChild(platform.settings.models_dir / CAR_FILE) as child:
        report = try_canaries(
            child, spool, [Canary(photo.pixels, [plate.box for plate in photo.plates]) for photo in drawn]
        )
    passed = report.covered >= _LEAST * report.plates
    facts = {"plates": report.plates, "covered": report.covered, "car_gate_off": report.car_gate_off}
    shown = picture_metadata(picture_grid(report.pictures, most_columns=6), "drawn photos before and after")
    return dg.AssetCheckResult(passed=passed, metadata=counts(facts) | {"before_and_after": shown})


@dg.asset_check(
    asset=PHOTO_SCORES,
    description="The detector of cars is there, and every verdict was given with it. Otherwise the car gate is off: "
    "`vehicle` is null, and text of a plate's shape is covered wherever it is. `make photo-models` fetches it.",
)
def car_gate_is_on(platform: dg.ResourceParam[Platform]) -> dg.AssetCheckResult:
    """Look for the detector's file, and count verdicts that were given without it."""
    from models.plates.weights import CAR_FILE

    there = (platform.settings.models_dir / CAR_FILE).exists()
    with transaction(platform.sessions) as session:
        without = verdict_counts(session)["without_car_gate"]
    found = {"car_gate_off": not there, "verdicts_without_car_gate": without}
    return dg.AssetCheckResult(passed=there and not without, severity=_WARN, metadata=counts(found))


@dg.asset_check(
    asset=DUPLICATE_PHOTOS,
    description="No described photo has waited for an hour to be compared, and none ends whatever compares it.",
)
def every_photo_is_compared(platform: dg.ResourceParam[Platform]) -> dg.AssetCheckResult:
    """Count descriptions, and those that wait."""
    with transaction(platform.sessions) as session:
        found = pair_counts(session)
    return dg.AssetCheckResult(passed=found["late"] == 0, severity=_WARN, metadata=counts(found))


@dg.asset_check(
    asset=LISTING_MEDIA_SCORES,
    description="No listing has shown a score of an earlier state of its photos for an hour.",
)
def listing_scores_are_current(platform: dg.ResourceParam[Platform]) -> dg.AssetCheckResult:
    """Count listings whose score is stale."""
    with transaction(platform.sessions) as session:
        found = listing_counts(session)
    return dg.AssetCheckResult(passed=found["stale_for_an_hour"] == 0, severity=_WARN, metadata=counts(found))
