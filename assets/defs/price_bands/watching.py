"""Measure a price model after its training, day by day, and recalibrate it."""

from collections.abc import Iterator

import dagster as dg

from assets.freshness import DAILY
from assets.keys import ACCURACY, LISTINGS, PRICE_MODEL, RECALIBRATED_MODEL
from assets.metadata import counts, evaluation, table
from assets.pipeline_asset import pipeline_asset
from assets.plots import coverage_plot, drift_plot, level_plot
from core.db.session import transaction
from core.platform import Platform
from models.price_bands.calibrate import BAND_LEVEL
from models.price_bands.evaluation.drift import LARGE_PSI, NOTABLE_PSI
from pipelines.price_bands.monitoring import WatchResult, watch_prices
from pipelines.price_bands.versions.recalibration import recalibrate_model

_INPUTS = dg.AssetCheckSpec(
    "new_ads_are_like_those_of_the_training",
    asset=ACCURACY,
    description="No input is left out by many more of the new ads than in training, or distributed otherwise. While "
    "this fails nothing is recalibrated: the level would follow one feed's gaps.",
)
_LEVELS = dg.AssetCheckSpec(
    "levels_moved_as_markets_move",
    asset=ACCURACY,
    description="No make, model or feed asks by more above or below the champion than a market moves. While this fails "
    "nothing is recalibrated or promoted: look at the named feed's units first.",
)
_PRICES = dg.AssetCheckSpec(
    "feeds_state_prices_in_rupees",
    asset=ACCURACY,
    description="No feed has many new ads with prices in another unit, or that no car has; such ads are left out.",
)


@pipeline_asset(
    ACCURACY,
    deps=[LISTINGS, PRICE_MODEL],
    kinds={"postgres"},
    freshness=DAILY,
    check_specs=[_INPUTS, _LEVELS, _PRICES],
    description="How good the champion is on prices that came after its training: coverage, width, error and level by "
    "segment and week, and the drift of its inputs. Tables `price_accuracy` and `price_drift`.",
)
def accuracy(
    platform: dg.ResourceParam[Platform],
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Measure the champion on newly priced listings, and say whether their feeds can be trusted."""
    with transaction(platform.sessions) as session:
        found = watch_prices(session, platform.storage)
    yield dg.MaterializeResult(metadata=_measurements(found))
    for spec, sentences in zip((_INPUTS, _LEVELS, _PRICES), found.warnings.values(), strict=True):
        yield dg.AssetCheckResult(
            check_name=spec.name,
            passed=not sentences,
            severity=dg.AssetCheckSeverity.WARN,
            description=" ".join(sentences) or f"{found.fresh:,} new ads.",
        )


def _measurements(found: WatchResult) -> dict[str, dg.MetadataValue]:
    facts = {"version": found.version, "fresh": found.fresh, "left_out": found.left_out}
    shown = counts(facts | found.warnings) | {"by_segment": table(found.accuracy), "drift": table(found.drift)}
    if not found.accuracy:
        return shown
    return shown | {
        "coverage_plot": coverage_plot(found.accuracy, BAND_LEVEL),
        "level_plot": level_plot(found.accuracy),
        "drift_plot": drift_plot(found.drift, NOTABLE_PSI, LARGE_PSI),
    }


@pipeline_asset(
    RECALIBRATED_MODEL,
    deps=[ACCURACY],
    kinds={"lightgbm"},
    freshness=DAILY,
    description="The champion at the level and width of the latest ads, its trees unchanged: made only where the "
    "champion breaks a promise and the new ads can be trusted, and champion only through the gate of trained models.",
)
def recalibrated_model(platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult[None]:
    """Recalibrate between trainings, if the market has left the bands."""
    with transaction(platform.sessions) as session:
        result = recalibrate_model(session, platform.storage)
    facts = {"version": result.version, "status": result.status, "fresh": result.samples, "message": result.message}
    card = {"model_card": dg.MetadataValue.md(result.card)} if result.card else {}
    return dg.MaterializeResult(metadata=counts(facts) | card | (evaluation(result.metrics) if result.metrics else {}))
