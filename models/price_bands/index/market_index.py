"""The level of asking prices by month and segment, for cars of equal quality. Pure.

A time-dummy hedonic regression (Eurostat, Handbook on Residential Property Price Indices, 2013, chapter 5): log price
= level of the month + what the car is worth by its make, model, trim, age, use and traits. That cars of one month are
newer or dearer than those of another is the car's part, not the level's. Levels are free; the car's weights are
shrunk, so a trim seen once carries little; noise is Student's t, so an ad that slipped a zero pulls little.

Makes may drift from the market and models from their make; drifts are weights of the same regression, believed to be
small (`hedonic.DRIFT`): a thin model follows its make, a thin make the market. Intervals (95 %) know the noise of ads
and how thin the segment is; they do not know that the car's weights are estimates as well.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from models.price_bands.index.hedonic import DRIFT, Fitted, fit_hedonic
from models.price_bands.inputs.columns import CarColumns, Floats, Ints
from models.price_bands.inputs.features import CAN_BE_PRICED, CarFeatures, build, read_features

INDEX_SCHEMA = pl.Schema(
    {
        "month": pl.Date,  # its first day
        "segment_kind": pl.String,  # market, make, model
        "segment": pl.String,  # "", a make_key or a model_key of `features.build`
        "level": pl.Float64,  # 100 in the base month
        "low": pl.Float64,
        "high": pl.Float64,
        "samples": pl.Int64,
        "base_month": pl.Date,
    }
)
BASE = 100.0
FEWEST_OF_MONTH = {"market": 5, "make": 3, "model": 3}
FEWEST_OF_SEGMENT = {"market": 5, "make": 30, "model": 30}
"""A segment, and a month of it, with fewer ads is absent: its make, or the market, says more."""
_QUANTILE_95 = 1.96


def market_index(samples: pl.DataFrame) -> pl.DataFrame:
    """Compute levels of the market, of makes and of models: columns of `INDEX_SCHEMA`, sorted by segment and month.

    The market's base is its first month with enough ads; a segment that starts later is linked to the market there.
    A month with too few ads has no row. Multiplying all prices of one month by c multiplies its levels by c.

    Args:
        samples: canonical listing columns, one row a car and month, with `price_pkr` and `listed_on`; rows without
            either, or of no car that can be, are left out.
    """
    cars, features = _usable(samples)
    if cars.height < FEWEST_OF_MONTH["market"]:
        return pl.DataFrame(schema=INDEX_SCHEMA)
    months, number = _months(cars)
    fitted = fit_hedonic(features, np.log(cars["price"].to_numpy()), number, len(months))
    tree = _Tree(fitted, cars, number, len(months))
    market = tree.market()
    parts = [_rows("market", "", months, market, market)]
    for kind, segments in (("make", tree.makes()), ("model", tree.models())):
        for name, segment in segments:
            if segment.count.sum() >= FEWEST_OF_SEGMENT[kind]:
                parts.append(_rows(kind, name, months, segment, market))
    return pl.concat(parts).sort("segment_kind", "segment", "month")


def segment_keys(make: str, model: str) -> tuple[str, str]:
    """Compute the names of a make and a model in the index, however they are spelt.

    >>> segment_keys("TOYOTA ", "Land-Cruiser")
    ('toyota', 'toyota|landcruiser')
    """
    frame = pl.DataFrame({"make": [make], "model": [model], "model_year": [2000]})
    make_key, model_key = build(frame, as_of=date(2000, 1, 1)).select("make_key", "model_key").row(0)
    return str(make_key), str(model_key)


@dataclass(frozen=True)
class _Segment:
    """Log level and its variance by month, and the ads behind it."""

    level: Floats
    variance: Floats
    count: Ints


def _usable(samples: pl.DataFrame) -> tuple[pl.DataFrame, CarFeatures]:
    """Select the rows that can be learnt from: keys, price and month, and the features in the same order."""
    features = read_features(CarColumns.from_frame(samples), as_of=date(2000, 1, 1))  # dated rows alone stay, below
    cars = (
        features.to_frame()
        .with_row_index("row")
        .with_columns(price=samples["price_pkr"].cast(pl.Float64), month=samples["listed_on"].dt.truncate("1mo"))
    )
    cars = cars.filter(CAN_BE_PRICED & (pl.col("price") > 0) & pl.col("month").is_not_null())
    enough = cars.filter(pl.len().over("month") >= FEWEST_OF_MONTH["market"])
    cars = enough.sort("month", "make_key", "model_key", "variant_key", "model_year", "km", "price", nulls_last=True)
    return cars, features.take(cars["row"].to_numpy())


def _months(cars: pl.DataFrame) -> tuple[list[date], Ints]:
    months = sorted(cars["month"].unique().to_list())
    number = {month: position for position, month in enumerate(months)}
    return months, np.array([number[month] for month in cars["month"].to_list()], dtype=np.int64)


class _Tree:
    """Levels of models, makes and the market from what was fitted: a parent is its models, weighted by all their ads.

    Fixed weights keep a month that happened to offer more of one model from moving its parent's level.
    """

    def __init__(self, fitted: Fitted, cars: pl.DataFrame, month: Ints, months: int) -> None:
        self._fitted, self._month, self._months = fitted, month, months
        self._models = _rows_by_key(cars["model_key"])
        self._makes = _rows_by_key(cars["make_key"])
        self._levels = {
            name: fitted.levels + fitted.drift["make_key"][name.split("|")[0]] + fitted.drift["model_key"][name]
            for name in self._models
        }

    def models(self) -> Iterator[tuple[str, _Segment]]:
        """Yield each model's key and segment."""
        for name, rows in self._models.items():
            parent = self._makes[name.split("|")[0]]
            yield name, self._segment(self._levels[name], rows, drifts=(parent, rows))

    def makes(self) -> Iterator[tuple[str, _Segment]]:
        """Yield each make's key and segment."""
        for name, rows in self._makes.items():
            yield name, self._segment(self._mean([m for m in self._models if m.split("|")[0] == name]), rows, (rows,))

    def market(self) -> _Segment:
        """Compute the segment of the whole market."""
        return self._segment(self._mean(list(self._models)), np.arange(len(self._month)), ())

    def _mean(self, names: list[str]) -> Floats:
        weights = [len(self._models[name]) for name in names]
        return np.average([self._levels[name] for name in names], axis=0, weights=weights)

    def _segment(self, level: Floats, rows: Ints, drifts: tuple[Ints, ...]) -> _Segment:
        """With the variance of the market's level and of each drift on the way down."""
        noise, months = self._fitted.noise**2, self._months
        variance = noise / np.bincount(self._month, weights=self._fitted.trust, minlength=months)
        for seen in drifts:
            weight = np.bincount(self._month[seen], weights=self._fitted.trust[seen], minlength=months)
            variance = variance + 1 / (weight / noise + 1 / DRIFT**2)
        return _Segment(level, variance, np.bincount(self._month[rows], minlength=months))


