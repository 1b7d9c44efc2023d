"""The tidy ads of October 2022 in canonical listing columns, for benchmarks that need an older market."""

from datetime import date
from pathlib import Path

import polars as pl

from core.listing_frame import LISTING_SCHEMA

DEFAULT = Path(__file__).parents[3] / "shared" / "data" / "ads_2022.csv.gz"
LISTED_ON = date(2022, 10, 15)
"""The file names the month only."""

_BODIES = {
    "Sedan": "sedan", "Compact sedan": "sedan", "Hatchback": "hatchback", "Subcompact hatchback": "hatchback",
    "Compact hatchback": "hatchback", "SUV": "suv", "Compact SUV": "suv", "Off-Road Vehicles": "suv",
    "Crossover": "crossover", "MPV": "mpv", "Van": "van", "High Roof": "van", "Mini Van": "micro_van",
    "Micro Van": "micro_van", "Double Cabin": "pickup", "Single Cabin": "pickup", "Pick Up": "pickup",
    "Truck": "truck", "Station Wagon": "wagon", "Coupe": "coupe", "Convertible": "convertible",
}  # fmt: skip
_MAKES = {"Mercedes": "Mercedes Benz", "Range": "Range Rover", "Land": "Land Rover"}


def read_ads_2022(path: Path = DEFAULT) -> pl.DataFrame:
    """The ads in canonical columns; without those whose "Call for price" was filled in with the median.

    Makes and models stand in the file by their first word only ("Wagon" for Wagon R), the trim as a number.
    """
    ads = pl.read_csv(path).filter(pl.col("price_imputed") == 0)
    cars = ads.select(
        pl.col("row").cast(pl.String).alias("source_key"),
        pl.concat_str("make", "model", "year", separator=" ").alias("title"),
        pl.col("make").replace(_MAKES),
        "model",
        pl.format("v{}", "variant_code").alias("variant"),
        pl.col("year").alias("model_year"),
        "mileage_km",
        pl.col("price_pkr").cast(pl.Int64),
        pl.col("fuel").str.to_lowercase(),
        pl.col("transmission").str.to_lowercase(),
        pl.col("body").replace_strict(_BODIES, default=None),
        pl.col("colour").str.to_lowercase().alias("color"),
        pl.col("engine_cc").round().cast(pl.Int32, strict=False),
        "city",
        pl.col("registered_in").replace({"Un-Registered": "unregistered"}),
        pl.lit(LISTED_ON).alias("listed_on"),
    )
    missing = [pl.lit(None).alias(name) for name in LISTING_SCHEMA if name not in cars.columns]
    return cars.with_columns(missing).select(pl.col(name).cast(kind) for name, kind in LISTING_SCHEMA.items())
