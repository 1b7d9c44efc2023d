"""Measure price bands of ads that leave inputs out: the test ads of 2025 with inputs masked, pattern by pattern.

Usage: python -m bench.price_bands.unstated [FILE]      FILE: ads_2025_raw.csv; default ../shared/data/ads_2025_raw.csv

Trains as `bench.price_bands.on_2025` does, with older ads where they are beside the file. Each pattern leaves out the
same inputs of every test ad, as a caller who does not state them or a feed without these columns; some replace a text
by one that no ad has. The 80 % band is to cover 78 to 83 % in every pattern; the median error is to be at most 6.2 %
where one input is left out and 9 % for make, model and year alone, without bias.
"""

import sys
from pathlib import Path

import numpy as np
import polars as pl

from bench.price_bands.ads_2025 import DEFAULT
from bench.price_bands.on_2025 import FIRST_TEST_DAY, older_ads, split_ads
from models.price_bands.artifact import PriceBandModel
from models.price_bands.evaluation.metrics import measure
from models.price_bands.predict import predict_bands
from models.price_bands.train import fit, market_day
from pipelines.price_bands.samples.choosing import choose_samples

LOWEST_COVERAGE, HIGHEST_COVERAGE = 0.78, 0.83
LARGEST_ERROR, LARGEST_ERROR_OF_ONE, LARGEST_BIAS = 0.09, 0.062, 0.02
OPTIONAL = ("variant", "mileage_km", "transmission", "fuel", "body", "assembly", "engine_cc", "battery_kwh", "city",
            "province", "registered_in")  # fmt: skip
NAMED_ONLY = "make, model and year alone"
PATTERNS: dict[str, tuple[str, ...]] = {
    "all as stated": (),
    **{f"no {name}": (name,) for name in ("variant", "mileage_km", "transmission", "fuel", "body", "assembly")},
    "no engine": ("engine_cc", "battery_kwh"),
    "no place": ("city", "province"),
    "no registered_in": ("registered_in",),
    "no transmission, fuel": ("transmission", "fuel"),
    "no transmission, fuel, assembly": ("transmission", "fuel", "assembly"),
    "no variant, mileage": ("variant", "mileage_km"),
    "no variant, transmission": ("variant", "transmission"),
    "no variant, engine": ("variant", "engine_cc", "battery_kwh"),
    "no body, assembly, place, registered_in": ("body", "assembly", "city", "province", "registered_in"),
    "make, model, year, mileage": tuple(name for name in OPTIONAL if name != "mileage_km"),
    "make, model, year, variant": tuple(name for name in OPTIONAL if name != "variant"),
    "make, model, year, variant, mileage": tuple(n for n in OPTIONAL if n not in ("variant", "mileage_km")),
    NAMED_ONLY: OPTIONAL,
}
UNKNOWN: dict[str, dict[str, str]] = {
    "an unknown transmission": {"transmission": "semi-magic"},
    "unknown fuel, body and assembly": {"fuel": "steam", "body": "tricycle", "assembly": "lunar"},
    "an unknown city of registration": {"registered_in": "Atlantis"},
}


def main() -> None:
    """Read, split, train, mask, print."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT
    before, test = split_ads(path)
    training, _ = choose_samples(before)
    day = market_day(training, otherwise=FIRST_TEST_DAY)
    older = older_ads(before)
    models = {"without older ads": fit(training, as_of=day)}
    if older is not None:
        models["with older ads"] = fit(pl.concat([training, older.select(training.columns)]), as_of=day)
    for name, model in models.items():
        _show(name, model, test)


def _show(name: str, model: PriceBandModel, test: pl.DataFrame) -> None:
    print(f"\n{name:<42}{'bias':>8}{'median':>8}{'mean':>8}{'80 % band':>11}{'mean':>8}{'confi-':>8}{'within':>8}")
    print(f"{'':<42}{'':>8}{'error':>8}{'error':>8}{'coverage':>11}{'width':>8}{'dence':>8}{'15 %':>8}")
    for pattern, columns in PATTERNS.items():
        _row(pattern, model, test.with_columns(pl.lit(None, test.schema[column]).alias(column) for column in columns))
    absent = test.drop(*OPTIONAL)
    _row("a feed without any optional column", model, absent)
    for pattern, texts in UNKNOWN.items():
        _row(pattern, model, test.with_columns(**{column: pl.lit(text) for column, text in texts.items()}))
        texts_alone = absent.with_columns(**{column: pl.lit(text) for column, text in texts.items()})
        _row("... and else make, model and year alone", model, texts_alone)


def _row(pattern: str, model: PriceBandModel, test: pl.DataFrame) -> None:
    bands = predict_bands(model, test)
    metrics = measure(test["price_pkr"], bands)
    bias = float(np.nanmedian((bands["mid_pkr"] / test["price_pkr"]).cast(pl.Float64).to_numpy())) - 1
    coverage = metrics.coverage or 0.0
    misses = [] if LOWEST_COVERAGE <= coverage <= HIGHEST_COVERAGE else ["MISSED coverage"]
    if abs(bias) > LARGEST_BIAS:
        misses.append("MISSED bias")
    of_one = pattern.startswith("no ") and "," not in pattern
    largest = LARGEST_ERROR if pattern == NAMED_ONLY else LARGEST_ERROR_OF_ONE if of_one else 1.0
    if metrics.median_ape > largest:
        misses.append("MISSED error")
    print(
        f"{pattern:<42}{bias:>+8.1%}{metrics.median_ape:>8.2%}{metrics.mape:>8.2%}{coverage:>11.1%}"
        f"{metrics.mean_width:>8.1%}{metrics.mean_confidence:>8.1%}{metrics.within_close:>8.1%}  {' '.join(misses)}"
    )


if __name__ == "__main__":
    main()
