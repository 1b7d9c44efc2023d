"""Measure the error and coverage of price bands on the ads of spring 2025, beside the usual peers in the same run.

Usage: python -m bench.price_bands.on_2025 [FILE]      FILE: ads_2025_raw.csv; default ../shared/data/ads_2025_raw.csv

Trains on ads listed before 28 April 2025 and tests on the rest, every row with a price. Settings were chosen by
cross-validation on the training part. Ours is measured with and without the ads of 2022, which stand beside the file's
default place: no test row is among them, and they are two and a half years older than the first of them. The peers
cannot use them: what they say of levels is wrong by 1.4 times. Rows that a method does not answer are counted and left
out of its errors; the peers' errors on exactly the rows that ours answers stand beneath.
"""

import sys
from datetime import date
from pathlib import Path

import polars as pl

from bench.price_bands import ads_2022, ads_2022_snapshot
from bench.price_bands.ads_2025 import DEFAULT, read_ads_2025
from bench.price_bands.report import compare
from models.price_bands.train import market_day
from pipelines.price_bands.samples.choosing import choose_samples

FIRST_TEST_DAY = date(2025, 4, 28)
KNOWN = "known baseline (tuned LightGBM + CQR)                6.2 %  10.6 %    79-81 %   38.5 %"


def main() -> None:
    """Read, split, compare."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT
    before, test = split_ads(path)
    training, excluded = choose_samples(before)
    print(
        f"training: {training.height:,} ads before {FIRST_TEST_DAY} (excluded: {excluded}); test: {test.height:,} ads"
    )
    compare(training, test, market_day(training, otherwise=FIRST_TEST_DAY), older_ads(before), KNOWN)


def split_ads(path: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read the ads of 2025, split into those before the first test day and the test ads."""
    ads = read_ads_2025(path)
    is_test = (pl.col("listed_on") >= FIRST_TEST_DAY) & pl.col("price_pkr").is_not_null()
    return ads.filter(pl.col("listed_on") < FIRST_TEST_DAY), ads.filter(is_test)


def older_ads(fresh: pl.DataFrame) -> pl.DataFrame | None:
    """Read the ads of 2022, chosen as training ads are; None where the files are absent."""
    if not (ads_2022.DEFAULT.is_file() and ads_2022_snapshot.DEFAULT.is_file()):
        return None
    makes = fresh["make"].drop_nulls().unique().to_list()
    files = (ads_2022.read_ads_2022(), ads_2022_snapshot.read_snapshot(makes))
    return pl.concat([choose_samples(ads)[0] for ads in files])


if __name__ == "__main__":
    main()
