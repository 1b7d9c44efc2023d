"""Measure a price model after its training, day by day, and recalibrate it."""

import dagster as dg

from assets.freshness import DAILY
from assets.keys import ACCURACY, LISTINGS, PRICE_MODEL, RECALIBRATED_MODEL
from assets.metadata import counts, evaluation, table
from assets.plots import coverage_plot, drift_plot, level_plot
from core.db.session import transaction
from core.platform import Platform
from models.price_bands.calibrate import BAND_LEVEL
from models.price_bands.evaluation.drift import LARGE_PSI, NOTABLE_PSI
from pipelines.price_bands.monitoring import watch_prices
from pipelines.price_bands.recalibration import recalibrate_model


@dg.asset(
    key=ACCURACY,
    deps=[LISTINGS, PRICE_MODEL],
    group_name="price_bands",
    owners=["team:ml"],
    kinds={"postgres"},
    freshness_policy=DAILY,
    description="How good the champion is on prices that came after its training: coverage, width, error and level by "
    "segment and week, and the drift of its inputs. Tables `price_accuracy` and `price_drift`.",
)
def accuracy(platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult[None]:
    """Measure the champion on newly priced listings."""
    with transaction(platform.sessions) as session:
        found = watch_prices(session, platform.storage)
    facts = {"version": found.version, "fresh": found.fresh, "left_out": found.left_out}
    metadata = counts(facts) | {"by_segment": table(found.accuracy), "drift": table(found.drift)}
    if found.accuracy:
        metadata |= {
            "coverage_plot": coverage_plot(found.accuracy, BAND_LEVEL),
            "level_plot": level_plot(found.accuracy),
            "drift_plot": drift_plot(found.drift, NOTABLE_PSI, LARGE_PSI),
        }
    return dg.MaterializeResult(metadata=metadata)


@dg.asset(
    key=RECALIBRATED_MODEL,
    deps=[ACCURACY],
    group_name="price_bands",
    owners=["team:ml"],
    kinds={"lightgbm"},
    freshness_policy=DAILY,
    description="The champion at the level and width of the latest ads, its trees unchanged: made only where the "
    "champion breaks a promise, and champion only through the same gate as a trained model.",
)
def recalibrated_model(platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult[None]:
    """Recalibrate between trainings, if the market has left the bands."""
    with transaction(platform.sessions) as session:
        result = recalibrate_model(session, platform.storage)
    facts = {"version": result.version, "status": result.status, "fresh": result.samples, "message": result.message}
    card = {"model_card": dg.MetadataValue.md(result.card)} if result.card else {}
    return dg.MaterializeResult(metadata=counts(facts) | card | (evaluation(result.metrics) if result.metrics else {}))