def _rows_by_key(keys: pl.Series) -> dict[str, Ints]:
    """Row numbers of each key, keys in sorted order."""
    found = keys.to_frame("key").with_row_index("row").group_by("key").agg("row").sort("key")
    return {key: np.array(rows, dtype=np.int64) for key, rows in found.iter_rows()}


def _rows(kind: str, name: str, months: list[date], segment: _Segment, market: _Segment) -> pl.DataFrame:
    """Make rows of the months with enough ads, relative to the base; linked to the market where it starts later."""
    shown = np.flatnonzero(segment.count >= FEWEST_OF_MONTH[kind])
    if not len(shown):
        return pl.DataFrame(schema=INDEX_SCHEMA)
    start = int(shown[0])
    level = segment.level[shown] - segment.level[start] + market.level[start] - market.level[0]
    spread = segment.variance[shown] + np.where(shown == start, 0.0, segment.variance[start])
    error = np.sqrt(np.where((shown == start) & (start == 0), 0.0, spread))
    levels = BASE * np.exp(np.column_stack([level, level - _QUANTILE_95 * error, level + _QUANTILE_95 * error]))
    return pl.DataFrame(
        {
            "month": [months[position] for position in shown],
            "segment_kind": kind,
            "segment": name,
            "level": levels[:, 0],
            "low": levels[:, 1],
            "high": levels[:, 2],
            "samples": segment.count[shown],
            "base_month": months[0],
        },
        schema=INDEX_SCHEMA,
    )
