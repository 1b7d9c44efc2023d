"""Mark every listing whose asking price cannot be learnt from with the first reason that holds. Pure.

The order matters, for each reason judges only what the ones before it left: a filled-in price would otherwise pass
for a slip of its model's level, and a repost of a car without a price for a sample.
"""

from enum import StrEnum

import numpy as np
import polars as pl

from core.clock import market_today
from core.prices.slips import SLIP_FACTOR
from models.price_bands.inputs.features import CAN_BE_PRICED, build, fold
from models.price_bands.train import market_day
from pipelines.price_bands.samples.no_cars import BIKE_CC, BIKE_MAKERS, GOODS, NO_CAR

CHEAPEST_PKR, DEAREST_PKR = 50_000, 1_000_000_000
MAKE_SLIP_FACTOR = 40.0
"""The same for a model with few peers, compared with its make: prices of a make span a factor of ten, a slip 100."""
_ENOUGH_PEERS = 5
_ENOUGH_OF_MAKE = 20
FEWEST_IMPUTED = 30
IMPUTED_FACTOR = 2.0
"""A filled-in price is at least so many times as frequent as any other within `_NEAR`, on cars that spread around
their models' level at least so many times as far as the cars of those other prices."""
_NEAR = 0.15
_ROUND_KM, _DRIVEN_KM = 100, 1_000
_MADE_UP_KM = (12_345, 99_999, 111_111, 123_123, 123_456, 999_999)
"""An odometer tells one car from another where it is no round, no made-up number and the car has been driven."""

_FULL_KEY = ["make_key", "model_key", "variant_key", "model_year", "mileage_km", "color", "engine_cc",
             "registered_key", "city_key"]  # fmt: skip
_ODOMETER_KEY = ["make_key", "model_key", "model_year", "mileage_km"]


class Exclusion(StrEnum):
    """Reasons why a listing is no sample, in the order in which they are looked for."""

    CALL_FOR_PRICE = "call_for_price"
    NOT_A_CAR = "not_a_car"  # a motorbike, a rickshaw, a bus, parts
    IMPOSSIBLE_CAR = "impossible_car"  # without make or model, or of a year that cannot be
    IMPLAUSIBLE_PRICE = "implausible_price"  # no car costs so little or so much
    IMPUTED_PRICE = "imputed_price"  # one number filled in where the price was missing
    SLIPPED_UNIT = "slipped_unit"  # lakh for crore, a zero too many or too few
    REPOST = "repost"  # the same car again; its newest ad stays


def mark_exclusions(listings: pl.DataFrame) -> pl.DataFrame:
    """Add the column `excluded` (an `Exclusion`, null for a sample), in an order of the content alone.

    Where a column `is_live` says so, some were removed: they count as last asked, on their `listed_on`.
    """
    known = known_to_be_live(listings)
    features = build(listings, as_of=market_day(listings, otherwise=market_today()))
    keys = ("make_key", "model_key", "variant_key", "registered_key", "city_key", "age")
    cars = known.hstack(features.select(*keys, possible=CAN_BE_PRICED, not_a_car=_not_a_car(listings)))
    price = pl.col("price_pkr")
    reason = (
        pl.when(price.is_null())
        .then(pl.lit(Exclusion.CALL_FOR_PRICE))
        .when("not_a_car")
        .then(pl.lit(Exclusion.NOT_A_CAR))
        .when(~pl.col("possible"))
        .then(pl.lit(Exclusion.IMPOSSIBLE_CAR))
        .when(~price.is_between(CHEAPEST_PKR, DEAREST_PKR))
        .then(pl.lit(Exclusion.IMPLAUSIBLE_PRICE))
    )
    cars = cars.with_columns(excluded=reason)
    for mark in (_mark_imputed, _mark_slips, _mark_reposts):
        cars = mark(cars)
    return cars.select(*listings.columns, "excluded")


def known_to_be_live(listings: pl.DataFrame) -> pl.DataFrame:
    """Add `is_live`, true throughout, where the frame does not say."""
    return listings if "is_live" in listings.columns else listings.with_columns(is_live=pl.lit(value=True))


def _not_a_car(listings: pl.DataFrame) -> pl.Series:
    """Mark ads that are no cars: by name, by the goods offered, or by a motorbike maker with a motorbike engine."""
    named = pl.concat_str("make", "model", pl.col("variant").fill_null(""), separator=" ").str.to_lowercase()
    title = pl.col("title").fill_null("").str.to_lowercase() if "title" in listings.columns else pl.lit("")
    small = (pl.col("engine_cc") <= BIKE_CC).fill_null(value=False) & fold("make").is_in(BIKE_MAKERS)
    marked = named.str.contains(NO_CAR).fill_null(value=False) | title.str.contains(GOODS) | small
    return listings.select(marked.alias("not_a_car")).to_series()


