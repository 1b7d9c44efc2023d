"""Define the figures that are counted of an event, and the keys that they are counted under."""

from typing import Final

import polars as pl

COUNTED: Final = pl.col("mark") == "none"
"""Neither a bot nor staff, nor beyond a device's cap."""

_CONTACTS = ("contact_reveal", "whatsapp_click", "call_click")


def _counted(*types: str) -> pl.Expr:
    return COUNTED & pl.col("type").is_in(types)


def _marked(*marks: str) -> pl.Expr:
    return (pl.col("type") == "listing_view") & pl.col("mark").is_in(marks)


IS_VIEW: Final = _counted("listing_view")
_CLICK = IS_VIEW & pl.col("position").is_not_null()
_SEEN = _counted("listing_impression") & pl.col("position").is_not_null()

EXAMINED_UNIT: Final = 1_000_000
_BIAS = 0.7


def examination() -> pl.Expr:
    """Give the chance that a shopper looks at a place of a result list, in millionths: position^-0.7.

    The power law of examination with the exponent that click models of listings find (Joachims et al., "Unbiased
    learning-to-rank with biased feedback", WSDM 2017, use 1; classified pages are flatter). Whole numbers add up to the
    same sum in any order.
    """
    place = pl.col("position").clip(1, 1_000).cast(pl.Float64)
    return (place.pow(-_BIAS) * EXAMINED_UNIT).round().cast(pl.Int64)


MEASURES: Final[dict[str, pl.Expr]] = {
    "events": pl.lit(value=True),
    "impressions": _counted("listing_impression"),
    "views": IS_VIEW,
    "photo_views": _counted("photo_view"),
    "searches": _counted("search"),
    "facet_uses": _counted("facet_use"),
    "contact_reveals": _counted("contact_reveal"),
    "whatsapp_clicks": _counted("whatsapp_click"),
    "call_clicks": _counted("call_click"),
    "contacts": _counted(*_CONTACTS),
    "shares": _counted("share"),
    "favourites": _counted("favourite"),
    "compares": _counted("compare"),
    "finance_ctas": _counted("finance_cta"),
    "inspection_ctas": _counted("inspection_cta"),
    "band_views": _counted("band_view"),
    "leads": _counted("lead_created"),
    "leads_answered": _counted("lead_answered"),
    "deposits": _counted("deposit_opened"),
    "sales": _counted("listing_sold"),
    "price_drops": _counted("price_drop"),
    "bot_views": _marked("bot"),
    "staff_views": _marked("staff", "owner"),
    "late_after_close": pl.col("after_close"),
    "placed_clicks": _CLICK,
    "dwelled": IS_VIEW & pl.col("dwell_ms").is_not_null(),
}
SUMS: Final[dict[str, pl.Expr]] = {
    "dwell_ms": pl.when(IS_VIEW).then(pl.col("dwell_ms").cast(pl.Int64)).otherwise(0),
    "examined": pl.when(_SEEN).then(examination()).otherwise(0),
}
COUNTS: Final = (*MEASURES, *SUMS)
"""The columns of an aggregate that add up over hours; `examined` in millionths."""


def _of_dealer(*columns: str) -> pl.Expr:
    """Make keys of a dealer's rows: they begin with the branch, since roles may be narrowed to some branches."""
    key = pl.concat_str(pl.col("branch_id").fill_null(""), *columns, separator="|")
    return pl.when(pl.col("org_id").is_not_null()).then(key)


DIMENSIONS: Final[dict[str, pl.Expr]] = {
    "all": pl.lit(""),
    "listing": pl.col("listing_id"),
    "dealer": pl.col("org_id"),
    "branch": pl.col("branch_id"),
    "model": pl.concat_str("make", "model", separator="|"),
    "city": pl.col("city"),
    "channel": pl.col("channel"),
    "source": pl.col("source"),
    "dealer_model": _of_dealer("make", "model"),
    "dealer_city": _of_dealer("city"),
    "dealer_source": _of_dealer("source"),
}
"""The key of each dimension, as the server stamped it when the event came."""

OWNED: Final = ("listing", "dealer", "branch", "dealer_model", "dealer_city", "dealer_source")
"""Dimensions whose rows belong to an organisation: a car that moves has a row for each that offered it."""

STAMPS: Final = ("listing_id", "org_id", "branch_id", "make", "model", "city", "channel", "source")
"""The columns that all keys are made of."""
