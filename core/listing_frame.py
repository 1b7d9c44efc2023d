"""The canonical listing: the columns that feeds produce, the listings table stores and models learn from.

A frame of listings has exactly the columns of `LISTING_SCHEMA`, in that order. Nullable unless said otherwise in
`REQUIRED_COLUMNS`. Units are in the names: `_km`, `_pkr` (whole rupees), `_cc`, `_kwh`.
"""

from datetime import date

import polars as pl
from polars.datatypes import DataType, DataTypeClass

_COLUMNS: dict[str, DataType | DataTypeClass] = {
    "source_key": pl.String,  # the dealer's own key of the car; unique within a dealer
    "title": pl.String,
    "make": pl.String,  # display spelling: "Toyota", "Mercedes Benz"
    "model": pl.String,  # "Corolla", "Wagon R"
    "variant": pl.String,  # trim: "GLi 1.3 VVTi"; null when the source gives none
    "model_year": pl.Int16,
    "mileage_km": pl.Int32,
    "price_pkr": pl.Int64,  # null means call for price
    "fuel": pl.String,  # core.vocabulary.Fuel
    "transmission": pl.String,  # core.vocabulary.Transmission
    "body": pl.String,  # core.vocabulary.Body
    "assembly": pl.String,  # core.vocabulary.Assembly
    "color": pl.String,  # core.vocabulary.Color
    "color_raw": pl.String,  # as the dealer wrote it
    "engine_cc": pl.Int32,
    "battery_kwh": pl.Float32,
    "city": pl.String,
    "area": pl.String,
    "province": pl.String,
    "registered_in": pl.String,  # city or province; "Un-Registered" becomes "unregistered"
    "description": pl.String,
    "photos": pl.List(pl.String),  # addresses, in the dealer's order
    "url": pl.String,
    "listed_on": pl.Date,  # the date the ad was last updated at its source
    "branch_code": pl.String,
    "visibility": pl.String,  # core.vocabulary.Visibility
    "channels": pl.List(pl.String),  # core.vocabulary.Channel
}

LISTING_SCHEMA = pl.Schema(_COLUMNS)

REQUIRED_COLUMNS = ("source_key", "title", "make", "model", "model_year", "visibility", "channels")

EARLIEST_MODEL_YEAR = 1950
"""Older cars are collectors' pieces: they do not come through dealer feeds."""


def latest_model_year(today: date) -> int:
    """Return the newest model year that a listing may have on this day: next year's models are sold already.

    Row rules and the batch suite both ask here, so that neither refuses what the other lets through.
    """
    return today.year + 1


def empty_listing_frame() -> pl.DataFrame:
    """Return a frame of no listings with the canonical columns."""
    return pl.DataFrame(schema=LISTING_SCHEMA)