def _off_level(cars: pl.DataFrame, key: str) -> pl.Expr:
    """Compute the log distance of each price from its group's median, all brought to one age by depreciation."""
    left = pl.col("excluded").is_null()
    log_price, age = pl.when(left).then(pl.col("price_pkr").log()), pl.when(left).then(pl.col("age"))
    off_price, off_age = log_price - log_price.mean().over(key), age - age.mean().over(key)
    slope = cars.select((off_price * off_age).sum() / (off_age**2).sum()).item() or 0.0
    at_birth = log_price - (slope if np.isfinite(slope) else 0.0) * age
    return at_birth - at_birth.median().over(key)


def _mark_imputed(cars: pl.DataFrame) -> pl.DataFrame:
    """Mark a price that far too many different cars have: it was filled in where there was none."""
    levels = cars.select("price_pkr", off=_off_level(cars, "model_key")).drop_nulls()
    frequent = levels.group_by("price_pkr").len().filter(pl.col("len") >= FEWEST_IMPUTED).sort("price_pkr")
    filled = [price for price, count in frequent.iter_rows() if _is_filled_in(levels, price, count)]
    imputed = pl.col("excluded").is_null() & pl.col("price_pkr").is_in(filled)
    return cars.with_columns(excluded=pl.when(imputed).then(pl.lit(Exclusion.IMPUTED_PRICE)).otherwise("excluded"))


def _is_filled_in(levels: pl.DataFrame, price: int, count: int) -> bool:
    same = pl.col("price_pkr") == price
    around = levels.filter(pl.col("price_pkr").is_between(price * (1 - _NEAR), price * (1 + _NEAR)))
    most = around.filter(~same).group_by("price_pkr").len().select(pl.col("len").max()).item() or 0
    if count < IMPUTED_FACTOR * most:
        return False
    spread = (pl.col("off") - pl.col("off").median()).abs().median()
    of_others = around.filter(~same).select(spread).item() or 0.0
    return bool(around.filter(same).select(spread).item() >= IMPUTED_FACTOR * of_others)


def _mark_slips(cars: pl.DataFrame) -> pl.DataFrame:
    """Mark prices far from the median of their model, or (where it has few peers) of their make."""
    slipped = pl.lit(value=False)
    for key, factor, enough in (
        ("model_key", SLIP_FACTOR, _ENOUGH_PEERS),
        ("make_key", MAKE_SLIP_FACTOR, _ENOUGH_OF_MAKE),
    ):
        peers = pl.col("excluded").is_null().cast(pl.Int32).sum().over(key)
        slipped |= (_off_level(cars, key).abs() > float(np.log(factor))).fill_null(value=False) & (peers >= enough)
    return cars.with_columns(excluded=pl.when(slipped).then(pl.lit(Exclusion.SLIPPED_UNIT)).otherwise("excluded"))


def _mark_reposts(cars: pl.DataFrame) -> pl.DataFrame:
    """Mark all but the newest ad of each car (the live one on a tie); live ads without mileage are not compared.

    One car: everything that tells cars apart agrees; or make, model, year and an odometer that is no round number do,
    whatever another dealer, another file or another week called its trim, colour and town. A removed ad of unknown
    mileage is of the same car as a newer one that agrees in everything, price included: a showroom that places its
    cars anew each week must not teach each of them fifty times.
    """
    today = pl.when("is_live").then(market_day(cars, otherwise=market_today()))  # a live ad without a day is asked now
    newest = [pl.col("listed_on").fill_null(today), "is_live", "listed_on", "price_pkr", "source_key"]
    newest_first = cars.sort(newest, descending=True, nulls_last=True)
    mileage = pl.col("mileage_km")
    left = pl.col("excluded").is_null() & mileage.is_not_null()
    exact = left & (mileage % _ROUND_KM != 0) & (mileage >= _DRIVEN_KM) & ~mileage.is_in(_MADE_UP_KM)
    again = (left & _seen_before(left, _FULL_KEY)) | (exact & _seen_before(exact, _ODOMETER_KEY))
    unknown = pl.col("excluded").is_null() & mileage.is_null()
    same = [*_FULL_KEY, "price_pkr"]
    again |= (
        unknown & ~pl.col("is_live") & (_seen_before(unknown, same) | (unknown & pl.col("is_live")).any().over(same))
    )
    return newest_first.with_columns(excluded=pl.when(again).then(pl.lit(Exclusion.REPOST)).otherwise("excluded"))


def _seen_before(counts: pl.Expr, key: list[str]) -> pl.Expr:
    return counts.cast(pl.Int32).cum_sum().over(key) > 1
