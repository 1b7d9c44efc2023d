"""Prove the ledger, compare it with what providers have settled, and count deposits by day."""

from collections.abc import Iterator
from dataclasses import asdict

import dagster as dg

from assets.freshness import DAILY
from assets.keys import DEPOSITS_DAILY, LEDGER_PROOF, RECONCILIATION
from assets.metadata import counts
from assets.pipeline_asset import pipeline_asset
from assets.plots import amounts_plot
from core.clock import market_today, utc_now
from core.db.session import transaction
from core.platform import Platform
from pipelines.deposits.daily import age_holds, sum_days
from pipelines.deposits.ledger.balances import prove, see_one_moment
from pipelines.deposits.settlement.compare import compare_settlements

_Found = Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]
_PROVEN = dg.AssetCheckSpec(
    "ledger_sums_to_zero_and_replays",
    asset=LEDGER_PROOF,
    description="The balances sum to zero for each currency, and a replay of every transfer finds the same balances.",
)
_EXPLAINED = dg.AssetCheckSpec(
    "nothing_is_unexplained_for_a_day",
    asset=RECONCILIATION,
    description="Each payment, refund and payout that a provider or the bank has settled is here with its amount, and"
    " the other way round; what differs is explained within a day.",
)

_COUNTED = dg.AssetCheckSpec(
    "every_hold_is_counted_on_one_day",
    asset=DEPOSITS_DAILY,
    description="The days hold as many deposits together as there are.",
)


@pipeline_asset(
    LEDGER_PROOF,
    kinds={"postgres"},
    freshness=DAILY,
    check_specs=[_PROVEN],
    description="The ledger of deposits as a replay of all its transfers finds it.",
)
def ledger_proof(platform: dg.ResourceParam[Platform]) -> _Found:
    """Replay the ledger."""
    with transaction(platform.sessions) as session:
        see_one_moment(session)
        proof = prove(session)
    yield dg.MaterializeResult(metadata=counts(asdict(proof)))
    yield dg.AssetCheckResult(check_name=_PROVEN.name, passed=proof.holds, metadata=counts(asdict(proof)))


@pipeline_asset(
    RECONCILIATION,
    deps=[LEDGER_PROOF],
    kinds={"postgres"},
    freshness=DAILY,
    check_specs=[_EXPLAINED],
    description="Payments, refunds and payouts beside settlement files and bank statements"
    " (`automart deposits reconcile`), and the money that is held or owed by its age.",
)
def reconciliation(platform: dg.ResourceParam[Platform]) -> _Found:
    """Compare our books with those of the providers, and plot the money held."""
    with transaction(platform.sessions) as session:
        compared, holds = compare_settlements(session), age_holds(session)
    left = compared.unexplained(utc_now())
    numbers = counts({"matched": compared.matched, "differences": len(compared.differences), "holds": holds.number})
    plot = amounts_plot({age: paisa // 100 for age, paisa in holds.paisa.items()}, "Held or owed, by age, in rupees")
    yield dg.MaterializeResult(metadata=numbers | {"holds_by_age": plot})
    told = counts({"unexplained": [f"{each.verdict} {each.provider} {each.transaction}" for each in left]})
    yield dg.AssetCheckResult(check_name=_EXPLAINED.name, passed=not left, metadata=told)


@pipeline_asset(
    DEPOSITS_DAILY,
    kinds={"postgres"},
    freshness=DAILY,
    check_specs=[_COUNTED],
    description="Deposits opened, held, captured, ended and given back by day of Karachi, and the leads of each day"
    " that led to a hold.",
)
def deposits_daily(platform: dg.ResourceParam[Platform]) -> _Found:
    """Count the recent days anew."""
    with transaction(platform.sessions) as session:
        see_one_moment(session)
        result = sum_days(session, market_today())
    yield dg.MaterializeResult(metadata=counts(asdict(result)))
    yield dg.AssetCheckResult(check_name=_COUNTED.name, passed=result.held == result.holds)
