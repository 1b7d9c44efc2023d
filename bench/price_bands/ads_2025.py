"""The raw ads of spring 2025 in canonical listing columns."""

from pathlib import Path

import polars as pl

from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.parsing.parse import parse_feed

DEFAULT = Path(__file__).parents[3] / "shared" / "data" / "ads_2025_raw.csv"


def read_ads_2025(path: Path = DEFAULT) -> pl.DataFrame:
    """The ads in canonical columns, with and without a price."""
    if not path.is_file():
        raise SystemExit(f"There is no file {path}: give the path of ads_2025_raw.csv, or put it there.")
    return parse_feed(path.read_bytes(), load_mapping("classifieds")).listings
