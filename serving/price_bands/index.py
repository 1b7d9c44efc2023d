"""Read the market index as a series of months."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy.orm import Session

from core.access.thresholds import may_be_told
from core.db.tables import MarketIndex
from models.price_bands.index.forecast import Forecast, forecast
from models.price_bands.index.market_index import segment_keys
from serving.price_bands.errors import MarketIndexNotFoundError, ModelWithoutMakeError
from serving.price_bands.market import MarketRepository


class NoForecast(StrEnum):
    """Why a segment has no forecast."""

    NOT_ENOUGH_MONTHS = "not_enough_months"
    NOT_ENOUGH_CARS = "not_enough_cars"


@dataclass(frozen=True, slots=True)
class IndexSeries:
    """A segment's months, oldest first; `make` and `model` as most dealers write them."""

    segment_kind: str
    make: str | None
    model: str | None
    base_month: date
    months: list[MarketIndex]
    forecasts: list[Forecast]
    no_forecast: NoForecast | None  # why `forecasts` is empty


def market_index_of(
    session: Session, make: str | None = None, model: str | None = None, *, since: date | None = None
) -> IndexSeries:
    """Read the index of a model, of a make, or of the market, with a forecast of it.

    The forecast rests on every month of the index, also where `since` shows fewer.

    Raises:
        InvalidInputError: `model_without_make`.
        NotFoundError: `market_index_not_found`: too few ads of the segment, or no index yet.
    """
    if model is not None and make is None:
        raise ModelWithoutMakeError
    kind = "model" if model is not None else "make" if make is not None else "market"
    make_key, model_key = segment_keys(make or "", model or "")
    segment = {"model": model_key, "make": make_key, "market": ""}[kind]
    rows = MarketRepository(session).index(kind, segment)
    shown = [row for row in rows if since is None or row.month >= since]
    if not shown:
        name = " ".join(part for part in (make, model) if part) or "the market"
        raise MarketIndexNotFoundError(name)
    return IndexSeries(kind, rows[-1].make, rows[-1].model, rows[-1].base_month, shown, *_forecasts(rows))


def _forecasts(rows: Sequence[MarketIndex]) -> tuple[list[Forecast], NoForecast | None]:
    """Forecast from all months of the segment; nothing from a newest month that few cars or sellers stand behind."""
    if not may_be_told(rows[-1].samples, rows[-1].sellers):
        return [], NoForecast.NOT_ENOUGH_CARS
    found = forecast([row.month for row in rows], [row.level for row in rows])
    return found, None if found else NoForecast.NOT_ENOUGH_MONTHS
