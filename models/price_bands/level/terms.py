"""The formula of the level correction: which weights the move of a car's price is a sum of."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from models.price_bands.inputs.encoder import Floats, Ints

AGE_KNOTS = np.array([0, 2, 4, 6, 8, 10, 13, 16, 20, 25, 30, 40], dtype=np.float64)
PRICE_KNOTS = np.array([-2.0, -1.3, -0.8, -0.4, 0.0, 0.4, 0.8, 1.3, 2.0])
USUAL_CC = 1300.0


@dataclass(frozen=True)
class LevelTerm:
    """One family of weights: a value of `keys` has one, times `basis`; believed to be of the size of `scale`."""

    name: str
    scale: float
    keys: tuple[str, ...] = ()
    basis: str = "one"


TERMS = (
    LevelTerm("market", 1.0),
    LevelTerm("age_line", 0.6, basis="age_line"),
    LevelTerm("age", 0.05, basis="age"),
    LevelTerm("old", 0.15, basis="old"),
    LevelTerm("price_line", 0.1, basis="price_line"),
    LevelTerm("price", 0.05, basis="price"),
    LevelTerm("engine", 0.2, basis="engine"),
    LevelTerm("fuel", 0.2, ("fuel",)),
    LevelTerm("fuel_age", 0.04, ("fuel",), "age_line"),
    LevelTerm("assembly", 0.1, ("assembly",)),
    LevelTerm("body", 0.05, ("body",)),
    LevelTerm("make", 0.0125, ("make_key",)),
    LevelTerm("family_age", 0.05, ("family_key",), "age_line"),
    LevelTerm("family_old", 0.15, ("family_key",), "older"),
    LevelTerm("token", 0.04, ("token",)),
    LevelTerm("variant", 0.05, ("variant_key",)),
    LevelTerm("model_fuel", 0.05, ("model_key", "fuel")),
    LevelTerm("model_assembly", 0.04, ("model_key", "assembly")),
    LevelTerm("generation", 0.05, ("model_key", "third")),
    LevelTerm("model_year", 0.05, ("model_key", "model_year")),
)


def entries(term: LevelTerm, features: pl.DataFrame, price: Floats) -> tuple[Ints, pl.Series, Floats]:
    """The non-zero entries of a term: the car's row, the key and the amount.

    Args:
        term: one of `TERMS`.
        features: columns of `features.build`.
        price: each car's log price, counted from the middle of the market.
    """
    rows = np.arange(features.height, dtype=np.int64)
    if term.keys == ("token",):
        words = features.select(row=pl.int_range(pl.len()), word="tokens").explode("word").drop_nulls()
        return words["row"].to_numpy().astype(np.int64), words["word"], np.ones(words.height)
    if term.basis in ("age", "price"):
        values, knots = (_ages(features), AGE_KNOTS) if term.basis == "age" else (price, PRICE_KNOTS)
        return _hats(values, knots)
    cars = features.with_columns(third=(pl.col("age") / 3).round().cast(pl.Int64))
    if not term.keys:
        return rows, pl.Series([""] * features.height, dtype=pl.String), _amounts(term.basis, features, price)
    key = pl.concat_str([pl.col(name).cast(pl.String).fill_null("") for name in term.keys], separator="/")
    keys = cars.select(key).to_series()
    return rows, keys, _amounts(term.basis, features, price)


def _amounts(basis: str, features: pl.DataFrame, price: Floats) -> Floats:
    age = _ages(features)
    if basis == "one":
        return np.ones(features.height)
    if basis == "age_line":
        return (age - 8) / 10
    if basis == "old":
        return np.maximum(age - 28, 0) / 10
    if basis == "older":
        return np.maximum(age - 20, 0) / 10
    if basis == "price_line":
        return price
    return np.log(features["cc"].fill_null(USUAL_CC).to_numpy() / USUAL_CC)  # engine


def _ages(features: pl.DataFrame) -> Floats:
    return features["age"].fill_null(0.0).to_numpy().astype(np.float64)


def _hats(values: Floats, knots: Floats) -> tuple[Ints, pl.Series, Floats]:
    """Piecewise linear: the two knots around each value, weighted by nearness."""
    inside = np.clip(values, knots[0], knots[-1])
    left = np.clip(np.searchsorted(knots, inside, side="right") - 1, 0, len(knots) - 2)
    share = (inside - knots[left]) / (knots[left + 1] - knots[left])
    rows = np.arange(len(values), dtype=np.int64)
    keys = pl.Series(np.concatenate([left, left + 1])).cast(pl.String)
    return np.concatenate([rows, rows]), keys, np.concatenate([1 - share, share])
