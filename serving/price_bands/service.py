"""Answer the price questions of the API and the commands: the entry point of this domain.

Beside it stand the two things that an application opens once and keeps: `champion.ChampionCache`, the loaded price
model, and `quotes.QuoteQueue`, which answers single quotes through `quote_by`.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import polars as pl
from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.prices.deal_ratings import DealRating, deal_rating
from core.vocabulary import BandMethod
from models.price_bands.comparables.bands import SENTENCES
from models.price_bands.inputs.columns import CarColumns
from models.price_bands.predict import MAIN_COLUMNS, predict, predict_bands
from serving.listings.errors import ListingNotFoundError
from serving.price_bands.champion import Champion, ChampionCache
from serving.price_bands.expected_sale import NO_SALE, ExpectedSale, expected_sale, sale_model_of
from serving.price_bands.explain import Explanation, explain_listing, explain_quote
from serving.price_bands.identity import refusal_of
from serving.price_bands.index import IndexSeries, NoForecast, market_index_of
from serving.price_bands.notes import Note, notes_of
from serving.price_bands.quote_request import (
    LATEST_YEAR,
    MAX_CC,
    MAX_KM,
    MAX_KWH,
    MAX_PKR,
    QuoteRequest,
)
from serving.price_bands.repository import PriceBandRepository
from serving.price_bands.table_file import write_csv

__all__ = [
    "LATEST_YEAR", "MAX_CC", "MAX_KM", "MAX_KWH", "MAX_PKR", "Band", "Explanation", "IndexSeries", "ListingBand",
    "NoForecast", "Note", "QuoteRequest", "band_of", "bands_of_rows", "explain_listing", "explain_quote",
    "market_index_of", "quote", "quote_by", "write_csv",
]  # fmt: skip

NOT_COMPUTED = "not_computed_yet"
_SENTENCES = SENTENCES | {
    NOT_COMPUTED: "This listing is new; its band comes with the next refresh.",
    "implausible_price": "The price is far from what such cars cost, and the dealer has not confirmed it yet.",
}


@dataclass(frozen=True, slots=True)
class Band:
    """A price band in whole rupees, or the reason why there is none.

    `confidence` is the probability that the asking price is within 15 % of `mid_pkr`; 0 without a band.
    """

    low_pkr: int | None
    mid_pkr: int | None
    high_pkr: int | None
    confidence: float
    method: str  # core.vocabulary.BandMethod
    reason: str | None  # a stable code; null unless the method is "none"
    reason_text: str | None  # the same for people
    model_version: str | None
    low_50_pkr: int | None = None  # the band of 50 %, and below that of 90 %
    high_50_pkr: int | None = None
    low_90_pkr: int | None = None
    high_90_pkr: int | None = None
    did_you_mean: str | None = None  # a known make or model that is spelled alike, where the stated one is unknown
    notes: tuple[Note, ...] = ()  # of a quote: what was stated and the band does not rest on
    expected_sale: ExpectedSale = NO_SALE  # of a quote, at its asking price, or at the middle where none is stated

    def rating(self, price_pkr: int | None) -> DealRating | None:
        """Rate an asking price by the band; None without one of them."""
        if price_pkr is None or self.low_pkr is None or self.mid_pkr is None or self.high_pkr is None:
            return None
        return deal_rating(price_pkr, self.low_pkr, self.mid_pkr, self.high_pkr)


@dataclass(frozen=True, slots=True)
class ListingBand:
    """The stored band of a listing."""

    listing_id: UUID
    price_pkr: int | None  # asked; null: call for price
    band: Band
    computed_at: datetime | None  # null: not computed yet
    sale: ExpectedSale
    is_present: bool = True  # False: the listing changed since its band was computed

    @property
    def rating(self) -> DealRating | None:
        """The rating of the asking price; None without a price or a band, and until a changed listing's is renewed."""
        return self.band.rating(self.price_pkr) if self.is_present else None


def quote(session: Session, cache: ChampionCache, cars: list[QuoteRequest]) -> list[Band]:
    """Price each car, in order; before the first training every band is "none" with reason `no_model`."""
    return quote_by(cache.get(session), cars)


def quote_by(found: Champion | None, cars: list[QuoteRequest]) -> list[Band]:
    """Price each car, in order, by a loaded version."""
    bands = predict(None if found is None else found.model, CarColumns.from_cars(cars)).rows()
    if found is None:
        return [_band(row) for row in bands]
    return [_checked(found, car, _band(row, found.version)) for car, row in zip(cars, bands, strict=True)]


def _checked(found: Champion, car: QuoteRequest, band: Band) -> Band:
    refusal = refusal_of(found.model, car, band.method)
    if refusal is None:
        asked, middle = car.price_pkr or band.mid_pkr, band.mid_pkr
        sale = expected_sale(found.sales, asked=asked, middle=middle, model_year=car.model_year)
        return replace(band, notes=notes_of(found, car), expected_sale=sale)
    nothing = (None, None, None, 0.0, BandMethod.NONE, refusal.reason)
    return replace(_band(nothing, found.version), reason_text=refusal.text, did_you_mean=refusal.did_you_mean)


def band_of(session: Session, listing_id: UUID, audience: Audience) -> ListingBand:
    """Read the stored band of a live listing that the audience may see.

    Raises:
        NotFoundError: `listing_not_found`: unknown, removed, or not for this audience.
    """
    found = PriceBandRepository(session).visible_one(listing_id, audience)
    if found is None:
        raise ListingNotFoundError(listing_id)
    price, row = found.price_pkr, found.band
    middle = row.mid_pkr if row is not None and found.band_is_present else None
    model = sale_model_of(found.sale_model)
    sale = expected_sale(model, asked=price, middle=middle, model_year=found.model_year)
    if row is None:
        band = _band((None, None, None, 0.0, BandMethod.NONE, NOT_COMPUTED))
        return ListingBand(listing_id, price, band, None, sale)
    numbers = tuple(getattr(row, name) for name in MAIN_COLUMNS)
    band = _band(numbers, row.model_version)
    return ListingBand(listing_id, price, band, row.computed_at, sale, is_present=found.band_is_present)


def bands_of_rows(champion: Champion, listings: pl.DataFrame, rows_read: int) -> pl.DataFrame:
    """Price the rows of a file: columns row, low, mid, high, confidence, method; every row from 1 to `rows_read`.

    Args:
        champion: the model that answers.
        listings: canonical columns and `row_number`; rows that could not be parsed are absent.
        rows_read: how many records the file has.
    """
    bands = listings.select(row=pl.col("row_number").cast(pl.Int64)).hstack(
        predict_bands(champion.model, listings).select(
            low="low_pkr", mid="mid_pkr", high="high_pkr", confidence="confidence", method="method"
        )
    )
    rows = pl.DataFrame({"row": range(1, rows_read + 1)}, schema={"row": pl.Int64})
    return (
        rows.join(bands, on="row", how="left", maintain_order="left")
        .with_columns(
            pl.col("method").fill_null(BandMethod.NONE.value),
            confidence=pl.when(pl.col("mid").is_not_null()).then(pl.col("confidence").round(4)),
        )
        .select("row", "low", "mid", "high", "confidence", "method")
    )


def _band(row: tuple[Any, ...], model_version: str | None = None) -> Band:
    """Make a band of values in the order of MAIN_COLUMNS, of which the levels may be missing."""
    low, mid, high, confidence, method, reason, *levels = row
    text = None if reason is None else _SENTENCES.get(reason, reason)
    return Band(low, mid, high, round(confidence, 4), method, reason, text, model_version, *levels)
