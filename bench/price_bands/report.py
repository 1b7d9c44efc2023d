"""One table for ours and the peers, on the same rows; our segments, levels and seeds beneath."""

import time
from datetime import date
from typing import cast

import numpy as np
import polars as pl

from bench.price_bands.peers import lightgbm_tuned, middles
from models.price_bands.evaluation.metrics import Metrics, by_segment, measure, measure_middle
from models.price_bands.predict import predict_bands
from models.price_bands.train import fit

SEEDS = (2025, 1, 2)


def compare(training: pl.DataFrame, test: pl.DataFrame, as_of: date, older: pl.DataFrame | None, known: str) -> None:
    """Fit and print everything.

    Args:
        training: the ads to learn from.
        test: cars with a price, every one of them.
        as_of: the market day of the training ads.
        older: ads from years before, which ours may use beside the training ads.
        known: the line of the known baseline.
    """
    price = test["price_pkr"]
    with_older = training if older is None else pl.concat([training, older.select(training.columns)])
    started = time.perf_counter()
    model = fit(with_older, as_of=as_of)
    trained = time.perf_counter() - started
    started = time.perf_counter()
    bands = predict_bands(model, test)
    scored = time.perf_counter() - started

    print(f"\n{'':<50}{'median':>8}{'mean':>8}{'80 % band':>11}{'mean':>9}{'answered':>16}")
    print(f"{'':<50}{'error':>8}{'error':>8}{'coverage':>11}{'width':>9}")
    show("ours" if older is None else f"ours, with {older.height:,} older ads", measure(price, bands))
    if older is not None:
        show("ours, without them", measure(price, predict_bands(fit(training, as_of=as_of), test)))
    peers = middles(training, test, as_of)
    tuned = lightgbm_tuned(training, test, as_of)
    peers["LightGBM tuned, early stopping (+ CQR)"] = tuned["middle"]
    for name, middle in peers.items():
        if isinstance(middle, str):
            print(f"{name:<50}{middle}")
        elif name.startswith("LightGBM tuned"):
            show(name, with_band(measure_middle(price, middle), price, tuned))
        else:
            show(name, measure_middle(price, middle))
    print(known)
    answered = bands["mid_pkr"].is_not_null()
    print("\npeers on the rows that ours answers")
    for name, middle in peers.items():
        if not isinstance(middle, str):
            show(f"  {name}", measure_middle(price.filter(answered), middle.filter(answered)))
    print("\nours by segment")
    for name, metrics in by_segment(test, training, bands).items():
        show(f"  {name}", metrics)
    by_method(price, bands)
    levels(price, bands)
    seeds(with_older, test, as_of)
    print(f"\ntraining {trained:.1f} s, scoring {scored / test.height * 1e6:.0f} us a car")


def show(name: str, metrics: Metrics) -> None:
    """One line."""
    coverage = f"{metrics.coverage:.1%}" if metrics.coverage is not None else "-"
    width = f"{metrics.mean_width:.1%}" if metrics.mean_width is not None else "-"
    answered = f"{metrics.answered:,}/{metrics.rows:,}"
    print(f"{name:<50}{metrics.median_ape:>8.2%}{metrics.mape:>8.2%}{coverage:>11}{width:>9}{answered:>16}")


def with_band(metrics: Metrics, price: pl.Series, band: pl.DataFrame) -> Metrics:
    """`metrics` with the coverage and width of a peer's band."""
    inside = cast(float, ((price >= band["low"]) & (price <= band["high"])).mean())
    width = cast(float, ((band["high"] - band["low"]) / band["middle"]).mean())
    return Metrics(metrics.rows, metrics.answered, metrics.mape, metrics.median_ape, inside, width)


def by_method(price: pl.Series, bands: pl.DataFrame) -> None:
    """Print how the cars were answered."""
    print("\nours by method")
    for method in bands["method"].unique().sort():
        rows = bands["method"] == method
        if method == "none":
            reasons = bands.filter(rows)["reason"].value_counts(sort=True)
            print(f"  {method:<48}{rows.sum():>10}  {dict(reasons.iter_rows())}")
        else:
            show(f"  {method}", measure(price.filter(rows), bands.filter(rows)))


def levels(price: pl.Series, bands: pl.DataFrame) -> None:
    """Print coverage and width of each level."""
    print("\nours by level")
    for level, low, high in (
        (50, "low_50_pkr", "high_50_pkr"),
        (80, "low_pkr", "high_pkr"),
        (90, "low_90_pkr", "high_90_pkr"),
    ):
        known = bands.with_columns(price=price).drop_nulls("mid_pkr")
        inside = known.select(pl.col("price").is_between(pl.col(low), pl.col(high)).mean()).item()
        width = known.select(((pl.col(high) - pl.col(low)) / pl.col("mid_pkr")).mean()).item()
        print(f"  {level} %{'':<62}{inside:>11.1%}{width:>9.1%}")
    sure = measure(price, bands)
    print(f"  mean confidence {sure.mean_confidence:.1%}; within 15 % of the middle {sure.within_close:.1%}")


def seeds(training: pl.DataFrame, test: pl.DataFrame, as_of: date) -> None:
    """Print the spread over other folds and other trees."""
    found = [measure(test["price_pkr"], predict_bands(fit(training, as_of=as_of, seed=seed), test)) for seed in SEEDS]
    print(f"\nours over {len(SEEDS)} seeds: mean ± standard deviation (least to most)")
    for name in ("median_ape", "mape", "coverage", "mean_width"):
        values = np.array([getattr(metrics, name) for metrics in found])
        print(f"  {name:<14}{values.mean():.2%} ± {values.std(ddof=1):.2%} ({values.min():.2%} to {values.max():.2%})")
