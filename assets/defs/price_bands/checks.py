"""Check the model and the bands."""

from dataclasses import asdict

import dagster as dg

from assets.keys import PRICE_BANDS, PRICE_MODEL
from assets.metadata import counts, table
from core.db.session import transaction
from core.platform import Platform
from core.prices.models import champion
from models.price_bands.calibrate import BAND_LEVEL
from pipelines.price_bands.audit import band_totals

COVERAGE_TOLERANCE = 0.04
"""Some 800 evaluation ads leave a standard error of 1.4 points; three of them are no alarm."""


@dg.asset_check(
    asset=PRICE_MODEL,
    description=f"On ads that the champion was not trained on, its {BAND_LEVEL:.0%} bands hold "
    f"{BAND_LEVEL - COVERAGE_TOLERANCE:.0%} to {BAND_LEVEL + COVERAGE_TOLERANCE:.0%} of the asking prices.",
)
def bands_cover_their_level(platform: dg.ResourceParam[Platform]) -> dg.AssetCheckResult:
    """Compare the share of prices inside their band with the promised one: less is a lie, much more is useless."""
    with transaction(platform.sessions) as session:
        model = champion(session)
    coverage = model.metrics["coverage"] if model is not None else None
    return dg.AssetCheckResult(
        passed=coverage is not None and abs(coverage - BAND_LEVEL) <= COVERAGE_TOLERANCE,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"coverage": coverage, "version": model.version if model is not None else "no model yet"},
    )


@dg.asset_check(
    asset=PRICE_BANDS,
    description="Every live listing has one row: a band, or the reason why there is none; no other listing has one.",
)
def every_live_listing_has_a_band_or_a_reason(platform: dg.ResourceParam[Platform]) -> dg.AssetCheckResult:
    """Compare bands and missing bands together with the live listings."""
    with transaction(platform.sessions) as session:
        totals = band_totals(session)
    reasons = [{"reason": reason, "listings": count} for reason, count in totals.by_reason.items()]
    return dg.AssetCheckResult(
        passed=totals.forgotten == 0 and totals.stale == 0,
        metadata=counts(asdict(totals)) | {"by_reason": table(reasons)},
    )
