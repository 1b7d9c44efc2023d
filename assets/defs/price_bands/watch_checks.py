"""Check the champion on prices that came after its training."""

import dagster as dg

from assets.keys import ACCURACY, RECALIBRATED_MODEL
from core.db.session import transaction
from core.platform import Platform
from models.price_bands.calibrate import BAND_LEVEL
from pipelines.price_bands.audit import latest_accuracy, unreadable_champion
from pipelines.price_bands.coverage_rules import coverage_problems, level_problem


@dg.asset_check(
    asset=ACCURACY,
    name="bands_cover_their_level",
    description=f"On newly priced listings the {BAND_LEVEL:.0%} bands hold {BAND_LEVEL:.0%} of the prices, over all "
    "and in each segment of at least 100, beyond what noise explains.",
)
def new_prices_lie_in_their_bands(platform: dg.ResourceParam[Platform]) -> dg.AssetCheckResult:
    """Warn the team of a broken promise; recalibration is there to mend it."""
    with transaction(platform.sessions) as session:
        rows = latest_accuracy(session)
    problems = coverage_problems(rows)
    judged = sum(row["answered"] for row in rows if row["segment"] == "all")
    return dg.AssetCheckResult(
        passed=not problems,
        severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(problems) or f"{judged:,} newly priced listings judged.",
        metadata={"problems": len(problems), "judged": judged},
    )


@dg.asset_check(
    asset=ACCURACY,
    description="The asking prices of the latest four weeks stand where the model says, within 3 % beyond noise.",
)
def market_level_is_current(platform: dg.ResourceParam[Platform]) -> dg.AssetCheckResult:
    """Compare the market's level with the model's: one that has moved makes every band wrong in the same direction."""
    with transaction(platform.sessions) as session:
        rows = latest_accuracy(session)
    problems = level_problem(rows)
    levels = {row["segment"]: row["level"] for row in rows if row["segment"].startswith("week ")}
    return dg.AssetCheckResult(
        passed=not problems,
        severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(problems) or "The level is current, or there are too few new prices to say.",
        metadata={"level_by_week": dg.MetadataValue.json(levels)},
    )


@dg.asset_check(
    asset=RECALIBRATED_MODEL,
    description="The artefact of the champion can be read by this code; without a champion there is nothing to read.",
)
def champion_can_be_read(platform: dg.ResourceParam[Platform]) -> dg.AssetCheckResult:
    """Read the artefact, so that a lost or damaged one is found before a restarted API finds it."""
    with transaction(platform.sessions) as session:
        problem = unreadable_champion(session, platform.storage)
    return dg.AssetCheckResult(passed=problem is None, description=problem or "It can be read.")
