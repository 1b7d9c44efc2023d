"""Follow shoppers from search to sale: how many come to each step, and how long it takes them."""

from typing import Final, Literal, get_args

import polars as pl

from pipelines.engagement.aggregates.measures import COUNTED
from pipelines.engagement.shoppers import with_shoppers

FunnelBy = Literal["dealer", "model", "city", "source"]
FUNNEL_BY: tuple[str, ...] = get_args(FunnelBy)
DealerFunnelBy = Literal["dealer", "branch", "dealer_model", "dealer_city", "dealer_source"]
DEALER_FUNNEL_BY: Final[tuple[DealerFunnelBy, ...]] = get_args(DealerFunnelBy)
"""The funnels of single dealers; the key of each but the first is the dealer's id, `|`, and what it says."""
STEPS: Final = ("search", "view", "contact", "lead", "deposit", "sold")
TIMED: Final = {"view": "search", "contact": "view", "lead": "view", "deposit": "view", "sold": "view"}
"""Steps that are timed, and the step from which: deposits and sales from the first view of the car by anybody."""
FUNNEL_COLUMNS: Final = (
    "key", *STEPS, *(f"{step}_{name}_s" for step in TIMED for name in ("p50", "p90")),
)  # fmt: skip
_TYPES: Final = {
    "listing_view": "view", "contact_reveal": "contact", "whatsapp_click": "contact", "call_click": "contact",
    "lead_created": "lead", "deposit_opened": "deposit", "listing_sold": "sold",
}  # fmt: skip
_KEYS: Final[dict[str, pl.Expr]] = {
    "dealer": pl.col("org_id"),
    "model": pl.concat_str("make", "model", separator="|"),
    "city": pl.col("city"),
    "source": pl.col("source"),
    "branch": pl.concat_str("org_id", "branch_id", separator="|"),
    "dealer_model": pl.concat_str("org_id", "make", "model", separator="|"),
    "dealer_city": pl.concat_str("org_id", "city", separator="|"),
    "dealer_source": pl.concat_str("org_id", "source", separator="|"),
}
_ASKED: Final = (pl.col("type") == "search") & pl.col("query_id").is_not_null()
_PAIR: Final = ["key", "listing_id", "shopper"]
_COLUMNS: Final = (
    "type", "at", "event_id", "query_id", "listing_id", "lead_id", "deposit_id", "shopper", "org_id", "branch_id",
    "make", "model", "city", "source",
)  # fmt: skip
_PERCENTILES: Final = {"p50": 0.5, "p90": 0.9}


def counted_steps(events: pl.LazyFrame) -> pl.LazyFrame:
    """Name the shopper of each event, and leave out bots, staff, owners and views beyond a device's cap.

    Args:
        events: columns of `core.engagement.events`, each event once.

    Returns:
        The frame that `funnel` takes.
    """
    return with_shoppers(events).filter(COUNTED).select(_COLUMNS)


def funnel(known: pl.LazyFrame, by: FunnelBy | DealerFunnelBy, fewest_timed: int = 1) -> pl.DataFrame:
    """Count who came to each step, by the dealer, model, city or source of a car at the time of the event.

    A pair is a shopper and a car under one key: a car that moves begins anew with its next dealer. `search` counts
    pairs in which the shopper's search showed the car; `view`, `contact` and `lead` the pairs that came so far, a lead
    of an unknown device being a pair of its own; `deposit` deposits; `sold` cars.

    Args:
        known: the frame of `counted_steps`; it is read several times.
        by: what a row is.
        fewest_timed: percentiles over fewer pairs are null.

    Returns:
        `FUNNEL_COLUMNS`, one row a key. A step of which the events know nothing at all is null, and so is the time to
        a step that no pair came to; times are seconds, of pairs that came in this order.
    """
    known = known.with_columns(key=_KEYS[by])
    steps = pl.concat([_searches(known), _later(known)]).collect()
    asked = known.filter(_ASKED).select(pl.len()).collect().item()
    there = {*steps["step"], *(["search"] if asked else [])}
    pairs = _first(steps.filter(pl.col("step").is_in(["search", "view", "contact", "lead"])), _PAIR)
    cars = _first(steps, ["key", "listing_id"])
    counted = _counts(steps, there)
    timed = [_times(pairs, ("view", "contact", "lead"), fewest_timed), _times(cars, ("deposit", "sold"), fewest_timed)]
    for times in timed:
        counted = counted.join(times, on="key", how="left")
    return counted.select(FUNNEL_COLUMNS).sort("view", "key", descending=[True, False], nulls_last=True)


def _searches(events: pl.LazyFrame) -> pl.LazyFrame:
    """Give each pair whose car was shown by a search of the shopper the time of that search."""
    asked = events.filter(_ASKED).group_by("shopper", "query_id").agg(searched=pl.col("at").min())
    shown = events.filter(pl.col("listing_id").is_not_null() & pl.col("key").is_not_null())
    found = shown.join(asked, on=["shopper", "query_id"], how="inner")
    return found.select(
        *_PAIR, pl.lit("search").alias("step"), pl.col("searched").alias("at"), unit=pl.lit(None, pl.String)
    )


def _later(events: pl.LazyFrame) -> pl.LazyFrame:
    named = events.filter(pl.col("type").is_in(list(_TYPES)) & pl.col("key").is_not_null())
    unit = pl.coalesce("lead_id", "deposit_id", "event_id")
    shopper = pl.coalesce("shopper", pl.format("lead {}", unit))
    step = pl.col("type").replace_strict(_TYPES, return_dtype=pl.String)
    return named.select("key", "listing_id", shopper.alias("shopper"), step.alias("step"), "at", unit.alias("unit"))


def _first(steps: pl.DataFrame, of: list[str]) -> pl.DataFrame:
    """Give each pair or car the time at which it first came to each step."""
    return steps.group_by(of).agg(pl.col("at").filter(pl.col("step") == step).min().alias(step) for step in STEPS)


def _counts(steps: pl.DataFrame, there: set[str]) -> pl.DataFrame:
    counted = steps.group_by("key").agg(
        pl.struct(_unit(step)).filter(pl.col("step") == step).n_unique().cast(pl.Int64).alias(step) for step in STEPS
    )
    return counted.with_columns(pl.lit(None, pl.Int64).alias(step) for step in STEPS if step not in there)


def _unit(step: str) -> list[str]:
    return {"deposit": ["unit"], "sold": ["listing_id"]}.get(step, ["listing_id", "shopper"])


def _times(firsts: pl.DataFrame, steps: tuple[str, ...], fewest: int) -> pl.DataFrame:
    """Give percentiles of the seconds to each step, over those that came to it no earlier than to the one before."""
    found = []
    for step in steps:
        took = (pl.col(step) - pl.col(TIMED[step])).dt.total_seconds()
        in_order = took.filter(took >= 0)
        for name, part in _PERCENTILES.items():
            percentile = pl.when(in_order.len() >= fewest).then(in_order.quantile(part, "nearest"))
            found.append(percentile.cast(pl.Int64).alias(f"{step}_{name}_s"))
    return firsts.group_by("key").agg(found)
