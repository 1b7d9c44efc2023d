"""How good price bands are on real ads, beside the plain median and a plain LightGBM, measured in the same run.

Usage: python -m bench.price_bands [FILE]      FILE: ads_2025_raw.csv; default ../shared/data/ads_2025_raw.csv

Trains on ads listed before 28 April 2025 and tests on the rest, every row with a price. Settings were chosen by
cross-validation on the training part. Rows that a method does not answer are counted and left out of its errors; the
peers' errors on exactly the rows that ours answers stand beneath.
"""

import sys
import time
from datetime import date
from pathlib import Path

import lightgbm
import numpy as np
import polars as pl

from models.price_bands.evaluate import Metrics, by_segment, measure, measure_middle, median_heuristic
from models.price_bands.features import build
from models.price_bands.predict import predict_bands
from models.price_bands.train import fit, market_day
from pipelines.feeds.mapping import load_mapping
from pipelines.feeds.parse import parse_feed
from pipelines.price_bands.samples import choose_samples

FIRST_TEST_DAY = date(2025, 4, 28)
DEFAULT = Path(__file__).parents[2] / "shared" / "data" / "ads_2025_raw.csv"
KNOWN = "known baseline (tuned LightGBM + CQR)                  6.2 %  10.6 %    79-81 %   38.5 %"
_CATEGORIES = ("make_key", "model_key", "variant_key", "fuel", "transmission", "body", "assembly", "province",
               "city_key", "registered_key")  # fmt: skip


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT
    if not path.is_file():
        sys.exit(f"There is no file {path}: give the path of ads_2025_raw.csv.")
    ads = parse_feed(path.read_bytes(), load_mapping("classifieds")).listings
    before, test = (ads.filter(mask) for mask in (pl.col("listed_on") < FIRST_TEST_DAY, _is_test()))
    training, excluded = choose_samples(before)
    print(
        f"training: {training.height:,} ads before {FIRST_TEST_DAY} (excluded: {excluded}); test: {test.height:,} ads"
    )
    price = test["price_pkr"]
    started = time.perf_counter()
    model = fit(training, as_of=market_day(training, otherwise=FIRST_TEST_DAY))
    trained = time.perf_counter() - started
    started = time.perf_counter()
    bands = predict_bands(model, test)
    scored = time.perf_counter() - started
    peers = {"median by make, model, year": median_heuristic(training, test), "plain LightGBM": plain(training, test)}

    print(f"\n{'':<50}{'median':>8}{'mean':>8}{'80 % band':>11}{'mean':>9}{'answered':>12}")
    print(f"{'':<50}{'error':>8}{'error':>8}{'coverage':>11}{'width':>9}")
    show("ours", measure(price, bands))
    for name, middle in peers.items():
        show(name, measure_middle(price, middle))
    print(KNOWN)
    answered = bands["mid_pkr"].is_not_null()
    for name, middle in peers.items():
        show(f"{name}, rows ours answers", measure_middle(price.filter(answered), middle.filter(answered)))
    print("\nours by segment")
    for name, metrics in by_segment(test, training, bands).items():
        show(f"  {name}", metrics)
    print(f"\ntraining {trained:.1f} s, scoring {scored / test.height * 1e6:.0f} us a car")


def _is_test() -> pl.Expr:
    return (pl.col("listed_on") >= FIRST_TEST_DAY) & pl.col("price_pkr").is_not_null()


def show(name: str, metrics: Metrics) -> None:
    coverage = f"{metrics.coverage:.1%}" if metrics.coverage is not None else "-"
    width = f"{metrics.mean_width:.1%}" if metrics.mean_width is not None else "-"
    answered = f"{metrics.answered:,}/{metrics.rows:,}"
    print(f"{name:<50}{metrics.median_ape:>8.1%}{metrics.mape:>8.1%}{coverage:>11}{width:>9}{answered:>12}")


def plain(training: pl.DataFrame, test: pl.DataFrame) -> pl.Series:
    """LightGBM's defaults on the columns as they are: categories and numbers, log price."""
    learn, ask = (build(frame, as_of=FIRST_TEST_DAY) for frame in (training, test))
    codes = {
        name: {value: code for code, value in enumerate(sorted(set(learn[name].to_list())))} for name in _CATEGORIES
    }

    def matrix(cars: pl.DataFrame) -> np.ndarray:
        numbers = [cars[name].cast(pl.Float64).fill_null(np.nan).to_numpy() for name in ("age", "km", "cc", "kwh")]
        words = [[codes[name].get(value, np.nan) for value in cars[name].to_list()] for name in _CATEGORIES]
        return np.column_stack([*words, *numbers]).astype(np.float64)

    data = lightgbm.Dataset(
        matrix(learn),
        np.log(training["price_pkr"].to_numpy()),
        categorical_feature=list(range(len(_CATEGORIES))),
        params={"verbose": -1},
    )
    parameters = {"objective": "regression", "verbose": -1, "num_threads": 1, "seed": 1, "deterministic": True,
                  "force_row_wise": True}  # fmt: skip
    booster = lightgbm.train(parameters, data, num_boost_round=100)
    return pl.Series("middle", np.exp(booster.predict(matrix(ask), num_threads=1)))


if __name__ == "__main__":
    main()
