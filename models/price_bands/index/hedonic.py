"""The regression under the market index: free levels, shrunk weights of cars and of segments' drift, robust noise."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy import sparse  # type: ignore[import-untyped]  # it ships no types
from scipy.sparse.linalg import lsmr  # type: ignore[import-untyped]
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it ships no types

from models.price_bands.inputs.columns import Floats, Ints
from models.price_bands.linear.terms import AGE_KNOTS

NOISE = 0.1
"""Standard deviation of log price among equal cars: what the shrinkage is measured against."""
_FREEDOM = 4.0
_ROUNDS = 5
_TOLERANCE = 1e-6
_MOST_STEPS = 1_000
_KEYS = {"make_key": 0.8, "family_key": 0.4, "model_key": 0.2, "variant_key": 0.15, "model_cc": 0.15,
         "model_traits": 0.1, "transmission": 0.2, "fuel": 0.1, "assembly": 0.1, "body": 0.05,
         "registered_key": 0.04, "city_key": 0.02}  # fmt: skip
"""Families of weights and the standard deviations, in log price, that they are believed to have beforehand."""
DRIFT = 0.06
"""How far, in log price, a make is believed to move from the market, or a model from its make, before it is seen."""
DRIFT_KEYS = ("make_key", "model_key")
_MAKE_SLOPE, _MODEL_SLOPE, _AGE, _USE = 0.3, 0.2, 0.2, 0.1


@dataclass(frozen=True)
class Fitted:
    """Log levels of the market, the drift of segments from their parents, and how far each car was trusted (0..1)."""

    levels: Floats  # of each month
    drift: dict[str, dict[str, Floats]]  # by column of `DRIFT_KEYS` and key: of each month; 0 where nothing was seen
    trust: Floats
    noise: float  # standard deviation of what is left over of a car's log price


def fit_hedonic(cars: pl.DataFrame, log_price: Floats, month: Ints, months: int) -> Fitted:
    """Fit levels and weights together by iteratively reweighted ridge.

    Args:
        cars: columns of `features.build`, none of them null in make, model and year.
        log_price: of each car.
        month: number of each car's month, 0 to `months` - 1, each at least once.
        months: how many there are.
    """
    design, penalty = _design(cars)
    free = sparse.csr_array((np.ones(len(month)), (np.arange(len(month)), month)), shape=(len(month), months))
    drifts = {key: _by_month(cars[key], month, months) for key in DRIFT_KEYS}
    whole = sparse.csr_array(sparse.hstack([free, *(block for _, block in drifts.values()), design], format="csr"))
    penalty = np.concatenate([np.full(whole.shape[1] - months - len(penalty), NOISE / DRIFT), penalty])
    ridge = sparse.hstack([sparse.csr_array((len(penalty), months)), sparse.diags_array(penalty)], format="csr")
    trust = np.ones(len(month))
    # From here on, a month whose prices are all multiplied by c differs in its free level alone, step by step.
    weights = np.concatenate([np.bincount(month, log_price) / np.bincount(month), np.zeros(len(penalty))])
    noise = NOISE
    for _ in range(_ROUNDS):
        weights = _solve(whole, ridge, trust, log_price, weights)
        residual = log_price - whole @ weights
        noise = max(float(1.4826 * np.median(np.abs(residual))), 0.01)
        trust = (_FREEDOM + 1) / (_FREEDOM + (residual / noise) ** 2)
    found: dict[str, dict[str, Floats]] = {}
    start = months
    for key, (names, block) in drifts.items():
        table = weights[start : start + block.shape[1]].reshape(len(names), months)
        found[key] = dict(zip(names, table, strict=True))
        start += block.shape[1]
    return Fitted(weights[:months], found, np.minimum(trust, 1.0), noise)


def _by_month(keys: pl.Series, month: Ints, months: int) -> tuple[list[str], sparse.csr_array]:
    """A column a key and month, keys in sorted order."""
    names, code = np.unique(keys.to_numpy().astype(str), return_inverse=True)
    where = (np.arange(len(month)), code * months + month)
    return names.tolist(), sparse.csr_array((np.ones(len(month)), where), shape=(len(month), len(names) * months))


def _solve(whole: sparse.csr_array, ridge: sparse.csr_array, trust: Floats, log_price: Floats, start: Floats) -> Floats:
    """Weighted ridge by LSMR on the stacked system, its columns brought to length 1 for speed."""
    root = np.sqrt(trust)
    stacked = sparse.vstack([sparse.diags_array(root) @ whole, ridge], format="csr")
    length = np.sqrt(np.asarray(stacked.multiply(stacked).sum(axis=0)).ravel())
    scaled = stacked @ sparse.diags_array(1 / length)
    goal = np.concatenate([root * (log_price - whole @ start), -(ridge @ start)])
    with threadpool_limits(1, "blas"):  # its vectors are short: threads only wait for each other, and change last bits
        found = lsmr(scaled, goal, atol=_TOLERANCE, btol=_TOLERANCE, conlim=0, maxiter=_MOST_STEPS)
    return start + np.asarray(found[0]) / length


def _design(cars: pl.DataFrame) -> tuple[sparse.csr_array, Floats]:
    """The car's columns, and the penalty of each: noise over the believed standard deviation."""
    age = cars["age"].to_numpy()
    use = np.log1p(cars["km"].fill_null(cars["km"].median() or 0.0).to_numpy())
    traits = pl.concat_str("model_key", "fuel", "transmission", "assembly", separator="/")
    keyed = cars.with_columns(
        model_cc=pl.concat_str("model_key", pl.col("cc").cast(pl.Int64), separator="/").fill_null(""),
        model_traits=traits,
    )
    blocks = [(_one_hot(keyed[name], None), scale) for name, scale in _KEYS.items()]
    blocks += [
        (_one_hot(cars["make_key"], age / 10), _MAKE_SLOPE),
        (_one_hot(cars["model_key"], age / 10), _MODEL_SLOPE),
        (sparse.csr_array(_hats(age)), _AGE),
        (sparse.csr_array((use - use.mean())[:, None]), _USE),
        (_one_hot(cars["make_key"], use - use.mean()), _USE / 2),
    ]
    penalty = np.concatenate([np.full(block.shape[1], NOISE / scale) for block, scale in blocks])
    return sparse.csr_array(sparse.hstack([block for block, _ in blocks], format="csr")), penalty


def _one_hot(keys: pl.Series, values: Floats | None) -> sparse.csr_array:
    """A column a distinct key, in sorted order; empty keys have none."""
    known = keys.fill_null("").to_numpy()
    distinct, column = np.unique(known.astype(str), return_inverse=True)
    amounts = np.where(known == "", 0.0, 1.0 if values is None else values)
    return sparse.csr_array((amounts, (np.arange(len(known)), column)), shape=(len(known), len(distinct)))


def _hats(age: Floats) -> Floats:
    """Piecewise linear in age between `terms.AGE_KNOTS`."""
    return np.column_stack([np.interp(age, AGE_KNOTS, unit) for unit in np.eye(len(AGE_KNOTS))])
