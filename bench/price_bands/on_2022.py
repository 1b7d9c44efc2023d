"""Measure the error and coverage of price bands on the ads of October 2022, beside the usual peers in the same run.

Usage: python -m bench.price_bands.on_2022 [FILE] [SPLIT]   FILE: by default ads_2022.csv.gz; SPLIT: a number

A random fifth of the ads is the test, the rest the training; ads whose price was filled in are in neither. Settings
were chosen by cross-validation inside the training part of split 2022. Prices that slipped a digit stay in the test.
"""

import sys
from pathlib import Path

import numpy as np
import polars as pl

from bench.price_bands.ads_2022 import DEFAULT, LISTED_ON, read_ads_2022
from bench.price_bands.report import compare
from pipelines.price_bands.samples.choosing import choose_samples

SPLIT = 2022
KNOWN = "known baseline (tuned LightGBM + CQR)                5.1 %   8.5 %"


def main() -> None:
    """Read, split, compare."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT
    if not path.is_file():
        sys.exit(f"There is no file {path}: give the path of ads_2022.csv.gz.")
    ads = read_ads_2022(path).filter(pl.col("price_pkr") > 0)
    split = int(sys.argv[2]) if len(sys.argv) > 2 else SPLIT
    is_test = pl.Series(np.random.default_rng(split).permutation(ads.height) % 5 == 0)
    training, excluded = choose_samples(ads.filter(~is_test))
    test = ads.filter(is_test)
    print(f"training: {training.height:,} ads (excluded: {excluded}); test: {test.height:,} ads; split {split}")
    compare(training, test, LISTED_ON, None, KNOWN)


if __name__ == "__main__":
    main()
