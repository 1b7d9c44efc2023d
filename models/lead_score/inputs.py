"""Make the inputs of the model from what is known of a lead when it comes; nothing of them names or describes a person.

Every input is one of a few levels. What is not known is the level `unknown`, which has a weight of its own where leads
taught one: so a lead by mail without a car is scored as such leads went, and not as if it had a usual car.
"""

from collections.abc import Sequence
from typing import Any, Final

import polars as pl

UNKNOWN: Final = "unknown"
INPUTS: Final = (
    "type", "source", "language", "contact", "hour", "weekend", "found_by_search", "offer", "price", "car_age",
    "trade_in",
)  # fmt: skip
COLUMNS: Final[dict[str, pl.DataType]] = {
    "type": pl.String(), "source": pl.String(), "language": pl.String(), "contact_kind": pl.String(),
    "hour": pl.Int64(), "weekday": pl.Int64(), "found_by_search": pl.Boolean(), "offer_pkr": pl.Int64(),
    "price_pkr": pl.Int64(), "model_year": pl.Int64(), "year": pl.Int64(), "has_trade_in": pl.Boolean(),
}  # fmt: skip
"""The columns that `inputs_of` reads: hour and weekday (Monday: 1) in Karachi, and the price of that moment."""
_HOURS: Final = ([7, 11, 16, 21], ["night", "morning", "midday", "evening", "night"])
_OFFERS: Final = ([0.8, 0.9, 0.97], ["far_below", "below", "near", "asked"])
_PRICES: Final = ([1_500_000, 3_000_000, 6_000_000], ["to_1_5m", "to_3m", "to_6m", "above_6m"])
_AGES: Final = ([3, 7, 12], ["to_3", "to_7", "to_12", "older"])


def inputs_of(leads: pl.DataFrame) -> pl.DataFrame:
    """Return the levels of each lead, a column for each of INPUTS.

    >>> lead = {"type": "offer", "source": "api", "hour": 10, "weekday": 1, "offer_pkr": 95, "price_pkr": 100}
    >>> inputs_of(pl.DataFrame([lead], schema=COLUMNS)).row(0)
    ('offer', 'api', 'unknown', 'unknown', 'morning', 'no', 'no', 'near', 'to_1_5m', 'unknown', 'no')
    """
    offered = pl.col("offer_pkr").is_not_null()
    return leads.select(
        pl.col("type", "source", "language"),
        contact=pl.col("contact_kind"),
        hour=_spans(pl.col("hour"), _HOURS),
        weekend=_yes(pl.col("weekday") >= 6),
        found_by_search=_yes(pl.col("found_by_search").fill_null(value=False)),
        offer=pl.when(offered)
        .then(_spans(pl.col("offer_pkr") / pl.col("price_pkr"), _OFFERS))
        .otherwise(pl.lit("none")),
        price=_spans(pl.col("price_pkr"), _PRICES),
        car_age=_spans(pl.col("year") - pl.col("model_year"), _AGES),
        trade_in=_yes(pl.col("has_trade_in").fill_null(value=False)),
    ).select(pl.col(each).fill_null(UNKNOWN) for each in INPUTS)


def _spans(value: pl.Expr, spans: tuple[Sequence[float], list[str]]) -> pl.Expr:
    """Return the name of the span that a value lies in; a span begins with its first number."""
    ends, names = spans
    found: Any = pl.when(value.is_null()).then(pl.lit(None, pl.String))  # two classes of one chain
    for end, name in zip(ends, names, strict=False):
        found = found.when(value < end).then(pl.lit(name))
    rest: pl.Expr = found.otherwise(pl.lit(names[-1]))
    return rest


def _yes(condition: pl.Expr) -> pl.Expr:
    return pl.when(condition.is_null()).then(pl.lit(None)).when(condition).then(pl.lit("yes")).otherwise(pl.lit("no"))
