"""Count the events of leads, and how promises to buyers are kept by organisation and day."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import dagster as dg

from assets.freshness import DAILY, WEEKLY
from assets.keys import LEAD_EVENTS, LEAD_SCORE_MODEL, SLA_REPORT
from assets.metadata import counts
from assets.pipeline_asset import pipeline_asset
from assets.plots import calibration_plot, response_plot
from core.clock import market_today, utc_now
from core.db.session import transaction
from core.platform import Platform
from pipelines.leads.report import (
    count_events,
    leads_without_owner,
    response_by_hour,
    unreported_breaches,
    write_report,
)

if TYPE_CHECKING:
    from models.lead_score.evaluate import Evaluation

_Found = Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]
_OWNED = dg.AssetCheckSpec(
    "every_lead_has_an_owner_or_a_reason",
    asset=LEAD_EVENTS,
    description="Each open lead has an owner who works for its organisation, or a reason why it has none; a new one"
    " was looked at within five minutes.",
)
_REPORTED = dg.AssetCheckSpec(
    "no_breach_is_unreported",
    asset=SLA_REPORT,
    description="Each promise that was broken more than five minutes ago has a breach among the events of its lead.",
)

_BETTER = dg.AssetCheckSpec(
    "lead_scores_are_of_a_model_that_beats_the_base_rate",
    asset=LEAD_SCORE_MODEL,
    description="No lead has a score while the newest model is not surely better than the base rate on later leads.",
)


@pipeline_asset(
    LEAD_EVENTS,
    kinds={"postgres"},
    freshness=DAILY,
    check_specs=[_OWNED],
    description="Everything that happened to leads, from which state, owner and clocks are derived.",
)
def lead_events(platform: dg.ResourceParam[Platform]) -> _Found:
    """Count the events of leads, and check that no open lead is without owner or reason."""
    with transaction(platform.sessions) as session:
        found, unowned = count_events(session), leads_without_owner(session, utc_now())
    yield dg.MaterializeResult(metadata=counts({"leads": found.leads, **found.by_kind}))
    yield dg.AssetCheckResult(check_name=_OWNED.name, passed=not unowned, metadata=counts({"leads": unowned}))


@pipeline_asset(
    SLA_REPORT,
    deps=[LEAD_EVENTS],
    kinds={"postgres"},
    freshness=DAILY,
    check_specs=[_REPORTED],
    description="Promises that were kept, broken or still run, and working minutes until the first answer: a row for"
    " each organisation and day of Karachi.",
)
def sla_report(platform: dg.ResourceParam[Platform]) -> _Found:
    """Count the recent days anew, and plot how long answers take by the hour of the lead."""
    now = utc_now()
    with transaction(platform.sessions) as session:
        result, hours = write_report(session, market_today(), now), response_by_hour(session, now)
        missed = unreported_breaches(session, now)
    yield dg.MaterializeResult(metadata=counts(asdict(result)) | {"response_times_by_hour": response_plot(hours)})
    yield dg.AssetCheckResult(check_name=_REPORTED.name, passed=not missed, metadata=counts({"clocks": missed}))


@pipeline_asset(
    LEAD_SCORE_MODEL,
    deps=[LEAD_EVENTS],
    kinds={"postgres"},
    freshness=WEEKLY,
    check_specs=[_BETTER],
    description="The chance that a lead is won, by what is known when it comes. It is shown to desks only where it is"
    " surely better than the base rate on leads that came after those it learnt from.",
)
def lead_score_model(platform: dg.ResourceParam[Platform]) -> _Found:
    """Train the model anew and judge it on later leads; an open lead gets its score by a loop."""
    from pipelines.leads.scoring.models import teach, unproven_scores  # takes a second to import, and only runs teach

    with transaction(platform.sessions) as session:
        found, unproven = teach(session, utc_now()), unproven_scores(session)
    plot = calibration_plot([(each.predicted, each.won) for each in found.bins], found.base_rate)
    yield dg.MaterializeResult(metadata=counts(_figures(found)) | {"calibration": plot})
    yield dg.AssetCheckResult(check_name=_BETTER.name, passed=not unproven, metadata=counts({"leads": unproven}))


def _figures(found: "Evaluation") -> dict[str, object]:
    return {name: value for name, value in asdict(found).items() if name != "bins" and value is not None}
