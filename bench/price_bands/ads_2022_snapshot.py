"""The raw snapshot of August 2022 in canonical listing columns: an older market whose ads name the trim."""

from datetime import date
from pathlib import Path

import polars as pl

from core.listing_frame import LISTING_SCHEMA

DEFAULT = Path(__file__).parents[3] / "shared" / "data" / "ads_2022_dirty_snapshot.csv"
LISTED_ON = date(2022, 8, 15)
"""The file names the month only."""

_CUT_OFF = r"(\s(for?\b)?\S*)?\.\.\.$"
_YEAR = r"\b(19|20)\d\d\b"


def read_snapshot(makes: list[str], path: Path = DEFAULT) -> pl.DataFrame:
    """The ads with a price whose name starts with one of `makes`; each once. The model column holds model and trim."""
    ads = pl.read_csv(path, infer_schema_length=0)
    known = "|".join(make.replace(" ", "[ -]") for make in sorted(makes, key=lambda make: (-len(make), make)))
    name = pl.col("Name").str.replace_all(r"\s+", " ").str.strip_chars().str.replace(_CUT_OFF, "")
    rest = name.str.extract(f"(?i)^({known}) (.*)$", 2)
    cars = ads.select(
        make=name.str.extract(f"(?i)^({known}) ", 1),
        model=rest.str.replace(_YEAR, "").str.strip_chars(),
        model_year=pl.col("Year").cast(pl.Int16, strict=False),
        mileage_km=pl.col("KM").str.replace_all(",", "").cast(pl.Int32, strict=False),
        price_pkr=pl.col("Price").str.replace_all(",", "").cast(pl.Int64, strict=False),
        fuel=pl.col("FuelType").str.to_lowercase(),
        transmission=pl.col("DriveType").str.to_lowercase(),
        engine_cc=pl.col("Engine").cast(pl.Float64, strict=False).cast(pl.Int32, strict=False),
        listed_on=pl.lit(LISTED_ON),
    )
    cars = cars.filter(pl.col("price_pkr").is_not_null() & (pl.col("model") != "")).unique(maintain_order=True)
    missing = [pl.lit(None).alias(column) for column in LISTING_SCHEMA if column not in cars.columns]
    return cars.with_columns(missing).select(pl.col(column).cast(kind) for column, kind in LISTING_SCHEMA.items())
