"""A model trained on the ads of October 2022, asked about spring 2025, with 200 fresh ads for the level.

Usage: python -m bench.price_bands.level [--draws 20] [--fresh 200] [--retrain 2]

Trains once on ads_2022.csv.gz. Each draw takes so many random ads from those of ads_2025_raw.csv before 28 April 2025
and tests on all priced ads from that day on; no test row is ever among the fresh. The scales of the correction were
chosen on ads before that day. Printed: mean error (and median error) of the middle, mean and spread over the draws, of
the model as it is, with one factor (the median of the fresh ads), with the level correction, with the old model asked
three ways (bench.price_bands.out_of_period), and of training anew on old and fresh ads together, where the old
ones are history or stand at the level that the market index gives. All rows are answered but in the last two.
"""

import argparse
import sys
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from bench.price_bands import ads_2022
from bench.price_bands.ads_2025 import DEFAULT
from bench.price_bands.on_2025 import FIRST_TEST_DAY, split_ads
from bench.price_bands.out_of_period import level_adjusted, predict_out_of_period
from models.price_bands.boosting.regressor import Regression
from models.price_bands.index.market_index import market_index
from models.price_bands.inputs.columns import Floats
from models.price_bands.inputs.features import CarFeatures
from models.price_bands.level.correction import fit_level
from models.price_bands.predict import predict_bands
from models.price_bands.train import fit, market_day, training_rows
from pipelines.price_bands.samples.choosing import choose_samples

_TRAINED_ON = date(2022, 10, 31)
CAUTION = 1.0
Results = dict[str, list[tuple[float, float]]]


@dataclass(frozen=True)
class Cars:
    """Priced cars: as ads, as features, log price, and what the old model says (as it is, and asked three ways)."""

    ads: pl.DataFrame
    features: CarFeatures
    price: Floats
    estimate: Floats
    three_ways: Floats


def main() -> None:
    """Read, train, draw, compare."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--draws", type=int, default=20)
    asked.add_argument("--fresh", type=int, default=200)
    asked.add_argument("--retrain", type=int, default=2, help="draws for training anew; each takes two trainings")
    options = asked.parse_args()
    for path in (DEFAULT, ads_2022.DEFAULT):
        if not path.is_file():
            sys.exit(f"There is no file {path.name} in {Path(*path.parts[-3:-1])}: put them beside the checkout.")
    old, _ = choose_samples(ads_2022.read_ads_2022())
    before, test = split_ads(DEFAULT)
    fresh, _ = choose_samples(before)
    started = time.perf_counter()
    regression = fit(old, as_of=_TRAINED_ON).regression
    assert regression is not None
    print(f"{old.height:,} ads of 2022 (trained in {time.perf_counter() - started:.0f} s), {test.height:,} test ads; "
          f"{options.fresh} of {fresh.height:,} fresh ads a draw, {options.draws} draws")  # fmt: skip
    drawn, tested = _known(fresh, regression), _known(test, regression)
    _show(_corrections(drawn, tested, options.fresh, options.draws))
    if options.retrain:
        _show(_trainings(old, fresh, test, options.fresh, options.retrain))


def _known(ads: pl.DataFrame, regression: Regression) -> Cars:
    features, price = training_rows(ads, as_of=FIRST_TEST_DAY)
    cars = regression.fill(features)
    asked_three_ways = predict_out_of_period(regression, features, trained=ads_2022.LISTED_ON)
    return Cars(ads, cars.features, price, regression.estimate(cars).log_price, asked_three_ways)


def _corrections(fresh: Cars, test: Cars, count: int, draws: int) -> Results:
    results: Results = {"the model of 2022 as it is": [_errors(test.estimate, test.price)]}

    def note(name: str, estimate: Floats) -> None:
        results.setdefault(name, []).append(_errors(estimate, test.price))

    for draw in range(draws):
        rows = np.random.default_rng(draw).choice(len(fresh.price), count, replace=False)
        residual = (fresh.price - fresh.estimate)[rows]
        note("one factor", test.estimate + np.median(residual))
        level = fit_level(fresh.features.take(rows), fresh.estimate[rows], residual)
        note("level correction", test.estimate + level.shift(test.features, test.estimate))
        for name, caution in (("..., asked three ways", 0.0), ("..., and cautious where noisy (ours)", CAUTION)):
            left = (fresh.price - fresh.three_ways)[rows]
            level = fit_level(fresh.features.take(rows), fresh.three_ways[rows], left, caution=caution)
            note(name, test.three_ways + level.shift(test.features, test.three_ways))
    return results


def _trainings(old: pl.DataFrame, fresh: pl.DataFrame, test: pl.DataFrame, count: int, draws: int) -> Results:
    results: Results = {}
    day = market_day(fresh, otherwise=FIRST_TEST_DAY)
    for draw in range(draws):
        rows = np.random.default_rng(draw).choice(fresh.height, count, replace=False)
        both = pl.concat([old, fresh[rows]])
        adjusted = _two_years_on(level_adjusted(both, market_index(both), to=day))
        for name, training in (("trained anew on old and fresh", both), ("... old at the index's level", adjusted)):
            bands = predict_bands(fit(training, as_of=day), test)
            known = bands["mid_pkr"].is_not_null()
            answers = np.log(bands["mid_pkr"].filter(known).cast(pl.Float64).to_numpy())
            errors = _errors(answers, np.log(test["price_pkr"].filter(known).to_numpy()))
            results.setdefault(f"{name} ({known.sum() / len(known):.0%} answered)", []).append(errors)
    return results


def _errors(estimate: Floats, price: Floats) -> tuple[float, float]:
    """Mean and median absolute percentage error."""
    error = np.abs(np.exp(estimate - price) - 1)
    return float(error.mean()), float(np.median(error))


def _two_years_on(ads: pl.DataFrame) -> pl.DataFrame:
    """Ads of 2022 as if a car equally old were on offer two years later; else `fit` learns no prices from them."""
    old = pl.col("listed_on").dt.year() == _TRAINED_ON.year
    return ads.with_columns(
        listed_on=pl.when(old).then(pl.col("listed_on").dt.offset_by("2y")).otherwise("listed_on"),
        model_year=pl.when(old).then(pl.col("model_year") + 2).otherwise("model_year"),
    )


def _show(results: Results) -> None:
    print(f"\n{'':<50}{'mean error':>16}{'median error':>18}")
    for name, pairs in results.items():
        means, spreads = np.mean(pairs, axis=0), np.std(pairs, axis=0)
        cells = [f"{mean:.1%} ± {spread:.1%}" for mean, spread in zip(means, spreads, strict=True)]
        print(f"{name:<50}{cells[0]:>16}{cells[1]:>18}")


if __name__ == "__main__":
    main()
