"""What the model sees of a car: one function for training and for scoring.

Nothing is fitted here and nothing is read from the price, so a listing whose price is absent gets the same features
as its twin that has one. Spelling is folded ("Toyota", "toyota " and "TOYOTA" are one make); numbers that cannot be
true (a mileage of two billion) become null rather than extremes.
"""

from datetime import date

import polars as pl

from core.listing_frame import EARLIEST_MODEL_YEAR, LISTING_SCHEMA

FEATURE_COLUMNS = (
    "make_key", "model_key", "family_key", "variant_key", "model_words", "tokens", "model_year", "age", "km",
    "cc", "kwh", "fuel", "transmission", "body", "assembly", "province", "city_key", "registered_key", "is_named",
    "year_is_possible",
)  # fmt: skip
"""Columns of `build`: keys are folded text, `age` is in years, `km` in 10,000 km, `cc` in cm³, `kwh` in kWh.

Only rows that are named (make and model) and whose year is possible can be priced; `CAN_BE_PRICED` says both.
"""

CAN_BE_PRICED = pl.col("is_named") & pl.col("year_is_possible")

MAX_KM = 100.0
MAX_CC = 12_000
MAX_KWH = 250.0
OLDEST_AGE = 75.0
NEWEST_YEAR_AHEAD = 1
_DAYS_PER_YEAR = 365.25
_READ = ("make", "model", "variant", "model_year", "mileage_km", "engine_cc", "battery_kwh", "fuel", "transmission",
         "body", "assembly", "province", "city", "registered_in", "listed_on")  # fmt: skip


def fold(column: str) -> pl.Expr:
    """Lower case with everything but letters and digits (of any script) removed; "" where null."""
    return pl.col(column).fill_null("").str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}.]+", "")


def with_canonical_columns(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with every column that `build` reads, nulls where it was missing, in the canonical types.

    Raises:
        ValueError: make, model or model_year is missing altogether.
    """
    missing = {"make", "model", "model_year"} - set(frame.columns)
    if missing:
        raise ValueError(f"a frame of cars needs the columns {sorted(missing)}")
    columns = [
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(LISTING_SCHEMA[name], strict=False).alias(name)
        for name in _READ
    ]
    return frame.select(columns) if frame.height else pl.DataFrame(schema={n: LISTING_SCHEMA[n] for n in _READ})


def build(frame: pl.DataFrame, *, as_of: date) -> pl.DataFrame:
    """Features of each car, same order and height as `frame`.

    Args:
        frame: canonical listing columns; all but make, model and model_year may be missing.
        as_of: the day on which a car without `listed_on` is looked at.
    """
    cars = with_canonical_columns(frame)
    day = pl.col("listed_on").fill_null(as_of)
    year = pl.col("model_year").cast(pl.Float64)
    listed = day.dt.year() + (day.dt.ordinal_day() - 1) / _DAYS_PER_YEAR
    first_word = pl.col("model").fill_null("").str.to_lowercase().str.extract(r"([\p{L}\p{N}.]+)", 1).fill_null("")
    return cars.select(
        make_key=fold("make"),
        model_key=fold("make") + "|" + fold("model"),
        family_key=fold("make") + "|" + first_word,
        variant_key=fold("make") + "|" + fold("model") + "|" + fold("variant"),
        model_words=_words("model").list.slice(1),
        tokens=_words("variant").list.unique(maintain_order=True),
        model_year=pl.col("model_year"),
        age=(listed - year).clip(0.0, OLDEST_AGE),
        km=_within("mileage_km", 0, int(MAX_KM * 10_000)) / 10_000,
        cc=_within("engine_cc", 1, MAX_CC),
        kwh=_within("battery_kwh", 1, MAX_KWH),
        fuel=fold("fuel"),
        transmission=fold("transmission"),
        body=fold("body"),
        assembly=fold("assembly"),
        province=fold("province"),
        city_key=fold("city"),
        registered_key=fold("registered_in"),
        is_named=(fold("make") != "") & (fold("model") != ""),
        year_is_possible=pl.col("model_year")
        .is_between(EARLIEST_MODEL_YEAR, day.dt.year() + NEWEST_YEAR_AHEAD)
        .fill_null(False),
    )  # fmt: skip


def _words(column: str) -> pl.Expr:
    """Folded words of a text, in order; an empty list where it is null."""
    return pl.col(column).fill_null("").str.to_lowercase().str.extract_all(r"[\p{L}\p{N}.]+")


def _within(column: str, low: float, high: float) -> pl.Expr:
    """The number as a float, null unless it is finite and within the bounds (inclusive)."""
    value = pl.col(column).cast(pl.Float64)
    return pl.when(value.is_between(low, high)).then(value)
