"""Fit the peers of the price bands: usual methods, on the same ads and cars.

All see the same columns (categories and numbers as they are, log price as the target). Each gives middles; the tuned
LightGBM also a band: quantile regression, made honest on a held-out fifth of the training ads (CQR).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import lightgbm
import numpy as np
import polars as pl
from scipy import sparse  # type: ignore[import-untyped]

from models.price_bands.evaluation.metrics import median_heuristic
from models.price_bands.inputs.features import build

CATEGORIES = ("make_key", "model_key", "variant_key", "fuel", "transmission", "body", "assembly", "province",
              "city_key", "registered_key")  # fmt: skip
NUMBERS = ("age", "km", "cc", "kwh")
LEVEL = 0.8
_FIXED = {"verbose": -1, "num_threads": 1, "seed": 1, "deterministic": True, "force_row_wise": True}
_TRIED = [
    {"objective": objective, "num_leaves": leaves, "min_data_in_leaf": least}
    for objective in ("l1", "l2")
    for leaves, least in ((15, 10), (63, 20))
]
_MOST_ROUNDS, _PATIENCE = 3_000, 100


@dataclass(frozen=True)
class Table:
    """Training ads, their log prices, and the cars that are asked about."""

    train: pl.DataFrame
    log_price: np.ndarray
    ask: pl.DataFrame

    @classmethod
    def of(cls, training: pl.DataFrame, test: pl.DataFrame, as_of: date) -> "Table":
        """Features of both, by the platform's own reading of the columns."""
        return cls(build(training, as_of=as_of), np.log(training["price_pkr"].to_numpy()), build(test, as_of=as_of))

    def matrices(self) -> tuple[np.ndarray, np.ndarray]:
        """Categories as codes (NaN if training has not seen them), then the numbers."""
        codes = {name: {v: n for n, v in enumerate(sorted(set(self.train[name].to_list())))} for name in CATEGORIES}

        def matrix(cars: pl.DataFrame) -> np.ndarray:
            words = [[codes[name].get(value, np.nan) for value in cars[name].to_list()] for name in CATEGORIES]
            numbers = [cars[name].cast(pl.Float64).fill_null(np.nan).to_numpy() for name in NUMBERS]
            return np.column_stack([*words, *numbers]).astype(np.float64)

        return matrix(self.train), matrix(self.ask)


def middles(training: pl.DataFrame, test: pl.DataFrame, as_of: date) -> dict[str, pl.Series | str]:
    """Each peer's middle prices of the test cars, or why it has none."""
    table = Table.of(training, test, as_of)
    peers: dict[str, Callable[[Table], np.ndarray | str]] = {
        "linear regression on log price": linear_regression,
        "LightGBM, defaults": lightgbm_default,
        "CatBoost, defaults": catboost_default,
    }
    found: dict[str, pl.Series | str] = {"median by make, model, year": median_heuristic(training, test)}
    for name, peer in peers.items():
        answer = peer(table)
        found[name] = answer if isinstance(answer, str) else pl.Series("middle", np.exp(answer))
    return found


def linear_regression(table: Table) -> np.ndarray:
    """Least squares on one column a category value, the numbers and their squares (a trace of ridge holds it up)."""
    learn, ask = table.matrices()
    columns = learn.T[len(CATEGORIES) :]
    middle = np.array([np.nanmedian(column) if (~np.isnan(column)).any() else 0.0 for column in columns])

    def design(rows: np.ndarray) -> sparse.csr_array:
        blocks = []
        for column in range(len(CATEGORIES)):
            known = np.flatnonzero(~np.isnan(rows[:, column]))
            shape = (len(rows), int(np.nanmax(learn[:, column])) + 1)
            blocks.append(
                sparse.csr_array((np.ones(len(known)), (known, rows[known, column].astype(int))), shape=shape)
            )
        raw = rows[:, len(CATEGORIES) :]
        numbers = np.where(np.isnan(raw), middle, raw) / (np.abs(middle) + 1)
        blocks.append(sparse.csr_array(np.column_stack([numbers, numbers**2, np.ones(len(rows))])))
        return sparse.csr_array(sparse.hstack(blocks))

    weights = sparse.linalg.lsmr(design(learn), table.log_price, damp=0.3, maxiter=2_000)[0]
    return np.asarray(design(ask) @ weights)


def lightgbm_default(table: Table) -> np.ndarray:
    """LightGBM as it comes, 100 rounds."""
    learn, ask = table.matrices()
    booster = lightgbm.train({**_FIXED, "objective": "l2"}, _dataset(learn, table.log_price), num_boost_round=100)
    return np.asarray(booster.predict(ask, num_threads=1))


def catboost_default(table: Table) -> np.ndarray | str:
    """CatBoost as it comes, 1,000 rounds."""
    try:
        from catboost import CatBoostRegressor
    except ImportError:
        return "not installed: it is in the extra bench"
    learn, ask = table.matrices()

    def frame(rows: np.ndarray) -> list[list[Any]]:
        return [
            [int(np.nan_to_num(v, nan=-1)) for v in row[: len(CATEGORIES)]] + list(row[len(CATEGORIES) :])
            for row in rows
        ]

    model = CatBoostRegressor(
        verbose=0, random_seed=1, thread_count=1, allow_writing_files=False, cat_features=list(range(len(CATEGORIES)))
    )
    return np.asarray(model.fit(frame(learn), table.log_price).predict(frame(ask)))


def lightgbm_tuned(training: pl.DataFrame, test: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """The best of a few settings by a held-out fifth, stopped early on it; columns low, middle, high."""
    table = Table.of(training, test, as_of)
    learn, ask = table.matrices()
    held = np.random.default_rng(1).permutation(len(learn)) % 5 == 0
    fits = [_stopped_early(learn, table.log_price, held, setting) for setting in _TRIED]
    errors = [np.abs(fit.predict(learn[held]) - table.log_price[held]).mean() for fit in fits]
    best = int(np.argmin(errors))
    ends = {}
    for share in ((1 - LEVEL) / 2, (1 + LEVEL) / 2):
        setting = {**_TRIED[best], "objective": "quantile", "alpha": share}
        fit = _stopped_early(learn, table.log_price, held, setting)
        ends[share] = fit.predict(learn[held]), fit.predict(ask)
    (low, asked_low), (high, asked_high) = ends.values()
    outside = np.maximum(low - table.log_price[held], table.log_price[held] - high)
    margin = np.quantile(outside, min(1.0, LEVEL * (len(outside) + 1) / len(outside)))
    return pl.DataFrame(
        {
            "low": np.exp(asked_low - margin),
            "middle": np.exp(fits[best].predict(ask)),
            "high": np.exp(asked_high + margin),
        }
    )


def _stopped_early(
    learn: np.ndarray, target: np.ndarray, held: np.ndarray, setting: dict[str, Any]
) -> lightgbm.Booster:
    rest = _dataset(learn[~held], target[~held])
    return lightgbm.train(
        {
            **_FIXED,
            "learning_rate": 0.05,
            "feature_fraction": 0.7,
            "bagging_fraction": 0.8,
            "bagging_freq": 1,
            **setting,
        },
        rest,
        num_boost_round=_MOST_ROUNDS,
        valid_sets=[lightgbm.Dataset(learn[held], target[held], reference=rest)],
        callbacks=[lightgbm.early_stopping(_PATIENCE, verbose=False)],
    )


def _dataset(rows: np.ndarray, target: np.ndarray) -> lightgbm.Dataset:
    return lightgbm.Dataset(rows, target, categorical_feature=list(range(len(CATEGORIES))), params={"verbose": -1})
