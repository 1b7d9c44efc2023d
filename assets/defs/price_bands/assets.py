"""Train a price model on listings, and compute a band for every live listing."""

from dataclasses import asdict

import dagster as dg

from assets.freshness import DAILY_UNWARNED, WEEKLY_TRAINING
from assets.keys import LISTINGS, PRICE_BANDS, PRICE_MODEL, PRICING_SAMPLES, RECALIBRATED_MODEL
from assets.metadata import counts, evaluation
from assets.pipeline_asset import pipeline_asset
from assets.plots import coverage_plot
from core.db.session import transaction
from core.platform import Platform
from models.price_bands.calibrate import BAND_LEVEL
from pipelines.price_bands.refresh import refresh_bands
from pipelines.price_bands.samples.choosing import build_samples
from pipelines.price_bands.versions.training import TrainResult, train_model


@pipeline_asset(
    PRICING_SAMPLES,
    deps=[LISTINGS],
    kinds={"polars", "parquet"},
    freshness=WEEKLY_TRAINING,
    description="Priced ads, live and removed, that a model may learn from, one a car: call for price, filled-in, "
    "slipped and impossible prices, things that are no cars and reposts are excluded, and each exclusion is counted.",
)
def pricing_samples(platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult[None]:
    """Write the samples to object storage under their digest."""
    with transaction(platform.sessions) as session:
        result = build_samples(session, platform.storage)
    return dg.MaterializeResult(metadata=counts(asdict(result)))


@pipeline_asset(
    PRICE_MODEL,
    deps=[PRICING_SAMPLES],
    kinds={"lightgbm"},
    freshness=WEEKLY_TRAINING,
    description="A LightGBM model of the asking price with a conformal calibration, evaluated on the newest ads. "
    "It becomes champion only if it is not worse than the present one.",
)
def price_model(context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult[None]:
    """Train on the newest samples."""
    event = context.instance.get_latest_materialization_event(PRICING_SAMPLES)
    key = event.asset_materialization.metadata["storage_key"].value if event and event.asset_materialization else ""
    with transaction(platform.sessions) as session:
        result = train_model(session, platform.storage, str(key))
    facts = {"version": result.version, "status": result.status, "samples": result.samples, "message": result.message}
    return dg.MaterializeResult(metadata=counts(facts) | _card(result))


def _card(result: TrainResult) -> dict[str, dg.MetadataValue]:
    """Give the card, the metrics and their plot; nothing where there was no training."""
    if not result.metrics:
        return {}
    segments = {"all": result.metrics, **result.metrics["segments"]}
    rows = [{"segment": name, **values} for name, values in segments.items()]
    shown = {"model_card": dg.MetadataValue.md(result.card), "coverage_plot": coverage_plot(rows, BAND_LEVEL)}
    return evaluation(result.metrics) | shown


@pipeline_asset(
    PRICE_BANDS,
    deps=[LISTINGS, PRICE_MODEL, RECALIBRATED_MODEL],
    kinds={"postgres", "lightgbm"},
    freshness=DAILY_UNWARNED,
    description="One row for each live listing: min, mid, max, confidence and method, or the reason why there is "
    "no band.",
)
def price_bands(platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult[None]:
    """Refresh the bands of listings that changed, or of all when the model did."""
    with transaction(platform.sessions) as session:
        result = refresh_bands(session, platform.storage)
    return dg.MaterializeResult(metadata=counts(asdict(result)))
