"""Bring what people say of a car into the canonical form, by the steps that read dealers' feeds."""

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any, Final

import polars as pl

from core.listing_frame import LISTING_SCHEMA
from pipelines.feeds.mapping.schema import Mapping as FeedMapping
from pipelines.feeds.normalise.row_rules import latest_accepted_year
from pipelines.feeds.parsing.read_rows import RowReader
from pipelines.feeds.readers.raw_table import raw_rejects
from pipelines.listings.content_hash import content_hashes
from serving.listings.errors import ListingRefusedError

# The name that people use -> the field of feeds, and the columns that follow from it.
_FIELDS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "title": ("title", ("title",)),
    "make": ("make", ("make",)),
    "model": ("model", ("model",)),
    "variant": ("variant", ("variant",)),
    "model_year": ("model_year", ("model_year",)),
    "mileage_km": ("mileage", ("mileage_km",)),
    "price_pkr": ("price", ("price_pkr",)),
    "fuel": ("fuel", ("fuel",)),
    "transmission": ("transmission", ("transmission",)),
    "body": ("body", ("body",)),
    "assembly": ("assembly", ("assembly",)),
    "color": ("color", ("color", "color_raw")),
    "city": ("city", ("city", "province")),
    "area": ("area", ("area",)),
    "registered_in": ("registered_in", ("registered_in",)),
    "description": ("description", ("description",)),
    "visibility": ("visibility", ("visibility",)),
    "channels": ("channels", ("channels",)),
}
_AS_GIVEN: Final = ("engine_cc", "battery_kwh")
"""Numbers in the unit of their column: a feed has one cell for both."""
CAR_FIELDS: Final = (*_FIELDS, *_AS_GIVEN)
NAMES: Final = ("make", "model", "variant", "model_year")


def columns_of(fields: Collection[str]) -> set[str]:
    """Return the columns that fields decide."""
    return {column for field in fields for column in _FIELDS.get(field, ("", (field,)))[1]}


def fields_of(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields as they would have to be given to get these columns."""
    given = {field: columns[field] for field in CAR_FIELDS}
    return given | {"color": columns["color_raw"] or columns["color"]}


def composed_title(columns: Mapping[str, Any]) -> str:
    """Return the title that a car has without one of its own."""
    return " ".join(str(columns[name]) for name in NAMES if columns[name] is not None)


def canonical_row(fields: Mapping[str, Any], key: str) -> pl.DataFrame:
    """Return the row of LISTING_SCHEMA that a car's fields make.

    Raises:
        ListingRefusedError: a feed's row of these fields would be rejected.
    """
    cells = {"id": key} | {field: _cell(fields.get(field)) for field in _FIELDS}
    frame = pl.DataFrame([cells], schema=dict.fromkeys(cells, pl.String)).with_columns(
        pl.lit(1, pl.Int32).alias("row_number")
    )
    read = RowReader(_mapping(), latest_accepted_year()).read(frame, raw_rejects([]))
    listings, rejects = read.listings, read.rejects
    if listings.is_empty():
        raise ListingRefusedError(rejects["code"][0], rejects["column"][0], rejects["message"][0])
    given = (pl.lit(fields.get(name), LISTING_SCHEMA[name]).alias(name) for name in _AS_GIVEN)
    return listings.with_columns(given).with_columns(pl.col("photos").fill_null([])).select(*LISTING_SCHEMA)


def columns_from(row: pl.DataFrame) -> dict[str, Any]:
    """Return the values of a canonical row by column of the table, with its digest."""
    values = row.drop("branch_code").row(0, named=True)
    return values | {"content_hash": content_hashes(row)[0]}


def _cell(value: object) -> str | None:
    if isinstance(value, list | tuple):
        return " ".join(map(str, value))
    return None if value is None else str(value)


@cache
def _mapping() -> FeedMapping:
    return FeedMapping.model_validate(
        {
            "name": "form",
            "version": 1,
            "about": "Fields that people fill in",
            "delivery": "partial",
            "format": "json",
            "key": ["id"],
            "columns": {feed: field for field, (feed, _) in _FIELDS.items()},
        }
    )
